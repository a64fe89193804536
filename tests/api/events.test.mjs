/* The room's log over REST: every change has a number, none is missing, and each caller sees what concerns them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, logOf, meetingOf, ok, people, refused } from './support.mjs';

let sys;
let ada, ben, cleo, eve;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben, cleo, eve] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Eve');
});
after(() => sys?.stop());

const events = async (user, meeting, query = '') =>
  ok(await user.client.get(`/meetings/${meeting.code}/events${query}`));
const send = (user, meeting, text, to) =>
  user.client.post(`/meetings/${meeting.code}/messages`, { text, clientId: text, to });
const patch = (user, meeting, whom, body) =>
  user.client.patch(`/meetings/${meeting.code}/participants/${whom.id}`, body);

/* One of everything that a room can see over REST. */
async function eventful() {
  const meeting = await createMeeting(ada);
  await join(ada, meeting);
  await join(ben, meeting);
  await join(cleo, meeting);
  ok(await send(ben, meeting, 'to all'), 201);
  ok(await send(ada, meeting, 'to Ben', ben.id), 201);
  ok(await patch(ben, meeting, ben, { audio: true }));
  ok(await patch(ben, meeting, ben, { handRaised: true }));
  ok(await patch(ben, meeting, ben, { handRaised: false }));
  ok(await patch(ada, meeting, ben, { role: 'cohost' }));
  ok(await ada.client.patch(`/meetings/${meeting.code}`, { title: 'New' }));
  ok(await ada.client.post(`/meetings/${meeting.code}/host`, { userId: cleo.id }), 204);
  ok(await ada.client.post(`/meetings/${meeting.code}/leave`));
  ok(await cleo.client.post(`/meetings/${meeting.code}/leave`));
  ok(await ben.client.post(`/meetings/${meeting.code}/end`));
  return meeting;
}
const all = [
  'user_joined',
  'user_joined',
  'user_joined',
  'chat_message',
  'chat_message',
  'media_changed',
  'hand_raised',
  'hand_lowered',
  'role_changed',
  'meeting_updated',
  'host_changed',
  'user_left',
  'user_left',
  'host_changed',
  'meeting_ended',
];

test('every change is an event, numbered without a gap', async () => {
  const meeting = await eventful();
  const log = await logOf(sys, meeting);
  assert.deepEqual(
    log.map((e) => e.seq),
    all.map((_, i) => i + 1),
  );
  const { items, seq } = await events(ben, meeting);
  assert.deepEqual(
    items.map((e) => e.type),
    all,
  );
  assert.deepEqual(
    items.map((e) => e.seq),
    all.map((_, i) => i + 1),
  );
  assert.equal(seq, all.length);
  for (const [i, event] of items.entries()) {
    assert.equal(event.meetingId, meeting.id);
    assert.ok(i === 0 || event.at >= items[i - 1].at);
    assert.deepEqual(event.data, log[i].data);
  }
});

test('what is for others is left out, and its number stays free; who left gets no more', async () => {
  const meeting = await eventful();
  const { items, seq } = await events(cleo, meeting);
  const left = all.lastIndexOf('user_left') + 1;
  assert.deepEqual(
    items.map((e) => e.seq),
    all.map((_, i) => i + 1).filter((n) => n !== 5 && n <= left),
  );
  assert.equal(seq, left);
  assert.ok(!JSON.stringify(items).includes('to Ben'));
});

test('after a number comes what is newer', async () => {
  const meeting = await eventful();
  for (const after of [0, 1, 4, 5, 14, 15, 16, 1_000_000]) {
    const { items, seq } = await events(ben, meeting, `?after=${after}`);
    assert.deepEqual(
      items.map((e) => e.seq),
      all.map((_, i) => i + 1).filter((n) => n > after),
    );
    assert.equal(seq, all.length);
  }
});

test('the join tells where the log stands', async () => {
  const meeting = await meetingOf(ada);
  ok(await send(ada, meeting, 'one'), 201);
  const room = await join(ben, meeting);
  assert.equal(room.seq, 3);
  ok(await send(ada, meeting, 'two'), 201);
  assert.deepEqual(
    (await events(ben, meeting, `?after=${room.seq}`)).items.map((e) => e.data.message.text),
    ['two'],
  );
});

test('a long log comes in pieces of five hundred', async () => {
  const meeting = await meetingOf(ada, ben);
  const values = Array.from({ length: 700 }, (_, i) => [
    meeting.id,
    i + 3,
    'hand_lowered',
    '*',
    '-',
    JSON.stringify({ userId: ben.id }),
    'test-request',
    '2031-01-01 00:00:00.000',
  ]);
  await sys.sql('INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at) VALUES ?', [
    values,
  ]);
  await sys.sql('UPDATE meetings SET event_seq = 702 WHERE id = ?', [meeting.id]);
  const seen = [];
  for (const size of [500, 202, 0]) {
    const { items, seq } = await events(ben, meeting, `?after=${seen.at(-1) ?? 0}`);
    assert.equal(items.length, size);
    assert.equal(seq, 702);
    seen.push(...items.map((e) => e.seq));
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 702 }, (_, i) => i + 1),
  );
});

test('only who is or was in the meeting reads its log', async () => {
  const meeting = await meetingOf(ada, ben);
  refused(await eve.client.get(`/meetings/${meeting.code}/events`), 'forbidden');
  refused(await api(sys).get(`/meetings/${meeting.code}/events`), 'unauthorized');
  ok(await ben.client.post(`/meetings/${meeting.code}/leave`));
  assert.equal((await events(ben, meeting)).items.at(-1).type, 'user_left');
  refused(await ada.client.get('/meetings/999999/events'), 'not_found');
  const untouched = await createMeeting(ada);
  refused(await eve.client.get(`/meetings/${untouched.code}/events`), 'forbidden');
});

test('a wrong `after` is refused and named', async () => {
  const meeting = await meetingOf(ada);
  for (const query of ['after=-1', 'after=x', 'after=', 'after=1.5', 'after=9223372036854775808', 'after=1&after=2'])
    refused(await ada.client.get(`/meetings/${meeting.code}/events?${query}`), 'validation_failed', 'after', query);
  refused(await ada.client.get(`/meetings/${meeting.code}/events?since=1`), 'validation_failed', 'since');
});
