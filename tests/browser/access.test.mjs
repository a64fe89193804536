/* By keyboard alone, and by ear: every dialog and menu is opened, used and closed without a mouse, with the focus in sight
 * and given back, and what happens in a call is announced. What axe-core finds in each state is the matter of look.mjs. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { arrive } from './look.mjs';
import { collectAnnouncements, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;
let bo;
let code;
const test = steps(() => [ana, bo]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo] = await Promise.all(['Ana Lima', 'Bo Nilsson'].map((name) => arrive(browser, sys.base, name)));
  await collectAnnouncements(ana);
  await collectAnnouncements(bo);
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  code = await ana.page.evaluate(async () => {
    const { api } = window.echomeet;
    await api.post('/meetings', { title: 'Retrospective', startTime: new Date(Date.now() + 7_200_000).toISOString() });
    return (await api.post('/meetings', { title: 'Design review' })).code;
  });
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const announced = (person, text) =>
  until(
    () => person.page.evaluate((wanted) => window.announced.some((one) => one.includes(wanted)), text),
    `${person.name} is told: ${text}`,
  );

const inside = (person, what) =>
  until(
    () => person.page.evaluate((selector) => document.querySelector(selector)?.contains(document.activeElement), what),
    `${what} has the focus`,
  );
const focused = (person, opener) =>
  until(() => opener.evaluate((one) => one === document.activeElement), 'the focus is back where it was');
/** The ring around what has the focus. */
async function seen(person) {
  const ring = await person.page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    const { top, bottom } = document.activeElement.getBoundingClientRect();
    return {
      style: outlineStyle,
      width: parseFloat(outlineWidth),
      inSight: bottom > 0 && top < innerHeight,
      what: document.activeElement.outerHTML.slice(0, 120),
    };
  });
  assert.ok(ring.style !== 'none' && ring.width >= 2 && ring.inSight, `the focus can be seen: ${JSON.stringify(ring)}`);
}

/**
 * Opens something by its button, goes one step in it, does what is to be done, and closes it.
 * @param {import('./support.mjs').Person} person @param {any} opener @param {string} what opens
 * @param {{use?: () => Promise<unknown>, step?: string, back?: any, below?: boolean}} [how]
 *   `back`: what has the focus in the end; `below`: it opens below its button, which keeps the focus
 */
async function goesRound(person, opener, what, { use, step = 'Tab', back = opener, below = false } = {}) {
  const { keyboard } = person.page;
  await opener.focus();
  assert.ok(await opener.evaluate((one) => one.tabIndex >= 0), 'the Tab key reaches it');
  await seen(person);
  await opener.press('Enter'); // a panel that has just opened may have been drawn anew since
  await person.page.locator(what).waitFor();
  if (!below) await inside(person, what);
  await keyboard.press(step);
  await inside(person, what);
  await seen(person);
  await use?.();
  await keyboard.press('Escape');
  await person.page.locator(what).waitFor({ state: 'detached' });
  await focused(person, back);
}

/** From the top of the page, as somebody comes to it. @param {import('./support.mjs').Person} person */
async function tabTo(person, target, most = 60) {
  for (let n = 0; n < most; n += 1) {
    await person.page.keyboard.press('Tab');
    if (await target.evaluate((one) => one === document.activeElement)) return;
  }
  assert.fail('the Tab key does not lead there');
}

test('the dashboard: menus and dialogs', async () => {
  const { page } = ana;
  await ana.go('#/');
  await page.reload();
  await page.locator('.meeting').nth(1).waitFor();
  await tabTo(ana, ana.button('Schedule'));
  await goesRound(ana, ana.button('Schedule'), 'dialog', {
    use: async () => {
      await page.locator('summary').first().focus();
      await page.keyboard.press('Enter');
      await page.getByRole('switch', { name: 'Waiting room' }).focus();
      await seen(ana);
      await page.keyboard.press('Space');
      assert.equal(await page.getByRole('switch', { name: 'Waiting room' }).isChecked(), true);
    },
  });
  await goesRound(ana, ana.button('Invite links for “Retrospective”'), 'dialog', {
    use: async () => {
      await page.getByLabel('Maximum uses').focus();
      await page.keyboard.type('3');
      await page.keyboard.press('Enter');
      await announced(ana, 'Link copied.');
      await page.locator('.row').waitFor();
      await ana.button('Revoke').focus();
      await page.keyboard.press('Enter');
      await page.getByText('No links yet.').waitFor();
      await inside(ana, '.rows-title');
    },
  });
  await goesRound(ana, ana.button('Edit “Retrospective”'), 'dialog', {
    use: () => goesRound(ana, ana.button('Cancel meeting'), 'dialog dialog'),
  });
  await goesRound(ana, ana.button('Ana Lima Profile'), 'dialog');
  await ana.button('Filters').focus();
  await page.keyboard.press('Enter');
  await page.locator('.filters-more').waitFor();
  await page.keyboard.press('Tab');
  await inside(ana, '.filters-more');
  await seen(ana);
});

test('the call: each menu and dialog of the bar and of the panel', async () => {
  const { page } = ana;
  await ana.go(`#/m/${code}`);
  await goesRound(ana, ana.button('Change name'), 'dialog');
  await ana.button('Join').focus();
  await page.keyboard.press('Enter');
  await page.locator('.call').waitFor();
  await bo.join(code);
  await announced(ana, 'Bo Nilsson joined');
  await goesRound(ana, ana.button('React'), '.menu.reactions');
  await goesRound(ana, ana.button('Microphone and speaker'), '.device-menu');
  await goesRound(ana, ana.button('Camera and background'), '.device-menu');
  await goesRound(ana, ana.button('More'), '.bar-more .menu');
  for (const item of [
    'Devices',
    'Sounds and notifications',
    'Meeting information',
    'Call statistics',
    'Keyboard shortcuts',
  ]) {
    await ana.button('More').focus();
    await page.keyboard.press('Enter');
    await goesRound(ana, page.locator('.menu').getByRole('button', { name: item }), 'dialog', {
      back: ana.button('More'),
    });
  }
  await goesRound(ana, ana.button('Leave the meeting'), '.bar-leave .menu');
  await page.keyboard.press('Control+Alt+p');
  await page.getByRole('tab', { name: 'People', selected: true }).waitFor();
  for (const name of ['Invite links', 'Removed people']) await goesRound(ana, ana.button(name), 'dialog');
  await goesRound(ana, ana.button('Meeting settings'), 'dialog', {
    use: async () => {
      await bo.button('Raise hand').click();
      await page.locator('dialog .toast', { hasText: 'Bo Nilsson raised their hand' }).waitFor();
      await page.locator('dialog [role=status]', { hasText: 'Bo Nilsson raised their hand' }).waitFor(); // what is outside is not read out
      assert.equal(await page.locator('#app > .toasts').isVisible(), false);
      await bo.button('Lower hand').click();
    },
  });
  await goesRound(ana, ana.button('Actions for Bo Nilsson'), '.person-do', {
    below: true,
    use: async () => {
      for (const item of ['Change name', 'Make host', 'Remove from meeting']) {
        await goesRound(ana, page.locator('.person-do').getByRole('button', { name: item, exact: true }), 'dialog');
      }
    },
  });
  await page.getByRole('tab', { name: 'People' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Chat', selected: true }).waitFor();
  await goesRound(ana, ana.button('Insert emoji'), '.emoji-menu', { step: 'ArrowRight' });
});

test('the chat: a line is written, answered, changed and deleted', async () => {
  const { page } = ana;
  await page.locator('.composer textarea').focus();
  await page.keyboard.type('Hello');
  await page.keyboard.press('Enter');
  await page.locator('.message.mine:not(.waiting)').waitFor();
  await announced(bo, 'Ana Lima: Hello');
  await bo.say('Good morning');
  await announced(ana, 'Bo Nilsson: Good morning');
  await bo.page.evaluate((to) => window.echomeet.call.chat.send('psst', to), await ana.myId());
  await announced(ana, 'Private message from Bo Nilsson: psst');
  const line = (text) => page.locator('.message', { hasText: text });
  await goesRound(ana, line('Hello').getByRole('button', { name: 'Delete message' }), 'dialog');
  await line('Hello').getByRole('button', { name: 'Edit message' }).focus();
  await page.keyboard.press('Enter');
  await inside(ana, '.message-editor textarea');
  await seen(ana);
  await page.keyboard.press('Escape');
  await inside(ana, '.composer textarea');
  await line('Good morning').getByRole('button', { name: 'Reply' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('.replying').waitFor();
  await inside(ana, '.composer textarea');
  await page.keyboard.press('Escape');
  await page.locator('.replying').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.locator('.panel').waitFor({ state: 'detached' });
  await inside(ana, '[data-opens=chat]');
});

test('what the host does is announced, and what is asked is answered by keyboard', async () => {
  const boId = await bo.myId();
  const desk = (work, ...values) =>
    ana.page.evaluate(([name, args]) => window.echomeet.call.desk[name](...args), [work, values]);
  await desk('switchOff', boId, 'audio');
  await announced(bo, 'Ana Lima muted you');
  await desk('askToUnmute', boId);
  await announced(bo, 'Ana Lima is asking you to unmute.');
  await bo.button('Stay muted').focus();
  await seen(bo);
  await bo.page.keyboard.press('Tab');
  await inside(bo, '.notice .primary');
  await bo.page.keyboard.press('Enter');
  await bo.page.locator('.notice').waitFor({ state: 'detached' });
  await until(() => bo.page.evaluate(() => window.echomeet.call.media.store.get().microphoneOn), 'he is heard again');
  await bo.button('Raise hand').click();
  await announced(ana, 'Bo Nilsson raised their hand');
  await desk('setRole', boId, 'cohost');
  await announced(bo, 'You’re now a co-host.');
  await bo.button('React').click();
  await bo.page.locator('.menu.reactions button').first().click();
  await announced(ana, 'Bo Nilsson: 👍');
  await bo.leave();
  await announced(ana, 'Bo Nilsson left');
});

test('microphone, camera, and the end for everyone', async () => {
  const { keyboard } = ana.page;
  const on = () =>
    ana.page.evaluate(() => {
      const { microphoneOn, cameraOn } = window.echomeet.call.media.store.get();
      return `${microphoneOn} ${cameraOn}`;
    });
  await keyboard.press('Control+d');
  await until(async () => (await on()) === 'false true', 'muted');
  await announced(ana, 'Your microphone is off');
  await keyboard.press('Control+e');
  await until(async () => (await on()) === 'false false', 'camera off');
  await bo.button('Rejoin').click();
  await bo.button('Join').click();
  await bo.page.locator('.call').waitFor();
  await ana.button('Leave the meeting').focus();
  await keyboard.press('Enter');
  await until(() => ana.page.evaluate(() => document.activeElement?.matches('.menu button')), 'the menu has the focus');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await bo.page.getByText('Ana Lima ended the meeting for everyone.').waitFor();
  await ana.page.locator('.ended').waitFor();
  assert.equal(
    await ana.page.evaluate(() => document.activeElement?.tagName),
    'H1',
    'the next page is read from its top',
  );
});
