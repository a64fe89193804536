/* Two Redis servers, meetings spread over them: each has its own, and the loss of one concerns its own alone. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '../lib/client.mjs';
import { assertRising, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let folder;
const servers = []; // {socket, child}

function cli(i, ...words) {
  return spawnSync('redis-cli', ['-s', servers[i].socket, ...words], { encoding: 'utf8' }).stdout.trim();
}

async function startRedis(i) {
  servers[i].child = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      'redis-server',
      '--port',
      '0',
      '--unixsocket',
      servers[i].socket,
      '--save',
      '',
      '--appendonly',
      'no',
    ],
    { stdio: 'ignore' },
  );
  await eventually(() => cli(i, 'ping') === 'PONG');
}

async function stopRedis(i) {
  const ended = new Promise((resolve) => {
    servers[i].child.once('exit', resolve);
  });
  servers[i].child.kill('SIGKILL');
  await ended;
}

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-redis-'));
  for (const i of [0, 1]) {
    servers.push({ socket: path.join(folder, `${i}.sock`) });
    await startRedis(i);
  }
  sys = await startSystem({
    relays: 2,
    only: ['mariadb', 'pool', 'relay', 'web'],
    env: { ECHOMEET_REDIS_SERVERS: servers.map((s) => `unix:${s.socket}`).join(',') },
  });
});
after(async () => {
  await sys?.stop();
  for (const i of servers.keys()) await stopRedis(i);
  fs.rmSync(folder, { recursive: true, force: true });
});

/* How many relays listen to the room's channel, at each server. */
const listeners = ({ meeting }) =>
  [0, 1].map((i) => Number(cli(i, 'PUBSUB', 'NUMSUB', `echomeet:room:${meeting.id}`).split('\n')[1]));

/* Rooms with two people at two relays, until each server has two of them: rooms[server] = [room, room]. */
async function makeRooms() {
  const rooms = [[], []];
  for (let n = 0; n < 20 && rooms.some((list) => list.length < 2); n++) {
    const room = await makeRoom(sys, ['Ana', 'Ben'], { relayOf: (i) => i });
    const counts = await eventually(() => {
      const now = listeners(room);
      return now[0] + now[1] === 2 && now;
    });
    assert.ok(counts[0] === 0 || counts[1] === 0, 'both relays ask the same server');
    rooms[counts[0] ? 0 : 1].push(room);
  }
  assert.ok(
    rooms.every((list) => list.length >= 2),
    'meetings lie on both',
  );
  return rooms;
}

const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

let n = 0;
/* One says something, the other at the other relay has it; answers how long it took. */
async function talk({ people: [ana, ben] }) {
  const text = `${n++}`;
  const begun = Date.now();
  await ana.socket.request('chat_message', { text, clientId: text });
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === text);
  return Date.now() - begun;
}

test('workers and relays choose alike; the loss of one server concerns only its own meetings', async () => {
  const rooms = await makeRooms();
  const all = rooms.flat();
  for (const room of all) {
    await talk(room);
    const {
      people: [ana, ben],
    } = room;
    await ana.socket.request('webrtc_signal', { to: ben.id, n });
    await ben.socket.waitFor('webrtc_signal');
  }
  assert.equal((await fetch(`${sys.base}/readyz`)).status, 200);

  await stopRedis(1);
  await eventually(
    () => sys.log('relay0').includes('event=redis_away') && sys.log('relay1').includes('event=redis_away'),
  );
  const news = [];
  const syncs = [];
  for (const room of rooms[0]) {
    const {
      people: [ana, ben],
    } = room;
    await ana.socket.request('webrtc_signal', { to: ben.id, still: true });
    await ben.socket.waitFor('webrtc_signal', (m) => m.data.still);
    for (let i = 0; i < 3; i++) news.push(await talk(room));
  }
  for (const room of rooms[1]) {
    const {
      people: [ana, ben],
    } = room;
    await assert.rejects(ana.socket.request('webrtc_signal', { to: ben.id }), { code: 'unavailable' });
    for (let i = 0; i < 3; i++) syncs.push(await talk(room));
  }
  assert.ok(middle(news) < middle(syncs) / 2, `news take ${news} ms, by the sync ${syncs} ms`);
  await startRedis(1);
  for (const room of rooms[1]) {
    const {
      people: [ana, ben],
    } = room;
    await eventually(() => listeners(room).reduce((sum, count) => sum + count) === 2, { every: 100 }); // both relays are back
    await eventually(
      () =>
        ana.socket.request('webrtc_signal', { to: ben.id, again: true }).then(
          () => true,
          () => false,
        ),
      { every: 100 },
    );
    await ben.socket.waitFor('webrtc_signal', (m) => m.data.again);
    await talk(room);
  }
  for (const {
    people: [, ben],
  } of all)
    assertRising(ben.socket.events);
  await Promise.all(all.flatMap(({ people }) => people.map((p) => p.socket.close())));
});

test('a list with a fault keeps both programs from starting', () => {
  for (const name of ['echomeet-api', 'echomeet-relay']) {
    const { status, stderr } = spawnSync(sys.program(name), {
      encoding: 'utf8',
      env: { ...sys.env, ECHOMEET_REDIS_SERVERS: 'here' },
    });
    assert.notEqual(status, 0);
    assert.match(stderr, /ECHOMEET_REDIS_SERVERS/);
  }
});
