/* Nothing is lost, nothing comes twice, everything comes in order: dropped sockets, lost messages of Redis, slow clients. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, openSocket } from '../lib/client.mjs';
import { assertRising, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_GRACE_LOST_MS: '20000', ECHOMEET_RELAY_RATE_SIGNAL_BYTES: '0' } });
});
after(() => sys?.stop());

const sleep = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
const texts = (events) => events.filter((m) => m.type === 'chat_message').map((m) => m.data.message.text);
const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => String(from + i));

async function say(person, from, to) {
  for (let i = from; i < to; i++) await person.socket.request('chat_message', { text: String(i), clientId: `c${i}` });
}

/* The processes of the pool's workers. */
function workers() {
  const { pid } = sys.processes.pool;
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter(Boolean);
}

/* The log of a room as the database has it. */
async function log(meeting, after = 0) {
  return (
    await sys.sql('SELECT seq FROM room_events WHERE meeting_id = ? AND seq > ? ORDER BY seq', [meeting.id, after])
  ).map((row) => Number(row.seq));
}

test('who drops out and returns with since has every event once, in order', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  await say(ana, 0, 5);
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === '4');
  const { seq } = ben.socket;
  ben.socket.terminate();
  await ana.socket.waitFor('presence_changed', (m) => m.data.userId === ben.id && !m.data.online);
  await say(ana, 5, 25);
  const back = await openSocket(sys, ben.token);
  const [view] = await Promise.all([
    back.request('join_room', { meetingId: meeting.code, since: seq }),
    say(ana, 25, 45),
  ]);
  assert.equal(view.resumed, true);
  assert.equal(view.participants, undefined);
  if (!texts(view.events).includes('44')) await back.waitFor('chat_message', (m) => m.data.message.text === '44');
  const all = [...ben.socket.events, ...view.events, ...back.events];
  assertRising(all);
  assert.deepEqual(texts(all), numbers(0, 45));
  assert.deepEqual(
    all.map((m) => m.seq),
    await log(meeting, ben.joined.seq),
  );
  await Promise.all([ana.socket.close(), back.close()]);
});

test('who comes back too late gets the whole room, and goes on from there', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const { seq } = ben.socket;
  ben.socket.terminate();
  // more events than one page, made at once
  await sys.sql(
    `INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at)
        SELECT ?, m.event_seq + n.seq, 'hand_lowered', '*', '-', '{"userId":1}', 'test', NOW(3)
        FROM meetings m JOIN seq_1_to_600 n WHERE m.id = ?`,
    [meeting.id, meeting.id],
  );
  await sys.sql('UPDATE meetings SET event_seq = event_seq + 600 WHERE id = ?', [meeting.id]);
  const back = await openSocket(sys, ben.token);
  const view = await back.request('join_room', { meetingId: meeting.code, since: seq });
  assert.equal(view.resumed, undefined);
  assert.equal(view.participants.length, 2);
  await say(ana, 0, 1);
  await back.waitFor('chat_message');
  // Ana's relay had to fetch the 600 in two pages, found by the sync or by the gap before the chat
  await ana.socket.waitFor('chat_message');
  assertRising(ana.socket.events);
  assert.deepEqual(
    ana.socket.events.map((m) => m.seq),
    await log(meeting, ana.joined.seq),
  );
  await Promise.all([ana.socket.close(), back.close()]);
});

/* So many events of that size, which no relay is told of. */
async function addEvents(meeting, count, bytes) {
  await sys.sql(
    `INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at)
        SELECT m.id, m.event_seq + n.seq, 'hand_lowered', '*', '-', CONCAT('{"userId":1,"pad":"', REPEAT('x', ?), '"}'), 'test', NOW(3)
        FROM meetings m JOIN seq_1_to_500 n WHERE m.id = ? AND n.seq <= ?`,
    [bytes, meeting.id, count],
  );
  await sys.sql('UPDATE meetings SET event_seq = event_seq + ? WHERE id = ?', [count, meeting.id]);
}

test('megabytes that were missed come back whole; where they are too many, the whole room is less', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const { seq } = ben.socket;
  await Promise.all(
    [ana, ben].map(async ({ socket }) => {
      socket.terminate();
      await socket.closed;
    }),
  );
  await eventually(
    async () =>
      (
        await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ? AND offline_at IS NULL', [
          meeting.id,
        ])
      )[0].n === 0,
  );
  await addEvents(meeting, 300, 25_000);
  let back = await openSocket(sys, ben.token, { relay: 0 });
  let view = await back.request('join_room', { meetingId: meeting.code, since: seq });
  assert.equal(view.resumed, true);
  assert.deepEqual(
    view.events.map((m) => m.seq),
    (await log(meeting, seq)).filter((n) => n <= view.seq),
  );
  await back.close();
  await addEvents(meeting, 100, 25_000);
  back = await openSocket(sys, ben.token, { relay: 0 });
  view = await back.request('join_room', { meetingId: meeting.code, since: seq });
  assert.equal(view.resumed, undefined);
  assert.equal(view.participants.length, 2);
  await back.close();
});

test('a page of the largest events closes a gap; a client that cannot take it at once comes back for it', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  await addEvents(meeting, 500, 15_000);
  const [{ last }] = await sys.sql('SELECT event_seq AS last FROM meetings WHERE id = ?', [meeting.id]);
  const how = await Promise.race([ana.socket.closed, ana.socket.waitFor('hand_lowered', (m) => m.seq === last)]);
  assert.ok(how.seq === last || how.code === 4408, JSON.stringify(how));
  const shown = [...ana.socket.events];
  if (how.code) {
    const back = await openSocket(sys, ana.token, { relay: 0 });
    const view = await back.request('join_room', { meetingId: meeting.code, since: ana.socket.seq });
    assert.equal(view.resumed, true);
    shown.push(...view.events);
    ana.socket = back;
  }
  assertRising(shown);
  const end = shown.at(-1).seq;
  assert.ok(end >= last);
  assert.deepEqual(
    shown.map((m) => m.seq),
    (await log(meeting, ana.joined.seq)).filter((n) => n <= end),
  );
  ben.socket.terminate();
  await ana.socket.close();
});

test('events whose messages Redis lost are found by the sync, those before a later one by its number', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const {
    meeting: other,
    people: [carl],
  } = await makeRoom(sys, ['Carl']);
  const listeners = async () => {
    const [, n] = await sys.redis('PUBSUB', 'NUMSUB', `echomeet:room:${meeting.id}`);
    return n;
  };
  await eventually(async () => (await listeners()) === 1);
  // an event that no relay is told of
  const addSilently = async ({ id }) => {
    await sys.sql(
      `INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at)
          SELECT id, event_seq + 1, 'hand_lowered', '*', '-', '{"userId":1}', 'test', NOW(3) FROM meetings WHERE id = ?`,
      [id],
    );
    await sys.sql('UPDATE meetings SET event_seq = event_seq + 1 WHERE id = ?', [id]);
  };
  await addSilently(meeting);
  await ben.socket.waitFor('hand_lowered');
  // the same, and a real one right behind it: the gap is fetched at once, before the next sync finds another room's
  await Promise.all([addSilently(meeting), addSilently(other)]);
  await say(ana, 0, 1);
  await ben.socket.waitFor('chat_message');
  assert.ok(!carl.socket.messages.some((m) => m.type === 'hand_lowered'));
  await carl.socket.waitFor('hand_lowered');
  assertRising(ben.socket.events);
  assert.deepEqual(
    ben.socket.events.map((m) => m.seq),
    await log(meeting, ben.joined.seq),
  );
  await Promise.all([ana, ben, carl].map((person) => person.socket.close()));
});

test('events that come in the wrong order or twice over Redis leave in order, once', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  await say(ana, 0, 1);
  await ben.socket.waitFor('chat_message');
  const [{ event_seq: seq }] = await sys.sql('SELECT event_seq FROM meetings WHERE id = ?', [meeting.id]);
  const line = (n) =>
    `${meeting.id} ${n} * - {"type":"hand_lowered","meetingId":${meeting.id},"seq":${n},"at":"2026-01-01T00:00:00.000Z","data":{"userId":1}}`;
  for (const n of [seq + 3, seq + 2, seq + 2, seq + 1, seq + 1, seq + 3, seq])
    await sys.redis('PUBLISH', `echomeet:room:${meeting.id}`, line(n));
  await ben.socket.waitFor('hand_lowered', (m) => m.seq === seq + 3);
  await sys.redis('PUBLISH', `echomeet:room:${meeting.id}`, 'rubbish');
  await sys.redis('PUBLISH', `echomeet:room:${meeting.id}`, '');
  const tail = ben.socket.events.filter((m) => m.type === 'hand_lowered').map((m) => m.seq);
  assert.deepEqual(tail, [seq + 1, seq + 2, seq + 3]);
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('the subscription may break: nothing is lost', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  for (let i = 0; i < 5; i++) {
    await sys.redis('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await say(ana, i * 4, i * 4 + 4);
  }
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === '19');
  assert.deepEqual(texts(ben.socket.events), numbers(0, 20));
  assert.deepEqual(
    ben.socket.events.map((m) => m.seq),
    await log(meeting, ben.joined.seq),
  );
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('while Redis is away the meeting goes on, and a return of an empty Redis loses nothing', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  await sys.processes.redis.kill();
  await say(ana, 0, 3);
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === '2');
  // both on this relay: signals go straight
  await ana.socket.request('webrtc_signal', { to: ben.id, hello: 1 });
  await ben.socket.waitFor('webrtc_signal');
  // nobody here to hand it to
  await assert.rejects(ana.socket.request('webrtc_signal', { to: 999999 }), { code: 'unavailable', retryable: true });
  await sys.processes.redis.start();
  await say(ana, 3, 10);
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === '9');
  await eventually(async () => (await sys.redis('PUBSUB', 'NUMSUB', `echomeet:room:${meeting.id}`))[1] === 1);
  assert.deepEqual(texts(ben.socket.events), numbers(0, 10));
  assert.deepEqual(
    ben.socket.events.map((m) => m.seq),
    await log(meeting, ben.joined.seq),
  );
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('a Redis that hangs is like one that is away', async () => {
  const {
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  sys.processes.redis.signal('SIGSTOP');
  try {
    await say(ana, 0, 2);
    await ben.socket.waitFor('chat_message', (m) => m.data.message.text === '1');
  } finally {
    sys.processes.redis.signal('SIGCONT');
  }
  await eventually(() =>
    sys
      .log('relay0')
      .trimEnd()
      .split('\n')
      .some(
        (l, i, all) =>
          l.includes('event=redis_up') && !all.slice(i + 1).some((later) => later.includes('event=redis_away')),
      ),
  );
  await say(ana, 2, 3);
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === '2');
  assert.deepEqual(texts(ben.socket.events), numbers(0, 3));
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('workers killed in the middle lose no message: the sender is told, sends again, and it is there once', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  let sent = 0;
  let again = 0;
  let done = false;
  const sayAll = async () => {
    for (; again < 3 && sent < 5000; sent++)
      for (let acked = false; !acked; )
        try {
          await ana.socket.request('chat_message', { text: String(sent), clientId: `k${sent}` });
          acked = true;
        } catch (error) {
          assert.equal(error.retryable, true, error.message);
          again++;
          await sleep(20);
        }
    done = true;
  };
  const killAll = async () => {
    for (; !done; await sleep(1000))
      for (const pid of workers())
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          /* gone already */
        }
  };
  await Promise.all([sayAll(), killAll()]);
  assert.ok(again >= 3, `${again}`); // the last one may have to be sent several times
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === String(sent - 1));
  assert.deepEqual(texts(ben.socket.events), numbers(0, sent));
  assert.deepEqual(
    ben.socket.events.map((m) => m.seq),
    await log(meeting, ben.joined.seq),
  );
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('a client that does not read is cut with 4408; the others notice nothing, it resumes complete', async () => {
  const {
    meeting,
    people: [ana, ben, carl],
  } = await makeRoom(sys, ['Ana', 'Ben', 'Carl']);
  carl.socket.ws.pause();
  const { seq } = carl.socket;
  const filler = 'x'.repeat(30000);
  let i = 0;
  // signals until the socket's buffers are full, and 1 MiB of events behind them
  for (; i < 800 && !sys.log('relay0').includes(`user=${carl.id} code=4408`); i++) {
    ana.socket.send('webrtc_signal', { to: carl.id, filler });
    if (i % 5 === 0) await ana.socket.request('chat_message', { text: `${i} ${'😀'.repeat(3900)}`, clientId: `s${i}` });
  }
  assert.ok(sys.log('relay0').includes(`user=${carl.id} code=4408`), `not cut after ${i} signals`);
  await ana.socket.request('chat_message', { text: 'last', clientId: 'last' });
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === 'last');
  carl.socket.ws.resume();
  assert.ok([4408, 1006].includes((await carl.socket.closed).code));
  const back = await openSocket(sys, carl.token, { relay: 0 });
  const view = await back.request('join_room', { meetingId: meeting.code, since: seq });
  const seen = new Set(
    [...view.events, ...back.events]
      .filter((m) => m.type === 'chat_message')
      .map((m) => m.data.message.text.split(' ')[0]),
  );
  assert.ok(seen.has('last') && seen.has('0'));
  assertRising([...view.events, ...back.events]);
  await Promise.all([ana.socket, ben.socket, back].map((s) => s.close()));
});
