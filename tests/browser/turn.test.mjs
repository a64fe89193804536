/* Through a real coturn, and through nothing else: two browsers see and hear each other, with credentials that the workers
 * made; these run out and are renewed while the call goes on; the TURN server goes away and comes back. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startWholeBrowser, steps, until } from './support.mjs';
import { candidates, connectionNames, iceServer, way } from './transport.mjs';
import { Turn } from './turn.mjs';

const TTL_S = 10; // renewed after 7

let sys;
let browser;
let turn;
let people;
const test = steps(() => people);

before(async () => {
  turn = await Turn.start();
  [sys, browser] = await Promise.all([
    startSystem({ env: { ...turn.env, ECHOMEET_TURN_TTL_S: String(TTL_S) } }),
    startWholeBrowser(),
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

/** The other one of the two. */
const other = async (person) => people.find((one) => one !== person).myId();
const wayOf = async (person) => way(person, await other(person));
const credentials = async (person) => iceServer(person, await other(person));
/** Which user names coturn has let in so far. */
const letIn = () =>
  new Set([...turn.log.matchAll(/user <(\d+:\d+)>[^\n]*ALLOCATE processed, success/g)].map(([, name]) => name));

let first;

test('media go over the TURN server, and nothing else', async () => {
  await mediaFlows(people);
  first = await credentials(people[0]);
  for (const person of people) {
    assert.deepEqual(await wayOf(person), ['relay', 'relay']);
    assert.ok((await credentials(person)).username.endsWith(`:${await person.myId()}`));
  }
  assert.ok(letIn().has(first.username), turn.log.slice(-3000));
});

test('the credentials run out; the call goes on over a way that was opened with fresh ones', async () => {
  const instances = await Promise.all(people.map(connectionNames));
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
  for (const person of people) assert.deepEqual(await wayOf(person), ['relay', 'relay']);
  assert.deepEqual(await Promise.all(people.map(connectionNames)), instances, 'the connections are the same ones');
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
  const hidden = ana.page.getByRole('checkbox', { name: 'Hide my IP address from others' });
  for (const person of people) {
    await person.button('More').click();
    await person.page.locator('.bar-more .menu').getByRole('button', { name: 'Devices' }).click();
    await person.page.getByRole('checkbox', { name: 'Hide my IP address from others' }).setChecked(false);
  }
  await until(async () => (await ana.received(await people[1].myId())).state === 'connected', 'connected');
  await mediaFlows(people);
  assert.notEqual((await wayOf(ana))[0], 'relay', 'the direct way is the better one');
  const [before] = await connectionNames(ana);
  await hidden.setChecked(true);
  assert.notEqual((await connectionNames(ana))[0], before);
  await mediaFlows(people);
  assert.equal((await wayOf(ana))[0], 'relay');
  const told = await candidates(ana, await other(ana));
  assert.ok(told.length > 0 && told.every((line) => line.includes(' typ relay raddr 0.0.0.0 ')), `${told}`);
  for (const person of people) {
    await person.page.getByRole('checkbox', { name: 'Hide my IP address from others' }).setChecked(true);
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
  for (const person of people) assert.deepEqual(await wayOf(person), ['relay', 'relay']);
});
