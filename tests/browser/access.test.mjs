/* Every page and state, looked at by axe-core: names, roles, contrast, landmarks. And the main way through by keyboard. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, root, startBrowser, until } from './support.mjs';

const axe = fs.readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
let sys;
let browser;
let ana;
let bo;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  // axe is brought in as a script of its own, which the page's policy would refuse.
  ana = await Person.arrive(browser, sys.base, 'Ana Lima', { bypassCSP: true });
  bo = await Person.arrive(browser, sys.base, 'Bo Nilsson', { bypassCSP: true });
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

async function clean(person, what) {
  await person.page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
  await person.page.evaluate(axe);
  const { violations } = await person.page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  const told = violations.map(({ impact, id, nodes }) => `${what}: ${impact} ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  assert.deepEqual(told, []);
}

test('pages around the call', async () => {
  await ana.go('#/signin');
  await ana.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await clean(ana, 'sign in');
  await ana.button('Sign in').click();
  await ana.page.locator('[role=alert]').first().waitFor();
  await clean(ana, 'sign in, refused');
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  await ana.button('Schedule').click();
  await clean(ana, 'schedule');
  await ana.page.getByLabel('Title').fill('Design review');
  await ana.button('Schedule it').click();
  await ana.page.locator('.meeting-what').waitFor();
  await clean(ana, 'dashboard');
  await ana.button('Ana Lima Profile').click();
  await ana.page.locator('.sign-in').first().waitFor();
  await clean(ana, 'profile');
  await ana.page.keyboard.press('Escape');
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  await ana.page.getByRole('link', { name: 'Test the network' }).click();
  await ana.button('Start the test').click();
  await ana.page.getByText(/^(Everything works|A call is possible)/).waitFor({ timeout: 60_000 });
  await clean(ana, 'network test');
  await ana.go('#/');
  await ana.page.locator('.meeting-what').waitFor();
  await ana.page.emulateMedia({ colorScheme: 'dark' });
  await clean(ana, 'dashboard, dark');
  await ana.page.emulateMedia({ colorScheme: 'light' });
});

test('before, in and after the call', async () => {
  const code = (await ana.page.locator('.meeting .code').textContent()).trim();
  await ana.go(`#/m/${code}`);
  await ana.button('Devices').click();
  await ana.page.getByLabel('Microphone', { exact: true }).waitFor();
  await clean(ana, 'before the call');
  await ana.join(code);
  await clean(ana, 'alone');
  await bo.join(code);
  await bo.button('Mute microphone').click();
  await bo.button('Raise hand').click();
  await bo.say('Hello');
  await ana.page.getByRole('button', { name: 'Chat, 1 unread' }).click();
  await clean(ana, 'chat');
  await ana.page.locator('.composer textarea').fill('see https://example.org');
  await ana.page.locator('.composer textarea').press('Enter');
  await ana.page.locator('.line.mine a').hover();
  await clean(ana, 'chat, with what can be done with a line');
  await ana.button('Edit the message').click();
  await clean(ana, 'changing a line');
  await ana.page.keyboard.press('Escape');
  await ana.page.getByLabel('To', { exact: true }).selectOption({ label: 'Bo Nilsson' });
  await ana.page.getByLabel('Write to Bo Nilsson alone').fill('psst');
  await ana.page.getByLabel('Write to Bo Nilsson alone').press('Enter');
  await ana.page.locator('.line.private:not(.waiting)').waitFor();
  await clean(ana, 'a private line');
  await ana.button('React').click();
  await clean(ana, 'reactions');
  await ana.page.keyboard.press('Escape');
  await ana.page.getByRole('tab', { name: 'People' }).click();
  await clean(ana, 'people');
  await ana.button('Actions for Bo Nilsson').click();
  await clean(ana, 'what the host may do');
  await ana.button('Remove from the meeting').click();
  await clean(ana, 'the question before that');
  await ana.button('Cancel').click();
  await ana.button('Speaker view').click();
  await ana.page.locator('.speaker .tile').hover();
  await clean(ana, 'speaker view');
  await bo.button('Share your screen').click();
  await ana.page.locator('.screen video').waitFor();
  await clean(ana, 'the screen of another');
  await clean(bo, 'one\'s own screen');
});

test('by keyboard alone: microphone, camera, panels, menu, end', async () => {
  const { keyboard } = ana.page;
  const on = () => ana.page.evaluate(() => {
    const { microphoneOn, cameraOn } = window.echomeet.call.media.store.get();
    return `${microphoneOn} ${cameraOn}`;
  });
  await keyboard.press('Control+d');
  await until(async () => await on() === 'false true', 'muted');
  await keyboard.press('Control+e');
  await until(async () => await on() === 'false false', 'camera off');
  await ana.page.getByRole('tab', { name: 'People' }).focus();
  await keyboard.press('ArrowRight');
  await ana.page.getByRole('tab', { name: 'Chat', selected: true }).waitFor();
  await keyboard.press('Escape');
  await ana.page.locator('.panel').waitFor({ state: 'detached' });
  await ana.button('Leave the meeting').focus();
  await keyboard.press('Enter');
  await ana.button('End for everyone').waitFor();
  await clean(ana, 'the menu for leaving');
  await keyboard.press('Escape');
  await ana.button('End for everyone').waitFor({ state: 'detached' });
  assert.equal(await ana.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Leave the meeting', 'the focus is where it was');
  await keyboard.press('Enter');
  await until(() => ana.page.evaluate(() => document.activeElement?.matches('.menu button')), 'the menu has the focus');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await bo.page.getByText('Ana Lima ended the meeting for everyone.').waitFor();
  await ana.page.locator('.ended').waitFor();
  await clean(ana, 'ended');
});
