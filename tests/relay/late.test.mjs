/* Calls to workers that come too late, and the reports of many connections that end together. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { childrenOf } from '../lib/processes.mjs';
import { makeMeeting, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

const LOST_MS = 2500;

let sys;
before(async () => {
  sys = await startSystem({
    workers: { api: 2, relay: 1 },
    env: { ECHOMEET_LOG_LEVEL: 'debug', ECHOMEET_GRACE_LOST_MS: String(LOST_MS) },
  });
});
after(() => sys?.stop());

/* The lines of the pool's log about requests to a path. */
const requestsTo = (path) =>
  sys
    .log('pool')
    .split('\n')
    .filter((line) => line.includes('event=request') && line.includes(`path=${path} `));

/* The one worker that has the relay's socket as its standard input. */
function relayWorker() {
  const inode = fs
    .readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .find((line) => line.endsWith(` ${sys.env.ECHOMEET_RELAY_SOCKET}`))
    .trim()
    .split(/\s+/)[6];
  const pids = childrenOf(sys.processes.pool.pid).filter(
    (pid) => fs.readlinkSync(`/proc/${pid}/fd/0`) === `socket:[${inode}]`,
  );
  assert.equal(pids.length, 1);
  return pids[0];
}

test('a join that a worker begins after the relay gave up on it takes no seat', async () => {
  const [ana, ben] = await Promise.all([register(sys, 'Ana'), register(sys, 'Ben')]);
  const meeting = await makeMeeting(ana);
  const path = `/internal/meetings/${meeting.code}/join_room`;
  const socket = await openSocket(sys, ben.token, { relay: 0 });
  const worker = relayWorker();
  process.kill(worker, 'SIGSTOP');
  socket.send('join_room', { meetingId: meeting.code }, 1);
  assert.equal((await socket.waitFor('error', (m) => m.id === 1)).error.code, 'timeout');
  process.kill(worker, 'SIGCONT');
  await eventually(() => requestsTo(path).some((line) => line.includes('status=504')));
  assert.equal((await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ?', [meeting.id]))[0].n, 0);
  // the same connection joins now, and nothing of the first try takes its seat away
  await socket.request('join_room', { meetingId: meeting.code });
  await new Promise((resolve) => {
    setTimeout(resolve, LOST_MS + 1000);
  });
  await socket.request('raise_hand');
  await socket.waitFor('hand_raised');
  assert.deepEqual(
    (await sys.sql('SELECT type FROM room_events WHERE meeting_id = ? ORDER BY seq', [meeting.id])).map(
      (row) => row.type,
    ),
    ['user_joined', 'hand_raised'],
  );
  await socket.close();
});

test('a seat whose join was never answered is given up, though its meeting was named by the code', async () => {
  const [ana, ben] = await Promise.all([register(sys, 'Ana'), register(sys, 'Ben')]);
  const meeting = await makeMeeting(ana);
  const seat = async () =>
    (await sys.sql('SELECT status FROM participants WHERE meeting_id = ? AND user_id = ?', [meeting.id, ben.id]))[0];
  const socket = await openSocket(sys, ben.token, { relay: 0 });
  const worker = relayWorker();
  // The worker waits for its COMMIT, and dies before it can read that this succeeded.
  await sys.sql('BACKUP STAGE START');
  await sys.sql('BACKUP STAGE BLOCK_COMMIT');
  socket.send('join_room', { meetingId: meeting.code }, 1);
  await eventually(async () =>
    (await sys.sql('SHOW PROCESSLIST')).some(({ State }) => /backup lock/.test(State ?? '')),
  );
  process.kill(worker, 'SIGSTOP');
  await sys.sql('BACKUP STAGE END');
  await eventually(async () => (await seat())?.status === 1);
  process.kill(worker, 'SIGKILL');
  assert.equal((await socket.waitFor('error', (m) => m.id === 1)).error.code, 'outcome_unknown');
  // the connection lives on, and knows of no seat
  await eventually(async () => (await seat()).status === 2);
  await socket.close();
});

test('connections that end together are reported together', async () => {
  const names = Array.from({ length: 24 }, (_, i) => `Person ${i}`);
  const {
    meeting,
    people: [first, ...others],
  } = await makeRoom(sys, names);
  const before = requestsTo('/internal/connections').length;
  sys.processes.relay.signal('SIGSTOP');
  for (const { socket } of others) socket.terminate();
  sys.processes.relay.signal('SIGCONT');
  for (const { id } of others) await first.socket.waitFor('user_left', (m) => m.data.userId === id);
  const calls = await eventually(() => {
    const n = requestsTo('/internal/connections').length - before;
    return n >= 2 && n; // one that they are lost, one that their time is over; a line of the log is written after the answer
  });
  assert.ok(calls <= others.length / 2, `${calls} calls for ${others.length} connections`);
  const rows = await sys.sql(
    'SELECT type, COUNT(*) AS n FROM room_events WHERE meeting_id = ? GROUP BY type ORDER BY type',
    [meeting.id],
  );
  assert.deepEqual(
    rows.map(({ type, n }) => [type, Number(n)]),
    [
      ['presence_changed', others.length],
      ['user_joined', names.length],
      ['user_left', others.length],
    ],
  );
  await first.socket.close();
});
