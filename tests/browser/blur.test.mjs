/* What is behind a person is blurred by the page: measured by how sharp the pictures are that the other one receives. The camera
 * is a drawing of a person in a striped shirt before a chessboard. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { soakOnly } from '../lib/soak.mjs';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, until } from './support.mjs';
import { agreement } from './transport.mjs';

const WIDTH = 640;
const HEIGHT = 360;
/** Mean step between neighbours, of 255: the drawing has some 20 in both places, what is blurred less than 2. */
const SHARP = 8;
const BLURRED = 4;

const long = soakOnly(test);
let folder;
let sys;
let browser;
let ana;
let bo;

/** [luma, blue, red] of a place in the drawing. */
function colour(x, y) {
  const inside = (cx, cy, rx, ry) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;
  if (inside(298, 135, 6, 6) || inside(342, 135, 6, 6)) return [20, 128, 128]; // eyes
  if (inside(320, 180, 22, 7)) return [100, 110, 180]; // mouth
  if (y <= 95 && inside(320, 95, 66, 48)) return [40, 120, 135]; // hair
  if (inside(320, 140, 60, 80)) return [165, 108, 155]; // face
  if (y > 225 && (inside(320, 330, 150, 105) || (y > 330 && Math.abs(x - 320) < 150)))
    return [x % 16 < 8 ? 40 : 90, 150, 115]; // shirt
  return [((x >> 4) + (y >> 4)) % 2 ? 90 : 165, 128, 128];
}

function writeCamera(file) {
  const luma = Buffer.alloc(WIDTH * HEIGHT);
  const chroma = [Buffer.alloc((WIDTH * HEIGHT) / 4), Buffer.alloc((WIDTH * HEIGHT) / 4)];
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const [light, blue, red] = colour(x, y);
      luma[y * WIDTH + x] = light;
      const at = (y >> 1) * (WIDTH / 2) + (x >> 1);
      chroma[0][at] = blue;
      chroma[1][at] = red;
    }
  }
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, ...chroma]);
  fs.writeFileSync(
    file,
    Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F15:1 Ip A1:1 C420jpeg\n`), frame, frame]),
  );
}

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-blur-'));
  writeCamera(path.join(folder, 'person.y4m'));
  [sys, browser] = await Promise.all([
    startSystem(),
    startBrowser([`--use-file-for-fake-video-capture=${path.join(folder, 'person.y4m')}`]),
  ]);
  [ana, bo] = await Promise.all(['Ana', 'Bo'].map((name) => Person.arrive(browser, sys.base, name)));
  await bo.context.addInitScript(() => {
    // every camera that was opened, and copies of it
    window.cameras = [];
    const { getUserMedia } = MediaDevices.prototype;
    MediaDevices.prototype.getUserMedia = async function open(...wish) {
      const stream = await getUserMedia.apply(this, wish);
      window.cameras.push(...stream.getVideoTracks());
      return stream;
    };
    const { clone } = MediaStreamTrack.prototype;
    MediaStreamTrack.prototype.clone = function copy() {
      const track = clone.call(this);
      window.cameras.push(track);
      return track;
    };
  });
  for (const person of [ana, bo]) await person.signUp(`${person.name.toLowerCase()}@example.org`);
  const code = await ana.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Blur' })).code,
  );
  await ana.join(code);
  await bo.join(code);
  await mediaFlows([ana, bo]);
  await watch();
});
after(async () => {
  await browser?.close();
  await sys?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** From now on Ana's page measures every picture that comes from Bo. */
const watch = async () =>
  ana.page.evaluate(
    async (id) => {
      const find = () => window.echomeet.call.store.get().connections[id].remote.camera?.getVideoTracks()[0];
      while (!find()) await new Promise((resolve) => setTimeout(resolve, 50)); // over a server the stream is there before its track
      const track = find();
      const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
      const canvas = new OffscreenCanvas(320, 180).getContext('2d', { willReadFrequently: true });
      const sharpness = (left, top, width, height) => {
        const { data } = canvas.getImageData(left, top, width, height);
        let steps = 0;
        for (let i = 0; i < data.length - 4; i += 4)
          if ((i / 4 + 1) % width) steps += Math.abs(data[i + 5] - data[i + 1]);
        return steps / ((width - 1) * height);
      };
      window.seen = [];
      (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          canvas.drawImage(value, 0, 0, 320, 180);
          value.close();
          const colour = [...canvas.getImageData(40, 40, 1, 1).data.slice(0, 3)];
          window.seen.push({ behind: sharpness(10, 10, 80, 80), shirt: sharpness(125, 140, 70, 30), colour });
        }
      })();
    },
    await bo.myId(),
  );

const forget = () =>
  ana.page.evaluate(() => {
    window.seen = [];
  });
const seen = () => ana.page.evaluate(() => window.seen);
/** Pictures come in from now on, and the last ones are like that. */
const looks = async (like, what) => {
  const before = (await seen()).length;
  try {
    await until(
      async () => {
        const last = (await seen()).slice(before).slice(-5);
        return last.length === 5 && last.every(like);
      },
      what,
      60_000,
    );
  } catch (error) {
    throw new Error(`${error.message}: ${JSON.stringify((await seen()).slice(-3))}`);
  }
};
const sharp = ({ behind, shirt }) => behind > SHARP && shirt > SHARP;
const cutOut = ({ behind, shirt }) => behind < BLURRED && shirt > SHARP;
const allBlurred = ({ behind, shirt }) => behind < BLURRED && shirt < BLURRED;
/** Of all that came since `forget`. */
const neverSharp = async () =>
  assert.ok(
    (await seen()).every(({ behind }) => behind < BLURRED),
    JSON.stringify(await seen()),
  );

const ofBo = (work, value) => bo.page.evaluate(work, value);
const workers = () => bo.page.workers().filter((one) => one.url().endsWith('/blur-worker.js')).length;
const openCameras = () => ofBo(() => window.cameras.filter(({ readyState }) => readyState === 'live').length);
const negotiated = async () => agreement(bo, await ana.myId());

/** A file does not come to Bo until what this answers is called. */
async function hold(address) {
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const waiting = [];
  await bo.context.route(address, (route) => {
    waiting.push(held.then(() => route.continue()));
  });
  return async () => {
    release();
    await Promise.all(waiting);
    await bo.context.unroute(address);
  };
}

test('it is switched on and off beside the devices: the other one receives it without a negotiation', async () => {
  await looks(sharp, 'everything is sharp');
  assert.equal(workers(), 0);
  const before = await negotiated();
  await bo.button('More').click();
  await bo.page.getByRole('button', { name: 'Devices' }).click();
  const release = await hold('**/js/blur-worker.js');
  await bo.page.getByLabel('Blur background').check();
  await until(async () => {
    await forget();
    await sleep(1000);
    return (await seen()).length === 0;
  }, 'nothing is shown while the code for it is loaded');
  await release();
  await looks(cutOut, 'only the person is sharp');
  assert.equal(workers(), 1);
  await bo.shot('call-blur');
  await ana.shot('call-blurred');
  const drawSlowly = (ms) =>
    bo.page
      .workers()
      .find((one) => one.url().endsWith('/blur-worker.js'))
      .evaluate((each) => {
        const before = OffscreenCanvasRenderingContext2D.prototype.drawImage;
        OffscreenCanvasRenderingContext2D.prototype.drawImage = function draw(...how) {
          for (const end = performance.now() + each; performance.now() < end; );
          before.apply(this, how);
        };
      }, ms);
  await drawSlowly(40);
  await bo.page.getByText('Blurring is hard work for this computer').waitFor();
  await bo.shot('call-blur-slow');
  await bo.page.getByLabel('Blur background').uncheck();
  await looks(sharp, 'everything is sharp again');
  assert.equal(await bo.page.getByText('Blurring is hard work for this computer').count(), 0);
  await bo.page.keyboard.press('Escape');
  await until(() => workers() === 0, 'the worker is gone');
  assert.equal(await openCameras(), 1, 'its copy of the camera is closed');
  assert.equal(await negotiated(), before);
});

test('as long as the model is not there, all is blurred', async () => {
  const release = await hold('**/vendor/selfie.tflite');
  await ofBo(() => window.echomeet.call.media.setBackgroundBlur(true));
  await looks(allBlurred, 'the person is blurred too');
  await release();
  await looks(cutOut, 'the person is sharp');
});

test('something plain, or a picture of one’s own, takes the place of what is there; it stays on this device', async () => {
  await bo.button('More').click();
  await bo.page.getByRole('button', { name: 'Devices' }).click();
  await bo.button('Sea').click();
  await looks(
    ({ colour: [red, green, blue], shirt }) => green > red + 40 && blue > red + 40 && shirt > SHARP,
    'it is blue behind the person',
  );
  const wall = await ofBo(async () => {
    const canvas = new OffscreenCanvas(64, 64);
    const drawing = canvas.getContext('2d');
    drawing.fillStyle = '#c02020';
    drawing.fillRect(0, 0, 64, 64);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  });
  const field = bo.page.locator('.backgrounds input');
  await field.setInputFiles({ name: 'note.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await bo.page.locator('.toast', { hasText: 'could not be opened as a picture' }).first().waitFor();
  await field.setInputFiles({ name: 'wall.png', mimeType: 'image/png', buffer: Buffer.from(wall) });
  await looks(({ colour: [red, green], shirt }) => red > green + 80 && shirt > SHARP, 'one’s own wall');
  assert.equal(await bo.button('My picture').getAttribute('aria-pressed'), 'true');
  assert.ok(
    await ofBo(async () => (await (await import('/js/backgrounds.js?again')).ownPicture())?.size > 0),
    'the next page has it too',
  );
  await bo.button('Strong blur').click();
  await looks(cutOut, 'blurred again');
  await bo.page.keyboard.press('Escape');
});

long(
  'off and on, another camera, one that is pulled out: never a sharp picture, one worker at most, and the light goes out',
  async () => {
    await forget();
    await bo.button('Turn camera off').click();
    await until(() => workers() === 0, 'the worker is gone');
    assert.equal(await openCameras(), 0);
    await bo.button('Turn camera on').click();
    await looks(cutOut, 'blurred from the beginning');
    await ofBo(async () => {
      const { media } = window.echomeet.call;
      await media.useDevice('camera', media.store.get().devices.find(({ kind }) => kind === 'videoinput').deviceId);
    });
    await looks(cutOut, 'another camera');
    await ofBo(() => {
      const [camera] = window.cameras.filter(({ readyState }) => readyState === 'live');
      camera.stop();
      camera.dispatchEvent(new Event('ended'));
    });
    assert.equal(await ofBo(() => window.echomeet.call.media.store.get().camera), null);
    await until(
      () => ofBo(() => window.echomeet.call.media.store.get().cameraProblem === 'unplugged'),
      'the person is told',
    );
    await until(() => workers() === 0, 'the worker is gone');
    assert.equal(await openCameras(), 0);
    await ofBo(() => navigator.mediaDevices.dispatchEvent(new Event('devicechange')));
    await looks(cutOut, 'plugged in again');
    assert.equal(workers(), 1);
    await neverSharp();
  },
);

for (const [what, address] of [
  ['the model', '**/vendor/selfie.tflite'],
  ['the worker', '**/js/blur-worker.js'],
]) {
  test(`where ${what} cannot be loaded, the camera goes off and the person is told; trying again helps`, async () => {
    await forget();
    await ofBo(() => window.echomeet.call.media.setCamera(false));
    await bo.context.route(address, (route) => route.abort());
    await bo.button('Turn camera on').click();
    await until(() => ofBo(() => window.echomeet.call.media.store.get().cameraProblem === 'blur'), 'it fails');
    await bo.page.getByText('Your background could not be blurred, so your camera is off.').first().waitFor();
    await until(() => workers() === 0, 'the worker is gone');
    assert.equal(await openCameras(), 0);
    await ana
      .tile(await bo.myId())
      .locator('video')
      .waitFor({ state: 'detached' });
    await bo.context.unroute(address);
    await bo.button('Turn camera on').click();
    await looks(cutOut, 'blurred again');
    await neverSharp();
  });
}

test('a camera that blurs by itself is asked to, before anything of it is shown', async () => {
  await ofBo(() => {
    // its driver is played, what the page asks of it is not
    const { getCapabilities, getSettings, applyConstraints } = MediaStreamTrack.prototype;
    window.asked = [];
    MediaStreamTrack.prototype.getCapabilities = function capabilities() {
      return { ...getCapabilities.call(this), ...(this.kind === 'video' ? { backgroundBlur: [false, true] } : {}) };
    };
    MediaStreamTrack.prototype.getSettings = function current() {
      return { ...getSettings.call(this), backgroundBlur: this.blurs ?? false };
    };
    MediaStreamTrack.prototype.applyConstraints = async function apply(constraints) {
      window.asked.push([constraints.backgroundBlur, window.echomeet.call.media.store.get().camera === null]);
      await applyConstraints.call(this, constraints);
      this.blurs = constraints.backgroundBlur;
    };
  });
  await ofBo(async () => {
    const { media } = window.echomeet.call;
    await media.setCamera(false);
    await media.setCamera(true);
    await media.setBackgroundBlur(false);
  });
  assert.deepEqual(await ofBo(() => window.asked), [
    [true, true],
    [false, false],
  ]);
  assert.equal(workers(), 0);
  await looks(sharp, 'the camera as it is');
  await ofBo(() => {
    MediaStreamTrack.prototype.applyConstraints = () => Promise.reject(new DOMException('', 'OverconstrainedError'));
  });
  await ofBo(() => window.echomeet.call.media.setBackgroundBlur(true));
  await looks(cutOut, 'one that only says so is blurred here');
});

test('it is remembered; and the page kept to its content security policy', async () => {
  await bo.page.reload();
  await bo.button('Join').click();
  await mediaFlows([ana, bo]);
  await watch();
  await looks(cutOut, 'blurred in the next call');
  await neverSharp();
  assert.deepEqual(
    [ana, bo].flatMap(({ complaints }) => complaints).filter((line) => !/ERR_FAILED/.test(line)),
    [],
  );
});

long(
  'where neither camera nor browser can, nothing is offered; who wished for it elsewhere is told, and not seen',
  async () => {
    const cy = await Person.arrive(browser, sys.base, 'Cy', { settings: { backgroundBlur: true } });
    await cy.context.addInitScript(() => {
      delete window.MediaStreamTrackGenerator;
    });
    await cy.signUp('cy@example.org');
    await cy.page.evaluate(async () => {
      window.location.hash = `#/m/${(await window.echomeet.api.post('/meetings', { title: 'Alone' })).code}`;
    });
    await cy.page.getByText('Your background could not be blurred, so your camera is off.').waitFor();
    await cy.button('Devices').click();
    await cy.page.getByLabel('Blur background').click();
    await cy.page.getByLabel('Blur background').waitFor({ state: 'detached' });
    await cy.page.getByRole('button', { name: 'Try again' }).click();
    await cy.page.locator('.preview video').waitFor();
    await cy.context.close();
  },
);
