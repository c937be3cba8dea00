// One whole filing with the keyboard alone: Tab, Enter, Space and letters; whatever has the focus is seen to have it.
import { dayFrom, password } from './browser.mjs';

/** What has the focus now: its words, and whether an eye finds it. */
function focused(page) {
  return page.evaluate(() => {
    const at = document.activeElement;
    if (!at || at === document.body) return { words: '', seen: true };
    const ring = (element) => {
      const style = getComputedStyle(element);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    };
    const box = at.getBoundingClientRect();
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return { words: `${at.tagName} ${at.id} ${(at.innerText || at.value || '').slice(0, 30)}`, seen: inside && (ring(at) || ring(at.parentElement)) };
  });
}

/** Tabs on until the element has the focus. */
export async function tabTo(person, target, what) {
  const { page } = person;
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (!now.seen) person.check(`the focus is seen on the way to ${what}`, false, now.words);
    if (await target.evaluate((element) => element === document.activeElement || (element.type === 'radio' && element.name === document.activeElement?.name))) return true;
  }
  person.check(`Tab reaches ${what}`, false, page.url());
  return false;
}

export async function press(person, target, what) {
  await tabTo(person, target, what);
  // Each of these leads to another page.
  const moved = person.page.waitForEvent('load');
  await person.page.keyboard.press('Enter');
  await moved;
}

/** Types a day into a date field, whatever order its parts stand in. */
async function typeDay(page, field, day) {
  const [year, month, date] = day.split('-');
  for (const digits of [`${month}${date}${year}`, `${year}${month}${date}`]) {
    await field.focus();
    await page.keyboard.type(digits);
    if ((await field.inputValue()) === day) return true;
    await field.fill('');
  }
  return false;
}

/** `stay`: one whose discharge has not been told. */
export async function byKeyboard(nurse, stay) {
  const { page } = nurse;
  await page.context().clearCookies();
  await page.goto('/login');
  await page.keyboard.press('Tab');
  const skip = page.locator('.skip');
  nurse.check('the first Tab shows the way to the content', (await skip.boundingBox()).x >= 0 && (await focused(page)).seen);
  await page.keyboard.press('Enter');
  nurse.check('and Enter goes there', await page.locator('main').evaluate((main) => main === document.activeElement));
  await tabTo(nurse, page.getByLabel('ログイン名'), 'the login name');
  await page.keyboard.type('nurse');
  await tabTo(nurse, page.getByLabel('パスワード'), 'the password');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === '/');
  await press(nurse, page.locator(`a[href="${stay}"]`).first(), 'the stay');
  await press(nurse, page.getByRole('link', { name: '退院連絡を書く' }), 'the filing form');
  await page.waitForURL(`**${stay}/file`);
  const send = page.getByRole('button', { name: 'この内容で送信する' });
  await press(nurse, send, 'the sending button');
  const summary = page.locator('#summary');
  await summary.waitFor();
  nurse.check('a refused form puts the focus on its summary', await summary.evaluate((element) => element === document.activeElement), (await focused(page)).words);
  await nurse.look('summary in focus');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const day = page.locator('#f-planned_on');
  nurse.check('a line of the summary leads into its field', await day.evaluate((element) => element === document.activeElement), (await focused(page)).words);
  nurse.check('the day is typed', await typeDay(page, day, await dayFrom(page, 12)), await day.inputValue());
  const criterion = page.locator('[id="f-c.home_adaptation"]');
  await tabTo(nurse, criterion.locator('input[value=yes]'), 'a criterion');
  await page.keyboard.press('Space');
  await nurse.look('criterion in focus');
  await tabTo(nurse, criterion.locator('input[type=checkbox]').first(), 'a detail');
  await page.keyboard.press('Space');
  await tabTo(nurse, page.getByLabel('伝えたいこと'), 'the message');
  await page.keyboard.type('キーボードだけで書きました。');
  await press(nurse, send, 'the sending button');
  await page.waitForURL(/done=sent/).catch(() => {});
  nurse.check('a filing is sent by keyboard alone', page.url().includes('done=sent'), await nurse.text());
}
