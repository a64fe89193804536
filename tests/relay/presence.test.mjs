/* Seats and connections: grace periods, returns, ghosts, relays that die. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { joined, makeMeeting, makeRoom } from './support.mjs';

const CLOSED_MS = 600;
const LOST_MS = 1800;

let sys;
before(async () => {
  sys = await startSystem({
    env: { ECHOMEET_GRACE_CLOSED_MS: String(CLOSED_MS), ECHOMEET_GRACE_LOST_MS: String(LOST_MS) },
  });
});
after(() => sys?.stop());

const about = (person) => (m) => m.data.userId === person.id;

async function measureEnd(watcher, person, end) {
  const begun = Date.now();
  await end();
  const offline = await watcher.socket.waitFor('presence_changed', about(person));
  assert.equal(offline.data.online, false);
  assert.ok(Date.now() - begun < 2000, 'told at once');
  const left = await watcher.socket.waitFor('user_left', about(person));
  assert.equal(left.data.reason, 'timeout');
  return Date.now() - begun;
}

test('a page that closes loses its seat after the short time', async () => {
  const {
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const took = await measureEnd(ana, ben, () => ben.socket.close(1001));
  assert.ok(took >= CLOSED_MS - 50 && took < CLOSED_MS + 700, `${took} ms`);
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
    measureEnd(ana, ben, () => ben.socket.terminate()),
    measureEnd(ana, carl, () => c.terminate()),
  ]);
  for (const took of [direct, proxied]) assert.ok(took >= LOST_MS - 50 && took < LOST_MS + 800, `${took} ms`);
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
  await eventually(
    async () => {
      const rows = await sys.sql('SELECT user_id FROM participants WHERE meeting_id = ? AND status = 1', [meeting.id]);
      return rows.length === 1 && Number(rows[0].user_id) === ana.id;
    },
    { timeout: LOST_MS + 5000 },
  );
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
  const left = await ana.socket.waitFor('user_left', about(ben), { timeout: 10000 });
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
    { timeout: LOST_MS + 3000 },
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
  await sys.processes.relay.kill('SIGKILL');
  await sys.processes.relay.start();
  for (const person of [ana, ben]) {
    person.socket = await openSocket(sys, person.token, { relay: 0 });
    await person.socket.request('join_room', { meetingId: meeting.code, since: seq });
  }
  const begun = Date.now();
  const left = await ana.socket.waitFor('user_left', () => true, { timeout: 45000 });
  assert.deepEqual(left.data, { userId: carl.id, reason: 'timeout' });
  assert.ok(Date.now() - begun > 5000, 'not before the lease has run out');
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
