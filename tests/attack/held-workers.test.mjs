/* Clients that send a body a byte at a time, or ask for much and read nothing, must not hold the workers: there are few of them. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSystem } from '../lib/system.mjs';
import { createMeeting, join, ok, people, workerPids } from '../api/support.mjs';

const json = { 'content-type': 'application/json' };

/* A connection on which something is written again and again; what comes is kept. Answers {text, ended, close}.
 * setImmediate: what has come is read before more is written, or a connection that is closed by now fails with its answer unread. */
function connection(address, first, { every, pause } = {}) {
  const socket = net.connect(address, () => socket.write(first));
  const timer = every && setInterval(() => setImmediate(() => socket.writable && socket.write(every)), 700);
  const state = { text: '', close: () => socket.destroy() };
  socket.on('error', () => {});
  if (pause) socket.pause();
  else
    socket.on('data', (chunk) => {
      state.text += chunk.toString('latin1');
    });
  state.ended = new Promise((resolve) => {
    socket.on('close', () => {
      clearInterval(timer);
      resolve(state.text);
    });
  });
  return state;
}

/* A page of this chat is larger than what lies between a worker and a client that reads nothing. */
async function fillChat(sys, meeting, sender) {
  for (let i = 0; i < 100; i++)
    await sys.sql(
      'INSERT INTO messages (meeting_id, sender_id, client_id, body, created_at) VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))',
      [meeting.id, sender.id, `c${i}`, '終'.repeat(4000)],
    );
}

/* Ada, in a meeting with such a chat, and the workers that there are then. */
async function withLongChat(sys) {
  const [ada] = await people(sys, 'Ada');
  const meeting = await createMeeting(ada);
  await join(ada, meeting);
  await fillChat(sys, meeting, ada);
  return { ada, meeting, pids: await workerPids(sys) };
}

const dribbled = (path) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`;

for (const web of ['lighttpd', 'apache'])
  describe(`behind ${web}`, () => {
    let sys, ada, meeting, pids;
    before(async () => {
      sys = await startSystem({ web, only: ['mariadb', 'redis', 'pool', 'web'], workers: { api: 4, signin: 2 } });
      ({ ada, meeting, pids } = await withLongChat(sys));
    });
    after(() => sys?.stop());

    const address = () => ({ host: '127.0.0.1', port: sys.port });

    /* Everybody else is answered, before those who hold something are gone. */
    async function assertOthersAreServed(attackers) {
      let gone = false;
      Promise.race(attackers.map((a) => a.ended)).then(() => {
        gone = true;
      });
      for (let i = 0; i < 5; i++) {
        assert.equal((await fetch(`${sys.base}/healthz`)).status, 200);
        assert.equal(
          (await fetch(`${sys.base}/api/v1/auth/login`, { method: 'POST', body: '{}', headers: json })).status,
          400,
        );
        await sleep(200);
      }
      ok(await ada.client.get('/meetings'));
      assert.ok(!gone, 'who holds on was let go first');
    }

    test('bodies that come a byte at a time: sign-in and the API go on', async () => {
      const attackers = [
        ...Array(2).fill('/api/v1/auth/login'),
        ...Array(6).fill('/api/v1/meetings'),
        ...Array(2).fill('/healthz'),
      ].map((path) => connection(address(), dribbled(path), { every: '"' }));
      await sleep(300);
      await assertOthersAreServed(attackers);
      attackers.forEach((a) => a.close());
    });

    test('readers that do not read: the API goes on', async () => {
      const get = `GET /api/v1/meetings/${meeting.id}/messages?limit=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\n\r\n`;
      const attackers = Array.from({ length: 8 }, () => connection(address(), get.repeat(6), { pause: true }));
      await sleep(300);
      await assertOthersAreServed(attackers);
      attackers.forEach((a) => a.close());
    });

    test('the same workers are there, none had to be killed', async () => {
      assert.deepEqual(await workerPids(sys), pids);
      assert.doesNotMatch(sys.log('pool'), /worker_stuck/);
    });
  });

/* A web server that passes on what comes as it comes: the workers' own limits, counted from the moment a connection is accepted. */
describe('a web server that buffers nothing', () => {
  let sys, ada, meeting, pids;
  before(async () => {
    sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], workers: { api: 2, signin: 2 } });
    ({ ada, meeting, pids } = await withLongChat(sys));
  });
  after(() => sys?.stop());

  /* FastCGI 1.0: a record, and the start of a request. */
  function record(type, data = '') {
    const body = Buffer.from(data);
    const head = Buffer.from([1, type, 0, 1, body.length >> 8, body.length & 255, 0, 0]);
    return Buffer.concat([head, body]);
  }

  function begin(params, keep = 0) {
    const pairs = Object.entries({ SERVER_PROTOCOL: 'HTTP/1.1', ...params }).map(([name, value]) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE((value.length | 0x80000000) >>> 0);
      return Buffer.concat([Buffer.from([name.length]), length, Buffer.from(name + value)]);
    });
    return Buffer.concat([
      record(1, Buffer.from([0, 1, keep, 0, 0, 0, 0, 0])),
      record(4, Buffer.concat(pairs)),
      record(4),
    ]);
  }

  const post = (length) =>
    begin({
      REQUEST_METHOD: 'POST',
      REQUEST_URI: '/api/v1/auth/login',
      CONTENT_TYPE: 'application/json',
      CONTENT_LENGTH: String(length),
    });
  const api = () => ({ path: sys.env.ECHOMEET_API_SOCKET });

  test('a body that does not arrive in time is given up with 408', async () => {
    const attackers = [0, 1].map(() => connection(api(), post(1000), { every: record(5, 'x') }));
    for (const text of await Promise.all(attackers.map((a) => a.ended)))
      assert.match(text, /Status: 408\r\n[^]*"code":"request_timeout"/);
    assert.equal((await fetch(`${sys.base}/healthz`)).status, 200);
  });

  test('nor is the end waited for of a body that is too large', async () => {
    const attackers = [0, 1].map(() => connection(api(), post(10_000_000), { every: record(5, 'x') }));
    for (const text of await Promise.all(attackers.map((a) => a.ended))) assert.match(text, /Status: 413\r\n/);
  });

  test('a connection without a request, or with half of one, is closed', async () => {
    const halves = ['', record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])), post(1000).subarray(0, 40)];
    await Promise.all(halves.map((first) => connection(api(), first).ended));
    assert.equal((await fetch(`${sys.base}/healthz`)).status, 200);
  });

  test('a connection that is to be kept is closed all the same', async () => {
    const one = connection(
      api(),
      Buffer.concat([begin({ REQUEST_METHOD: 'GET', REQUEST_URI: '/healthz' }, 1), record(5)]),
    );
    assert.match(await one.ended, /Status: 200\r\n/);
  });

  test('an answer that is not taken is given up', async () => {
    const get = Buffer.concat([
      begin({
        REQUEST_METHOD: 'GET',
        REQUEST_URI: `/api/v1/meetings/${meeting.id}/messages?limit=100`,
        HTTP_AUTHORIZATION: `Bearer ${ada.token}`,
      }),
      record(5),
    ]);
    const attackers = [0, 1].map(() => connection(api(), get, { pause: true }));
    await sleep(300);
    assert.equal((await fetch(`${sys.base}/healthz`)).status, 200);
    attackers.forEach((a) => a.close());
  });

  test('the same workers are there, none had to be killed', async () => {
    assert.deepEqual(await workerPids(sys), pids);
    assert.doesNotMatch(sys.log('pool'), /worker_stuck/);
  });
});
