// An account of an outside provider: linked, used, refused and taken off, at a real provider on another site.
import { password, person } from './browser.mjs';

const issuer = process.env.OIDC_ISSUER;

/** At the provider, by whatever way she came. */
async function says(who, login, methods) {
  const { page } = who;
  await page.waitForURL(`${issuer}/**`);
  who.check('the provider asks who she is', (await page.locator('h1').innerText()) === '架空の認証基盤', page.url());
  if (methods === null) return page.getByRole('button', { name: 'やめる' }).click();
  await page.getByLabel('利用者').fill(login);
  await page.getByLabel('確認の方法').fill(methods);
  return page.getByRole('button', { name: 'ログイン' }).click();
}

async function linked(who, login) {
  const { page } = who;
  await page.goto('/account');
  await page.getByRole('link', { name: '外部アカウントと連携する' }).click();
  await who.look('outside account');
  await page.getByRole('button', { name: '連携する' }).click();
  who.check('the password is asked for beside its field', (await page.locator('#e-password').count()) === 1, await who.text());
  await who.look('outside account refused');
  await page.getByLabel('いまのパスワード').fill(password);
  await page.getByRole('button', { name: '連携する' }).click();
  await says(who, login, 'pwd');
  await page.waitForURL((url) => url.pathname === '/account/oidc');
  who.check('one factor is not enough', (await who.text()).includes('多要素認証を設定してください'), await who.text());
  await who.look('outside account with one factor');
  await page.getByLabel('いまのパスワード').fill(password);
  await page.getByRole('button', { name: '連携する' }).click();
  await says(who, login, 'pwd otp');
  await page.waitForURL((url) => url.pathname === '/account');
  who.check('the account is linked', (await page.locator('.flash').innerText()).includes('連携しました') && (await who.text()).includes('架空の認証基盤'), await who.text());
  await who.look('account linked');
}

async function used(who, login) {
  const { page } = who;
  await page.getByRole('button', { name: 'ログアウト' }).click();
  await page.goto('/login?next=%2Fnotices');
  await who.look('login with a provider');
  for (const [methods, words] of [[null, '取り消されました'], ['pwd', '多要素認証を設定してください']]) {
    await page.getByRole('link', { name: '架空の認証基盤でログイン' }).click();
    await says(who, login, methods);
    await page.waitForURL((url) => url.pathname === '/login/oidc/callback');
    who.check(`the login page says that it is no way in (${methods})`, (await page.locator('#summary').innerText()).includes(words), await who.text());
    await who.look(`login refused by the provider ${methods}`);
  }
  await page.goto('/login?next=%2Fnotices');
  await page.getByRole('link', { name: '架空の認証基盤でログイン' }).click();
  await says(who, login, 'pwd otp');
  await page.waitForURL((url) => url.pathname === '/notices');
  who.check('she is logged in, and where she was going', (await page.getByRole('button', { name: 'ログアウト' }).count()) === 1, page.url());
}

async function takenOff(who) {
  const { page } = who;
  await page.goto('/account');
  await page.getByRole('link', { name: '外部アカウントの連携を変える' }).click();
  await who.look('outside account linked');
  await page.getByLabel('いまのパスワード').fill(password);
  await page.getByRole('button', { name: '連携を解除する' }).click();
  who.check('the link is taken off', page.url().includes('done=outside-unlinked') && (await who.text()).includes('連携していません'), await who.text());
}

/** A form whose session has ended: in again by the provider in another tab, and on with it. */
async function heldForm(who, login) {
  const { page } = who;
  await page.goto('/patients/new');
  await page.getByLabel('氏名').fill('試験 キツツキ');
  await page.context().clearCookies();
  await page.getByRole('button', { name: '登録する' }).click();
  await who.look('login with a provider and a held form');
  const [tab] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: '架空の認証基盤でログイン' }).click()]);
  await says({ ...who, page: tab }, login, 'pwd otp');
  await tab.waitForURL((url) => url.pathname === '/');
  await tab.close();
  await page.getByRole('button', { name: '入力画面に戻る' }).click();
  who.check('the form is back with what was typed', (await page.getByLabel('氏名').inputValue()) === '試験 キツツキ', await who.text());
}

export async function outside(browser, base, window) {
  if (!issuer) return console.log('no provider (OIDC_ISSUER): outside accounts are left out');
  const who = await person(browser, base, { name: 'coordinator', ...window });
  const login = `coordinator-${window.width}`;
  await who.login('coordinator');
  await linked(who, login);
  await used(who, login);
  await heldForm(who, login);
  await takenOff(who);
  await who.close();
}
