/* A line that does not carry all that a page would like to see: what is heard stays whole, and the picture that matters most goes on. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Person, mediaFlows, startBrowser, steps, until } from '../browser/support.mjs';
import { startSystem } from '../lib/system.mjs';
import { NarrowLine } from './narrow-line.mjs';

const LOOK_MS = 3_000;

let sys;
let browser;
let people = [];
let eve;
const line = new NarrowLine();
const step = steps(() => people);

before(async () => {
  [sys, browser] = await Promise.all([
    startSystem({ media: 1, env: { ECHOMEET_MESH_MAX: '0' } }),
    startBrowser(['--use-fake-device-for-media-stream=fps=10']), // pictures that are much more than the sound
  ]);
  people = await Promise.all(
    ['Ana', 'Bo'].map((name) => Person.arrive(browser, sys.base, name, { settings: { videoQuality: 'standard' } })),
  );
  eve = await Person.arrive(browser, sys.base, 'Eve', { settings: { cameraOn: false } });
  people.push(eve);
  await line.lay(eve);
  for (const person of people) await person.signUp(`${person.name.toLowerCase()}@example.org`);
  const { code } = await people[0].page.evaluate(() => window.echomeet.api.post('/meetings', { title: 'A thin wire' }));
  for (const person of people) await person.join(code);
});
after(async () => {
  await browser?.close();
  line.close();
  await sys?.stop();
});

/** What comes to Eve in a while: of each person {sound: packets, lost: packets of it, frames, bytes, height}. */
async function look(ms = LOOK_MS) {
  const flows = () => eve.page.evaluate(() => window.echomeet.call.roomMedia.transport.flows());
  const before = await flows();
  await pause(ms);
  const found = {};
  for (const flow of await flows()) {
    const name = people.find(({ id }) => id === flow.userId)?.name;
    const was = before.find(
      ({ mid, userId, kind }) => mid === flow.mid && userId === flow.userId && kind === flow.kind,
    );
    if (!name || !was || flow.direction !== 'in') continue;
    const person = (found[name] ??= { sound: 0, lost: 0, frames: 0, bytes: 0, height: 0 });
    person.bytes += flow.bytes - was.bytes;
    if (flow.kind === 'audio') {
      person.sound += flow.packets - was.packets;
      person.lost += flow.lost - was.lost;
    } else {
      person.frames += flow.frames - was.frames;
      person.height = flow.height;
    }
  }
  return found;
}

/** The larger of the two sizes that a camera of 360 lines goes out in; a busy page sends fewer lines in both. */
const large = (person) => person?.height > 180;

let wide;

step('a wide line brings both pictures as large as they are shown', async (t) => {
  for (const person of people) person.id = await person.myId();
  await mediaFlows(people.slice(0, 2));
  wide = await until(
    async () => {
      const now = await look();
      return large(now.Ana) && large(now.Bo) && now;
    },
    'both pictures in full',
    120_000,
  );
  t.diagnostic(JSON.stringify(wide));
});

step('a narrow one brings the first of them, and all sound', async (t) => {
  const bits = Object.values(wide).reduce((sum, { bytes }) => sum + bytes * 8, 0) / (LOOK_MS / 1000);
  line.rate = bits * 0.6; // all sound and a small picture
  let now;
  await until(
    async () => {
      now = await look();
      t.diagnostic(JSON.stringify(now));
      const heard = ['Ana', 'Bo'].every((name) => now[name]?.sound > 0 && now[name].lost <= now[name].sound / 50);
      return heard && ['Ana', 'Bo'].some((name) => now[name].frames > 5);
    },
    'whole sound and a moving picture',
    60_000,
  );
});

step('a line that is wide again brings both again', async (t) => {
  line.rate = Infinity;
  await until(
    async () => {
      const now = await look();
      t.diagnostic(JSON.stringify(now));
      return now.Ana?.frames > 5 && now.Bo?.frames > 5;
    },
    'both pictures',
    60_000,
  );
  const wrong = people.flatMap(({ complaints }) => complaints);
  assert.deepEqual(wrong, []);
});
