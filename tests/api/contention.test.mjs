/* Many at once: nobody sits on a seat that is not there, and everything happens once. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { createMeeting, crowd, join, logOf, meetingOf, ok, people, refused, seatsOf } from './support.mjs';

let sys;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], workers: { api: 6, signin: 1, relay: 1 } });
});
after(() => sys?.stop());

const call = (user, meeting, name, body) => user.client.post(`/meetings/${meeting.code}/${name}`, body);
const count = (items, value) => items.filter((item) => item === value).length;
const outcomes = (answers) => answers.map((a) => (a.status === 200 || a.status === 204 ? 'ok' : a.body.code));

/* Plays the log: the people inside after each event, checked on the way. */
function play(log, seats) {
  const inside = new Set();
  let most = 0;
  for (const [i, event] of log.entries()) {
    assert.equal(event.seq, i + 1, 'the log has a gap');
    if (event.type === 'user_joined') {
      const id = event.data.participant.userId;
      assert.ok(!inside.has(id), `${id} came in twice`);
      inside.add(id);
    } else if (event.type === 'user_left') {
      assert.ok(inside.delete(event.data.userId), `${event.data.userId} left without being in`);
    } else if (event.type === 'meeting_ended') {
      inside.clear();
      assert.equal(i, log.length - 1, 'something happened after the end');
    }
    most = Math.max(most, inside.size);
    assert.ok(inside.size <= seats, `${inside.size} people on ${seats} seats after event ${event.seq}`);
  }
  return { inside, most };
}

test('a storm on a meeting fills exactly its seats', async () => {
  const users = await crowd(sys, 120);
  const [host] = users;
  const meeting = await createMeeting(host, { maxParticipants: 40 });
  const results = outcomes(await Promise.all(users.map((user) => call(user, meeting, 'join'))));
  assert.equal(count(results, 'ok'), 40);
  assert.equal(count(results, 'meeting_full'), 80);
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 40, counted: 40 });
  const log = await logOf(sys, meeting);
  assert.equal(log.length, 40, 'a refused join left an event');
  assert.equal(play(log, 40).most, 40);
});

test('four hundred storm three hundred seats over 64 connections, some leave and come back: full in the end, never more', async () => {
  const users = await crowd(sys, 400);
  const [keeper] = await people(sys, 'Keeper');
  const meeting = await createMeeting(keeper, { maxParticipants: 300 });
  const turns = users.flatMap((user, i) => (i % 5 ? [user] : [user, user, user])); // every fifth comes, leaves and comes back
  const seen = new Set();
  const outside = new Set(users);
  const go = async (user) => {
    const leaving = !outside.has(user);
    const { status, body } = await call(user, meeting, leaving ? 'leave' : 'join');
    seen.add(status === 200 ? 'ok' : body.code);
    if (status === 200 && leaving) outside.add(user);
    else if (status === 200) outside.delete(user);
  };
  const crew = async (turn) => {
    for (let next = turn.shift(); next; next = turn.shift()) await go(next);
  };
  const shares = Array.from({ length: 64 }, (_, n) => turns.filter((user) => users.indexOf(user) % 64 === n));
  await join(keeper, meeting); // so that the meeting cannot become empty
  await Promise.all(shares.map(crew));
  await Promise.all([...outside].map((user) => go(user))); // whoever is outside tries once more: now it must be full
  assert.deepEqual(
    [...seen].filter((code) => code !== 'ok' && code !== 'meeting_full'),
    [],
    'every refusal says full',
  );
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 300, counted: 300 });
  const { inside, most } = play(await logOf(sys, meeting), 300);
  assert.deepEqual([inside.size, most], [300, 300]);
  assert.equal(users.length - outside.size, 299, 'who was told to be in is in');
});

test('joins, leaves and joins again in a crowd: never too many, and the counts agree', async () => {
  const users = await crowd(sys, 40);
  const [keeper] = await people(sys, 'Keeper');
  const meeting = await createMeeting(keeper, { maxParticipants: 15 });
  await join(keeper, meeting);
  const codes = new Set();
  await Promise.all(
    users.map(async (user) => {
      for (let round = 0; round < 4; round++) {
        const joined = await call(user, meeting, 'join');
        codes.add(joined.status === 200 ? 'ok' : joined.body.code);
        if (joined.status !== 200) continue;
        assert.ok(joined.body.meeting.participantCount <= 15);
        assert.ok(joined.body.participants.length <= 15);
        assert.equal(joined.body.participants.length, joined.body.meeting.participantCount, 'one picture');
        if (round < 3) ok(await call(user, meeting, 'leave'));
      }
    }),
  );
  assert.deepEqual(
    [...codes].filter((c) => c !== 'ok' && c !== 'meeting_full' && c !== 'already_joined'),
    [],
  );
  const { inside } = play(await logOf(sys, meeting), 15);
  const { counter, counted } = await seatsOf(sys, meeting);
  assert.deepEqual([counter, counted], [inside.size, inside.size]);
});

test('one who knocks many times at once sits once', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  for (let round = 0; round < 5; round++) {
    const meeting = await meetingOf(ada);
    const results = outcomes(await Promise.all(Array.from({ length: 8 }, () => call(ben, meeting, 'join'))));
    assert.equal(count(results, 'ok'), 1);
    assert.equal(count(results, 'already_joined'), 7);
    assert.deepEqual(await seatsOf(sys, meeting), { counter: 2, counted: 2 });
    const left = outcomes(await Promise.all(Array.from({ length: 8 }, () => call(ben, meeting, 'leave'))));
    assert.equal(count(left, 'ok'), 1);
    assert.equal(count(left, 'not_joined'), 7);
    assert.deepEqual(await seatsOf(sys, meeting), { counter: 1, counted: 1 });
    play(await logOf(sys, meeting), 100);
  }
});

test('two ends at once: one ends it', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  for (let round = 0; round < 10; round++) {
    const meeting = await meetingOf(ada, ben);
    ok(await ada.client.patch(`/meetings/${meeting.code}/participants/${ben.id}`, { role: 'cohost' }));
    const results = outcomes(
      await Promise.all([call(ada, meeting, 'end'), call(ben, meeting, 'end'), call(ada, meeting, 'end')]),
    );
    assert.deepEqual(results.sort(), ['meeting_ended', 'meeting_ended', 'ok']);
    const log = await logOf(sys, meeting);
    assert.equal(
      count(
        log.map((e) => e.type),
        'meeting_ended',
      ),
      1,
    );
    play(log, 100);
  }
});

test('the last two leave at once: one of them ends the meeting', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  for (let round = 0; round < 15; round++) {
    const meeting = await meetingOf(ada, ben);
    const answers = await Promise.all([call(ada, meeting, 'leave'), call(ben, meeting, 'leave')]);
    assert.deepEqual(answers.map((a) => ok(a).meetingEnded).sort(), [false, true]);
    const log = await logOf(sys, meeting);
    assert.equal(
      count(
        log.map((e) => e.type),
        'meeting_ended',
      ),
      1,
    );
    assert.equal(log.at(-1).data.reason, 'empty');
    play(log, 100);
    assert.deepEqual(await seatsOf(sys, meeting), { counter: 0, counted: 0 });
  }
});

test('a join against the last leave: in an ongoing meeting, or told that it ended', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  for (let round = 0; round < 15; round++) {
    const meeting = await meetingOf(ada);
    const [left, joined] = await Promise.all([call(ada, meeting, 'leave'), call(ben, meeting, 'join')]);
    const { meetingEnded } = ok(left);
    const { status } = ok(await ada.client.get(`/meetings/${meeting.code}`));
    if (meetingEnded) refused(joined, 'meeting_ended');
    else ok(joined);
    assert.equal(status, meetingEnded ? 3 : 2);
    assert.equal(play(await logOf(sys, meeting), 100).inside.size, meetingEnded ? 0 : 1);
  }
});

test('joins against the end: whoever came in is marked as left', async () => {
  for (let round = 0; round < 4; round++) {
    const [ada, ...guests] = await crowd(sys, 25);
    const meeting = await meetingOf(ada);
    const joins = guests.map((guest) => call(guest, meeting, 'join'));
    const [end, ...answers] = await Promise.all([call(ada, meeting, 'end'), ...joins]);
    ok(end);
    const results = outcomes(answers);
    assert.equal(count(results, 'ok') + count(results, 'meeting_ended'), guests.length, results.join(' '));
    assert.deepEqual(await seatsOf(sys, meeting), { counter: 0, counted: 0 });
    const log = await logOf(sys, meeting);
    assert.equal(log.at(-1).type, 'meeting_ended');
    assert.equal(
      count(
        log.map((e) => e.type),
        'user_joined',
      ),
      count(results, 'ok') + 1,
    );
    play(log, 100);
  }
});

test('the host hands over to two at once, or leaves meanwhile: there is one host', async () => {
  const [ada, ben, cleo] = await people(sys, 'Ada', 'Ben', 'Cleo');
  for (let round = 0; round < 10; round++) {
    const meeting = await meetingOf(ada, ben, cleo);
    const results = outcomes(
      await Promise.all([
        call(ada, meeting, 'host', { userId: ben.id }),
        call(ada, meeting, 'host', { userId: cleo.id }),
        call(ada, meeting, 'leave'),
      ]),
    );
    assert.ok(count(results, 'ok') >= 1);
    const now = ok(await ben.client.get(`/meetings/${meeting.code}`));
    assert.ok([ben.id, cleo.id].includes(now.host.id));
    assert.deepEqual(
      now.participants.filter((p) => p.role === 'host').map((p) => p.userId),
      [now.host.id],
    );
    const changes = (await logOf(sys, meeting)).filter((e) => e.type === 'host_changed');
    assert.equal(changes.length, 1);
    assert.deepEqual(changes[0].data, { userId: now.host.id, previousUserId: ada.id, previousRole: 'participant' });
  }
});

test('everybody writes at once: each message once, in one order, without a gap', async () => {
  const users = await crowd(sys, 12);
  const meeting = await meetingOf(...users);
  const answers = await Promise.all(
    users.flatMap((user, u) =>
      Array.from({ length: 10 }, (_, i) =>
        user.client.post(`/meetings/${meeting.code}/messages`, { text: `${u}.${i}`, clientId: `${i}` }),
      ),
    ),
  );
  assert.ok(answers.every((a) => a.status === 201));
  const log = await logOf(sys, meeting);
  play(log, 100);
  const told = log.filter((e) => e.type === 'chat_message').map((e) => e.data.message.id);
  assert.equal(told.length, 120);
  assert.deepEqual(
    told,
    [...told].sort((a, b) => a - b),
    'the log has the order of the messages',
  );
  const { items } = ok(await users[0].client.get(`/meetings/${meeting.code}/messages?limit=100`));
  assert.deepEqual(
    items.map((m) => m.id),
    told.slice(-100),
  );
});

test('many meetings at once get codes of their own', async () => {
  const users = await crowd(sys, 10);
  const meetings = await Promise.all(users.flatMap((user) => Array.from({ length: 10 }, () => createMeeting(user))));
  assert.equal(new Set(meetings.map((m) => m.code)).size, 100);
  assert.equal(new Set(meetings.map((m) => m.id)).size, 100);
});

test('all of it together was one consistent database', async () => {
  const wrong =
    await sys.sql(`SELECT m.id FROM meetings m LEFT JOIN (SELECT meeting_id, SUM(status = 1) AS n FROM participants GROUP BY meeting_id) p ON p.meeting_id = m.id
        LEFT JOIN (SELECT meeting_id, COUNT(*) AS n, MAX(seq) AS last FROM room_events GROUP BY meeting_id) e ON e.meeting_id = m.id
        WHERE m.participant_count <> COALESCE(p.n, 0) OR m.event_seq <> COALESCE(e.last, 0) OR COALESCE(e.n, 0) <> COALESCE(e.last, 0)
           OR (m.status IN (3, 4) AND m.participant_count > 0) OR (m.status = 2 AND m.participant_count = 0)`);
  assert.deepEqual(wrong, []);
});
