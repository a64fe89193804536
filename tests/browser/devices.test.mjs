/* Devices that come and go while a call goes on, and what the browser does to the sound. Chromium's own fake devices; only
 * that one is pulled out is played, since no browser can be told to: its track ends, the list of devices lacks it, and the
 * browser says that the list has changed. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;
let bo;
const test = steps(() => [ana, bo]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo] = await Promise.all(['Ana', 'Bo'].map((name) => Person.arrive(browser, sys.base, name)));
  await bo.context.addInitScript(() => {
    const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
    const out = new Set();
    navigator.mediaDevices.enumerateDevices = async () => (await list()).filter(({ deviceId }) => !out.has(deviceId));
    window.plug = {
      pull(kind) {
        const track = window.echomeet.call.media.store.get()[kind];
        const { deviceId } = track.getSettings();
        out.add(deviceId);
        if (kind === 'microphone') out.add('default');
        track.stop();
        track.dispatchEvent(new Event('ended'));
        navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
        return deviceId;
      },
      putBack() {
        out.clear();
        navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
      },
    };
  });
  await bo.page.reload();
  for (const person of [ana, bo]) await person.signUp(`${person.name.toLowerCase()}@example.org`);
  const code = await ana.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Plugs' })).code,
  );
  await ana.join(code);
  await bo.join(code);
  await mediaFlows([ana, bo]);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const media = (person) =>
  person.page.evaluate(() => {
    const { microphone, camera, microphoneOn, cameraOn, microphoneProblem, cameraProblem } =
      window.echomeet.call.media.store.get();
    return {
      microphone: microphone?.getSettings() ?? null,
      camera: camera?.getSettings() ?? null,
      microphoneOn,
      cameraOn,
      microphoneProblem,
      cameraProblem,
    };
  });

test('a camera is pulled out: everybody is told; it is back by itself when it is plugged in again', async () => {
  const id = await bo.myId();
  await bo.page.evaluate(() => window.plug.pull('camera'));
  await bo.page.getByText('Your camera was disconnected.').first().waitFor();
  await ana.tile(id).locator('video').waitFor({ state: 'detached' });
  assert.deepEqual([(await media(bo)).cameraOn, (await media(bo)).cameraProblem], [false, 'unplugged']);
  await bo.page.evaluate(() => window.plug.putBack());
  await bo.page.getByText('Your camera is on again.').first().waitFor();
  await ana.tile(id).locator('video').waitFor();
  await mediaFlows([ana, bo]);
  assert.equal((await media(bo)).cameraProblem, null);
});

test('one that was switched off meanwhile stays off', async () => {
  await bo.page.evaluate(() => window.plug.pull('camera'));
  await until(async () => (await media(bo)).cameraProblem === 'unplugged', 'noticed');
  await bo.page.evaluate(() => window.echomeet.call.media.setCamera(false));
  await bo.page.evaluate(() => window.plug.putBack());
  await bo.page.evaluate(() => window.echomeet.call.media.setMicrophone(true)); // comes after it in the queue
  assert.equal((await media(bo)).camera, null);
  await bo.button('Turn camera on').click();
  await mediaFlows([ana, bo]);
});

test('the chosen microphone is pulled out: another one is used, and the chosen one when it is there again', async () => {
  const [first, second] = await bo.page.evaluate(async () =>
    (await navigator.mediaDevices.enumerateDevices())
      .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default')
      .map(({ deviceId }) => deviceId),
  );
  assert.ok(first && second, 'two microphones');
  await bo.page.evaluate((id) => window.echomeet.call.media.useDevice('microphone', id), second);
  assert.equal((await media(bo)).microphone.deviceId, second);
  await mediaFlows([ana, bo]);
  await bo.page.evaluate(() => window.plug.pull('microphone'));
  const now = await until(async () => {
    const { microphone, microphoneOn } = await media(bo);
    return microphone && microphoneOn;
  }, 'heard again');
  assert.equal(now, true);
  await mediaFlows([ana, bo]);
  await bo.page.evaluate(() => window.plug.putBack());
  await until(async () => (await media(bo)).microphone?.deviceId === second, 'the chosen one');
  await mediaFlows([ana, bo]);
});

test('a muted microphone stays muted when it is exchanged', async () => {
  await bo.button('Mute microphone').click();
  await bo.page.evaluate(() => window.echomeet.call.media.setProcessing({ noiseSuppression: false }));
  const { on, enabled } = await bo.page.evaluate(() => {
    const { microphone, microphoneOn } = window.echomeet.call.media.store.get();
    return { on: microphoneOn, enabled: microphone.enabled };
  });
  assert.deepEqual([on, enabled], [false, false]);
  await bo.button('Unmute microphone').click();
  await mediaFlows([ana, bo]);
});

test('echo, noise and loudness are left to the browser, or not, as one likes; the choice is remembered', async () => {
  for (const wish of [
    { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    { noiseSuppression: true },
    { echoCancellation: true, autoGainControl: true },
  ]) {
    await bo.page.evaluate((value) => window.echomeet.call.media.setProcessing(value), wish);
    const { microphone } = await media(bo);
    const kept = await bo.page.evaluate(() => JSON.parse(localStorage.getItem('echomeet.settings')));
    for (const [name, value] of Object.entries(wish)) {
      assert.equal(microphone[name], value, name);
      assert.equal(kept[name], value, name);
    }
  }
  await mediaFlows([ana, bo]);
});

test('the switches stand beside the choice of devices', async () => {
  await bo.button('More').click();
  await bo.page.getByRole('button', { name: 'Devices' }).click();
  const noise = bo.page.getByLabel('Noise suppression');
  assert.equal(await noise.isChecked(), true);
  await noise.uncheck();
  await until(async () => (await media(bo)).microphone?.noiseSuppression === false, 'noise is let through');
  assert.equal(await bo.page.getByLabel('Hide my IP address from others').count(), 0, 'there is no TURN server');
  await bo.shot('call-devices-processing');
  await noise.check();
  await until(async () => (await media(bo)).microphone?.noiseSuppression === true, 'and held back again');
  await bo.page.keyboard.press('Escape');
});
