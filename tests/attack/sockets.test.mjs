/* Somebody who opens sockets for their own sake: by one token, from one network, or until no descriptor is left. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { api, eventually, openSocket, register } from '../lib/client.mjs';
import { from } from '../lib/front.mjs';
import { makeMeeting, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

const limits = path.join(os.tmpdir(), `em-limits-${process.pid}`);
let sys;
let ana;
before(async () => {
  fs.writeFileSync(limits, '');
  sys = await startSystem({ env: { ECHOMEET_RELAY_SOCKETS_NETWORK: '60', ECHOMEET_RELAY_LIMITS_FILE: limits } });
  ana = await register(sys, 'Ana');
});
after(async () => {
  await sys?.stop();
  fs.rmSync(limits, { force: true });
});

/* Tries to open `count` sockets; answers those that stand, and how often each status refused. */
async function openMany(token, count, options) {
  const open = [];
  const refused = {};
  const one = () =>
    openSocket(sys, token, options).then(
      (socket) => open.push(socket),
      ({ status, message }) => {
        refused[status ?? message] = (refused[status ?? message] ?? 0) + 1;
      },
    );
  for (let at = 0; at < count; at += 50) await Promise.all(Array.from({ length: Math.min(50, count - at) }, one));
  return { open, refused };
}

const endAll = (sockets) =>
  Promise.all(
    sockets.map((socket) => {
      socket.terminate();
      return socket.closed;
    }),
  );
const comesIn = (token, options) =>
  eventually(async () => {
    const socket = await openSocket(sys, token, options).catch(() => null);
    await socket?.close();
    return socket;
  });

test('one guest’s token holds 32 sockets of 600, and nobody else notices', async () => {
  const meeting = await makeMeeting(ana, { allowGuests: true });
  const { body: guest } = await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'Mallory' });
  const { open, refused } = await openMany(guest.accessToken, 600);
  assert.deepEqual([open.length, refused], [32, { 429: 568 }]);
  assert.equal((await api(sys).get('/healthz')).status, 200);
  const socket = await openSocket(sys, ana.token);
  await socket.request('join_room', { meetingId: meeting.id });
  await endAll([...open, socket]);
  await comesIn(guest.accessToken);
});

test('who signs in by a message is closed with 4429; renewing a token is no new socket', async () => {
  const { open } = await openMany(ana.token, 32, { relay: 0 });
  const late = await openSocket(sys, '', { relay: 0, via: 'none' });
  late.send('auth', { token: ana.token }, 1);
  assert.equal((await late.closed).code, 4429);
  await open[0].request('auth', { token: ana.token });
  await endAll(open);
  await comesIn(ana.token, { relay: 0 });
});

test('one network holds as many as the administrator says, whoever they are; another comes in', async () => {
  const people = await Promise.all(Array.from({ length: 4 }, (_, i) => register(sys, `Person ${i}`)));
  const results = await Promise.all(people.map((p) => openMany(p.token, 20, from('127.0.0.9'))));
  assert.equal(
    results.reduce((sum, r) => sum + r.open.length, 0),
    60,
  );
  assert.equal(
    results.reduce((sum, r) => sum + (r.refused[429] ?? 0), 0),
    20,
  );
  const other = await openSocket(sys, people[0].token, from('127.0.0.10'));
  fs.writeFileSync(limits, 'ECHOMEET_RELAY_SOCKETS_NETWORK=70\n');
  sys.processes.relay.signal('SIGHUP');
  await eventually(() => sys.log('relay0').includes('event=limits_read'));
  const more = await openMany(people[1].token, 12, from('127.0.0.9'));
  assert.deepEqual([more.open.length, more.refused], [10, { 429: 2 }]);
  await endAll([...results.flatMap((r) => r.open), ...more.open, other]);
});

test('a relay that is full answers 503, goes on for those who are in, and takes others again', async () => {
  const {
    people: [ben, cleo],
    meeting,
  } = await makeRoom(sys, ['Ben', 'Cleo']);
  execFileSync('prlimit', ['--pid', String(sys.processes.relay.pid), '--nofile=50:']);
  const crowd = await Promise.all(Array.from({ length: 4 }, (_, i) => register(sys, `Crowd ${i}`)));
  const results = await Promise.all(crowd.map((p) => openMany(p.token, 30)));
  const inside = results.flatMap((r) => r.open);
  assert.ok(inside.length <= 23, `${inside.length} came in`);
  assert.equal(inside.length + results.reduce((sum, r) => sum + (r.refused[503] ?? 0), 0), 120);
  for (let i = 0; i < 20; i++)
    await Promise.all(
      [ben, cleo].map((p) => p.socket.request('chat_message', { text: 'Still here', clientId: `full-${i}` })),
    );
  await cleo.socket.waitFor(
    'chat_message',
    (m) => m.data.message.clientId === 'full-19' && m.data.message.sender.id === ben.id,
  );
  assert.equal((await api(sys).get('/healthz')).status, 200);
  assert.equal((await ben.client.get(`/meetings/${meeting.id}`)).status, 200);
  await endAll(inside);
  await comesIn(ana.token);
  execFileSync('prlimit', ['--pid', String(sys.processes.relay.pid), '--nofile=1024:']);
  await endAll([ben.socket, cleo.socket]);
});
