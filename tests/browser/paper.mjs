// Pages as they come out of a printer: nothing to press, nothing cut off.
import { mkdirSync } from 'node:fs';

/** Prints the page that is open. */
export async function printed(person, what) {
  const { page } = person;
  await page.emulateMedia({ media: 'print' });
  const seen = await page.locator('nav, button, .button, .skip').evaluateAll((all) => all.filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 80)));
  person.check(`${what} prints nothing to press`, seen.length === 0, seen.slice(0, 4).join('\n  '));
  // A4 less its margins, at 96 dots an inch.
  const before = page.viewportSize();
  await page.setViewportSize({ width: 703, height: 1000 });
  const wide = await person.overflow();
  person.check(`${what} is no wider than the sheet`, wide <= 1, `${wide} px`);
  if (process.env.SCREENSHOTS) {
    mkdirSync(process.env.SCREENSHOTS, { recursive: true });
    await page.pdf({ path: `${process.env.SCREENSHOTS}/print-${person.name}-${what}.pdf`.replaceAll(' ', '-'), format: 'A4', margin: { top: '12mm', bottom: '12mm', left: '12mm', right: '12mm' } });
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ media: null });
}
