/* Every page and state in its many looks: pictures for people to look at (build/screenshots/screens), and what can be
 * checked without eyes: nothing sticks out, and axe-core finds nothing.
 *
 * In a run of the tests each state is seen in three looks, which take turns in size, theme and language. With
 * ECHOMEET_SCREENS=all it is every size (1440 × 900, 768 × 1024, 390 × 844) by every theme by both languages. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { Person, root, startBrowser } from './support.mjs';

const axe = fs.readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const folder = path.join(root, 'build/screenshots/screens');
const SIZES = [['wide', 1440, 900], ['tablet', 768, 1024], ['phone', 390, 844]];
const LANGUAGES = ['en', 'zh-CN'];
let sys;
let browser;
let ana;
let bo;
let code;
const wrong = [];

before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  // axe is brought in as a script of its own, which the page's policy would refuse.
  ana = await Person.arrive(browser, sys.base, 'Ana Lima', { bypassCSP: true });
  bo = await Person.arrive(browser, sys.base, 'Bo Nilsson', { bypassCSP: true });
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

/** [size, theme, language] */
const ALL = SIZES.flatMap((size) => ['light', 'dark'].flatMap((theme) => LANGUAGES.map((language) => ({ size, theme, language }))));
const FEW = [ALL[0], ALL[6], ALL[11]]; // a desk, light, English; a tablet, dark, English; a phone, dark, Chinese
const looks = process.env.ECHOMEET_SCREENS === 'all' ? ALL : FEW;

/** Pictures of what the person sees now. In a call it is always dark. */
async function look(person, name, { themes = ['light', 'dark'] } = {}) {
  const { page } = person;
  let known = '';
  for (const { size: [size, width, height], theme, language } of looks) {
    if (looks === ALL && !themes.includes(theme)) continue;
    if (language !== known) await page.evaluate(async (tag) => (await import('/js/i18n.js')).chooseLanguage(tag), language);
    known = language;
    await page.emulateMedia({ colorScheme: themes.includes(theme) ? theme : themes[0] });
    await page.setViewportSize({ width, height });
    // Two frames: the layout follows the size one frame later.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await page.screenshot({ path: path.join(folder, `${name}-${size}-${theme}-${language}.png`), animations: 'disabled' });
    const out = await page.evaluate(() => Math.max(document.documentElement.scrollWidth,
      ...[...document.querySelectorAll('.bar button, dialog[open] button, .menu button')].map((one) => one.getBoundingClientRect().right)) - innerWidth);
    if (out > 1) wrong.push(`${name} ${size} ${language}: ${out} px stick out`);
    if (size !== 'tablet') await clean(page, `${name} ${size} ${theme} ${language}`);
  }
  await page.evaluate(async () => (await import('/js/i18n.js')).chooseLanguage('en'));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function clean(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  for (const { impact, id, nodes } of violations) wrong.push(`${what}: ${impact} ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

const nothingWrong = () => assert.deepEqual(wrong.splice(0), []);

test('pages around the call', async () => {
  await ana.go('#/signin');
  await ana.button('Sign in').waitFor();
  await look(ana, 'sign-in');
  await ana.go('#/signup');
  await ana.button('Create account').click();
  await ana.page.locator('[role=alert]').first().waitFor();
  await look(ana, 'sign-up-refused');
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  await look(ana, 'dashboard-empty');
  await ana.page.evaluate(async () => {
    const { api } = window.echomeet;
    const at = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
    for (let n = 1; n <= 12; n += 1) {
      const { code: one } = await api.post('/meetings', { title: `Stand-up ${n}` });
      await api.post(`/meetings/${one}/join`, {});
      await api.post(`/meetings/${one}/end`);
    }
    await api.post('/meetings', { title: 'Design review: the new dashboard, its filters, and a title that is rather long for a phone', startTime: at(3), duration: 90 });
    await api.post('/meetings', { title: '季度总结会', startTime: at(26), password: 'tulip', isRecorded: true });
  });
  code = await ana.page.evaluate(async () => (await window.echomeet.api.post('/meetings', { title: 'Weekly planning', password: 'tulip', description: 'Numbers first, then questions.' })).code);
  const emil = await register(sys, 'Emil');
  await emil.client.post(`/meetings/${code}/join`, { password: 'tulip' });
  await ana.page.reload();
  await ana.page.locator('.meeting').first().waitFor();
  await look(ana, 'dashboard');
  await ana.button('Filters').click();
  await ana.page.getByLabel('Status').selectOption('Ended');
  await ana.page.getByRole('heading', { name: '12 meetings found' }).waitFor();
  await look(ana, 'dashboard-found');
  await ana.page.getByLabel('Search titles and descriptions').fill('nothing of this name');
  await ana.page.getByText('No meeting fits. Try fewer filters.').waitFor();
  await look(ana, 'dashboard-none');
  await ana.button('Clear').click();
  await ana.button('Schedule').click();
  await look(ana, 'schedule');
  await ana.page.keyboard.press('Escape');
  await ana.button('Ana Lima Profile').click();
  await ana.page.locator('.sign-in').first().waitFor();
  await look(ana, 'profile');
  await ana.page.keyboard.press('Escape');
  nothingWrong();
});

test('before the call', async () => {
  await ana.go(`#/m/${code}`);
  await ana.page.locator('.before-people').or(ana.page.getByText('Nobody is here yet')).first().waitFor();
  await ana.button('Devices').click();
  await ana.page.getByLabel('Microphone', { exact: true }).waitFor();
  await look(ana, 'before');
  await bo.context.addInitScript(() => {
    if (sessionStorage.getItem('deny') === 'yes') {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    }
  });
  await bo.page.evaluate(() => sessionStorage.setItem('deny', 'yes'));
  await bo.page.reload();
  await bo.go(`#/m/${code}`);
  await bo.page.getByText('Your camera is blocked by the browser.').waitFor();
  await bo.button('Join').click();
  await bo.page.getByLabel('Meeting password').waitFor();
  await look(bo, 'before-denied');
  await bo.page.evaluate(() => sessionStorage.setItem('deny', 'no'));
  await bo.page.reload();
  nothingWrong();
});

test('in the call', async () => {
  const dark = { themes: ['dark'] };
  await ana.button('Join').click();
  await ana.page.locator('.call').waitFor();
  await look(ana, 'call-alone', dark);
  await bo.join(code, 'tulip');
  await ana.tile(await bo.myId()).locator('video').waitFor();
  await look(ana, 'call-two', dark);
  await ana.button('More').click();
  await look(ana, 'call-more', dark);
  await ana.page.keyboard.press('Escape');
  for (const [item, name] of [['Devices', 'devices'], ['Meeting information', 'info'], ['Keyboard shortcuts ?', 'shortcuts']]) {
    await ana.button('More').click();
    await ana.page.locator('.menu').getByRole('button', { name: item.replace(/ \?$/, '') }).click();
    if (name === 'info') await ana.page.locator('svg.qr').waitFor();
    await look(ana, `call-${name}`, dark);
    await ana.page.keyboard.press('Escape');
  }
  const names = ['李雷', 'Dora', 'Fatima Al-Sayed', 'Greta Nilsdotter', 'Hiro', 'Ivan', '韩梅梅', 'Jo', 'Karim', 'Lena', 'Maximilian von und zu Hohenfels'];
  const guests = [];
  for (const name of names) {
    const guest = await register(sys, name);
    await guest.client.post(`/meetings/${code}/join`, { password: 'tulip' });
    guests.push(guest);
  }
  await bo.button('Raise hand').click();
  await bo.button('Mute microphone').click();
  await bo.say('The agenda is at https://example.org/agenda 🎉');
  await ana.page.getByRole('button', { name: 'Chat, 1 unread' }).click();
  await ana.page.locator('.composer textarea').fill('Thanks!');
  await ana.page.locator('.composer textarea').press('Enter');
  await ana.page.locator('.line.mine:not(.waiting)').waitFor();
  await look(ana, 'call-chat', dark);
  await ana.button('Insert an emoji').click();
  await look(ana, 'call-emoji', dark);
  await ana.page.keyboard.press('Escape');
  await ana.page.getByRole('tab', { name: 'People' }).click();
  await ana.button('Actions for Bo Nilsson').click();
  await look(ana, 'call-people', dark);
  await ana.button('Close the panel').click();
  await ana.button('Show my picture apart').click();
  await look(ana, 'call-many', dark);
  await ana.button('Speaker view').click();
  await look(ana, 'call-speaker', dark);
  await ana.button('Speaker view').click();
  await bo.button('Share your screen').click();
  await ana.page.locator('.screen video').waitFor();
  await look(ana, 'call-screen', dark);
  await look(bo, 'call-screen-own', dark);
  await bo.button('Stop sharing').first().click();
  await sys.processes.relay.kill();
  await ana.page.getByText('Connection lost. Reconnecting…').waitFor();
  await look(ana, 'call-reconnecting', dark);
  await sys.processes.relay.start();
  await ana.page.locator('.stage-line').waitFor({ state: 'detached', timeout: 60_000 });
  await ana.button('Leave the meeting').click();
  await look(ana, 'call-leave', dark);
  await ana.button('End for everyone').click();
  await bo.page.getByText('Ana Lima ended the meeting for everyone.').waitFor();
  await look(bo, 'ended');
  nothingWrong();
});
