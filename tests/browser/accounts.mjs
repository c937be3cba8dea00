// A person's way in: invited, a password of her own, a passkey, her sessions; and what she and her administrator see of it.
import { mails, person, until } from './browser.mjs';
import { press, tabTo } from './keyboard.mjs';

const secret = '雪どけの道を、ゆっくりと歩いていく';

/** The administrator invites somebody; answers with her login. */
async function invited(admin, number) {
  const { page } = admin;
  const login = `jiro-${number + 1}`;
  await page.getByRole('link', { name: '利用者' }).click();
  await admin.look('people');
  const form = page.locator('form.card');
  await form.getByLabel('氏名').fill('北見 次郎');
  await form.getByRole('button', { name: '招待する' }).click();
  admin.check('what is missing is said beside each field', (await page.locator('#e-login, #e-email, #e-role').count()) === 3, await admin.text());
  admin.check('what was typed stays', (await form.getByLabel('氏名').inputValue()) === '北見 次郎');
  await admin.look('invitation refused');
  await form.getByLabel('ログイン名').fill(login);
  await form.getByLabel('メールアドレス').fill(`${login}@city.example.jp`);
  await form.locator('#f-role').selectOption('auditor');
  if (admin.script) await press(admin, form.getByRole('button', { name: '招待する' }), 'the button');
  else await form.getByRole('button', { name: '招待する' }).click();
  admin.check('she is invited', page.url().includes('done=invited') && (await page.locator('tr', { hasText: login }).innerText()).includes('招待中'), await admin.text());
  await admin.look('people invited');
  return login;
}

/** By the link in the mail, a password of her own. */
async function accepted(jiro, before) {
  const { page } = jiro;
  const mail = await until('the mail of the invitation', async () => {
    const now = await mails(page);
    return now.length > before ? now[0] : null;
  });
  await page.goto(mail);
  const link = await page.getByRole('link').filter({ hasText: '/invitation/' }).first().getAttribute('href');
  await page.goto(link.replace(/^https?:\/\/[^/]+/, ''));
  await jiro.look('invitation');
  await page.getByLabel('新しいパスワード').fill('password');
  await page.getByRole('button', { name: 'このパスワードにする' }).click();
  jiro.check('a short password is refused beside its field', (await page.locator('#e-new_password').count()) === 1, await jiro.text());
  await jiro.look('invitation refused');
  await page.getByLabel('新しいパスワード').fill(secret);
  await page.getByRole('button', { name: 'このパスワードにする' }).click();
  jiro.check('the password is set', page.url().includes('done=password-set'), await jiro.text());
  await page.goto(link.replace(/^https?:\/\/[^/]+/, ''));
  jiro.check('the link works once', (await jiro.text()).includes('このリンクは使えません'), await jiro.text());
}

/** An authenticator inside the browser that always finds its user's finger. */
async function authenticator(page) {
  const tools = await page.context().newCDPSession(page);
  await tools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await tools.send('WebAuthn.addVirtualAuthenticator', { options });
  return {
    verifies: (isUserVerified) => tools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    count: async () => (await tools.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
  };
}

/** Adds a passkey to her account and logs in with it. */
async function passkey(jiro, login) {
  const { page } = jiro;
  const finger = await authenticator(page);
  await page.goto('/account/passkeys');
  await jiro.look('passkey');
  await page.getByLabel('パスキーの名前').fill('');
  await page.getByRole('button', { name: '追加する' }).click();
  await page.locator('#summary').waitFor();
  jiro.check('name and password are asked for before the finger', (await page.locator('#e-passkey_name').count()) === 1 && (await finger.count()) === 0, await jiro.text());
  await jiro.look('passkey refused');
  await page.getByLabel('パスキーの名前').fill('庁舎の端末');
  await tabTo(jiro, page.getByLabel('いまのパスワード'), 'the password');
  await page.keyboard.type(secret);
  await press(jiro, page.getByRole('button', { name: '追加する' }), 'the button');
  await page.locator('.codes').waitFor();
  jiro.check('the recovery codes are shown', (await page.locator('.codes li').count()) === 10, await jiro.text());
  jiro.check('the browser keeps one passkey', (await finger.count()) === 1);
  await jiro.look('recovery codes');
  await page.getByRole('link', { name: '控えました' }).click();
  jiro.check('the passkey is listed by its name', (await jiro.text()).includes('庁舎の端末'), await jiro.text());
  await page.goto('/account/passkeys');
  await page.getByLabel('いまのパスワード').fill(secret);
  await page.getByRole('button', { name: '追加する' }).click();
  await page.locator('[data-failed]:not([hidden])').waitFor();
  jiro.check('the same device is not taken twice', (await page.locator('[data-failed]').innerText()).includes('すでに登録'), await jiro.text());
  await page.getByRole('button', { name: 'ログアウト' }).click();
  await jiro.enter(login, secret);
  jiro.check('a second step is asked for', page.url().includes('/login/second'), page.url());
  await jiro.look('second step');
  await finger.verifies(false);
  await page.getByRole('button', { name: 'パスキーでログイン' }).click();
  await page.locator('[data-failed]:not([hidden])').waitFor();
  jiro.check('a stranger gets no further', page.url().includes('/login/second'), page.url());
  await jiro.look('second step failed');
  await finger.verifies(true);
  await press(jiro, page.getByRole('button', { name: 'パスキーでログイン' }), 'the passkey');
  await page.waitForURL((url) => url.pathname === '/');
  jiro.check('the passkey opens the session', (await page.getByRole('button', { name: 'ログアウト' }).count()) === 1, page.url());
}

/** Her own account: sessions, password, factors. */
async function own(jiro, browser, base, window, login) {
  const { page } = jiro;
  await page.goto('/account');
  await jiro.look('account');
  const times = page.locator('td[data-label="ログイン"]');
  const height = await times.first().evaluate((cell) => cell.getClientRects().length && cell.scrollHeight);
  jiro.check('the time of a session stands on one line', height < 80, `${height} px`);
  await page.goto('/account/password');
  await page.getByLabel('いまのパスワード').fill('not her password');
  await page.getByLabel('新しいパスワード').fill('1234567890123');
  await page.getByRole('button', { name: '変更する' }).click();
  jiro.check('a wrong password is refused beside its field', (await page.locator('#e-password').count()) === 1, await jiro.text());
  await jiro.look('password refused');
  await page.goto('/account/factor');
  await jiro.look('authenticator app');
  await page.getByLabel('6桁のコード').fill('000000');
  await page.getByLabel('いまのパスワード').fill(secret);
  await page.getByRole('button', { name: '設定する' }).click();
  jiro.check('a wrong code is refused beside its field', (await page.locator('#e-code').count()) === 1, await jiro.text());
  await jiro.look('authenticator app refused');
  if (!jiro.script) return;
  await page.goto('/account/codes');
  await jiro.look('new recovery codes');
  await page.goto('/account/passkeys/removal');
  await page.getByLabel('いまのパスワード').fill(secret);
  await page.getByRole('button', { name: '削除する' }).click();
  jiro.check('which passkey is asked for beside the choice', (await page.locator('#e-passkey_id').count()) === 1, await jiro.text());
  await jiro.look('passkey removal');
}

export async function accounts(browser, base, window, number) {
  const admin = await person(browser, base, { name: 'admin', ...window });
  const jiro = await person(browser, base, { name: 'jiro', ...window });
  const before = (await mails(jiro.page)).length;
  await admin.login('admin');
  const login = await invited(admin, number);
  await accepted(jiro, before);
  await jiro.login(login, secret);
  if (window.script) await passkey(jiro, login);
  else {
    await jiro.page.goto('/account/passkeys');
    jiro.check('without script the page says so and leads to the app', (await jiro.page.locator('[data-without]').isVisible()) && !(await jiro.page.locator('button[name=action]').isVisible()), await jiro.text());
    await jiro.look('passkey without script');
    await jiro.page.getByRole('link', { name: '認証アプリを設定する' }).click();
    jiro.check('and there the app is set up', jiro.page.url().endsWith('/account/factor'), jiro.page.url());
  }
  await own(jiro, browser, base, window, login);
  // From her administrator's list all her sessions end.
  await admin.page.goto('/admin/people');
  const row = admin.page.locator('tr', { hasText: login });
  admin.check('the list says who has two steps', (await row.innerText()).includes('二段階') === window.script, await row.innerText());
  await row.locator('summary').click();
  await admin.look('people menu');
  await row.getByRole('button', { name: 'すべてログアウト' }).click();
  admin.check('her sessions are ended', admin.page.url().includes('done=ended'), admin.page.url());
  await jiro.page.goto('/account');
  jiro.check('and she is asked to log in', jiro.page.url().includes('/login'), jiro.page.url());
  await jiro.close();
  await admin.close();
}
