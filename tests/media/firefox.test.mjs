/* Firefox in a meeting with a Chromium: from page to page, and over the media server. */
import { noNetwork, OWN_ADDRESS } from '../lib/own-network.mjs';
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { FirefoxPerson, mediaFlows, Person, startBrowser, startFirefox, steps, until } from '../browser/support.mjs';

let sys;
let browsers;
let ana;
let fay;
let code;
const step = steps(() => [ana, fay], noNetwork);

before(async () => {
  if (noNetwork) return;
  [sys, ...browsers] = await Promise.all([
    startSystem({ media: 1, env: { ECHOMEET_MEDIA_ADDRESS: OWN_ADDRESS } }),
    startBrowser(),
    startFirefox(),
  ]);
  ana = await Person.arrive(browsers[0], sys.base, 'Ana');
  fay = await FirefoxPerson.arrive(browsers[1], sys.base, 'Fay');
  await ana.signUp('ana@example.org');
  await fay.signUp('fay@example.org');
  code = await ana.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Two kinds', isPublic: true })).code,
  );
});
after(async () => {
  await Promise.all((browsers ?? []).map((browser) => browser.close()));
  await sys?.stop();
});

step('from page to page both are seen and heard', async () => {
  await ana.join(code);
  await fay.join(code);
  await mediaFlows([ana, fay]);
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

step('a shared screen comes to Firefox', async () => {
  await ana.page.evaluate(() => window.echomeet.call.mediaControl.toggleScreen());
  const id = await ana.myId();
  await until(async () => (await fay.received(id)).screenFrames > 2, 'the screen');
  await ana.page.evaluate(() => window.echomeet.call.mediaControl.toggleScreen());
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
