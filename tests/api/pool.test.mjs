/* The pool under load: workers are replaced, killed, get stuck and cannot start; one pool does not hold up another. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import mysql from 'mysql2/promise';
import { eventually, openSocket } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import {
  claimsOf,
  createMeeting,
  crowd,
  join,
  nowSeconds,
  ok,
  people,
  refused,
  signToken,
  sleep,
  workerPids,
} from './support.mjs';

const WORKERS = { api: 3, signin: 1, relay: 2 };
const ALL = 9; // and the one that runs housekeeping, and two for jobs
let sys;
let ada, crew;
before(async () => {
  sys = await startSystem({ workers: WORKERS, env: { ECHOMEET_REQUEST_LIMIT_MS: '6000' } });
  [ada] = await people(sys, 'Ada');
  crew = await crowd(sys, 4); // one person's slow reads would be held back
});
after(() => sys?.stop());

/* Requests without a pause over some connections until `work` is through; answers what came back. */
async function underLoad(work) {
  const meeting = await createMeeting(ada, { isPublic: true });
  const outcomes = [];
  let going = true;
  const one = async ({ token }) => {
    while (going)
      outcomes.push(
        await fetch(`${sys.base}/api/v1/meetings/${meeting.id}`, {
          headers: { authorization: `Bearer ${token}` },
        }).then(
          async (answer) => {
            await answer.text();
            return answer.status;
          },
          () => 'broken',
        ),
      );
  };
  const all = crew.map(one);
  try {
    await work();
    while (outcomes.length <= 20) await sleep(20);
  } finally {
    going = false;
    await Promise.all(all);
  }
  return outcomes;
}

const failures = (outcomes) => outcomes.filter((status) => status !== 200);

/* The workers once all of them are there, none of those that are over. */
const allWorkers = (over = []) =>
  eventually(async () => {
    const pids = await workerPids(sys);
    return pids.length === ALL && !pids.some((pid) => over.includes(pid)) && pids;
  });

/* SIGHUP, and no worker is the one that it was. */
async function replaceAll() {
  const before = await allWorkers();
  sys.processes.pool.signal('SIGHUP');
  await allWorkers(before);
}

test('SIGHUP replaces every worker, and no request fails', async () => {
  const outcomes = await underLoad(async () => {
    await replaceAll();
    await sleep(300);
  });
  assert.ok(outcomes.length > 20, `${outcomes.length} requests`);
  assert.deepEqual(failures(outcomes), []);
});

/* One FastCGI record: type, content (padded to nothing). */
function record(type, content) {
  const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]);
  return Buffer.concat([head, content]);
}

const pair = (name, value) => Buffer.concat([Buffer.from([name.length, value.length]), Buffer.from(name + value)]);

test('a worker that is replaced answers the connection that it has accepted, though the request comes later', async () => {
  const idle = await allWorkers();
  const connections = await Promise.all(
    Array.from({ length: WORKERS.api }, async () => {
      const socket = net.connect(sys.file('run/api.sock'));
      const parts = [];
      socket.on('data', (part) => parts.push(part)).on('error', () => {});
      const answer = once(socket, 'close').then(() => Buffer.concat(parts).toString('latin1'));
      await once(socket, 'connect');
      return { socket, answer };
    }),
  );
  await sleep(200); // each worker has accepted one
  sys.processes.pool.signal('SIGHUP');
  await eventually(async () => (await workerPids(sys)).some((pid) => !idle.includes(pid)));
  await sleep(300); // the first predecessor is told to end, again and again
  for (const { socket } of connections)
    socket.write(
      Buffer.concat([
        record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
        record(4, Buffer.concat([pair('REQUEST_METHOD', 'GET'), pair('REQUEST_URI', '/healthz')])),
        record(4, Buffer.alloc(0)),
        record(5, Buffer.alloc(0)),
      ]),
    );
  for (const { answer } of connections) assert.match(await answer, /Status: 200/);
  await allWorkers(idle);
});

test('of a killed worker only the request inside it fails', async () => {
  let kills = 0;
  const outcomes = await underLoad(async () => {
    for (const pid of await workerPids(sys)) {
      process.kill(pid, 'SIGKILL');
      kills++;
      await eventually(async () => (await workerPids(sys)).length === ALL);
    }
    await sleep(300);
  });
  assert.ok(outcomes.length > 20);
  assert.ok(failures(outcomes).length <= kills, `${failures(outcomes)} after ${kills} kills`);
});

test('256 connections at once get no 5xx', async () => {
  const outcomes = (
    await Promise.all(
      Array.from({ length: 256 }, () =>
        fetch(`${sys.base}/api/v1/users/me`, { headers: { authorization: `Bearer ${ada.token}` } }),
      ),
    )
  ).map((answer) => answer.status);
  assert.deepEqual(failures(outcomes), []);
});

/* Holds a meeting's row, so that whoever changes the meeting waits. */
async function holdRow(meeting) {
  const connection = await mysql.createConnection({
    socketPath: sys.env.ECHOMEET_MYSQL_SOCKET,
    user: 'root',
    database: 'echomeet',
  });
  await connection.beginTransaction();
  await connection.query('SELECT id FROM meetings WHERE id = ? FOR UPDATE', [meeting.id]);
  return async () => {
    await connection.rollback();
    await connection.end();
  };
}

test('slow requests in the main pool do not reach the relay’s', async () => {
  const [slow, quick] = [await createMeeting(ada), await createMeeting(ada)];
  const guests = await crowd(sys, 4 * WORKERS.api);
  const release = await holdRow(slow);
  let answered = 0;
  const stuck = guests.map((guest) =>
    fetch(`${sys.base}/api/v1/meetings/${slow.code}/join`, {
      method: 'POST',
      headers: { authorization: `Bearer ${guest.token}` },
    }).finally(() => answered++),
  );
  try {
    await sleep(200);
    const socket = await openSocket(sys, ada.token);
    await socket.request('join_room', { meetingId: quick.code });
    await socket.request('chat_message', { text: 'not held up', clientId: 'c1' });
    assert.ok(stuck.length - answered >= WORKERS.api, `${answered} were answered before: the main pool was free again`);
    await socket.close();
  } finally {
    await release();
  }
  assert.equal((await Promise.all(stuck)).filter((answer) => ![200, 500, 503].includes(answer.status)).length, 0);
});

test('a worker that holds a request too long is killed, and its request named in the log', async () => {
  const meeting = await createMeeting(ada);
  const [guest] = await people(sys, 'Guest');
  const release = await holdRow(meeting);
  const before = await workerPids(sys);
  try {
    const answer = await fetch(`${sys.base}/api/v1/meetings/${meeting.code}/join`, {
      method: 'POST',
      headers: { authorization: `Bearer ${guest.token}`, 'x-request-id': 'the-stuck-one' },
    });
    assert.equal(answer.status, 500); // from the web server: the worker is gone
  } finally {
    await release();
  }
  assert.match(sys.log('pool'), /event=worker_stuck .*stuck_request=the-stuck-one/);
  await eventually(async () => {
    const pids = await workerPids(sys);
    return pids.length === before.length && pids.some((pid) => !before.includes(pid));
  });
  await join(guest, meeting);
});

test('workers that cannot start are tried more and more slowly, and work again when they can', async () => {
  const file = sys.env.ECHOMEET_PASSWORD_KEY_FILE;
  fs.renameSync(file, `${file}.away`);
  const ended = () => sys.log('pool').split('event=worker_ended').length;
  const before = ended();
  for (const pid of await workerPids(sys)) process.kill(pid, 'SIGKILL');
  /* six were killed, and each is tried four times, after 100, 200, 400 and 800 ms at least: by the pool's own record */
  await eventually(() => ended() >= before + 5 * 6);
  const times = sys
    .log('pool')
    .split('\n')
    .filter((line) => line.includes('event=worker_ended'))
    .slice(before - 1)
    .map((line) => Date.parse(/time=(\S+)/.exec(line)[1]));
  assert.ok(times[29] - times[0] >= 1400, `30 workers ended within ${times[29] - times[0]} ms`);
  assert.doesNotMatch(sys.log('pool'), new RegExp(fs.readFileSync(`${file}.away`, 'utf8').trim()));
  fs.renameSync(`${file}.away`, file);
  await eventually(async () => (await fetch(`${sys.base}/readyz`)).status === 200);
  await createMeeting(ada);
});

test('a new key signs, the old one is good until its tokens have run out', async () => {
  const file = sys.env.ECHOMEET_JWT_KEY_FILE;
  const old = fs.readFileSync(file, 'utf8');
  const rotate = async (text) => {
    fs.writeFileSync(file, text);
    await replaceAll();
  };
  const newKey = Buffer.alloc(32, 7);
  const withNew = signToken(
    { iss: 'echomeet', sub: String(ada.id), sid: claimsOf(ada.token).sid, iat: nowSeconds(), exp: nowSeconds() + 900 },
    newKey,
    { header: { kid: 'k2' } },
  );
  refused(await api(sys, withNew).get('/users/me'), 'unauthorized');
  await rotate(`k2 ${newKey.toString('hex')}\n${old}`);
  ok(await api(sys, withNew).get('/users/me'));
  ok(await ada.client.get('/users/me'));
  const { accessToken } = ok(
    await api(sys).post('/auth/register', {
      email: 'rotated@example.org',
      password: 'correct horse',
      displayName: 'R',
      client: 'api',
    }),
    201,
  );
  assert.equal(JSON.parse(Buffer.from(accessToken.split('.')[0], 'base64url')).kid, 'k2');
  await rotate(`k2 ${newKey.toString('hex')}\n`);
  refused(await ada.client.get('/users/me'), 'unauthorized');
  ok(await api(sys, accessToken).get('/users/me'));
});
