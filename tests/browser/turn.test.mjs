/* Through a real coturn, and through nothing else: two browsers see and hear each other, with credentials that the workers
 * made; these run out and are renewed while the call goes on; the TURN server goes away and comes back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, until } from './support.mjs';
import { Turn } from './turn.mjs';

const TTL_S = 10; // renewed after 7

let sys;
let browser;
let turn;
let people;

before(async () => {
  turn = await Turn.start();
  [sys, browser] = await Promise.all([
    startSystem({ env: { ...turn.env, ECHOMEET_TURN_TTL_S: String(TTL_S) } }),
    startBrowser(),
  ]);
  people = await Promise.all(
    ['Ana', 'Bo'].map((name) => Person.arrive(browser, sys.base, name, { settings: { relayOnly: true } })),
  );
  for (const person of people) await person.signUp(`${person.name.toLowerCase()}@example.org`);
  const code = await people[0].page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Behind walls' })).code,
  );
  for (const person of people) await person.join(code);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
  await turn?.stop();
});

/** Of the way that media take now: [type of our end, type of the other's]. */
const way = (person) =>
  person.page.evaluate(async () => {
    const [{ pc }] = window.echomeet.call.mesh.peers.values();
    const stats = await pc.getStats();
    const transport = [...stats.values()].find(({ type }) => type === 'transport');
    const pair = stats.get(transport.selectedCandidatePairId);
    return [stats.get(pair.localCandidateId).candidateType, stats.get(pair.remoteCandidateId).candidateType];
  });
const credentials = (person) =>
  person.page.evaluate(() => {
    const [{ pc }] = window.echomeet.call.mesh.peers.values();
    return pc.getConfiguration().iceServers.at(-1);
  });
/** Which user names coturn has let in so far. */
const letIn = () =>
  new Set([...turn.log.matchAll(/user <(\d+:\d+)>[^\n]*ALLOCATE processed, success/g)].map(([, name]) => name));

let first;

test('media go over the TURN server, and nothing else', async () => {
  await mediaFlows(people);
  first = await credentials(people[0]);
  for (const person of people) {
    assert.deepEqual(await way(person), ['relay', 'relay']);
    assert.ok((await credentials(person)).username.endsWith(`:${await person.myId()}`));
  }
  assert.ok(letIn().has(first.username), turn.log.slice(-3000));
});

test('the credentials run out; the call goes on over a way that was opened with fresh ones', async () => {
  const instances = await Promise.all(
    people.map((person) => person.page.evaluate(() => [...window.echomeet.call.mesh.peers.values()][0].instance)),
  );
  const second = await until(
    async () => {
      const now = await credentials(people[0]);
      return now.username !== first.username && now;
    },
    'fresh ones',
    30_000,
  );
  await until(() => letIn().has(second.username), 'the TURN server let them in');
  await until(() => Date.now() > Number(first.username.split(':')[0]) * 1000 + 1000, 'the first ones have run out');
  await mediaFlows(people);
  for (const person of people) assert.deepEqual(await way(person), ['relay', 'relay']);
  assert.deepEqual(
    await Promise.all(
      people.map((person) => person.page.evaluate(() => [...window.echomeet.call.mesh.peers.values()][0].instance)),
    ),
    instances,
    'the connections are the same ones',
  );
});

test('credentials that have run out open nothing', async () => {
  const kinds = await people[0].page.evaluate(async (server) => {
    const pc = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: 'relay' });
    const found = [];
    pc.onicecandidate = ({ candidate }) => candidate && found.push(candidate.type);
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    await new Promise((resolve) => {
      pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
    });
    pc.close();
    return found;
  }, first);
  assert.deepEqual(kinds, []);
});

test('who no longer hides the address, and hides it again while the call goes on, is reached accordingly', async () => {
  const [ana] = people;
  const hidden = ana.page.getByRole('checkbox', { name: 'Hide my address from the others' });
  const sent = () =>
    ana.page.evaluate(
      () => [...window.echomeet.call.mesh.peers.values()][0].pc.localDescription.sdp.match(/a=candidate.*/g) ?? [],
    );
  for (const person of people) {
    await person.button('More').click();
    await person.page.locator('.bar-more .menu').getByRole('button', { name: 'Devices' }).click();
    await person.page.getByRole('checkbox', { name: 'Hide my address from the others' }).setChecked(false);
  }
  await until(async () => (await ana.received(await people[1].myId())).state === 'connected', 'connected');
  await mediaFlows(people);
  assert.notEqual((await way(ana))[0], 'relay', 'the direct way is the better one');
  const instance = () => ana.page.evaluate(() => [...window.echomeet.call.mesh.peers.values()][0].instance);
  const before = await instance();
  await hidden.setChecked(true);
  assert.notEqual(await instance(), before);
  await mediaFlows(people);
  assert.equal((await way(ana))[0], 'relay');
  const candidates = await sent();
  assert.ok(
    candidates.length > 0 && candidates.every((line) => line.includes(' typ relay raddr 0.0.0.0 ')),
    `${candidates}`,
  );
  for (const person of people) {
    await person.page.getByRole('checkbox', { name: 'Hide my address from the others' }).setChecked(true);
    await person.shot(`relay-only-${person.name}`);
    await person.page.keyboard.press('Escape');
  }
  await mediaFlows(people);
  assert.equal(
    await ana.page.evaluate(() => JSON.parse(localStorage.getItem('echomeet.settings')).relayOnly),
    true,
    'for the next call too',
  );
});

test('the TURN server dies and comes back: the call finds its way again by itself', async () => {
  await turn.kill();
  await until(
    async () => (await people[0].received(await people[1].myId())).state !== 'connected',
    'the way is gone',
    30_000,
  );
  await turn.again();
  await mediaFlows(people, { ms: 60_000 });
  for (const person of people) assert.deepEqual(await way(person), ['relay', 'relay']);
});
