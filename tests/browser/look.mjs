/* A page or a state in its many looks, and what can be checked of each without eyes: nothing sticks out, no text is cut off in a
 * button, and axe-core finds nothing.
 *
 * In a run of the tests each state has two looks, which differ in size, theme and language. ECHOMEET_SCREENS=few takes pictures of
 * these for people to look at (build/screenshots/screens); ECHOMEET_SCREENS=all, as in `make soak`, of every size
 * (1440 × 900, 768 × 1024, 390 × 844) by every theme by every language. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Person, root } from './support.mjs';

const axe = fs.readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const folder = path.join(root, 'build/screenshots/screens');
const SIZES = [
  ['wide', 1440, 900],
  ['tablet', 768, 1024],
  ['phone', 390, 844],
];
const LANGUAGES = ['en', 'de', 'fr', 'zh-CN'];
const BOTH = ['light', 'dark'];

/** [size, theme, language] */
const ALL = LANGUAGES.flatMap((language) => BOTH.flatMap((theme) => SIZES.map((size) => ({ size, theme, language }))));
const FEW = [ALL[0], ALL[ALL.length - 1]]; // a desk, light, English; a phone, dark, Chinese
const pictures = process.env.ECHOMEET_SCREENS ?? '';
const looks = pictures === 'all' ? ALL : FEW;
/** In a call it is always dark. */
export const DARK = ['dark'];

/** Somebody whose page holds still, and lets axe in as a script of its own, which the page's policy would refuse. */
export const arrive = (browser, base, name, options) =>
  Person.arrive(browser, base, name, { bypassCSP: true, ...options });

/** @type {string[]} */
const wrong = [];
export const nothingWrong = () => assert.deepEqual(wrong.splice(0), []);

/**
 * The looks of what the person sees now.
 * @param {Person} person @param {string} name of the files
 * @param {{themes?: string[], again?: () => Promise<unknown>}} [how] `again`: is done before each look, for what does not last
 */
export async function look(person, name, { themes = BOTH, again } = {}) {
  const { page } = person;
  fs.mkdirSync(folder, { recursive: true });
  let spoken = '';
  for (const {
    size: [size, width, height],
    theme,
    language,
  } of looks) {
    if (looks === ALL && !themes.includes(theme)) continue;
    if (language !== spoken)
      await page.evaluate(async (tag) => (await import('/js/i18n.js')).chooseLanguage(tag), language);
    spoken = language;
    await page.emulateMedia({ colorScheme: themes.includes(theme) ? theme : themes[0] });
    await page.setViewportSize({ width, height });
    await again?.();
    await settled(page);
    if (pictures !== '')
      await page.screenshot({
        path: path.join(folder, `${name}-${size}-${theme}-${language}.png`),
        animations: 'disabled',
      });
    for (const what of await page.evaluate(outOfPlace)) wrong.push(`${name} ${size} ${language}: ${what}`);
    if (size !== 'tablet') await clean(page, `${name} ${size} ${theme} ${language}`);
  }
  await page.evaluate(async () => (await import('/js/i18n.js')).chooseLanguage('en'));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** Two frames: the layout follows the size one frame later. */
const settled = (page) =>
  page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const passing = document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity);
    await Promise.all(passing.map(({ finished }) => finished.catch(() => {})));
  });

/** In the page: what sticks out of the window, and whose words do not fit. */
function outOfPlace() {
  const found = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 1) found.push(`the page is ${wide} px too wide`);
  for (const one of document.querySelectorAll('button, .button, .notice, .stage-banner, .toast, .menu, dialog[open]')) {
    const { left, right, width } = one.getBoundingClientRect();
    const scrolled = one.closest('.admin-scroll, .table, .chart, .strip');
    const label = `${one.className || one.tagName} “${(one.getAttribute('aria-label') ?? one.textContent).trim().slice(0, 30)}”`;
    if (width > 0 && !scrolled && (right > innerWidth + 1 || left < -1)) found.push(`${label} sticks out`);
    if (one.matches('button, .button') && one.scrollWidth > one.clientWidth + 1 && !one.matches('.quote, [data-tip]'))
      found.push(`${label} is cut off`);
  }
  return found;
}

async function clean(page, what) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  for (const { impact, id, nodes } of violations)
    wrong.push(`${what}: ${impact} ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
