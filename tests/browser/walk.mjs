// The main job, from the ward's form to the care manager's answer, as people do it; then every other page, by other means, and later.
import { accounts } from './accounts.mjs';
import { check, dayFrom, launch, mails, password, person, report, until } from './browser.mjs';
import { byKeyboard } from './keyboard.mjs';
import { advised, replaced, rerouted, told, tombstone, withdrawn } from './notices.mjs';
import { administration, audit, daysLater, late, mailbox } from './offices.mjs';
import { outside } from './outside.mjs';
import { printed } from './paper.mjs';
import { emergency, holds, lawful } from './records.mjs';

const base = process.argv[2];
const browser = await launch();

const windows = [
  { width: 1280, script: true },
  { width: 375, script: true },
  { width: 375, script: false },
].filter((window) => (process.env.WIDTHS ?? '1280 375').split(' ').includes(String(window.width)));

/** The nurse registers somebody of her own, so that walks don't meet. */
async function register(nurse, manager, number) {
  const { page } = nurse;
  const kana = ['アオバ', 'カエデ', 'サクラ', 'ツツジ', 'ナノハ', 'ハマナス', 'ミズナラ', 'ヤナギ', 'ワカバ', 'モミジ'][number];
  await page.goto('/patients/search');
  await page.getByLabel('ふりがな').fill(`テスト ${kana}`);
  await page.getByRole('button', { name: '探す' }).click();
  await nurse.look('search');
  await page.goto('/patients/new');
  await page.getByLabel('氏名').fill(`試験 ${kana}`);
  await page.getByRole('button', { name: '登録する' }).click();
  const text = await nurse.text();
  nurse.check('a refused form says so and keeps what was typed', text.includes('送信できませんでした') && (await page.getByLabel('氏名').inputValue()) === `試験 ${kana}`);
  await nurse.look('new person refused');
  await page.getByLabel('ふりがな').fill(`てすと ${kana}`);
  await page.getByLabel('生年月日').fill(`194${number % 10}-03-0${(number % 9) + 1}`);
  await page.getByLabel('女性').check();
  await page.locator('#f-district').selectOption({ index: 1 });
  await page.locator('#f-care_level').selectOption('care2');
  await page.getByLabel('口頭で同意あり').check();
  await page.getByRole('button', { name: '登録する' }).click();
  nurse.check('the person is registered', page.url().includes('done=registered'), await nurse.text());
  await nurse.look('person');
  await page.getByRole('link', { name: '担当を登録・変更する' }).click();
  await nurse.look('care team');
  await page.locator('#f-care_manager_id').selectOption(manager);
  await page.getByRole('button', { name: '担当を登録する' }).click();
  nurse.check('the care manager is named', page.url().includes('done=charged'), await nurse.text());
}

async function admit(nurse) {
  const { page } = nurse;
  await page.getByRole('link', { name: '入院を登録する' }).click();
  await nurse.look('admission');
  await page.locator('#f-ward_id').selectOption({ index: 1 });
  await page.getByLabel('入院連絡を送る').uncheck();
  await page.getByRole('button', { name: '入院を登録する' }).click();
  nurse.check('the stay is opened', page.url().includes('done=admitted'), await nurse.text());
  await nurse.look('stay');
  return new URL(page.url()).pathname;
}

async function file(nurse) {
  const { page } = nurse;
  const stay = new URL(page.url()).pathname;
  await page.getByRole('link', { name: '退院連絡を書く' }).click();
  await nurse.look('filing');
  await page.getByLabel('伝えたいこと').fill('手すりが必要です。');
  await page.getByRole('button', { name: 'この内容で送信する' }).click();
  nurse.check('a filing without a day keeps its message', (await page.getByLabel('伝えたいこと').inputValue()).includes('手すり'));
  await nurse.look('filing refused');
  await page.getByLabel('退院予定日').fill(await dayFrom(page, 8));
  await page.locator('[id="f-c.medical_treatment"]').getByText(/^吸引/).click();
  if (nurse.script) {
    await page.locator('#verdict .outcome', { hasText: '退院調整が必要' }).waitFor();
  } else {
    await page.getByRole('button', { name: '判定を確かめる' }).click();
  }
  const verdict = await page.locator('#verdict').innerText();
  nurse.check('the outcome is shown before sending', verdict.includes('退院調整が必要') && verdict.includes('吸引'), verdict);
  nurse.check('the deadline is a sentence', verdict.includes('あと3日'), verdict);
  await nurse.look('filing checked');
  const form = page.locator('form.filing');
  nurse.sent = await form.evaluate((form) => [new URL(form.getAttribute('action') || '', location.href).href, `${new URLSearchParams(new FormData(form))}&action=send`]);
  await page.getByRole('button', { name: 'この内容で送信する' }).click();
  nurse.check('the notice is sent', page.url().includes('done=sent'), await nurse.text());
  nurse.check('the stay says that an answer is awaited', (await nurse.text()).includes('回答待ち'));
  await nurse.look('stay told');
  return stay;
}

async function twice(nurse) {
  // The same form once more, as an impatient second press sends it: one notice.
  const { page } = nurse;
  const [action, data] = nurse.sent;
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(action).origin };
  const again = await page.context().request.post(action, { data, headers });
  nurse.check('the second press is answered like the first', again.url().includes('done=sent'), `${again.status()} ${again.url()}`);
  await page.reload();
  const sent = await page.locator('table.rows tbody tr', { hasText: '退院連絡' }).count();
  nurse.check('a form sent twice is one notice', sent === 1, `${sent} notices`);
}

async function answer(manager, before) {
  const { page } = manager;
  const newest = await until('the mail of the notice', async () => {
    const now = await mails(page);
    return now.length > before ? now[0] : null;
  });
  await page.goto(newest);
  const link = await page.getByRole('link').filter({ hasText: '/notices/' }).first().getAttribute('href');
  await page.goto(link.replace(/^https?:\/\/[^/]+/, ''));
  await manager.look('notice received');
  manager.check('the mail leads to the notice', (await manager.text()).includes('手すりが必要です。'), page.url());
  await page.getByRole('button', { name: '回答を送る' }).click();
  manager.check('the answer is sent', page.url().includes('done=acknowledged'), await manager.text());
  await manager.look('notice answered');
  await page.goto('/');
  await manager.look('inbox');
  await page.goto('/notices');
  await manager.look('notices');
}

async function rest(nurse, stay) {
  const { page } = nurse;
  await page.goto(stay);
  nurse.check('the nurse sees the answer', (await nurse.text()).includes('受領済み'));
  await page.getByRole('link', { name: '電話などの連絡を記録' }).click();
  await nurse.look('contact');
  await page.getByLabel('退院連絡', { exact: false }).first().check();
  await page.getByLabel('FAX').check();
  await page.getByLabel('相手', { exact: false }).first().fill('架空居宅介護支援事業所 担当者');
  await page.getByRole('button', { name: '記録する' }).click();
  nurse.check('the contact is logged', page.url().includes('done=logged'), await nurse.text());
  await page.getByRole('button', { name: '相手の受領を確認した' }).click();
  nurse.check('the receipt is confirmed', page.url().includes('done=confirmed'), await nurse.text());
  await nurse.look('stay contact');
  await page.getByRole('button', { name: '誤りなので取り消す' }).click();
  const after = await nurse.text();
  nurse.check('the contact is taken back, and stays', page.url().includes('done=contact_taken_back') && after.includes('取消済み'), after);
  await nurse.look('stay contact taken back');
  await page.getByRole('link', { name: '予定日・退院・転棟・取消' }).click();
  await nurse.look('events');
  await page.getByLabel('退院予定日').fill(await dayFrom(page, 10));
  await page.getByRole('button', { name: '予定日を記録する' }).click();
  nurse.check('the planned day is moved', page.url().includes('done=recorded'), await nurse.text());
  await nurse.look('stay moved');
  await page.locator('table.rows a', { hasText: '退院連絡' }).first().click();
  await nurse.look('notice sent');
  await page.getByText('取り消す(別の方の連絡だった、など)').click();
  await page.locator('#f-why').fill('別の方の連絡だったため');
  await page.getByRole('button', { name: /^取り消す/ }).click();
  nurse.check('the notice is withdrawn', page.url().includes('done=withdrawn'), await nurse.text());
  await nurse.look('tombstone');
  const taken = new URL(page.url()).pathname;
  await page.goto('/');
  await nurse.look('board');
  await page.goto('/no/such/page');
  nurse.check('an unknown address has a page', (await nurse.text()).includes('見つかりません'));
  await nurse.look('not found');
  return taken;
}

async function endedSession(nurse, stay) {
  const { page } = nurse;
  await page.goto(`${stay}/contact`);
  await page.getByLabel('相手', { exact: false }).first().fill('電話で話した相手');
  await page.context().clearCookies();
  await page.getByRole('button', { name: '記録する' }).click();
  nurse.check('an ended session keeps the form', (await nurse.text()).includes('入力した内容は、このページに残してあります'));
  await nurse.look('login with a held form');
  await page.getByLabel('ログイン名').fill('nurse');
  await page.getByLabel('パスワード').fill(password);
  await page.getByRole('button', { name: 'ログイン' }).click();
  await nurse.look('resume');
  await page.getByRole('button', { name: '入力画面に戻る' }).click();
  nurse.check('the form is back with what was typed', (await page.getByLabel('相手', { exact: false }).first().inputValue()) === '電話で話した相手');
}

/** What can become of a notice, on a stay of its own. */
async function otherways(nurse, manager, name, number) {
  await register(nurse, { label: name }, number);
  const stay = await admit(nurse);
  await advised(nurse, stay);
  await replaced(nurse, manager, stay);
  await rerouted(nurse, manager, stay);
  const taken = await withdrawn(nurse, manager, stay);
  nurse.check('the rerouted notice has a tombstone', (await nurse.text()).includes('取り消された連絡'), taken);
  await told(nurse, manager, stay);
}

/** One more stay: filed by keyboard alone, printed, and left unanswered. */
async function byOtherMeans(nurse, name, number) {
  await register(nurse, { label: name }, number);
  const stay = await admit(nurse);
  await byKeyboard(nurse, stay);
  await printed(nurse, 'stay');
  await nurse.page.locator('table.rows a', { hasText: '退院連絡' }).first().click();
  await printed(nurse, 'notice');
  await nurse.page.goto('/');
  await printed(nurse, 'board');
}

/** A day planned and nobody told: what the days will make late. */
async function untold(nurse, name, number) {
  await register(nurse, { label: name }, number);
  await admit(nurse);
  await nurse.page.getByRole('link', { name: '予定日・退院・転棟・取消' }).click();
  await nurse.page.getByLabel('退院予定日').fill(await dayFrom(nurse.page, 8));
  await nurse.page.getByRole('button', { name: '予定日を記録する' }).click();
  nurse.check('a day is planned and nobody told', nurse.page.url().includes('done=recorded'), await nurse.text());
}

async function city(window) {
  const clerk = await person(browser, base, { name: 'city', ...window });
  await clerk.login('city');
  await clerk.look('overview');
  await clerk.page.goto('/survey');
  clerk.check('the survey shows its numbers', /件 \/ [\d,]+件/.test(await clerk.text()), await clerk.text());
  await clerk.look('survey');
  if (clerk.script) await printed(clerk, 'survey');
  // Once a period is published it stays so: only the first walk finds the button.
  const publish = clerk.page.getByText('この期間の数値を公表して固定する');
  if (await publish.count()) {
    await publish.click();
    await clerk.look('survey publishing');
    await clerk.page.getByRole('button', { name: '公表して固定する' }).click();
  }
  clerk.check('the published figures are named so', (await clerk.text()).includes('公表済み'), await clerk.text());
  await clerk.look('survey published');
  for (const [path, type] of [['/survey.pdf', 'application/pdf'], ['/survey.csv', 'text/csv'], ['/survey.json', 'application/json']]) {
    const got = await clerk.page.request.get(path);
    clerk.check(`${path} is served`, got.ok() && got.headers()['content-type'].startsWith(type), String(got.status()));
  }
  const page = await clerk.page.request.get('/survey');
  clerk.check('the policy forbids what is inline', /default-src 'none'/.test(page.headers()['content-security-policy'] ?? ''));
  clerk.check('no cache keeps a page', page.headers()['cache-control'] === 'no-store');
  await clerk.close();
}

let number = 0;
for (const window of windows) {
  try {
    const nurse = await person(browser, base, { name: 'nurse', ...window });
    const manager = await person(browser, base, { name: 'caremanager', ...window });
    await manager.login('caremanager');
    const name = (await manager.page.locator('.whom b').innerText()).trim();
    await nurse.login('nurse');
    await register(nurse, { label: name }, number);
    await admit(nurse);
    const before = (await mails(manager.page)).length;
    const stay = await file(nurse);
    await twice(nurse);
    await answer(manager, before);
    const taken = await rest(nurse, stay);
    await tombstone(manager, taken);
    await otherways(nurse, manager, name, number + 3);
    await byOtherMeans(nurse, name, number + 6);
    if (number === 0) await untold(nurse, name, 9);
    const [patient, foreign] = await lawful(nurse, number);
    await emergency(manager, foreign, number);
    await endedSession(nurse, stay);
    await nurse.close();
    await manager.close();
    await city(window);
    await administration(browser, base, window);
    await holds(browser, base, window, patient);
    await accounts(browser, base, window, number);
    await outside(browser, base, window);
    await audit(browser, base, window);
    await mailbox(browser, base, window);
  } catch (error) {
    check(`the walk at ${window.width}${window.script ? '' : ' without script'} comes to its end`, false, String(error.stack ?? error));
  }
  number += 1;
}
try {
  // Past the day of the warning, the deadline and the working noon after it.
  await daysLater(browser, base, 6);
  for (const window of windows) await late(browser, base, window);
} catch (error) {
  check('the walk six days later comes to its end', false, String(error.stack ?? error));
}
await browser.close();
report();
