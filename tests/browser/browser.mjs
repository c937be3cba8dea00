// One browser, and what every look at a page checks: no axe violation, no script error, nothing wider than the window.
import { chromium } from 'playwright-core';
import { AxeBuilder } from '@axe-core/playwright';
import { mkdirSync } from 'node:fs';

export const password = process.env.DEMO_PASSWORD ?? 'tsunagi-demo-only';

let passed = 0;
// What has been looked at: the walk comes by most pages several times, and axe takes longer than everything else.
const looked = new Set();
const failures = [];

export function check(what, ok, detail = '') {
  if (ok) passed += 1;
  else {
    failures.push(what);
    console.error(`FAILED: ${what}${detail ? `\n  ${detail}` : ''}`);
  }
}

export function report() {
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length ? 1 : 0;
}

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });

/** A person in a window of her own. */
export async function person(browser, base, { name, width, script = true }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled: script, locale: 'ja-JP', timezoneId: 'Asia/Tokyo', baseURL: base });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (4|5)\d\d/.test(message.text())) check(`${name}: no error in the console`, false, message.text());
  });
  page.on('pageerror', (error) => check(`${name}: no script error`, false, String(error)));
  const label = (what) => `${what} [${width}${script ? '' : ', no script'}]`;
  const self = {
    page, name, width, script,
    check: (what, ok, detail) => check(label(`${name}: ${what}`), ok, detail),
    /** Looks at the page: its width each time; axe and a picture the first time that this person sees it in such a window. */
    async look(what) {
      const wide = await self.overflow();
      self.check(`${what} fits the window`, wide <= 1, `${wide} px too wide at ${page.url()}`);
      const twice = await page.evaluate(() => {
        const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
        return ids.filter((id, place) => ids.indexOf(id) !== place);
      });
      self.check(`${what} has each id once`, twice.length === 0, twice.join(' '));
      const once = [width, script, what === 'login' ? '' : name, what].join();
      if (looked.has(once)) return;
      looked.add(once);
      if (script) {
        // No page holds a frame: the old way, in the page itself, needs no second page a look.
        const found = await new AxeBuilder({ page }).setLegacyMode().analyze();
        const words = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`).join('\n  ');
        self.check(`${what} has no axe violation`, found.violations.length === 0, words);
      }
      if (process.env.SCREENSHOTS) {
        mkdirSync(process.env.SCREENSHOTS, { recursive: true });
        const file = `${process.env.SCREENSHOTS}/${width}${script ? '' : '-noscript'}-${name}-${what}`.replaceAll(' ', '-');
        await page.screenshot({ path: `${file}.png`, fullPage: true });
      }
    },
    async overflow() {
      // evaluate() works with script off too: it runs in the tool's own world.
      return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    },
    /** The first step alone. */
    async enter(login, secret = password) {
      await page.goto('/login');
      await self.look('login');
      await page.getByLabel('ログイン名').fill(login);
      await page.getByLabel('パスワード').fill(secret);
      await page.getByRole('button', { name: 'ログイン' }).click();
    },
    async login(login, secret = password) {
      await self.enter(login, secret);
      self.check(`${login} is logged in`, new URL(page.url()).pathname === '/', page.url());
    },
    text: () => page.locator('main').innerText(),
    close: () => context.close(),
  };
  return self;
}

/** Comes by again until what was set going is done. */
export async function until(what, ready, seconds = 15) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((wake) => setTimeout(wake, 150))) {
    const found = await ready();
    if (found) return found;
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

/** The links of the demo's mailbox, the newest mail first. */
export async function mails(page) {
  await page.goto('/demo/mailbox');
  return page.locator('main').getByRole('link').evaluateAll((all) => all.map((one) => one.getAttribute('href')).filter((to) => /mails\/\d+$/.test(to)));
}

/** A civil day in Japan, `days` from the demo's today (read from the foot of a page). */
export async function dayFrom(page, days) {
  const foot = await page.locator('footer').innerText();
  const [, year, month, day] = foot.match(/(\d{4})年(\d+)月(\d+)日/) ?? [];
  const date = year ? new Date(Date.UTC(+year, +month - 1, +day)) : new Date(Date.now() + 9 * 3600e3);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
