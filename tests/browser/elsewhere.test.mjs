/* One person with two devices: a laptop that wakes up after its owner went on with the phone, or left there, keeps out and sends
 * nothing; one that only slept comes back by itself. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, Wire, mediaFlows, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let wire; // the laptop's
let ben;
let laptop;
let phone;
let code;
let anaId;
const test = steps(() => [ben, laptop, phone]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem({ env: { ECHOMEET_GRACE_LOST_MS: '1500' } }), startBrowser()]);
  wire = await Wire.lay(sys.base);
  [ben, laptop, phone] = await Promise.all(
    [
      ['Ben', sys.base],
      ['Ana', wire.base],
      ['Ana', sys.base],
    ].map(([name, base]) => Person.arrive(browser, base, name)),
  );
  await ben.signUp('ben@example.org');
  await laptop.signUp('ana@example.org');
  await phone.go('#/signin');
  await phone.page.getByLabel('Email').fill('ana@example.org');
  await phone.page.getByLabel('Password').fill('correct horse battery');
  await phone.button('Sign in').click();
  await phone.button('New meeting').waitFor();
  anaId = await laptop.myId();
  code = await ben.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Two devices' })).code,
  );
  await ben.join(code);
});
after(async () => {
  await browser?.close();
  wire?.close();
  await sys?.stop();
});

const media = (person) =>
  person.page.evaluate(() => {
    const { microphone, camera, microphoneOn, cameraOn } = window.echomeet.call.media.store.get();
    return { microphone: microphone !== null, camera: camera !== null, microphoneOn, cameraOn };
  });
const ALL_OFF = { microphone: false, camera: false, microphoneOn: false, cameraOn: false };
const state = (person) => person.page.evaluate(() => window.echomeet.call.client?.state ?? 'none');
const reconnecting = (person) =>
  until(async () => (await state(person)) === 'reconnecting', `${person.name} has lost the connection`);
const heading = (person, name) => person.page.getByRole('heading', { name }).waitFor();

async function laptopIn() {
  await laptop.go('#/');
  await laptop.join(code);
  await mediaFlows([ben, laptop]);
}

test('the phone has the call: a laptop that wakes up says so, sends nothing and takes nothing', async () => {
  await laptopIn();
  wire.cut();
  await reconnecting(laptop);
  await phone.join(code);
  await mediaFlows([ben, phone]);
  wire.mend();
  await heading(laptop, 'You opened this meeting in another window or on another device');
  assert.deepEqual(await media(laptop), ALL_OFF);
  assert.equal(await state(laptop), 'none');
  await mediaFlows([ben, phone]);
  assert.equal(await state(phone), 'online');
  assert.equal(await ben.tiles().count(), 2);
});

test('who wants the call back on the laptop takes it', async () => {
  await laptop.button('Rejoin').click();
  await laptop.button('Join').click();
  await heading(phone, 'You opened this meeting in another window or on another device');
  await mediaFlows([ben, laptop]);
});

test('who left on the phone stays out when the laptop wakes up, with a way back', async () => {
  wire.cut();
  await reconnecting(laptop);
  await phone.go('#/');
  await phone.join(code);
  await phone.button('Leave the meeting').click();
  await heading(phone, 'You left the meeting');
  await ben.tile(anaId).waitFor({ state: 'detached' });
  wire.mend();
  await heading(laptop, 'You left this meeting on another device');
  assert.deepEqual(await media(laptop), ALL_OFF);
  assert.equal(await ben.tiles().count(), 1);
  await laptop.button('Rejoin').click();
  await laptop.button('Join').click();
  await mediaFlows([ben, laptop]);
});

test('a laptop that only slept for longer than its seat was kept comes back by itself', async () => {
  wire.cut();
  await reconnecting(laptop);
  await ben.tile(anaId).waitFor({ state: 'detached' }); // given up
  wire.mend();
  await until(async () => (await state(laptop)) === 'online', 'back');
  await mediaFlows([ben, laptop]);
});

test('who was sent to the waiting room meanwhile waits there, and comes in when let in', async () => {
  wire.cut();
  await reconnecting(laptop);
  await ben.page.evaluate(async (id) => {
    const { desk } = window.echomeet.call;
    await desk.update({ waitingRoom: true });
    await desk.backToLobby(id);
  }, anaId);
  wire.mend();
  await until(async () => (await state(laptop)) === 'waiting', 'waits');
  wire.cut();
  await reconnecting(laptop);
  wire.mend();
  await until(async () => (await state(laptop)) === 'waiting', 'waits again');
  await ben.openPanel('People');
  await ben.page.getByRole('button', { name: 'Admit Ana' }).click();
  await laptop.page.locator('.call').waitFor();
  await mediaFlows([ben, laptop]);
});

test('a device that the phone signs out leaves the call and says why; the phone goes on', async () => {
  await ben.page.evaluate(() => window.echomeet.call.desk.update({ waitingRoom: false }));
  await phone.page.evaluate(async () => {
    const { api } = window.echomeet;
    for (const { id, current } of (await api.get('/users/me/sessions')).items)
      if (!current) await api.delete(`/users/me/sessions/${id}`);
  });
  await heading(laptop, 'You’re signed out');
  assert.deepEqual(await media(laptop), ALL_OFF);
  await ben.tile(anaId).waitFor({ state: 'detached' });
  await phone.go('#/');
  await phone.join(code);
  await mediaFlows([ben, phone]);
});
