/* When things break: the relay dies and comes back, the network is cut, a second window opens. The page returns by
 * itself, with no line of chat missing or doubled and media working. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, Wire, mediaFlows, startBrowser, steps, until } from './support.mjs';
import { connectionNames } from './transport.mjs';

let sys;
let browser;
let ana;
let bo;
let code;
let wire; // Bo's
const test = steps(() => [ana, bo]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima');
  wire = await Wire.lay(sys.base);
  bo = await Person.arrive(browser, wire.base, 'Bo Nilsson');
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  code = await ana.page.evaluate(async () => (await window.echomeet.api.post('/meetings', { title: 'Storm' })).code);
  await ana.join(code);
  await bo.join(code);
  await mediaFlows([ana, bo]);
});
after(async () => {
  await browser?.close();
  wire?.close();
  await sys?.stop();
});

const online = (person) => person.page.evaluate(() => window.echomeet.call.client?.state === 'online');

test('the relay is killed and started again: both return, no line is lost, none comes twice, media never stops', async () => {
  await ana.say('before');
  await until(async () => (await bo.messages()).length === 1, 'the first line arrives');
  const instances = await connectionNames(ana);
  await sys.processes.relay.kill();
  for (const person of [ana, bo]) await person.page.getByText('Connection lost. Reconnecting…').waitFor();
  await ana.shot('call-reconnecting');
  await ana.say('into the dark 1');
  await bo.say('into the dark 2');
  await ana.page.getByText('Sending…').waitFor();
  await mediaFlows([ana, bo]); // straight from browser to browser
  await sys.processes.relay.start();
  for (const person of [ana, bo]) {
    await until(() => online(person), `${person.name} is back`);
    await person.page.getByText('Connection lost. Reconnecting…').waitFor({ state: 'detached' });
  }
  await ana.say('after');
  for (const person of [ana, bo]) {
    await until(async () => (await person.messages()).length === 4, `${person.name} has every line`);
    assert.deepEqual([...(await person.messages())].sort(), ['after', 'before', 'into the dark 1', 'into the dark 2']);
  }
  assert.deepEqual(await connectionNames(ana), instances, 'connections that still work are kept');
  await mediaFlows([ana, bo]);
});

test('the network of one goes silent: the page notices, and knows after its return what has changed', async () => {
  const id = await bo.myId();
  wire.freeze();
  await bo.page.evaluate(() => window.echomeet.call.client.nudge()); // as when a laptop wakes up; else at the next ping
  await bo.page.getByText('Connection lost. Reconnecting…').waitFor({ timeout: 15_000 });
  await ana.button('Mute microphone').click();
  await ana.say('while you were away');
  wire.mend();
  await until(() => online(bo), 'back');
  await bo
    .tile(await ana.myId())
    .getByLabel('Microphone is off')
    .waitFor();
  await until(async () => (await bo.messages()).at(-1) === 'while you were away', 'the line is there');
  await ana.tile(id).getByText('Reconnecting…').waitFor({ state: 'detached' });
  await ana.button('Unmute microphone').click();
  await mediaFlows([ana, bo]);
});

test('a camera that is pulled out shows as off; another one is switched on and seen', async () => {
  const id = await bo.myId();
  await bo.page.evaluate(() => {
    const { camera } = window.echomeet.call.media.store.get();
    camera.stop();
    camera.dispatchEvent(new Event('ended'));
  });
  await ana.tile(id).locator('video').waitFor({ state: 'detached' });
  await bo.button('Turn camera on').click();
  await ana.tile(id).locator('video').waitFor();
  await mediaFlows([ana, bo]);
});

test('the same person in a second window takes the seat over; the first says so and can take it back', async () => {
  const first = bo.page;
  await bo.open();
  const second = bo.page;
  await bo.join(code);
  await first.getByRole('heading', { name: 'You opened this meeting in another window' }).waitFor();
  await mediaFlows([ana, bo]);
  bo.page = first;
  await bo.button('Rejoin').click();
  await bo.button('Join').click();
  await second.getByRole('heading', { name: 'You opened this meeting in another window' }).waitFor();
  await mediaFlows([ana, bo]);
  await second.close();
});

test('somebody whose browser has died is shown as reconnecting, then gone', async () => {
  const wang = await Person.arrive(browser, sys.base, '王芳');
  await wang.signUp('wang@example.org');
  await wang.join(code);
  await mediaFlows([ana, wang]);
  const id = await wang.myId();
  await wang.context.close();
  await ana.tile(id).getByText('Reconnecting…').waitFor();
  await ana.tile(id).waitFor({ state: 'detached' });
});

test('without devices and without permission one can join, is told why, and sees the others', async () => {
  const mute = await Person.arrive(browser, sys.base, 'Mute');
  await mute.context.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = ({ audio, video }) =>
      Promise.reject(
        new DOMException('', audio && video ? 'NotFoundError' : audio ? 'NotAllowedError' : 'NotFoundError'),
      );
  });
  await mute.page.reload();
  await mute.signUp('mute@example.org');
  await mute.go(`#/m/${code}`);
  await mute.page
    .getByText('Your microphone is blocked by the browser. Click the icon to the left of the address and allow it.')
    .waitFor();
  await mute.page.getByText('No camera found. You can join without one.').waitFor();
  await mute.shot('before-no-devices');
  await mute.button('Join').click();
  await mute.page.locator('.call').waitFor();
  const id = await ana.myId();
  const before = await until(async () => (await mute.received(id))?.frames > 0 && mute.received(id), 'sees Ana');
  await until(async () => (await mute.received(id)).sound > before.sound, 'hears Ana');
  await ana
    .tile(await mute.myId())
    .getByLabel('Microphone is off')
    .waitFor();
  await mute.button('Leave the meeting').click();
  await mute.page.getByRole('heading', { name: 'You left the meeting' }).waitFor();
  await ana.tile(await mute.myId()).waitFor({ state: 'detached' });
  await mute.context.close();
});

test('who opens the page while the workers are away stays signed in', async () => {
  const late = await Person.arrive(browser, sys.base, 'Late');
  await late.signUp('late@example.org');
  await sys.processes.pool.stop();
  await late.page.reload();
  await late.page.getByText('Loading…').waitFor();
  await sys.processes.pool.start();
  await late.button('New meeting').waitFor();
  await late.context.close();
});

test('the last one out ends the meeting', async () => {
  for (const person of [bo, ana]) {
    await person.leave();
    await person.page.getByRole('heading', { name: /You left the meeting|The meeting has ended/ }).waitFor();
  }
  const [{ status }] = await sys.sql('SELECT status FROM meetings WHERE code = ?', [code]);
  assert.equal(Number(status), 3);
});
