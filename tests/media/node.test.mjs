/* The media node in a whole system, with a real Janus: meetings come to it and go, its gates stand as the log says, and whatever dies
 * or hangs is there again. Pages have only the transport; they signal over the relay like any page. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrowser, until } from '../browser/support.mjs';
import { openSocket } from '../lib/client.mjs';
import { janusVersion } from '../lib/janus.mjs';
import { makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';
import { startBench } from './bench.mjs';

const LEASE_MS = 2000;

let sys;
let browser;
let bench;
let meeting;
let people;
let ana;
let ben;

/* The epoch and the way of the meeting, as its people know them. */
let media;

before(async () => {
  [sys, browser, bench] = await Promise.all([
    startSystem({
      media: 1,
      env: {
        ECHOMEET_MESH_MAX: '0',
        ECHOMEET_MEDIA_SYNC_MS: '300',
        ECHOMEET_MEDIA_LEASE_MS: String(LEASE_MS),
        ECHOMEET_RELAY_SYNC_MS: '500',
      },
    }),
    startBrowser(),
    startBench(),
  ]);
  ({ meeting, people } = await makeRoom(sys, ['Ana', 'Ben']));
  [ana, ben] = people;
  media = ana.joined.media;
  ana.socket.ws.on('message', (text) => {
    const { type, data } = JSON.parse(text);
    if (type === 'media_moved') media = data;
  });
  for (const person of people) await openPage(person);
});
after(async () => {
  await browser?.close();
  bench?.close();
  await sys?.stop();
});

/* --- people ------------------------------------------------------------------------------------------------------ */

async function openPage(person) {
  person.page = await (await browser.newContext()).newPage();
  await person.page.exposeFunction('tellServer', (json) => {
    if (person.socket.ws.readyState === 1) person.socket.send('media_signal', JSON.parse(json));
  });
  await bench.open(person.page, { id: person.id, people: people.map(({ id }) => id) });
  listen(person);
  await person.socket.request('media_control', { audio: true, video: true });
  await person.page.evaluate((epoch) => window.start(epoch), media.epoch);
}

/* A page begins anew with each move, as the real one does. */
function listen({ page, socket }) {
  socket.ws.on('message', (text) => {
    const { type, data } = JSON.parse(text);
    if (type === 'media_signal') page.evaluate((s) => window.hear(s), data).catch(() => {});
    if (type === 'media_moved' && data.mode === 'sfu')
      page.evaluate((epoch) => window.start(epoch), data.epoch).catch(() => {});
  });
}

const received = (at, from) => at.page.evaluate((id) => window.received().then((all) => all[id]), from.id);

async function arrives(at, from, kind) {
  const now = await received(at, from);
  await until(async () => {
    const then = await received(at, from);
    return then[kind] > now[kind] + 2 || (then[kind] > 2 && then[kind] < now[kind]);
  }, `${kind} of ${from.displayName} at ${at.displayName}`);
}

async function allSeeAll() {
  for (const { page } of people) await page.evaluate(() => window.want('small'));
  for (const kind of ['frames', 'packets']) await Promise.all([arrives(ana, ben, kind), arrives(ben, ana, kind)]);
}

/* For a second nothing more comes, though the page goes on sending. */
async function silent(at, from, kind = 'packets') {
  const sent = await from.page.evaluate(() => window.sent());
  await until(async () => {
    const first = (await received(at, from))[kind];
    await sleep(1000);
    return (await received(at, from))[kind] === first || (await received(at, from))[kind] === 0;
  }, `no ${kind} of ${from.displayName} at ${at.displayName}`);
  assert.ok((await from.page.evaluate(() => window.sent())).audio > sent.audio, 'their page goes on sending');
}

/* What happens to the node or its Janus brings a new epoch, under which everybody sees everybody. */
async function comesBack(happens, { within = 20_000 } = {}) {
  const { epoch } = media;
  const began = Date.now();
  await happens();
  await until(() => media.epoch > epoch && media.mode === 'sfu', 'a new epoch', within);
  const moved = Date.now() - began;
  await allSeeAll();
  return `moved after ${moved} ms, media after ${Date.now() - began} ms`;
}

const participant = (who, change, by = who) =>
  by.client.patch(`/meetings/${meeting.id}/participants/${who.id}`, change).then(({ status, body }) => {
    assert.equal(status, 200, JSON.stringify(body));
  });

/* --- what must hold ---------------------------------------------------------------------------------------------- */

test('a meeting comes to the node, and everybody sees and hears everybody', async (t) => {
  t.diagnostic(janusVersion());
  await until(() => media.mode === 'sfu', 'the meeting is on the node'); // at once, or when its lease is known again
  await allSeeAll();
});

test('gates follow the log: who is muted by the API is not heard, whatever their page sends', async () => {
  await participant(ben, { audio: false }, ana);
  await silent(ana, ben);
  await arrives(ana, ben, 'frames');
  await participant(ben, { audio: true });
  await arrives(ana, ben, 'packets');
});

test('all are muted but who runs the meeting', async () => {
  await ana.socket.request('mute_all');
  await silent(ana, ben);
  await arrives(ben, ana, 'packets');
  await participant(ben, { audio: true });
  await arrives(ana, ben, 'packets');
});

test('what happens while Redis is away holds, and what comes after it too', async () => {
  await sys.processes.redis.kill();
  await participant(ben, { audio: false }, ana);
  await silent(ana, ben);
  await sys.processes.redis.start();
  await participant(ben, { audio: true });
  await arrives(ana, ben, 'packets');
});

test('another connection of the same person ends what the former one received and sent', async () => {
  const former = ben.socket;
  ben.socket = await openSocket(sys, ben.token);
  await ben.socket.request('join_room', { meetingId: meeting.code });
  assert.equal((await former.closed).code, 4409);
  await silent(ben, ana, 'frames');
  listen(ben);
  await ben.page.evaluate((epoch) => window.start(epoch), media.epoch);
  await allSeeAll();
});

test('what Janus logs does not grow without end', async () => {
  const file = path.join(sys.dir, 'media0/janus.log');
  fs.appendFileSync(file, `${'x'.repeat(1023)}\n`.repeat(5 * 1024));
  await until(() => fs.statSync(file).size < 1 << 20, 'it is cut');
  assert.ok(fs.readFileSync(file, 'utf8').includes('xxx\n'), 'its end is kept');
  const { size } = fs.statSync(file);
  await until(() => fs.statSync(file).size > size, 'it goes on'); // with the watchdog
});

test('a Janus that is killed is there again', async (t) => {
  t.diagnostic(await comesBack(() => process.kill(sys.janusPid(), 'SIGKILL')));
});

test('a Janus that hangs is killed, and there again', async (t) => {
  const pid = sys.janusPid();
  t.diagnostic(await comesBack(() => process.kill(pid, 'SIGSTOP')));
  assert.notEqual(sys.janusPid(), pid);
});

/* A process that has ended is there until its parent has heard of it. */
function stateOf(pid) {
  try {
    return / [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/\(.*\)/s, '')) ? 'ended' : 'runs';
  } catch {
    return 'gone';
  }
}

test('a node that is killed begins anew, and its Janus with it', async (t) => {
  const janus = sys.janusPid();
  t.diagnostic(
    await comesBack(async () => {
      await sys.processes.media.kill();
      await sys.processes.media.start();
    }),
  );
  await until(() => stateOf(janus) !== 'runs', 'the former Janus has ended');
});

test('a node that cannot tell the workers that it lives ends its rooms, and begins anew', async (t) => {
  t.diagnostic(
    await comesBack(async () => {
      sys.processes.media.signal('SIGSTOP');
      await sleep(LEASE_MS + 500);
      sys.processes.media.signal('SIGCONT');
    }),
  );
  assert.match(sys.log('media0'), /event=lease_lost/);
});

test('a node that is to end hands its meetings over first', async (t) => {
  const { epoch } = media;
  const began = Date.now();
  const { code } = await sys.processes.media.stop();
  t.diagnostic(`ended after ${Date.now() - began} ms`);
  assert.equal(code, 0);
  await until(() => media.epoch > epoch, 'the meeting has moved');
  assert.equal(media.mode, 'mesh');
  assert.ok(Date.now() - began < 5000);
  t.diagnostic(await comesBack(() => sys.processes.media.start()));
});
