/* How many sockets of one address may be there without having signed in. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { from as comes } from '../lib/front.mjs';
import { makeToken } from '../lib/people.mjs';
import { rawSocket } from '../lib/raw-socket.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let ana;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_RELAY_UNAUTHENTICATED: '5' } });
  ana = await register(sys, 'Ana');
});
after(() => sys?.stop());

const head = (sys_, from) =>
  `GET /ws HTTP/1.1\r\nHost: ${new URL(sys_.relayUrls[0]).host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${from ? `X-Forwarded-For: ${from}\r\n` : ''}\r\n`;
const from = (address) => rawSocket(sys, { head: head(sys, address) });
const statuses = (sockets) => sockets.map((s) => s.status);
const end = (sockets) => sockets.forEach((s) => s.end());

test('the one above the limit gets 429, other addresses come in', async () => {
  const mine = [];
  for (let i = 0; i < 6; i++) mine.push(await from('10.0.0.1'));
  assert.deepEqual(statuses(mine), [101, 101, 101, 101, 101, 429]);
  const other = await from('10.0.0.2');
  assert.equal(other.status, 101);
  end([...mine, other]);
});

test('who signed in or went counts no more', async () => {
  const sockets = [];
  for (let i = 0; i < 5; i++)
    sockets.push(await openSocket(sys, '', { relay: 0, via: 'none', headers: { 'X-Forwarded-For': '10.0.0.3' } }));
  await assert.rejects(openSocket(sys, '', { relay: 0, via: 'none', headers: { 'X-Forwarded-For': '10.0.0.3' } }), {
    status: 429,
  });
  await sockets[0].request('auth', { token: ana.token });
  assert.equal((await from('10.0.0.3')).status, 101);
  sockets[1].terminate();
  await eventually(async () => {
    const again = await from('10.0.0.3');
    return again.status === 101;
  });
  for (const socket of sockets) socket.terminate();
});

test('sockets with a token are not limited', async () => {
  const headers = { 'X-Forwarded-For': '10.0.0.4' };
  const sockets = await Promise.all(
    Array.from({ length: 12 }, () => openSocket(sys, ana.token, { relay: 0, headers })),
  );
  await Promise.all(sockets.map((s) => s.close()));
  await assert.rejects(openSocket(sys, makeToken(sys, {}, { key: Buffer.alloc(32) }), { relay: 0, headers }), {
    status: 401,
  });
});

test('one IPv6 customer is one address', async () => {
  const sockets = [];
  for (let i = 0; i < 6; i++) sockets.push(await from(`2001:db8:7:7::${i}`));
  assert.deepEqual(statuses(sockets), [101, 101, 101, 101, 101, 429]);
  const other = await from('2001:db8:7:8::1');
  assert.equal(other.status, 101);
  end([...sockets, other]);
});

test('through the web server each client has its own address; the header of a client is not believed', async () => {
  const sockets = [];
  const client = (address) =>
    openSocket(sys, '', { via: 'none', ...comes('127.0.0.2'), headers: { 'X-Forwarded-For': address } });
  for (let i = 0; i < 5; i++) sockets.push(await client(`10.9.0.${i}`));
  await assert.rejects(client('10.9.0.9'), { status: 429 });
  sockets.push(await openSocket(sys, '', { via: 'none', ...comes('127.0.0.3') }));
  for (const socket of sockets) socket.terminate();
});
