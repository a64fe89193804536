/* People who hide their address, in a meeting that goes over the media server: a real coturn stands between each of them and a real Janus,
 * and nothing goes past it. Its credentials run out and are renewed meanwhile; it goes away and comes back. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { Person, mediaFlows, startBrowser, steps, until } from '../browser/support.mjs';
import { Turn } from '../browser/turn.mjs';
import { janusVersion } from '../lib/janus.mjs';
import { startSystem } from '../lib/system.mjs';

const TTL_S = 20; // renewed after 14

let sys;
let browser;
let turn;
let people;
const step = steps(() => people);

before(async () => {
  turn = await Turn.start();
  [sys, browser] = await Promise.all([
    startSystem({ media: 1, env: { ...turn.env, ECHOMEET_TURN_TTL_S: String(TTL_S), ECHOMEET_MESH_MAX: '0' } }),
    startBrowser(),
  ]);
  people = await Promise.all(
    ['Ana', 'Bo'].map((name) => Person.arrive(browser, sys.base, name, { settings: { relayOnly: true } })),
  );
  for (const person of people) {
    await person.context.addInitScript(() => {
      window.connections = [];
      window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...options) {
          super(...options);
          window.connections.push(this);
        }
      };
    });
    await person.signUp(`${person.name.toLowerCase()}@example.org`);
  }
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

/** Of each connection of theirs that stands: {ours, port, theirs, username}: what kind of address its ends have, and by which credentials. */
const ways = (person) =>
  person.page.evaluate(async () => {
    const found = [];
    for (const pc of window.connections) {
      if (pc.connectionState !== 'connected') continue;
      const stats = await pc.getStats();
      const transport = [...stats.values()].find(({ type }) => type === 'transport');
      const pair = stats.get(transport?.selectedCandidatePairId);
      if (!pair) continue;
      const { candidateType, port } = stats.get(pair.localCandidateId);
      const theirs = stats.get(pair.remoteCandidateId).port;
      found.push({ ours: candidateType, port, theirs, username: pc.getConfiguration().iceServers.at(-1)?.username });
    }
    return found;
  });

/** Which user names coturn has let in so far. */
const letIn = () =>
  new Set([...turn.log.matchAll(/user <(\d+:\d+)>[^\n]*ALLOCATE processed, success/g)].map(([, name]) => name));

/** All that they send and receive goes through coturn to Janus; `count` connections. */
async function onlyThroughTurn(count = 2) {
  const [low, high] = sys.mediaEnvs[0].ECHOMEET_MEDIA_PORTS.split('-').map(Number);
  for (const person of people) {
    const all = await until(async () => {
      const found = await ways(person);
      return found.length === count && found;
    }, `${count} connections of ${person.name}`);
    for (const { ours, port, theirs } of all) {
      assert.equal(ours, 'relay', JSON.stringify(all));
      assert.ok(port >= turn.relayPort && port < turn.relayPort + 100, 'an address of coturn');
      assert.ok(theirs >= low && theirs <= high, 'an address of Janus');
    }
  }
}

const usernameOf = async (person) => (await ways(person))[0]?.username;

let first;

step('who hides the address sends and receives over the TURN server, and nothing else', async (t) => {
  t.diagnostic(janusVersion());
  await mediaFlows(people);
  for (const person of people)
    assert.equal(await person.page.evaluate(() => window.echomeet.call.roomMedia.mode), 'sfu');
  await onlyThroughTurn();
  first = await usernameOf(people[0]);
  assert.ok(letIn().has(first), turn.log.slice(-3000));
});

step('the credentials run out, and the call goes on with fresh ones', async () => {
  const second = await until(
    async () => {
      const now = await usernameOf(people[0]);
      return now && now !== first && now;
    },
    'fresh ones',
    60_000,
  );
  await until(() => letIn().has(second), 'the TURN server let them in');
  await until(() => Date.now() > Number(first.split(':')[0]) * 1000 + 1000, 'the first ones have run out', 60_000);
  await mediaFlows(people);
  await onlyThroughTurn();
});

step('a screen goes that way, too', async () => {
  const [ana, bo] = people;
  const id = await ana.myId();
  await ana.page.evaluate(() => window.echomeet.call.mediaControl.toggleScreen());
  await until(async () => (await bo.received(id)).screenFrames > 2, 'the screen');
  assert.ok((await ways(ana)).every(({ ours }) => ours === 'relay'));
  await ana.page.evaluate(() => window.echomeet.call.mediaControl.toggleScreen());
});

step('who no longer hides it, and hides it again while the call goes on, is reached accordingly', async () => {
  const [ana] = people;
  const hide = (on) => ana.page.evaluate((value) => window.echomeet.call.mediaControl.setRelayOnly(value), on);
  await hide(false);
  await until(async () => {
    const all = await ways(ana);
    return all.length === 2 && all.every(({ ours }) => ours !== 'relay');
  }, 'the direct way is the better one');
  await mediaFlows(people);
  await hide(true);
  await until(async () => (await ways(ana)).every(({ ours }) => ours === 'relay'), 'hidden again');
  await mediaFlows(people);
  await onlyThroughTurn();
});

step('the TURN server dies and comes back: the call finds its way again by itself', async () => {
  await turn.kill();
  await until(async () => (await ways(people[0])).length === 0, 'the way is gone', 60_000);
  await turn.again();
  await mediaFlows(people, { ms: 90_000 });
  await onlyThroughTurn();
  assert.deepEqual(
    people.flatMap(({ complaints }) => complaints),
    [],
  );
});
