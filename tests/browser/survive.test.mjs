/* Three computers in one meeting, and what happens to computers: the relay dies, the network of one is cut, a camera is pulled
 * out, a laptop sleeps, the host's computer breaks. Nobody touches anything, and after each of it everybody who is there
 * sees and hears everybody. Bo's media go over a TURN server, so that his whole network can be cut. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { soakOnly } from '../lib/soak.mjs';
import { startSystem } from '../lib/system.mjs';
import { Computer, Person, Wire, mediaFlows, steps, until } from './support.mjs';
import { Turn } from './turn.mjs';

const AWAY_MS = process.env.ECHOMEET_SOAK ? 20_000 : 8_000;

let sys;
let turn;
let wire; // Bo's
let computers;
let people;
let ana;
let bo;
let cy;
const test = steps(() => people);
const long = soakOnly(test);

before(async () => {
  turn = await Turn.start();
  [sys, ...computers] = await Promise.all([
    startSystem({ env: turn.env }),
    Computer.start(),
    Computer.start(),
    Computer.start(),
  ]);
  wire = await Wire.lay(sys.base);
  people = await Promise.all(
    ['Ana', 'Bo', 'Cy'].map((name, i) =>
      Person.arrive(computers[i].browser, name === 'Bo' ? wire.base : sys.base, name, {
        settings: { relayOnly: name === 'Bo' },
      }),
    ),
  );
  [ana, bo, cy] = people;
  for (const person of people) {
    await person.signUp(`${person.name.toLowerCase()}@example.org`);
    person.id = await person.myId();
  }
  const code = await ana.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Rough weather' })).code,
  );
  for (const person of people) await person.join(code);
  await everybodySeesEverybody();
});
after(async () => {
  turn?.thaw();
  for (const computer of computers ?? []) await computer.close();
  wire?.close();
  await sys?.stop();
  await turn?.stop();
});

/** Also on the page: a tile with a moving picture for each, and no line that says that something is wrong. */
async function everybodySeesEverybody(present = people) {
  await mediaFlows(present, { ms: 60_000 });
  for (const person of present) {
    await until(
      async () => (await person.tiles().count()) === present.length,
      `${person.name} sees ${present.length} tiles`,
      30_000,
    );
    for (const other of present.filter((one) => one !== person)) await person.tile(other.id).locator('video').waitFor();
    await person.page.getByText('Connection lost. Reconnecting…').waitFor({ state: 'detached' });
  }
}

test('the relay is killed and started again', async () => {
  await sys.processes.relay.kill();
  for (const person of people) await person.page.getByText('Connection lost. Reconnecting…').waitFor();
  await sys.processes.relay.start();
  await everybodySeesEverybody();
});

test('the network of one is cut for a while, for the server and for media', async () => {
  wire.freeze();
  turn.freeze();
  await until(async () => (await ana.received(bo.id)).state !== 'connected', 'no media of Bo arrive', 30_000);
  await mediaFlows([ana, cy]);
  await sleep(AWAY_MS);
  wire.mend();
  turn.thaw();
  await everybodySeesEverybody();
});

test('a camera is pulled out and plugged in again', async () => {
  await cy.page.evaluate(() => {
    const { camera } = window.echomeet.call.media.store.get();
    camera.stop();
    camera.dispatchEvent(new Event('ended'));
  });
  for (const person of [ana, bo]) await person.tile(cy.id).locator('video').waitFor({ state: 'detached' });
  await cy.page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event('devicechange')));
  await everybodySeesEverybody();
});

long('a laptop sleeps for a while', async () => {
  computers[2].sleep();
  await until(async () => (await ana.received(cy.id)).state !== 'connected', 'no media of Cy arrive', 30_000);
  await sleep(AWAY_MS);
  computers[2].wake();
  await everybodySeesEverybody();
});

test("the host's computer breaks: the others go on, one of them as host", async () => {
  computers[0].signal('SIGKILL');
  for (const person of [bo, cy]) await person.tile(ana.id).waitFor({ state: 'detached', timeout: 60_000 });
  await everybodySeesEverybody([bo, cy]);
  const hosts = await Promise.all(
    [bo, cy].map((person) =>
      person.page.evaluate(() =>
        window.echomeet.call.store
          .get()
          .room.participants.filter(({ role }) => role === 'host')
          .map(({ userId }) => userId),
      ),
    ),
  );
  assert.deepEqual(hosts[0], hosts[1]);
  assert.ok([bo.id, cy.id].includes(hosts[0][0]) && hosts[0].length === 1, `${hosts}`);
});
