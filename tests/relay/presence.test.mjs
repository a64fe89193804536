/* Seats and connections: grace periods, returns, ghosts, relays that die. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { joined, makeMeeting, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

const CLOSED_MS = 600;
const LOST_MS = 3000;
const LEASE_MS = 5000;

let sys;
before(async () => {
  sys = await startSystem({
    env: {
      ECHOMEET_GRACE_CLOSED_MS: String(CLOSED_MS),
      ECHOMEET_GRACE_LOST_MS: String(LOST_MS),
      ECHOMEET_RELAY_SYNC_MS: '500',
      ECHOMEET_RELAY_LEASE_MS: String(LEASE_MS),
    },
  });
});
after(() => sys?.stop());

const about = (person) => (m) => m.data.userId === person.id;

/* How long the seat was kept, by the server's own record: from the event that somebody is away to that of the end. */
async function keptMs(meeting, watcher, person, end) {
  await end();
  const offline = await watcher.socket.waitFor('presence_changed', about(person));
  assert.equal(offline.data.online, false);
  assert.ok(
    !watcher.socket.events.some((m) => m.type === 'user_left' && about(person)(m)),
    'told before the seat is given up',
  );
  const left = await watcher.socket.waitFor('user_left', about(person));
  assert.equal(left.data.reason, 'timeout');
  const [{ ms }] = await sys.sql(
    `SELECT TIMESTAMPDIFF(MICROSECOND, o.at, l.at) / 1000 AS ms FROM room_events o JOIN room_events l USING (meeting_id)
        WHERE meeting_id = ? AND o.seq = ? AND l.seq = ?`,
    [meeting.id, offline.seq, left.seq],
  );
  return Number(ms);
}

/* The first event comes when a worker is free, so what is between the two may also be shorter. */
const LATE_MS = 500;

test('a page that closes loses its seat after the short time', async () => {
  const {
    meeting,
    people: [ana, ben, carl],
  } = await makeRoom(sys, ['Ana', 'Ben', 'Carl']);
  carl.socket.terminate(); // a broken one before it, and yet it ends later
  const kept = await keptMs(meeting, ana, ben, () => ben.socket.close(1001));
  assert.ok(kept >= CLOSED_MS - LATE_MS && kept < LOST_MS - LATE_MS, `${kept} ms`);
  assert.ok(!ana.socket.events.some((m) => m.type === 'user_left' && about(carl)(m)));
  await ana.socket.close();
});

test('a connection that breaks keeps its seat for the longer time, through the web server too', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const carl = await register(sys, 'Carl');
  const c = await openSocket(sys, carl.token);
  await c.request('join_room', { meetingId: meeting.code });
  const [direct, proxied] = await Promise.all([
    keptMs(meeting, ana, ben, () => ben.socket.terminate()),
    keptMs(meeting, ana, carl, () => c.terminate()),
  ]);
  for (const kept of [direct, proxied]) assert.ok(kept >= LOST_MS - LATE_MS && kept < 2 * LOST_MS, `${kept} ms`);
  await ana.socket.close();
});

test('who returns in time keeps the seat', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  for (const end of [() => ben.socket.close(), () => ben.socket.terminate()]) {
    const { seq } = ben.socket;
    await end();
    await ana.socket.waitFor('presence_changed', (m) => m.data.userId === ben.id && !m.data.online);
    ben.socket = await openSocket(sys, ben.token, { relay: 0 });
    const view = await ben.socket.request('join_room', { meetingId: meeting.code, since: seq });
    assert.equal(view.resumed, true);
    await ana.socket.waitFor('presence_changed', (m) => m.data.userId === ben.id && m.data.online);
  }
  await new Promise((resolve) => {
    setTimeout(resolve, LOST_MS + 400);
  });
  assert.ok(!ana.socket.events.some((m) => m.type === 'user_left'));
  await ben.socket.request('raise_hand');
  await ana.socket.waitFor('hand_raised');
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('a connection that goes while its join is under way leaves no ghost', async () => {
  const {
    meeting,
    people: [ana],
  } = await makeRoom(sys, ['Ana']);
  const others = await Promise.all(Array.from({ length: 8 }, (_, i) => register(sys, `Ghost ${i}`)));
  await Promise.all(
    others.map(async (person, i) => {
      const socket = await openSocket(sys, person.token, { relay: 0 });
      socket.send('join_room', { meetingId: meeting.code }, 1);
      await new Promise((resolve) => {
        setTimeout(resolve, i % 4);
      });
      if (i % 2) socket.terminate();
      else await socket.close();
    }),
  );
  await eventually(async () => {
    const rows = await sys.sql('SELECT user_id FROM participants WHERE meeting_id = ? AND status = 1', [meeting.id]);
    return rows.length === 1 && Number(rows[0].user_id) === ana.id;
  });
  await ana.socket.close();
});

test('the seat is given up even when the workers are away at that time', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  await sys.processes.pool.stop();
  ben.socket.terminate();
  await assert.rejects(ana.socket.request('raise_hand'), { code: 'unavailable', retryable: true });
  await sys.processes.pool.start();
  const left = await ana.socket.waitFor('user_left', about(ben));
  assert.equal(left.data.reason, 'timeout');
  await ana.socket.request('raise_hand');
  const [{ n }] = await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ? AND status = 1', [
    meeting.id,
  ]);
  assert.equal(Number(n), 1);
  await ana.socket.close();
});

test('the last one who does not return ends the meeting', async () => {
  const {
    meeting,
    people: [ana],
  } = await makeRoom(sys, ['Ana']);
  ana.socket.terminate();
  await eventually(
    async () => (await sys.sql('SELECT status FROM meetings WHERE id = ?', [meeting.id]))[0].status === 3,
  );
});

test('pings are sent, and answered by pongs with the same data', async () => {
  const ana = await register(sys, 'Ana');
  const socket = await openSocket(sys, ana.token, { relay: 0 });
  const pong = new Promise((resolve) => {
    socket.ws.once('pong', resolve);
  });
  socket.ws.ping('beat');
  assert.equal((await pong).toString(), 'beat');
  await socket.close();
});

test('SIGTERM closes everybody with 1012; back at once they have their seats and missed nothing', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const { seq } = ana.socket;
  const how = await sys.processes.relay.stop();
  assert.equal(how.code, 0);
  for (const person of [ana, ben]) assert.equal((await person.socket.closed).code, 1012);
  await sys.processes.relay.start();
  for (const person of [ana, ben]) {
    person.socket = await openSocket(sys, person.token, { relay: 0 });
    const view = await person.socket.request('join_room', { meetingId: meeting.code, since: seq });
    assert.equal(view.resumed, true);
    assert.ok(!view.events.some((m) => m.type === 'user_left'));
  }
  await ana.socket.request('chat_message', { text: 'on we go', clientId: 'x' });
  await ben.socket.waitFor('chat_message');
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('a relay that was killed: who returns keeps the seat, who does not is swept when its lease has run out', async () => {
  const {
    meeting,
    people: [ana, ben, carl],
  } = await makeRoom(sys, ['Ana', 'Ben', 'Carl']);
  const { seq } = ana.socket;
  const [lease] = await sys.sql('SELECT * FROM relays ORDER BY lease_until DESC LIMIT 1');
  await sys.processes.relay.kill('SIGKILL');
  await sys.processes.relay.start();
  for (const person of [ana, ben]) {
    person.socket = await openSocket(sys, person.token, { relay: 0 });
    await person.socket.request('join_room', { meetingId: meeting.code, since: seq });
  }
  const left = await ana.socket.waitFor('user_left');
  assert.deepEqual(left.data, { userId: carl.id, reason: 'timeout' });
  const [{ at }] = await sys.sql('SELECT at FROM room_events WHERE meeting_id = ? AND seq = ?', [meeting.id, left.seq]);
  assert.ok(at > lease.lease_until, `${at}: not before the lease has run out, at ${lease.lease_until}`);
  await ben.socket.request('raise_hand');
  await ana.socket.waitFor('hand_raised');
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('a kept seat is shown as such to who joins meanwhile', async () => {
  const ana = await register(sys, 'Ana');
  const ben = await register(sys, 'Ben');
  const meeting = await makeMeeting(ana);
  const a = await openSocket(sys, ana.token, { relay: 0 });
  await a.request('join_room', { meetingId: meeting.code });
  const b = await openSocket(sys, ben.token, { relay: 0 });
  await b.request('join_room', { meetingId: meeting.code });
  await joined(a, ben.id);
  b.terminate();
  await a.waitFor('presence_changed', (m) => !m.data.online);
  const carl = await register(sys, 'Carl');
  const c = await openSocket(sys, carl.token, { relay: 0 });
  const view = await c.request('join_room', { meetingId: meeting.code });
  assert.equal(view.participants.find((p) => p.userId === ben.id).online, false);
  await Promise.all([a.close(), c.close()]);
});
