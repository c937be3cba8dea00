// Those who look after the whole: the administrator's calendar, the auditor's trail, the city's figures, the demo's mailbox.
import { person, until } from './browser.mjs';

// The cabinet office's heading and 「休日」, in cp932, which Node cannot write.
const heading = Buffer.from('jZGWr4LMj2qT+oFFi3iT+oyOk/osjZGWr4LMj2qT+oFFi3iT+pa8j8wNCg==', 'base64');
const holiday = Buffer.from('i3iT+g==', 'base64');

/** A small official table of one year; its days are fictional. */
function table(days) {
  const rows = days.map((day) => Buffer.concat([Buffer.from(`2029/${day},`), holiday, Buffer.from('\r\n')]));
  return Buffer.concat([heading, ...rows]);
}
const year = ['1/1', '1/8', '2/11', '2/23', '3/20', '4/29', '4/30', '5/3', '5/4', '5/5', '7/17'];

export async function administration(browser, base, window) {
  const admin = await person(browser, base, { name: 'admin', ...window });
  await admin.login('admin');
  const { page } = admin;
  await page.goto('/admin/calendar');
  await admin.look('calendar');
  const load = async (name, buffer) => {
    await page.getByLabel('CSVファイル').setInputFiles({ name, mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: '読み込む' }).click();
    return admin.text();
  };
  await page.getByRole('button', { name: '読み込む' }).click();
  admin.check('no file is asked for', (await admin.text()).includes('ファイルを選んでください'));
  const saved = await load('syukujitsu.csv', Buffer.from('国民の祝日・休日月日,国民の祝日・休日名称\r\n2029/1/1,元日\r\n'));
  admin.check('a file saved anew is refused in plain words', saved.includes('文字コード'), saved);
  const broken = await load('syukujitsu.csv', table(['1/1', '13/8', ...year.slice(2)]));
  admin.check('a broken row is named by its line', broken.includes('3行目'), broken);
  await admin.look('calendar refused');
  const good = await load('syukujitsu.csv', table(year));
  admin.check('the table is loaded', page.url().includes('done=loaded') && good.includes('2029年'), good);
  await admin.look('calendar loaded');
  await systems(admin);
  await admin.close();
}

/** A token for the city's own system: refused, made, seen once, revoked. */
async function systems(admin) {
  const { page } = admin;
  await page.goto('/admin/machines');
  await admin.look('machines');
  const add = page.getByRole('button', { name: '登録してトークンを表示する' });
  await page.getByLabel('名前').fill('集計システム');
  await add.click();
  admin.check('a system for nothing is refused, its name kept', (await page.getByLabel('名前').inputValue()) === '集計システム' && (await admin.text()).includes('できること: 選んでください'));
  await admin.look('machines refused');
  await page.getByLabel('名簿・連絡ルール・祝日を見る').check();
  await page.getByLabel('調査などの数値を見る').check();
  await add.click();
  admin.check('the token is shown', /tsm_[0-9a-f]{64}/.test(await admin.text()));
  await admin.look('machine token');
  await page.getByRole('link', { name: '一覧へ戻る' }).click();
  const list = await admin.text();
  admin.check('the system is on the list, its token is not', list.includes('集計システム') && !list.includes('tsm_'), list);
  await admin.look('machines listed');
  await page.locator('summary', { hasText: '取り消す' }).first().click();
  await page.getByRole('button', { name: 'この接続を取り消す' }).first().click();
  admin.check('it is revoked', (await admin.text()).includes('取消済み'));
}

export async function audit(browser, base, window) {
  const auditor = await person(browser, base, { name: 'auditor', ...window });
  await auditor.login('auditor');
  const { page } = auditor;
  await page.goto('/audit');
  const text = await auditor.text();
  auditor.check('the trail says who did what in words', text.includes('ログイン') && text.includes('連絡の送信'), text.slice(0, 500));
  auditor.check('every action has its name', !text.includes('その他の操作'), text.match(/その他の操作\s*\S*/)?.[0]);
  await auditor.look('audit');
  await page.getByLabel('アカウント').fill('nobody-of-that-name');
  await page.getByRole('button', { name: '絞り込む' }).click();
  auditor.check('an unknown account is said beside its field', (await page.locator('#e-account').count()) === 1, await auditor.text());
  await auditor.look('audit refused');
  await page.getByLabel('アカウント').fill('caremanager');
  await page.getByRole('button', { name: '絞り込む' }).click();
  const people = await page.locator('table.rows td[data-label="人"] a').allInnerTexts();
  auditor.check('the trail is narrowed to one account', people.length > 0 && new Set(people).size === 1, [...new Set(people)].join(' '));
  await auditor.look('audit of one account');
  const csv = await page.request.get('/audit/incident.csv?account=caremanager&from=2020-01-01&until=2099-12-31');
  auditor.check('what the account touched comes as CSV', csv.ok() && csv.headers()['content-type'].startsWith('text/csv'), `${csv.status()} ${await csv.text()}`);
  await page.goto('/audit/reviews');
  auditor.check('the emergency stands there with its reason', (await auditor.text()).includes('救急搬送'), await auditor.text());
  await auditor.look('reviews');
  await page.getByRole('button', { name: '点検を記録する' }).click();
  auditor.check('a review needs month and remark, each said beside its field', (await page.locator('#e-month, #e-remark').count()) >= 1, await auditor.text());
  await auditor.look('review refused');
  const month = page.locator('#f-month');
  await month.selectOption({ index: (await month.locator('option').count()) - 1 });
  await page.getByLabel('結果と対応').fill('深夜の閲覧はありませんでした。');
  await page.getByRole('button', { name: '点検を記録する' }).click();
  auditor.check('the review is kept', page.url().includes('done=reviewed') && (await auditor.text()).includes('深夜の閲覧はありませんでした。'), await auditor.text());
  await auditor.look('reviewed');
  await auditor.close();
}

/** The demo's own pages are looked at like all others. */
export async function mailbox(browser, base, window) {
  const reader = await person(browser, base, { name: 'demo', ...window });
  const { page } = reader;
  await page.goto('/demo/mailbox');
  await reader.look('mailbox');
  await page.locator('main li a, main td a, main th a', { hasText: '連絡' }).first().click();
  const text = await reader.text();
  reader.check('a mail names nobody', /第\d+号/.test(text) && !text.includes('試験'), text);
  await reader.look('mail');
  await reader.close();
}

/** The demo's clock goes on by so many days; the sweep follows within its beat, and catches up with all of them. */
export async function daysLater(browser, base, days) {
  const reader = await person(browser, base, { name: 'demo', width: 1280 });
  const { page } = reader;
  for (let day = 0; day < days; day += 1) {
    await page.goto('/demo/mailbox');
    await page.getByRole('button', { name: '1日進める' }).click();
  }
  await reader.close();
  const clerk = await person(browser, base, { name: 'city', width: 1280 });
  await clerk.login('city');
  await until('what the days have made late', async () => {
    await clerk.page.goto('/');
    const counts = await clerk.page.locator('.figures b').allInnerTexts();
    return Number(counts[0]) > 0 && Number(counts[2]) > 0;
  });
  await clerk.close();
}

/** What the days have made late, as each side sees it. */
export async function late(browser, base, window) {
  const clerk = await person(browser, base, { name: 'city', ...window });
  await clerk.login('city');
  const counts = await clerk.page.locator('.figures b').allInnerTexts();
  clerk.check('what is late is counted', Number(counts[0]) > 0 && Number(counts[2]) > 0, counts.join(' '));
  clerk.check('the overview names nobody', !(await clerk.text()).includes('試験'));
  await clerk.look('overview late');
  await clerk.close();
  const nurse = await person(browser, base, { name: 'nurse', ...window });
  await nurse.login('nurse');
  nurse.check('the board says what is late', (await nurse.text()).includes('期限を過ぎた退院連絡が'));
  await nurse.look('board late');
  await nurse.page.locator('table.rows tr.line-late', { hasText: 'モミジ' }).getByRole('link').first().click();
  nurse.check('the stay warns', (await nurse.page.locator('.note.late').count()) > 0, await nurse.text());
  await nurse.look('stay late');
  await nurse.close();
  const manager = await person(browser, base, { name: 'caremanager', ...window });
  await manager.login('caremanager');
  await manager.look('inbox waiting');
  await manager.close();
}
