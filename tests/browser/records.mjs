// What the law asks of a record: consent, the list of disclosures, an emergency, a hold.
import { dayFrom, person } from './browser.mjs';
import { press, tabTo } from './keyboard.mjs';

const kana = (number) => `てすと ${['えぞまつ', 'すずらん', 'らいらっく'][number]}`;
const born = (number) => `1938-05-0${number + 1}`;

/** A person without care manager and without consent: told of, then recorded. Answers with her page and her stay. */
export async function lawful(nurse, number) {
  const { page } = nurse;
  await page.goto('/patients/new');
  await page.getByLabel('氏名').fill(`試験 ${kana(number).slice(4)}`);
  await page.getByLabel('ふりがな').fill(kana(number));
  await page.getByLabel('生年月日').fill(born(number));
  await page.getByLabel('女性').check();
  await page.locator('#f-district').selectOption({ index: 1 });
  await page.locator('#f-care_level').selectOption('care1');
  await page.getByRole('button', { name: '登録する' }).click();
  nurse.check('somebody without consent is registered', page.url().includes('done=registered'), await nurse.text());
  const patient = new URL(page.url()).pathname;
  await nurse.look('person without consent');
  const buttons = page.locator('main .button', { hasText: /同意を記録|提供の記録/ });
  const [one, two] = [await buttons.nth(0).boundingBox(), await buttons.nth(1).boundingBox()];
  nurse.check('her two buttons stand apart', two.x - (one.x + one.width) >= 8 || two.y - (one.y + one.height) >= 8, JSON.stringify([one, two]));
  await page.getByRole('link', { name: '提供の記録' }).click();
  nurse.check('nothing was disclosed yet', (await nurse.text()).includes('提供した記録はありません'));
  await nurse.look('disclosures empty');
  await page.goto(`${patient}/consents`);
  await nurse.look('consents');
  await page.getByLabel('同意・撤回の日').fill('2099-01-01');
  await page.getByRole('button', { name: '記録する' }).click();
  nurse.check('a way is missing and the day lies ahead: said beside the fields, and kept', (await page.locator('#e-way').count()) === 1 && (await page.getByLabel('同意・撤回の日').inputValue()) === '2099-01-01', await nurse.text());
  await nurse.look('consent refused');
  await page.getByLabel('同意・撤回の日').fill(await dayFrom(page, 0));
  if (nurse.script) {
    await tabTo(nurse, page.locator('[name=way][value=oral]'), 'the way');
    await page.keyboard.press('Space');
    await page.locator('[name=way][value=oral]').check();
    await press(nurse, page.getByRole('button', { name: '記録する' }), 'the button');
  } else {
    await page.locator('[name=way][value=oral]').check();
    await page.getByRole('button', { name: '記録する' }).click();
  }
  nurse.check('the consent is recorded', page.url().includes('done=consent') && (await page.locator('.timeline li').count()) === 1, await nurse.text());
  await nurse.look('consent recorded');
  await page.goto(patient);
  await page.getByRole('link', { name: '入院を登録する' }).click();
  await page.locator('#f-ward_id').selectOption({ index: 1 });
  await page.getByLabel('入院連絡を送る').check();
  await page.getByRole('button', { name: '入院を登録する' }).click();
  nurse.check('the support centre is told of the admission', page.url().includes('done=admitted-sent'), await nurse.text());
  const stay = new URL(page.url()).pathname;
  await page.goto(`${patient}/disclosures`);
  nurse.check('the notice is on the list of disclosures', (await page.locator('table.rows tbody tr').count()) === 1, await nurse.text());
  await nurse.look('disclosures');
  return [patient, stay];
}

/** A care manager opens the stay of somebody whom she has nothing to do with. */
export async function emergency(manager, stay, number) {
  const { page } = manager;
  await page.goto(stay);
  manager.check('a foreign stay is not there', (await manager.text()).includes('見つかりません'), page.url());
  await page.goto('/');
  await page.getByRole('link', { name: '緊急閲覧' }).click();
  await manager.look('emergency');
  await page.getByLabel('ふりがな').fill(kana(number));
  await page.getByLabel('生年月日').fill(born(number));
  await page.getByRole('button', { name: '記録を開く' }).click();
  manager.check('a reason has to be given, and what was typed stays', (await page.locator('#e-reason').count()) === 1 && (await page.getByLabel('ふりがな').inputValue()) === kana(number), await manager.text());
  await manager.look('emergency refused');
  const reason = page.getByLabel('緊急の理由');
  if (manager.script) {
    await tabTo(manager, reason, 'the reason');
    await page.keyboard.type('意識のない方が救急搬送されたため');
    await press(manager, page.getByRole('button', { name: '記録を開く' }), 'the button');
  } else {
    await reason.fill('意識のない方が救急搬送されたため');
    await page.getByRole('button', { name: '記録を開く' }).click();
  }
  manager.check('the record opens, and says that this is seen', page.url().includes(`${stay}?done=opened`) && (await manager.text()).includes('閲覧は記録され'), `${page.url()} ${await manager.text()}`);
  manager.check('it opens for reading alone', (await page.getByRole('link', { name: /退院連絡を書く|記録|連絡を送る/ }).and(page.locator('main a.button')).count()) === 0, await manager.text());
  await manager.look('stay in an emergency');
}

/** The administrator holds a person's record by its number, and lifts the hold. */
export async function holds(browser, base, window, patient) {
  const admin = await person(browser, base, { name: 'admin', ...window });
  await admin.login('admin');
  const { page } = admin;
  await page.getByRole('link', { name: '記録の保全' }).click();
  await admin.look('holds');
  const number = patient.split('/').pop();
  await page.getByLabel('本人の番号').fill(number);
  await page.getByRole('button', { name: '保全する' }).click();
  admin.check('a hold needs its reason', (await page.locator('#e-why').count()) >= 1 && (await page.getByLabel('本人の番号').inputValue()) === number, await admin.text());
  await admin.look('hold refused');
  await page.locator('#f-why').fill('開示請求への回答が済むまで');
  await page.getByRole('button', { name: '保全する' }).click();
  const row = page.locator('main li', { hasText: number }).filter({ has: page.locator('details') });
  admin.check('the record is held', page.url().includes('done=held') && (await row.count()) === 1, await admin.text());
  admin.check('a hold names nobody', !(await admin.text()).includes('試験'));
  await row.locator('summary').click();
  await admin.look('hold');
  await row.getByLabel('解除の理由').fill('回答が済んだため');
  await row.getByRole('button', { name: '解除する' }).click();
  admin.check('the hold is lifted', page.url().includes('done=lifted') && (await admin.text()).includes('回答が済んだため'), await admin.text());
  await admin.look('hold lifted');
  await admin.close();
}
