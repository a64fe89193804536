/* What the page weighs, and what it costs: bytes of the first page, processor time for each event of a room of 50 with a chat
 * of 2,000 lines, and whether anything grows over half-hours of such a room, played fast. What is measured is printed.
 * `make soak` alone plays them, half an hour with twenty visits; ECHOMEET_SEED=… plays another one. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before } from 'node:test';
import { SEED } from '../lib/random.mjs';
import { soakOnly } from '../lib/soak.mjs';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, steps, until, usableAfter } from './support.mjs';

const FIRST_PAGE_BYTES = 150 * 1024;
const PEOPLE = 50;
const LINES = 2000;
const REAL_LINES = 120;
const EVENTS = 40;
const PLAYS = 6; // of five minutes
const VISITS = 20;
const MS = 50; // of the main thread's processor time, however busy the machine is
let sys;
let browser;
let ana;
let code;
const test = steps(() => [ana]);
const long = soakOnly(test);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima', {
    settings: { cameraOn: false, microphoneOn: false, panel: 'chat' },
  });
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

/** Everything that comes over the wire while `work` is done, headers too. */
async function transferred(page, work) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  let bytes = 0;
  let files = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    files += 1;
  });
  await work();
  await page.waitForLoadState('networkidle');
  await session.detach();
  return { bytes, files };
}

test('the first page is light, signed out and signed in, and so is a meeting’s', async (t) => {
  const out = await transferred(ana.page, async () => {
    await ana.go('#/signin');
    await ana.button('Sign in').waitFor();
  });
  await ana.signUp('ana@example.org');
  const signedIn = await transferred(ana.page, async () => {
    await ana.page.reload();
    await ana.button('New meeting').waitFor();
  });
  const { base } = ana;
  code = await ana.page.evaluate(async () => (await window.echomeet.api.post('/meetings', { title: 'Busy' })).code);
  await ana.go(`#/m/${code}`);
  await ana.button('Join').waitFor();
  await ana.page.waitForLoadState('networkidle');
  const link = await transferred(ana.page, async () => {
    await ana.page.reload();
    await ana.button('Join').waitFor();
  });
  const guest = await Person.arrive(browser, base, 'Grace');
  const guestLink = await transferred(guest.page, async () => {
    await guest.go(`#/m/${code}`);
    await guest.button('Continue as guest').waitFor();
  });
  const nothing = await usableAfter(guest.context, `${base}/icon.svg`, { inert: true });
  t.diagnostic(`a page that does nothing is drawn after ${nothing.toFixed(0)} ms`);
  for (const [what, { context }, hash] of [
    ['signed out', guest, ''],
    ['signed in', ana, ''],
    ['a meeting’s link', ana, `#/m/${code}`],
    ['the same for a guest', guest, `#/m/${code}`],
  ]) {
    t.diagnostic(`${what}: usable after ${(await usableAfter(context, `${base}/${hash}`)).toFixed(0)} ms`);
  }
  await guest.context.close();
  await ana.go('');
  await ana.button('New meeting').waitFor();
  const measured = {
    'signed out': out,
    'signed in': signedIn,
    'a meeting’s link': link,
    'the same for a guest': guestLink,
  };
  for (const [what, { bytes, files }] of Object.entries(measured)) {
    t.diagnostic(`${what}: ${(bytes / 1024).toFixed(1)} KiB in ${files} files`);
    assert.ok(files > 10, 'all of them are counted');
    assert.ok(bytes < FIRST_PAGE_BYTES, `${what}: ${bytes} bytes`);
  }
});

/** In the page: a room of many, told by events as the server would send them. */
function prepare({ people, lines }) {
  const { call } = window.echomeet;
  const { client } = call;
  let { seq } = client;
  const at = () => new Date().toISOString();
  const person = (n) => ({
    userId: 1000 + n,
    displayName: `Person ${n}`,
    role: 'participant',
    status: 'joined',
    online: false,
    audio: true,
    video: false,
    screen: false,
    handRaisedAt: null,
    joinedAt: at(),
    leftAt: null,
  });
  let nextMessage = 1_000_000;
  let nextStranger = 1_000;
  const strangers = [];
  const line = (n) => {
    nextMessage += 1;
    return {
      id: nextMessage,
      sender: { id: 1000 + (n % (people - 1)), displayName: `Person ${n % (people - 1)}` },
      to: null,
      text: `line ${n} https://example.org/${n}`,
      clientId: `c${nextMessage}`,
      createdAt: at(),
    };
  };
  const event = (type, data) => {
    seq += 1;
    client.emit('event', { type, meetingId: 1, seq, at: at(), data });
  };
  const kinds = {
    line: (n) => event('chat_message', { message: line(n) }),
    hand: (n) =>
      event(n % 2 ? 'hand_lowered' : 'hand_raised', { userId: 1000 + (n % (people - 1)), handRaisedAt: at() }),
    microphone: (n) =>
      event('media_changed', { userId: 1000 + (n % (people - 1)), audio: n % 2 === 0, video: false, screen: false }),
    left: (n) => event('user_left', { userId: 1000 + (n % (people - 1)), reason: 'left' }),
    joined: (n) => event('user_joined', { participant: person(n % (people - 1)) }),
    stranger: () => {
      // comes, and one of those who came before goes
      strangers.push(nextStranger);
      event('user_joined', { participant: person(nextStranger) });
      nextStranger += 1;
      if (strangers.length > 5) event('user_left', { userId: 1000 + strangers.shift(), reason: 'left' });
    },
    reaction: (n) =>
      client.emit('transient', { type: 'reaction', from: 1000 + (n % (people - 1)), data: { reaction: '👍' } }),
    typing: (n) =>
      client.emit('transient', { type: 'typing', from: 1000 + (n % (people - 1)), data: { active: n % 2 === 0 } }),
  };
  for (let n = 0; n < people - 1; n += 1) kinds.joined(n);
  for (let n = 0; n < lines; n += 1) kinds.line(n);
  /** The page has drawn: Preact draws in a task of its own. */
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  window.busy = { kinds, drawn };
}

/** In the page: so many events of one kind, each drawn before the next. */
async function happen({ kind, events }) {
  const { kinds, drawn } = window.busy;
  for (let n = 0; n < events; n += 1) {
    kinds[kind]?.(n);
    await drawn();
  }
}

/** Milliseconds of processor time that the page's main thread has used for tasks: script, style, layout. */
async function processorTime(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
}

test('a room of 50 with 2,000 lines of chat: no event costs much', async (t) => {
  const [{ id }] = await sys.sql('SELECT id FROM meetings WHERE code = ?', [code]);
  const sender = await ana.myId();
  const real = Array.from({ length: REAL_LINES }, (_, n) => [
    id,
    sender,
    `real-${n}`,
    `real line ${n + 1}`,
    new Date(),
  ]);
  await sys.sql(
    `INSERT INTO messages (meeting_id, sender_id, client_id, body, created_at) VALUES ${real.map(() => '(?, ?, ?, ?, ?)').join()}`,
    real.flat(),
  );
  await ana.join(code);
  await ana.page.evaluate(prepare, { people: PEOPLE, lines: LINES });
  await ana.page.locator('.tile').nth(20).waitFor(); // a page of them
  assert.equal(await ana.page.evaluate(() => window.echomeet.call.store.get().room.participants.length), PEOPLE);
  assert.equal(await ana.page.evaluate(() => window.echomeet.call.store.get().room.messages.length), LINES + 50);
  const session = await ana.page.context().newCDPSession(ana.page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const cost = async (kind) => {
    await ana.page.evaluate(happen, { kind, events: 2 });
    const before = await processorTime(session);
    await ana.page.evaluate(happen, { kind, events: EVENTS });
    return ((await processorTime(session)) - before) / EVENTS;
  };
  const idle = await cost('nothing');
  t.diagnostic(`a frame in which nothing happens: ${idle.toFixed(1)} ms`);
  for (const kind of await ana.page.evaluate(() => Object.keys(window.busy.kinds))) {
    const ms = await cost(kind);
    t.diagnostic(`${kind}: ${ms.toFixed(1)} ms`);
    assert.ok(ms > 0 && ms < MS, `${kind}: ${ms} ms of processor time`);
  }
  await session.detach();
});

long(`${5 * PLAYS} minutes of a busy room, played fast: neither nodes nor memory grow`, async (t) => {
  const session = await ana.page.context().newCDPSession(ana.page);
  await session.send('Performance.enable');
  const size = async () => {
    await calm();
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const value = (name) => metrics.find((one) => one.name === name).value;
    return {
      nodes: value('Nodes'),
      listeners: value('JSEventListeners'),
      heap: value('JSHeapUsedSize'),
      connections: value('RTCPeerConnections'),
      audio: value('AudioHandlers'),
    };
  };
  const grown = (first, last) => {
    assert.ok(last.nodes < first.nodes * 1.2 + 500, `nodes: ${first.nodes} -> ${last.nodes}`);
    assert.ok(last.listeners < first.listeners * 1.2 + 100, `listeners: ${first.listeners} -> ${last.listeners}`);
    assert.ok(last.heap < first.heap * 1.25 + 2 ** 21, `heap: ${first.heap} -> ${last.heap}`);
    assert.ok(last.connections <= first.connections + 1, `connections: ${first.connections} -> ${last.connections}`);
    assert.ok(last.audio <= first.audio + 4, `parts of sound: ${first.audio} -> ${last.audio}`);
  };
  /** Five minutes in some order: lines, comings and goings of people who were never here before, hands, microphones, reactions. */
  const play = (start) =>
    ana.page.evaluate(async (from) => {
      const { kinds, drawn } = window.busy;
      let seed = from;
      const random = (below) => {
        // mulberry32
        seed = (seed + 0x6d2b79f5) | 0;
        let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
        return ((x ^ (x >>> 14)) >>> 0) % below;
      };
      const chances = { line: 1, stranger: 2, microphone: 4, hand: 7, reaction: 5, typing: 2, left: 10, joined: 10 };
      for (let second = 0; second < 300; second += 1) {
        for (const [kind, one] of Object.entries(chances)) if (random(one) === 0) kinds[kind](random(1000));
        if (second % 4 === 0) await drawn();
      }
    }, start);
  const calm = () => new Promise((resolve) => setTimeout(resolve, 6_000)); // notes and reactions are gone by then
  t.diagnostic(`seed: ${SEED}`);
  await play(7);
  const first = await size();
  for (let n = 0; n < PLAYS; n += 1) await play(SEED * 10 + n);
  let last = await size();
  t.diagnostic(`after 5 minutes: ${JSON.stringify(first)}; ${5 * PLAYS} minutes later: ${JSON.stringify(last)}`);
  grown(first, last);
  const { lines, people } = await ana.page.evaluate(() => {
    const { room } = window.echomeet.call.store.get();
    return { lines: room.messages.length, people: room.participants.length };
  });
  assert.ok(lines <= 2_500, `${lines} lines are at hand`);
  assert.ok(people < 2 * PEOPLE, `${people} people are here`);

  const bo = await Person.arrive(browser, ana.base, 'Bo Nilsson');
  await bo.signUp('bo@example.org');
  const boId = await bo.myId();
  for (let n = 0; n < VISITS; n += 1) {
    await bo.join(code);
    await until(async () => (await ana.received(boId))?.state === 'connected', 'connected with Bo');
    if (n === 1) last = await size();
    await bo.page.evaluate(() => window.echomeet.call.leave());
    await until(async () => !(await ana.received(boId)), 'Bo is gone');
    await bo.go('');
    await bo.button('New meeting').waitFor();
  }
  await bo.context.close();
  const end = await size();
  t.diagnostic(`before somebody came and went ${VISITS} times: ${JSON.stringify(last)}; after: ${JSON.stringify(end)}`);
  grown(last, end);
  assert.deepEqual(ana.complaints, []);
  await session.detach();
});

test('what is no longer at hand is in the chat that is saved all the same, also where the server asks to wait', async () => {
  await ana.page.evaluate(() => window.echomeet.call.leave());
  let asked = 0;
  await ana.page.route('**/messages?*', (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    return route.fulfill({
      status: 429,
      headers: { 'Retry-After': '1' },
      contentType: 'application/problem+json',
      body: '{"code":"rate_limited","title":"Too many requests"}',
    });
  });
  const [download] = await Promise.all([ana.page.waitForEvent('download'), ana.button('Save chat').click()]);
  const text = fs.readFileSync(await download.path(), 'utf8');
  for (let n = 1; n <= REAL_LINES; n += 1) assert.ok(text.includes(`: real line ${n}\n`), `line ${n}`);
  assert.ok(asked > 1);
});
