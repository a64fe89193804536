/* The main thing: three browsers in one meeting see, hear and write to each other, on the running system. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, steps, until } from './support.mjs';
import { renegotiate, signalingStates } from './transport.mjs';

let sys;
let browser;
let ana;
let bo;
let wang;
let code;
const test = steps(() => [ana, bo, wang]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima');
  bo = await Person.arrive(browser, sys.base, 'Bo Nilsson');
  wang = await Person.arrive(browser, sys.base, '王芳');
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  await wang.signUp('wang@example.org');
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const all = () => [ana, bo, wang];
const othersOf = (person) => all().filter((one) => one !== person);

test('three people come together, and every pair sees and hears the other', async () => {
  await ana.startNow();
  await ana.page.locator('.invite').waitFor();
  await ana.shot('call-alone');
  code = await ana.page.evaluate(() => window.echomeet.call.store.get().room.meeting.code);
  assert.match(code, /^[A-Z0-9]{6}$/);
  await bo.join(code);
  await wang.join(code);
  for (const person of all())
    await until(async () => (await person.tiles().count()) === 3, `${person.name} sees three tiles`);
  await mediaFlows(all());
  await ana.shot('call-three');
  for (const [shape, width, height] of [
    ['tablet', 768, 1024],
    ['phone', 390, 844],
  ]) {
    await bo.page.setViewportSize({ width, height });
    await bo.shot(`call-three-${shape}`);
  }
  await bo.page.setViewportSize({ width: 1280, height: 800 });
});

test('a line of chat shows on the other two, with its history for later', async () => {
  await bo.say('Hello from Bo');
  for (const person of othersOf(bo)) {
    await person.page.getByRole('button', { name: 'Chat, 1 unread' }).click();
    await person.page.locator('.chat-log .message', { hasText: 'Hello from Bo' }).waitFor();
    assert.equal(
      await person.page.getByRole('button', { name: 'Chat', exact: true }).count(),
      1,
      'nothing is unread any more',
    );
  }
  await wang.say('你好，大家好');
  await ana.page.locator('.chat-log .message', { hasText: '你好，大家好' }).waitFor();
  await ana.shot('call-chat');
});

test('on a phone the chat lies over the stage, and the bar stays in reach', async () => {
  await bo.page.setViewportSize({ width: 390, height: 844 });
  await bo.page.locator('.chat-log .message', { hasText: '你好，大家好' }).waitFor();
  await bo.shot('call-chat-phone');
  await bo.button('Mute microphone').click(); // fails where something lies over it
  await bo.button('Unmute microphone').click();
  await bo.button('Close panel').click();
  assert.equal(
    await bo.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    true,
    'nothing sticks out',
  );
  await bo.page.setViewportSize({ width: 1280, height: 800 });
});

test('a muted microphone, a camera that is off and a raised hand show on the other two', async () => {
  const id = await wang.myId();
  await wang.button('Mute microphone').click();
  await wang.button('Turn camera off').click();
  await wang.button('Raise hand').click();
  for (const person of othersOf(wang)) {
    await person.tile(id).getByLabel('Microphone is off').waitFor();
    await person.tile(id).getByLabel('Hand raised').waitFor();
    await person.tile(id).locator('video').waitFor({ state: 'detached' });
  }
  await ana.page.getByRole('button', { name: 'People' }).click();
  await ana.page.locator(`.person[data-user="${id}"]`).getByLabel('Microphone is off').waitFor();
  await ana.shot('call-people');
  await wang.button('Unmute microphone').click();
  await wang.button('Turn camera on').click();
  await wang.button('Lower hand').click();
  for (const person of othersOf(wang)) {
    await person.tile(id).getByLabel('Microphone is off').waitFor({ state: 'detached' });
    await person.tile(id).getByLabel('Hand raised').waitFor({ state: 'detached' });
    await person.tile(id).locator('video').waitFor();
  }
  await mediaFlows(all());
});

test('a shared screen is the large picture of the other two, until it is taken away', async () => {
  const id = await bo.myId();
  for (let round = 1; round <= 2; round += 1) {
    await bo.button('Share your screen').click();
    await bo.page.getByText('You’re sharing your screen').waitFor();
    for (const person of othersOf(bo)) {
      await person.page.locator(`.screen[data-screen="${id}"] video`).waitFor();
      const { screenFrames } = await person.received(id);
      await until(
        async () => (await person.received(id)).screenFrames > screenFrames + 1,
        `${person.name} sees the screen`,
      );
    }
    if (round === 1) await ana.shot('call-screen');
    await bo.page.locator('.bar').getByRole('button', { name: 'Stop sharing' }).click();
    for (const person of othersOf(bo)) await person.page.locator('.screen').waitFor({ state: 'detached' });
  }
  await mediaFlows(all());
});

test('two share at once, and both are seen', async () => {
  const [a, b] = [await ana.myId(), await bo.myId()];
  await Promise.all([ana.button('Share your screen').click(), bo.button('Share your screen').click()]);
  for (const id of [a, b]) {
    await wang.page.locator(`[data-screen="${id}"] video, [data-screen-tile="${id}"] video`).waitFor();
    await until(async () => (await wang.received(id)).screenFrames > 2, 'the third sees both screens');
  }
  await until(
    async () => (await ana.received(b)).screenFrames > 2 && (await bo.received(a)).screenFrames > 2,
    'each sees the screen of the other',
  );
  for (const person of [ana, bo])
    await person.page.locator('.bar').getByRole('button', { name: 'Stop sharing' }).click();
  await wang.page.locator('.screen').first().waitFor({ state: 'detached' });
});

test('everybody renegotiates with everybody at once: media goes on', async () => {
  for (let i = 0; i < 5; i += 1) await Promise.all(all().map(renegotiate));
  await mediaFlows(all());
  for (const person of all()) assert.deepEqual(await signalingStates(person), ['stable', 'stable']);
});

test('who loads the page again is back in the same seat, and seen and heard', async () => {
  await wang.page.reload();
  await wang.button('加入会议').or(wang.button('Join')).click();
  await wang.page.locator('.call').waitFor();
  for (const person of all())
    await until(async () => (await person.tiles().count()) === 3, `${person.name} sees three tiles`);
  await mediaFlows(all());
  assert.deepEqual((await wang.messages()).slice(0, 2), ['Hello from Bo', '你好，大家好'], 'the history is there');
});

test('a closed tab disappears from the others', async () => {
  const id = await wang.myId();
  await wang.page.close();
  for (const person of [ana, bo]) await person.tile(id).waitFor({ state: 'detached' });
  assert.equal(await ana.tiles().count(), 2);
  await wang.open();
  await wang.join(code);
  await mediaFlows(all());
});

test('the host ends the meeting, and all three are told so', async () => {
  await ana.button('Leave the meeting').click();
  await ana.shot('call-leave-menu');
  await ana.button('End for everyone').click();
  for (const person of all()) await person.page.getByRole('heading', { name: 'The meeting has ended' }).waitFor();
  for (const person of [bo, wang]) await person.page.getByText('Ana Lima ended the meeting for everyone.').waitFor();
  await bo.shot('ended');
  const devices = await bo.page.evaluate(() => {
    const { microphone, camera } = window.echomeet.call.media.store.get();
    return [microphone, camera];
  });
  assert.deepEqual(devices, [null, null], 'microphone and camera are given back');
});

test("nobody's console had anything to complain about", () => {
  for (const person of all()) assert.deepEqual(person.complaints, []);
});
