/* Firefox in a meeting with Chromium: from page to page among three, and over the media server. */
import { noNetwork, OWN_ADDRESS } from '../lib/own-network.mjs';
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { FirefoxPerson, mediaFlows, Person, startBrowser, startFirefox, steps, until } from '../browser/support.mjs';

let sys;
let browsers;
let ana;
let bo;
let fay;
let code;
const all = () => [ana, bo, fay];
const step = steps(all, noNetwork);

before(async () => {
  if (noNetwork) return;
  [sys, ...browsers] = await Promise.all([
    startSystem({ media: 1, env: { ECHOMEET_MEDIA_ADDRESS: OWN_ADDRESS } }),
    startBrowser(),
    startFirefox(),
  ]);
  [ana, bo] = await Promise.all(['Ana', 'Bo'].map((name) => Person.arrive(browsers[0], sys.base, name)));
  fay = await FirefoxPerson.arrive(browsers[1], sys.base, 'Fay');
  for (const person of all()) await person.signUp(`${person.name}@example.org`);
  code = await ana.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Two kinds', isPublic: true })).code,
  );
});
after(async () => {
  await Promise.all((browsers ?? []).map((browser) => browser.close()));
  await sys?.stop();
});

step('from page to page all three are seen and heard', async () => {
  for (const person of all()) await person.join(code);
  await mediaFlows(all());
});

/** What one of them shares comes to the other two, and goes. */
async function sharesWith(one, others) {
  const id = await one.myId();
  await one.button('Share your screen').click();
  for (const other of others)
    await until(
      async () => (await other.received(id)).screenFrames > 2,
      `${other.name} sees the screen of ${one.name}`,
    );
  await one.page.locator('.bar').getByRole('button', { name: 'Stop sharing' }).click();
  for (const other of others) await other.page.locator('.screen').waitFor({ state: 'detached' });
}

/** A Firefox without its windows has no screen to share: a drawing that changes stands for it. In the page. */
function drawScreen() {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
    const pen = canvas.getContext('2d');
    const timer = setInterval(() => {
      pen.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`;
      pen.fillRect(0, 0, 640, 360);
    }, 200);
    const stream = canvas.captureStream(5);
    const [track] = stream.getTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    return stream;
  };
}

step('a shared screen comes to Firefox, and one of Firefox to Chromium', async () => {
  await fay.page.evaluate(drawScreen);
  await sharesWith(ana, [bo, fay]);
  await sharesWith(fay, [ana, bo]);
});

step('what one says in the chat is read by the other two', async () => {
  await fay.say('from Firefox');
  await bo.say('from Chromium');
  for (const person of all())
    await until(async () => (await person.messages()).length === 2, `${person.name} has both messages`);
  await fay.page.locator('.chat-log .message', { hasText: 'from Chromium' }).waitFor();
});

step('the relay dies and comes back: all three return, and media go on', async () => {
  await sys.processes.relay.kill();
  await fay.page.getByText('Connection lost. Reconnecting…').waitFor();
  await mediaFlows(all()); // straight from browser to browser
  await sys.processes.relay.start();
  for (const person of all())
    await until(
      () => person.page.evaluate(() => window.echomeet.call.client?.state === 'online'),
      `${person.name} is back`,
    );
  for (const person of all()) person.complaints.length = 0; // of sockets that could not be opened
  await bo.say('after');
  await until(async () => (await fay.messages()).at(-1) === 'after', 'the message');
  await bo.leave();
});

step('and over the server', async () => {
  await ana.page.evaluate(() => {
    const { call } = window.echomeet;
    return call.api.patch(`/meetings/${call.store.get().room.meeting.id}`, { mediaServer: true });
  });
  for (const person of [ana, fay])
    await until(
      () => person.page.evaluate(() => window.echomeet.call.roomMedia.transport.constructor.name === 'Sfu'),
      `${person.name} has left the mesh`,
    );
  await mediaFlows([ana, fay]);
});

step('a camera that is off is off at the other, and on again', async () => {
  for (const [one, other] of [
    [fay, ana],
    [ana, fay],
  ]) {
    const picture = other.tile(await one.myId()).locator('video');
    await one.button('Turn camera off').click();
    await picture.waitFor({ state: 'detached' });
    await one.button('Turn camera on').click();
    await picture.waitFor();
  }
  await mediaFlows([ana, fay]);
});

step('a shared screen comes over the server', async () => {
  await sharesWith(ana, [fay]);
  await sharesWith(fay, [ana]);
});

step('what is loaded again is back', async () => {
  for (const person of [fay, ana]) {
    await person.page.reload();
    await person.button('Join').click();
    await person.page.locator('.call').waitFor();
    await mediaFlows([ana, fay]);
  }
});

step('a Janus that is killed is replaced for both', async () => {
  const epoch = async () => (await sys.sql('SELECT media_epoch FROM meetings WHERE code = ?', [code]))[0].media_epoch;
  const before = await epoch();
  process.kill(sys.janusPid(0), 'SIGKILL');
  await until(async () => (await epoch()) > before, 'another epoch');
  await mediaFlows([ana, fay]);
});

step('nothing is said against the page', async () => {
  assert.deepEqual([...ana.complaints, ...fay.complaints], []);
  await fay.shot('firefox');
});
