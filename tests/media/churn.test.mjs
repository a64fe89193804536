/* A meeting in which nobody stays as they are: people come, go, are muted, share screens, look at others, begin anew before they have begun,
 * and the room moves to its next epoch in the middle of it. A real Janus bears it, with a proxy before it that knows what it would not
 * bear, and neither it nor the node grows. ECHOMEET_CHURN_SECONDS (20) is how long; `make soak` takes half an hour. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket, { WebSocketServer } from 'ws';
import { until } from '../browser/support.mjs';
import { startJanus } from '../lib/janus.mjs';
import { startJanusProxy } from '../lib/janus-proxy.mjs';
import { randomFrom, SEED } from '../lib/random.mjs';
import { startDriver } from './driver.mjs';
import { startCrowd } from './light.mjs';

const SECONDS = Number(process.env.ECHOMEET_CHURN_SECONDS || 20);
const PEOPLE = 10;
const EPOCH_MS = 7_000;
const STEP_MS = 150; // of one person, on average
const KINDS = ['pub', 'screen'];
/* Janus 1.1.2 keeps an eventfd of one in some six hundred handles for ever, but no socket. */
const HANDLES_OF_A_LEAK = 300;
/* What AddressSanitizer keeps of freed memory is no leak. */
const sanitized = (process.env.ECHOMEET_TEST_BUILD || 'address') !== 'release';

let janus;
let proxy;
let driver;
let crowd;
let people;
let epoch = 1;
let over = false;
const steps = {};
const failures = [];

before(async () => {
  [janus, crowd] = await Promise.all([startJanus(), startCrowd()]);
  proxy = await startJanusProxy(janus);
  driver = startDriver(janus, {
    dir: proxy.dir,
    say: (id, signal) => people.filter((one) => one.id === id).forEach(({ light }) => light.hear(signal)),
  });
  people = Array.from({ length: PEOPLE }, (_, i) => {
    const id = i + 1;
    const light = crowd.person(id, (signal) => driver.signal(id, signal));
    return { id, light, random: randomFrom(SEED + id), isIn: false };
  });
  await until(() => driver.lines.some((line) => line.startsWith('up ')), 'Janus is up');
  driver.tell(`open ${epoch}`);
});
after(async () => {
  await crowd?.stop();
  await driver?.stop();
  await proxy?.stop();
  await janus?.stop();
});

test('the proxy notes what a Janus would die of', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'em-fake-'));
  const server = http.createServer().listen(path.join(dir, 'janus.sock'));
  const fake = new WebSocketServer({ server, handleProtocols: ([first]) => first });
  fake.on('connection', (socket) =>
    socket.on('message', (text) => {
      const { janus: verb, transaction, body } = JSON.parse(text);
      socket.send(JSON.stringify({ janus: verb === 'message' ? 'ack' : 'success', transaction }));
      if (body?.request === 'quick') socket.send(JSON.stringify({ janus: 'event', transaction }));
    }),
  );
  const between = await startJanusProxy({ dir, socket: path.join(dir, 'janus.sock') });
  const client = new WebSocket(`ws+unix:${between.dir}/janus.sock:/`, 'janus-protocol');
  let answers = 0;
  client.on('message', () => {
    answers += 1;
  });
  await once(client, 'open');
  let number = 0;
  const ask = async (janusVerb, handle, request, wanted) => {
    number += 1;
    answers = 0;
    const message = { janus: janusVerb, transaction: `${number}`, session_id: 1, handle_id: handle };
    client.send(JSON.stringify({ ...message, body: request && { request } }));
    await until(() => answers === wanted, 'answers');
  };
  await ask('message', 1, 'quick', 2);
  await ask('detach', 1, undefined, 1);
  assert.deepEqual(between.faults, []);
  await ask('message', 2, 'join', 1); // acknowledged, and not answered
  await ask('message', 2, 'quick', 2);
  await ask('detach', 2, undefined, 1);
  await ask('destroy', undefined, undefined, 1);
  assert.deepEqual(between.faults, [
    'quick while join is unanswered',
    'detach while join is unanswered',
    'destroy while join is unanswered',
  ]);
  client.terminate();
  await between.stop();
  server.close();
  fs.rmSync(dir, { recursive: true });
});

/* --- what people do ---------------------------------------------------------------------------------------------- */

const coin = ({ random }) => random() < 0.5;
const flags = (person) => [coin, coin, coin].map((one) => Number(one(person))).join(' ');
/** It is not waited for: what comes next may come before it is done. */
const begin = (what) => what.catch(({ message }) => failures.push(message));
const publish = (person, kind) => begin(person.light.publish({ kind, sound: coin(person), kbits: 60 }));
const receive = (person) => begin(person.light.receive(8, coin(person) ? 25 : 9));

function comeIn(person) {
  person.isIn = true;
  driver.tell(`member ${person.id} ${flags(person)}`);
  person.light.begin(epoch);
  publish(person, 'pub');
  receive(person);
}

const doings = {
  leave(person) {
    person.isIn = false;
    driver.tell(`remove ${person.id}`);
    person.light.begin(epoch);
  },
  drop({ id }) {
    driver.tell(`drop ${id}`);
  },
  mute(person) {
    driver.tell(`member ${person.id} ${flags(person)}`);
  },
  publish(person) {
    publish(person, KINDS[Number(coin(person))]);
  },
  stop(person) {
    person.light.stop(KINDS[Number(coin(person))]);
  },
  receive,
  stopReceiving({ light }) {
    light.stop('sub');
  },
  look(person) {
    const list = people
      .filter((one) => one !== person && coin(person))
      .map(({ id }) => [id, coin(person) ? 'camera' : 'screen', Math.floor(person.random() * 3)]);
    person.light.want(list);
  },
};
/* How often each is done, of 30 times. */
const OFTEN = { leave: 1, drop: 1, stop: 1, receive: 1, stopReceiving: 1, publish: 2, mute: 8, look: 15 };
const choices = Object.entries(OFTEN).flatMap(([name, times]) => Array(times).fill(name));

async function live(person) {
  while (!over) {
    await sleep(person.random() * 2 * STEP_MS);
    const name = person.isIn ? choices[Math.floor(person.random() * choices.length)] : 'comeIn';
    steps[name] = (steps[name] ?? 0) + 1;
    if (name === 'comeIn') comeIn(person);
    else doings[name](person);
  }
}

function moveOn() {
  epoch += 1;
  driver.tell('close');
  driver.tell(`open ${epoch}`);
  for (const person of people.filter(({ isIn }) => isIn)) comeIn(person);
}

/* --- what is measured --------------------------------------------------------------------------------------------- */

const kilobytesOf = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const descriptorsOf = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;
const programs = () => ({ janus: janus.child.pid, node: driver.pid });
const each = (what) => Object.fromEntries(Object.entries(programs()).map(([name, pid]) => [name, what(pid)]));

/** The most that each has had while `ms` passed. */
async function most(ms) {
  const end = Date.now() + ms;
  const found = { janus: 0, node: 0 };
  while (Date.now() < end) {
    for (const [name, kilobytes] of Object.entries(each(kilobytesOf))) found[name] = Math.max(found[name], kilobytes);
    await sleep(500);
  }
  return found;
}

/** Everybody sees everybody. */
async function stillWorks() {
  for (const person of people) doings.leave(person);
  await Promise.all(
    people.map(async ({ id, light }) => {
      driver.tell(`member ${id} 1 1 0`);
      await Promise.all([light.publish({ sound: false, kbits: 60 }), light.receive(8, 9)]);
    }),
  );
  for (const { id, light } of people)
    light.want(people.filter((one) => one.id !== id).map((one) => [one.id, 'camera', 0]));
  await until(async () => {
    const { streams } = await crowd.stats();
    return people.every(({ light }) => streams.get(light.number('sub')) === PEOPLE - 1);
  }, 'everybody sees everybody');
}

test(`nothing that people do in ${SECONDS} s brings Janus down or lets it grow, seed ${SEED}`, async (t) => {
  const { pid } = janus.child;
  const atFirst = each(descriptorsOf);
  const lives = people.map(live);
  const moves = setInterval(moveOn, EPOCH_MS);
  const ms = SECONDS * 1000;
  await sleep(Math.min(ms / 4, 60_000));
  const early = await most(Math.min(ms / 4, 60_000));
  await sleep(Math.max(ms - 3 * Math.min(ms / 4, 60_000), 0));
  const late = await most(Math.min(ms / 4, 60_000));
  over = true;
  clearInterval(moves);
  await Promise.all(lives);
  await stillWorks();
  for (const person of people) doings.leave(person);
  driver.tell('close');
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(steps)}, ${epoch} epochs, to Janus: ${JSON.stringify(proxy.requests)}`);
  t.diagnostic(
    `kB early ${JSON.stringify(early)}, late ${JSON.stringify(late)}; descriptors first ${JSON.stringify(atFirst)}`,
  );
  assert.deepEqual([...new Set(proxy.faults)], []);
  assert.deepEqual(failures, []);
  assert.ok(proxy.requests.switch > 0, 'slots were switched');
  assert.equal(driver.lines.filter((line) => /^(down|failed|up)/.test(line)).length, 1, 'Janus never was away');
  assert.equal(janus.child.pid, pid);
  process.kill(pid, 0);
  await until(() => {
    const now = each(descriptorsOf);
    return now.janus <= atFirst.janus + 8 + proxy.requests.attach / HANDLES_OF_A_LEAK && now.node <= atFirst.node + 2;
  }, 'all connections are closed').finally(() =>
    t.diagnostic(`descriptors last ${JSON.stringify(each(descriptorsOf))}`),
  );
  assert.ok(late.janus < early.janus * 1.5 + 16_384, 'Janus does not grow');
  assert.ok(sanitized || late.node < early.node * 1.2 + 4096, 'the node does not grow');
});
