// What becomes of a notice after it was sent: another office's client, words replaced, a wrong person, a doubtful case.
import { dayFrom } from './browser.mjs';

/** A stay that asks for a person's decision: one "attention" criterion, and the reason why she is told. */
export async function advised(nurse, stay) {
  const { page } = nurse;
  await page.goto(`${stay}/file`);
  await page.getByLabel('退院予定日').fill(await dayFrom(page, 9));
  await page.locator('[name="c.medication"][value=yes]').check();
  await page.getByLabel('答えていない項目は').check();
  if (nurse.script) await page.locator('#verdict .outcome', { hasText: '注意が必要な患者' }).waitFor();
  else await page.getByRole('button', { name: '判定を確かめる' }).click();
  nurse.check('a person is asked to decide', await page.locator('.decide').isVisible());
  await nurse.look('filing advised');
  await page.getByRole('button', { name: 'この内容で送信する' }).click();
  nurse.check('without a decision nothing is sent', (await nurse.text()).includes('送信できませんでした'), page.url());
  await nurse.look('filing advised refused');
  await page.getByLabel('連絡する', { exact: false }).first().check();
  await page.getByLabel('その理由').fill('薬が変わり、家で見守る人がいないため');
  await page.getByRole('button', { name: 'この内容で送信する' }).click();
  const text = await nurse.text();
  nurse.check('the decision stands with its reason', text.includes('連絡する。') && text.includes('薬が変わり'), text);
  await nurse.look('stay advised');
}

/** The first notice of a stay, opened from it. */
async function openSent(person, stay, serial = '退院連絡') {
  await person.page.goto(stay);
  await person.page.locator('table.rows a', { hasText: serial }).first().click();
  return new URL(person.page.url()).pathname;
}

/** The nurse mends her words; who had the old ones is led to the new. */
export async function replaced(nurse, manager, stay) {
  const { page } = nurse;
  const old = await openSent(nurse, stay);
  await manager.page.goto(old);
  await page.getByText('内容を直して差し替える').click();
  await nurse.look('notice replacing');
  await page.getByLabel('伝えたいこと').fill('会議は午後を希望します。');
  await page.getByRole('button', { name: /^差し替える/ }).click();
  nurse.check('the notice is replaced', page.url().includes('done=replaced') && (await nurse.text()).includes('午後を希望'), await nurse.text());
  await nurse.look('notice replaced');
  await manager.page.goto(old);
  const text = await manager.text();
  manager.check('the old link shows a tombstone', text.includes('差し替えられた連絡') && !text.includes('試験'), text);
  await manager.look('tombstone replaced');
  await manager.page.getByRole('link', { name: '新しい連絡を開く' }).click();
  manager.check('and leads to the new words', (await manager.text()).includes('午後を希望'));
  await page.goto(old);
  await nurse.look('tombstone replaced');
}

/** The receiver knows whose client it is: it goes on to that office at once. */
export async function rerouted(nurse, manager, stay) {
  const notice = await openSent(nurse, stay);
  const { page } = manager;
  await page.goto(notice);
  await page.getByLabel('他の事業所の利用者です').check();
  await page.getByRole('button', { name: '回答を送る' }).click();
  manager.check('an office has to be named', (await manager.text()).includes('送信できませんでした'), page.url());
  await manager.look('notice other office refused');
  const own = await page.locator('.whom').innerText();
  const options = await page.locator('#f-to option').allInnerTexts();
  await page.locator('#f-to').selectOption({ label: options.slice(1).find((name) => !own.includes(name.trim())).trim() });
  await page.getByRole('button', { name: '回答を送る' }).click();
  const text = await manager.text();
  manager.check('the notice goes on', page.url().includes('done=acknowledged') && text.includes('他の事業所の利用者です'), text);
  await manager.look('notice sent on');
  await nurse.page.goto(stay);
  nurse.check('the nurse sees both', (await nurse.page.locator('table.rows tbody tr', { hasText: '退院連絡' }).count()) >= 3, await nurse.text());
  await nurse.look('stay sent on');
}

/** A wrong person: the receiver's link shows that there was something, not about whom. */
export async function withdrawn(nurse, manager, stay) {
  const { page } = nurse;
  await page.goto(stay);
  await page.locator('table.rows tr', { hasText: '回答待ち' }).getByRole('link', { name: '退院連絡' }).first().click();
  const notice = new URL(page.url()).pathname;
  await page.getByText('取り消す(別の方の連絡だった、など)').click();
  await page.getByRole('button', { name: /^取り消す/ }).click();
  nurse.check('withdrawing wants a reason', (await nurse.text()).includes('送信できませんでした'));
  await nurse.look('withdrawing refused');
  await page.locator('#f-why').fill('別の方の連絡だったため');
  await page.getByRole('button', { name: /^取り消す/ }).click();
  nurse.check('the rerouted notice is withdrawn', page.url().includes('done=withdrawn'), await nurse.text());
  return notice;
}

/** The link in the receiver's mail, after it was taken back. */
export async function tombstone(manager, link) {
  await manager.page.goto(link);
  const text = await manager.text();
  manager.check('the link shows a tombstone', text.includes('取り消された連絡') && !text.includes('試験'), text);
  await manager.look('tombstone');
}

/** An admission told, and a sheet in answer to it. */
export async function told(nurse, manager, stay) {
  const { page } = nurse;
  await page.goto(`${stay}/tell?kind=admission`);
  await nurse.look('tell admission');
  await page.getByLabel('伝えたいこと').fill('きのうの夜に入院しました。');
  await page.getByRole('button', { name: '送信する' }).click();
  nurse.check('the admission is told', page.url().includes('done=sent'), await nurse.text());
  await manager.page.goto(`${stay}/tell?kind=admission_information`);
  await manager.look('tell sheet');
  await manager.page.getByRole('button', { name: '送信する' }).click();
  manager.check('an empty sheet is refused', (await manager.text()).includes('送信できませんでした'));
  await manager.look('tell sheet refused');
  await manager.page.getByLabel('入院前の様子').fill('ひとり暮らし。食事は配食、入浴は週2回のデイサービス。');
  await manager.page.getByRole('button', { name: '送信する' }).click();
  manager.check('the sheet is sent', manager.page.url().includes('done=sent'), await manager.text());
  await manager.look('stay of the care side');
  await page.goto('/notices');
  await nurse.look('notices received');
  await page.goto('/?whole=yes');
  nurse.check('the board says what waits for the hospital', (await nurse.text()).includes('あなたの回答待ち'), await nurse.text());
  await nurse.look('board asked');
  await page.locator('table.rows a', { hasText: '入院時情報提供' }).first().click();
  nurse.check('a hospital is asked about no office', !(await nurse.text()).includes('事業所の利用者'), await nurse.text());
  await nurse.look('sheet received');
  await page.getByLabel('受領しました').check();
  await page.getByRole('button', { name: '回答を送る' }).click();
  nurse.check('the sheet is answered', page.url().includes('done=acknowledged'), await nurse.text());
}
