/* Running a meeting, on the running system: the lobby, muting, asking, locking, removing, roles and the host's seat. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;
let bo;
let wang;
let code;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo, wang] = await Promise.all(
    ['Ana Lima', 'Bo Nilsson', '王芳'].map((name) => Person.arrive(browser, sys.base, name, { bypassCSP: true })),
  );
  for (const { context } of [ana, bo, wang])
    await context.addInitScript(() => {
      window.heard = [];
      const { start } = OscillatorNode.prototype;
      OscillatorNode.prototype.start = function recorded(at) {
        window.heard.push(Math.floor(this.frequency.value));
        return start.call(this, at);
      };
    });
  for (const [person, email] of [
    [ana, 'ana@example.org'],
    [bo, 'bo@example.org'],
    [wang, 'wang@example.org'],
  ])
    await person.signUp(email);
  await ana.startNow();
  await ana.page.locator('.call').waitFor();
  code = await ana.page.evaluate(() => window.echomeet.call.store.get().room.meeting.code);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const step = steps(() => [ana, bo, wang]);

const people = (person) => person.openPanel('People');
const menu = async (person, name, action) => {
  await people(person);
  await person.button(`Actions for ${name}`).click();
  await person.page.locator('.person-do').getByRole('button', { name: action, exact: true }).click();
};
const setting = async (person, name, on) => {
  await people(person);
  await person.button('Meeting settings').click();
  await person.page.getByRole('switch', { name, exact: true }).setChecked(on);
  await until(
    () => person.page.evaluate(() => document.querySelector('.settings').getAttribute('aria-busy') === 'false'),
    `${name} is set`,
  );
  await person.button('Done').click();
  await person.page.locator('dialog').waitFor({ state: 'detached' });
};
const comeAnew = async (person) => {
  await person.go('#/');
  await person.page.locator('.dashboard').waitFor(); // or both are one change
  await person.go(`#/m/${code}`);
};
const knock = async (person) => {
  await comeAnew(person);
  await person.button('Join').click();
};
const microphone = (person) =>
  person.page.evaluate(() => {
    const { microphone: track, microphoneOn } = window.echomeet.call.media.store.get();
    return `${microphoneOn} ${track?.enabled}`;
  });
/** The tones of the page's sounds so far, in whole hertz. */
const heard = (person) => person.page.evaluate(() => window.heard);
const inCall = (person) => person.page.locator('.call').waitFor();
const focused = (person, what) =>
  until(
    () => person.page.evaluate((selector) => document.activeElement?.matches(selector), what),
    `${what} has the focus`,
  );

step('the lobby: who waits sees that they wait, and is refused, asks again, comes in, is sent back', async () => {
  await setting(ana, 'Waiting room', true);
  await focused(ana, '.host-tools button');
  await ana.page.locator('.bar').getByRole('button', { name: 'People' }).click();
  await ana.page.locator('.people').waitFor({ state: 'detached' });
  await knock(bo);
  await bo.page.locator('main').getByText('You’re in the waiting room. The host will let you in soon.').waitFor();
  assert.equal(await bo.page.locator('.call').count(), 0);
  await ana.button('People, 1 waiting').waitFor();
  const card = ana.page.locator('.waiting-card');
  await card.getByText('Bo Nilsson wants to join').waitFor();
  await until(async () => /^\(1\) /.test(await ana.page.title()), 'the tab counts who waits');
  await until(async () => (await heard(ana)).includes(587), 'a chime');
  await people(ana);
  await card.waitFor({ state: 'detached' }); // who has the list open needs no card
  await ana.button('Deny Bo Nilsson').click();
  await bo.page.locator('main').getByText('Your request was declined.').waitFor();
  await ana.page.locator('.lobby').waitFor({ state: 'detached' });
  await bo.button('Ask again').click();
  await ana.button('Admit Bo Nilsson').waitFor();
  await bo.page.evaluate(() => window.echomeet.call.client.state).then((state) => assert.equal(state, 'waiting'));
  await ana.button('Close panel').click();
  await card.getByRole('button', { name: 'Admit Bo Nilsson' }).focus();
  await ana.page.keyboard.press('Enter');
  await inCall(bo);
  await card.waitFor({ state: 'detached' });
  await until(async () => !/^\(/.test(await ana.page.title()), 'nobody waits');
  await mediaFlows([ana, bo]);
  await menu(ana, 'Bo Nilsson', 'Move to waiting room');
  await bo.page.locator('main').getByText('You were moved to the waiting room.').waitFor();
  await until(async () => (await ana.tiles().count()) === 1, 'his tile is gone');
  await knock(wang);
  await ana.button('Admit all').waitFor();
  await ana.button('Close panel').click();
  await card.getByText('2 people waiting').waitFor();
  await card.getByRole('button', { name: 'Admit all' }).click();
  await Promise.all([inCall(bo), inCall(wang)]);
  await mediaFlows([ana, bo, wang]);
  await setting(ana, 'Waiting room', false);
});

step('each sound can be switched off, and stays off; none is for oneself', async () => {
  await ana.button('More').click();
  await ana.page.locator('.menu').getByRole('button', { name: 'Sounds and notifications' }).click();
  await ana.page.getByLabel('Someone raises a hand').uncheck();
  await ana.page.keyboard.press('Escape');
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  await ana.page.evaluate(() => window.heard.splice(0));
  await bo.page.evaluate(() => window.heard.splice(0));
  await wang.button('Raise hand').click();
  await ana.page.locator('.tile-hand').waitFor();
  await until(async () => (await heard(bo)).includes(880), 'Bo hears it');
  assert.deepEqual([await heard(ana), await heard(wang)], [[], []]);
  assert.deepEqual(await ana.page.evaluate(() => JSON.parse(localStorage.getItem('echomeet.settings')).soundsOff), [
    'hand',
  ]);
  await wang.button('Lower hand').click();
});

step('who waits comes back to waiting after a broken connection', async () => {
  await setting(ana, 'Waiting room', true);
  await menu(ana, '王芳', 'Move to waiting room');
  await wang.page.locator('main').getByText('You were moved to the waiting room.').waitFor();
  await sys.processes.relay.kill();
  await sys.processes.relay.start();
  await until(() => wang.page.evaluate(() => window.echomeet.call.client.state === 'waiting'), 'she waits again');
  await until(() => ana.page.evaluate(() => window.echomeet.call.client.state === 'online'), 'the host is back');
  await ana.button('Admit 王芳').click();
  await inCall(wang);
  await setting(ana, 'Waiting room', false);
  await mediaFlows([ana, bo, wang]);
});

step('muting one, muting all, and asking to unmute: the microphone really stops', async () => {
  const boId = await bo.myId();
  await menu(ana, 'Bo Nilsson', 'Mute');
  await bo.page.locator('.toast', { hasText: 'Ana Lima muted you' }).waitFor();
  assert.equal(await microphone(bo), 'false false');
  await wang.tile(boId).getByLabel('Microphone is off').waitFor();
  await menu(ana, 'Bo Nilsson', 'Ask to unmute');
  await bo.page.locator('.notice').getByText('Ana Lima is asking you to unmute.').waitFor();
  await bo.page.locator('.notice').getByRole('button', { name: 'Unmute' }).click();
  await until(async () => (await microphone(bo)) === 'true true', 'he is on again');
  await wang.tile(boId).getByLabel('Microphone is off').waitFor({ state: 'detached' });
  await people(ana);
  await ana.button('Mute all').click();
  for (const person of [bo, wang])
    await until(async () => (await microphone(person)) === 'false false', `${person.name} is muted`);
  assert.equal(await microphone(ana), 'true true', 'not who runs the meeting');
  await menu(ana, 'Bo Nilsson', 'Turn camera off');
  await until(
    () => bo.page.evaluate(() => window.echomeet.call.media.store.get().camera === null),
    'his camera is released',
  );
  await bo.button('Turn camera on').click();
});

step('only hosts unmute, share and write where that is set, and everybody is told why', async () => {
  await setting(ana, 'Participants can unmute themselves', false);
  await setting(ana, 'Participants can use the chat', false);
  await bo.button('Unmute microphone').click();
  await bo.page.getByText('Only the host and co-hosts can unmute here.').first().waitFor();
  assert.equal(await microphone(bo), 'false false');
  await bo.page.getByRole('button', { name: /^Chat/ }).click();
  const field = bo.page.locator('.composer textarea');
  assert.equal(await field.isDisabled(), true);
  assert.equal(await field.getAttribute('placeholder'), 'Only the host and co-hosts can use the chat here.');
  await bo.page.locator('.system-message', { hasText: 'Ana Lima limited the chat to hosts' }).waitFor();
  await setting(ana, 'Participants can use the chat', true);
  await until(() => field.isEnabled(), 'he may write again');
  await setting(ana, 'Participants can unmute themselves', true);
  await setting(ana, 'Participants can share their screen', false);
  await bo.button('Share your screen').click();
  await bo.page.getByText('Only the host and co-hosts can share their screen here.').first().waitFor();
  await setting(ana, 'Participants can share their screen', true);
  await bo.button('Share your screen').click();
  await bo.page.getByText('You’re sharing your screen').waitFor();
  await menu(ana, 'Bo Nilsson', 'Stop screen sharing');
  await until(
    () => bo.page.evaluate(() => window.echomeet.call.media.store.get().screen === null),
    'the sharing has stopped',
  );
});

step('a name in this meeting, hands lowered together', async () => {
  await bo.button('Raise hand').click();
  await wang.button('Raise hand').click();
  await people(ana);
  await until(async () => (await ana.page.locator('.person-hand').count()) === 2, 'two hands');
  await ana.button('Lower all hands').click();
  await until(async () => (await ana.page.locator('.person-hand').count()) === 0, 'no hands');
  await menu(ana, 'Bo Nilsson', 'Change name');
  await ana.page.getByLabel('Name', { exact: true }).fill('Bo, Oslo');
  await ana.button('Save').click();
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  await wang.page.locator('.tile .name', { hasText: 'Bo, Oslo' }).waitFor();
  await focused(ana, '.person > .icon-button');
});

step("roles, the host's seat, and the creator's way back to it", async () => {
  const role = (person) =>
    person.page.evaluate(() => {
      const { room } = window.echomeet.call.store.get();
      return room.participants.find(({ userId }) => userId === room.myId).role;
    });
  await menu(ana, '王芳', 'Make co-host');
  await until(async () => (await role(wang)) === 'cohost', 'she is co-host');
  await ana.page.locator('.toast', { hasText: '王芳 is now a co-host.' }).getByRole('button', { name: 'Undo' }).click();
  await until(async () => (await role(wang)) === 'participant', 'that was taken back');
  await menu(ana, '王芳', 'Make co-host');
  await until(async () => (await role(wang)) === 'cohost', 'she is co-host again');
  await people(wang);
  await wang.button('Mute all').waitFor();
  await menu(ana, 'Bo, Oslo', 'Make host');
  await ana.page.locator('dialog').getByRole('button', { name: 'Make host' }).click();
  await until(async () => (await role(bo)) === 'host' && (await role(ana)) === 'participant', 'he is the host');
  assert.equal(await ana.button('Mute all').count(), 0, 'what she may not do is not offered');
  await menu(ana, 'Ana Lima', 'Take back host role');
  await until(async () => (await role(ana)) === 'host' && (await role(bo)) === 'participant', 'she is the host again');
  await menu(ana, '王芳', 'Remove co-host');
  await until(async () => (await role(wang)) === 'participant', 'she is a participant');
});

step('locked, removed, and allowed again', async () => {
  await menu(ana, 'Bo, Oslo', 'Remove from meeting');
  await ana.page.getByText('can’t rejoin until you let them back in').waitFor();
  await ana.page.locator('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await bo.page.getByRole('heading', { name: 'You were removed from the meeting' }).waitFor();
  const told = ana.page.locator('.toast', { hasText: 'Bo, Oslo' });
  await told.filter({ hasText: 'can’t rejoin' }).waitFor();
  assert.equal(await told.count(), 1, 'she is told once');
  await comeAnew(bo);
  await bo.page.getByText('You were removed from this meeting.').waitFor();
  assert.equal(await bo.button('Join').count(), 0);
  await ana.button('Removed people').click();
  await ana.button('Let back in: Bo, Oslo').waitFor();
  const boId = await bo.myId();
  await ana.page.evaluate((id) => window.echomeet.call.desk.liftBan(id), boId);
  await ana.page.getByText('No one has been removed.').waitFor(); // an open list follows what others do
  await ana.page.evaluate((id) => window.echomeet.call.desk.remove(id), boId);
  await ana.button('Let back in: Bo, Oslo').click();
  await ana.page.getByText('No one has been removed.').waitFor();
  await ana.page.keyboard.press('Escape');
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  await focused(ana, '.host-tools button');
  await setting(ana, 'Lock the meeting', true);
  await knock(bo);
  await bo.page.getByText('The meeting is locked. Ask the host to let you in.').waitFor();
  await ana.button('Meeting settings').click();
  await ana.page.keyboard.press('Escape');
  await setting(ana, 'Lock the meeting', false);
  await setting(ana, 'Mute on entry', true);
  await bo.button('Join').click();
  await inCall(bo);
  assert.equal(await microphone(bo), 'false false', 'he comes in muted');
  assert.equal(
    await bo.page.evaluate(() => JSON.parse(localStorage.getItem('echomeet.settings')).microphoneOn),
    true,
    'which is not his choice for the next meeting',
  );
});

step('the host is gone, and nobody takes over: everybody sees until when', async () => {
  await ana.page.evaluate(() => window.echomeet.call.desk.update({ hostLossPolicy: 'end', hostLossMinutes: 3 }));
  await ana.button('Leave the meeting').click();
  await ana.page.locator('.menu').getByRole('button', { name: 'Leave the meeting' }).click();
  await wang.page.locator('.notice', { hasText: 'If they don’t come back, the meeting ends at' }).waitFor();
  await bo.page.reload();
  await bo.button('Join').click();
  await bo.page.locator('.notice', { hasText: 'If they don’t come back, the meeting ends at' }).waitFor(); // who comes late is told as well
  await knock(ana);
  await inCall(ana);
  await wang.page.locator('.notice').waitFor({ state: 'detached' });
});

step('who leaves by another program has left here too', async () => {
  await wang.page.evaluate((id) => window.echomeet.api.post(`/meetings/${id}/leave`, {}), code);
  await wang.page.getByRole('heading', { name: 'You left this meeting on another device' }).waitFor();
  assert.deepEqual(
    [ana, bo, wang].flatMap(({ complaints }) =>
      complaints.filter((text) => !/WebSocket|Failed to load resource/.test(text)),
    ),
    [],
  );
});
