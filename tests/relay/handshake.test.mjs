/* Who comes in: the opening handshake, the three ways of a token, and what becomes of bad ones. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { api, HandshakeError, openSocket, register } from '../lib/client.mjs';
import { makeToken } from '../lib/people.mjs';
import { frame, rawSocket } from '../lib/raw-socket.mjs';
import { refused } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let ana;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_RELAY_ORIGINS: 'https://other.example' } });
  ana = await register(sys, 'Ana');
});
after(() => sys?.stop());

async function refusedWith(status, ...args) {
  await assert.rejects(openSocket(sys, ...args), (error) => {
    assert.ok(error instanceof HandshakeError, String(error));
    assert.equal(error.status, status);
    return true;
  });
}

test('a token as subprotocol opens a connection, through the web server and directly', async () => {
  for (const options of [{}, { relay: 0 }]) {
    const socket = await openSocket(sys, ana.token, options);
    assert.equal(socket.ws.protocol, 'echomeet.v1');
    assert.match(socket.hello.connection, /^r0-[0-9a-f]{8}\.\d+$/);
    const { connection, limits, ...rest } = socket.hello;
    assert.ok(connection && limits.perSecond);
    assert.deepEqual(rest, { protocol: 'echomeet.v1', userId: ana.id, pingMs: 25000, maxFrameBytes: 65536 });
    assert.equal((await socket.close(1000)).code, 1000);
  }
});

test('a token in the address opens a connection', async () => {
  const socket = await openSocket(sys, ana.token, { via: 'query' });
  assert.equal(socket.hello.userId, ana.id);
  await socket.close();
});

test('a token as first message opens a connection; the ack comes before the hello', async () => {
  const socket = await openSocket(sys, ana.token, { via: 'none' });
  assert.deepEqual(await socket.request('auth', { token: ana.token }), {});
  await socket.waitFor('hello', (m) => m.data.userId === ana.id);
  assert.deepEqual(
    socket.messages.map((m) => m.type),
    ['ack', 'hello'],
  );
  await socket.close();
});

test('a ping is answered before a token came', async () => {
  const socket = await openSocket(sys, ana.token, { via: 'none' });
  socket.send('ping', undefined, 3);
  assert.deepEqual(await socket.waitFor('pong'), { type: 'pong', id: 3 });
  await socket.close();
});

const now = Math.floor(Date.now() / 1000);
const badTokens = {
  nonsense: () => 'nonsense',
  'an expired one': () => makeToken(sys, { sub: String(ana.id), iat: now - 1000, exp: now - 100 }),
  'one not valid yet': () => makeToken(sys, { sub: String(ana.id), nbf: now + 1000 }),
  'one of another issuer': () => makeToken(sys, { sub: String(ana.id), iss: 'somebody' }),
  'one without a user': () => makeToken(sys, { sub: '' }),
  'one signed with another key': () => makeToken(sys, { sub: String(ana.id) }, { key: Buffer.alloc(32, 7) }),
  'one signed with an empty key': () => makeToken(sys, { sub: String(ana.id) }, { key: Buffer.alloc(0) }),
  'one without a signature': () =>
    `${makeToken(sys, {}, { header: { alg: 'none' } })
      .split('.')
      .slice(0, 2)
      .join('.')}.`,
  'one of another algorithm': () => {
    const text = makeToken(sys, { sub: String(ana.id) }, { header: { alg: 'HS512' } })
      .split('.')
      .slice(0, 2)
      .join('.');
    return `${text}.${createHmac('sha512', sys.jwtKey).update(text).digest('base64url')}`;
  },
  'a changed one': () => {
    const [header, , signature] = ana.token.split('.');
    const claims = JSON.parse(Buffer.from(ana.token.split('.')[1], 'base64url'));
    return `${header}.${Buffer.from(JSON.stringify({ ...claims, sub: '1000' })).toString('base64url')}.${signature}`;
  },
};

for (const [name, make] of Object.entries(badTokens))
  test(`a bad token is refused: ${name}`, async () => {
    await refusedWith(401, make(), { relay: 0 });
    await refusedWith(401, make(), { relay: 0, via: 'query' });
    const socket = await openSocket(sys, '', { relay: 0, via: 'none' });
    socket.send('auth', { token: make() }, 1);
    assert.equal((await socket.closed).code, 4401);
  });

test('the web server hands the refusal on', async () => {
  await refusedWith(401, 'nonsense', {});
});

test('anything but auth and ping before a token closes with 4401', async () => {
  const texts = [
    '{"id":1,"type":"join_room","data":{"meetingId":1}}',
    '{"type":"nonsense"}',
    'no json',
    '[]',
    '{"type":"auth"}',
    '{"type":"auth","data":{"token":17}}',
    '{"type":"webrtc_signal","data":{"to":1}}',
  ];
  for (const text of texts) {
    const socket = await openSocket(sys, '', { relay: 0, via: 'none' });
    socket.sendText(text);
    assert.equal((await socket.closed).code, 4401, text);
  }
});

test('a token can be renewed in the connection, by the same user only', async () => {
  const ben = await register(sys, 'Ben');
  const short = makeToken(sys, { sub: String(ana.id), exp: Math.floor(Date.now() / 1000) + 60 });
  const socket = await openSocket(sys, short, { relay: 0 });
  assert.deepEqual(await socket.request('auth', { token: ana.token }), {});
  await refused(socket.request('auth', { token: ben.token }), 'forbidden');
  await refused(socket.request('auth', { token: 'nonsense' }), 'unauthorized');
  await refused(socket.request('auth', { token: badTokens['an expired one']() }), 'token_expired');
  socket.send('ping');
  await socket.waitFor('pong');
  await socket.close();
});

test('a page of another origin gets 403, the own host and a listed one come in', async () => {
  await refusedWith(403, ana.token, { relay: 0, origin: 'https://evil.example' });
  for (const origin of ['http://127.0.0.1:9999', 'https://other.example']) {
    const socket = await openSocket(sys, ana.token, { relay: 0, origin });
    await socket.close();
  }
});

test('requests that are no handshake get their status', async () => {
  const upgrade =
    'Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const cases = [
    [405, `POST /ws HTTP/1.1\r\n${upgrade}\r\n`],
    [404, `GET /elsewhere HTTP/1.1\r\n${upgrade}\r\n`],
    [426, 'GET /ws HTTP/1.1\r\nHost: x\r\n\r\n'],
    [400, 'GARBAGE\r\n\r\n'],
    [400, `GET /ws HTTP/1.1\r\n${upgrade}Sec-WebSocket-Protocol: bearer.${'x'.repeat(3000)}\r\n\r\n`],
    [431, `GET /ws HTTP/1.1\r\nCookie: ${'x'.repeat(9000)}\r\n`],
  ];
  for (const [status, head] of cases) {
    const raw = await rawSocket(sys, { head });
    assert.equal(raw.status, status, head.slice(0, 40));
    await raw.closed;
  }
});

test('frames may follow the handshake in the same packet, and everything may come byte by byte', async () => {
  const ping = frame(0x81, '{"type":"ping","id":1}');
  const fast = await rawSocket(sys, { token: ana.token, first: Buffer.concat([ping, frame(0x88, '')]) });
  assert.equal(await fast.closed, 1005);
  assert.deepEqual(
    fast.frames.map((f) => f.text && JSON.parse(f.text).type),
    ['hello', 'pong', ''],
  );

  const slow = await rawSocket(sys, { token: ana.token });
  for (const byte of Buffer.concat([ping, frame(0x88, Buffer.from([0x03, 0xe8]))])) {
    slow.send(Buffer.from([byte]));
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }
  assert.equal(await slow.closed, 1000);
  assert.ok(slow.frames.some((f) => f.text.includes('pong')));
});

test('the server lives on', async () => {
  const socket = await openSocket(sys, ana.token);
  socket.send('ping');
  await socket.waitFor('pong');
  await socket.close();
  assert.equal((await api(sys).get('/healthz')).status, 200);
});
