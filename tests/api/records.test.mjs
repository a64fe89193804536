/* What stays of a meeting: attendance, statistics, audit, transcript; replies and what was read. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api as plainApi } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { createMeeting, join, meetingOf, ok, people, refused } from './support.mjs';

let sys;
let ada, ben, cleo;
before(async () => {
  sys = await startSystem();
  [ada, ben, cleo] = await people(sys, 'Ada', 'Ben', '=Cleo, "C"');
});
after(() => sys?.stop());

const read = (user, meeting, what) => user.client.get(`/meetings/${meeting.code}/${what}`);
const leave = (user, meeting) => user.client.post(`/meetings/${meeting.code}/leave`, {});
const say = async (user, meeting, text, extra = {}) =>
  ok(
    await user.client.post(`/meetings/${meeting.code}/messages`, { text, clientId: `${Math.random()}`, ...extra }),
    201,
  );

test('every stay of everybody, as JSON and as CSV, and the figures of it', async () => {
  const meeting = await meetingOf(ada, ben);
  ok(await leave(ben, meeting));
  await join(cleo, meeting);
  await join(ben, meeting);
  await say(ada, meeting, 'one');
  await say(ada, meeting, 'psst', { to: ben.id });
  const { items } = ok(await read(ada, meeting, 'attendance'));
  assert.deepEqual(
    items.map((s) => [s.userId, s.leftAt === null]),
    [
      [ada.id, true],
      [ben.id, false],
      [ben.id, true],
      [cleo.id, true],
    ],
  );
  ok(await ada.client.post(`/meetings/${meeting.code}/end`, {}));
  assert.ok(ok(await read(ada, meeting, 'attendance')).items.every((s) => s.leftAt >= s.joinedAt));
  const { people: n, peak, messages, meetingSeconds, personSeconds } = ok(await read(ada, meeting, 'statistics'));
  assert.deepEqual([n, peak, messages], [3, 3, 1]);
  assert.ok(personSeconds >= meetingSeconds);
  const csv = await read(ada, meeting, 'attendance?format=csv');
  assert.match(csv.headers.get('content-type'), /^text\/csv/);
  const lines = csv.body
    .replace(/^\uFEFF/, '')
    .trim()
    .split('\r\n');
  assert.equal(lines[0], 'name,userId,guest,joinedAt,leftAt,minutes');
  assert.equal(lines.length, 5);
  assert.ok(lines[4].startsWith(`"'=Cleo, ""C""",${cleo.id},no,`), lines[4]);
  refused(await read(ada, meeting, 'attendance?format=xml'), 'validation_failed', 'format');
});

test('a meeting that nobody was in has records, too', async () => {
  const meeting = await createMeeting(ada);
  assert.deepEqual(ok(await read(ada, meeting, 'attendance')).items, []);
  const { people: n, peak, meetingSeconds, personSeconds } = ok(await read(ada, meeting, 'statistics'));
  assert.deepEqual([n, peak, meetingSeconds, personSeconds], [0, 0, 0, 0]);
  assert.doesNotMatch(sys.log('pool'), /runtime error/);
});

test('who did what to whom', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  const path = `/meetings/${meeting.code}`;
  ok(await ada.client.patch(`${path}/participants/${ben.id}`, { role: 'cohost' }));
  ok(await cleo.client.patch(`${path}/participants/me`, { audio: true })); // the audit has no entry of what one does to oneself
  ok(await ben.client.patch(`${path}/participants/${cleo.id}`, { audio: false }));
  await say(cleo, meeting, 'hello');
  ok(await ben.client.delete(`${path}/participants/${cleo.id}`), 204);
  ok(await ada.client.delete(`${path}/removed/${cleo.id}`), 204);
  ok(await ada.client.patch(path, { locked: true }));
  const { items } = ok(await read(ben, meeting, 'audit'));
  assert.deepEqual(
    items.map((d) => [d.type, d.actorId, d.subjectId]),
    [
      ['role_changed', ada.id, ben.id],
      ['media_changed', ben.id, cleo.id],
      ['user_left', ben.id, cleo.id],
      ['ban_lifted', ada.id, cleo.id],
      ['meeting_updated', ada.id, null],
    ],
  );
  assert.equal(ok(await read(ada, meeting, `audit?after=${items[2].seq}`)).items.length, 2);
});

test('the chat as text, without what was private or deleted', async () => {
  const meeting = await meetingOf(ada, ben);
  const first = await say(ada, meeting, 'line one\nline two');
  await say(ben, meeting, 'private', { to: ada.id });
  const wrong = await say(ben, meeting, 'wrong');
  ok(await ben.client.delete(`/meetings/${meeting.code}/messages/${wrong.id}`), 204);
  const answer = await read(ada, meeting, 'transcript');
  assert.match(answer.headers.get('content-type'), /^text\/plain/);
  assert.equal(answer.body, `[${first.createdAt}] Ada: line one\n    line two\n`);
  assert.equal((await read(ada, meeting, `transcript?after=${first.id}`)).body, '');
});

test('an audit of long descriptions comes in pages of about a mebibyte', async () => {
  const meeting = await createMeeting(ada);
  await sys.sql(
    `INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at, actor_id)
        SELECT ?, 100 + seq, 'meeting_updated', '*', '', CONCAT('{"meeting":"', REPEAT('x', 16000), '"}'), '', NOW(3), ? FROM seq_1_to_200`,
    [meeting.id, ada.id],
  );
  const seqs = [];
  let page;
  do {
    const { body } = await plainApi(sys, ada.token).get(`/meetings/${meeting.id}/audit?after=${seqs.at(-1) ?? 0}`); // the events are made up
    page = body.items.map(({ seq }) => seq);
    assert.ok(page.length < 100);
    seqs.push(...page);
  } while (page.length > 0);
  assert.deepEqual(
    seqs,
    Array.from({ length: 200 }, (_, i) => 101 + i),
  );
});

// It was one answer of any size, which its worker held twice in memory.
test('a long chat as text comes in pages, each of which names the next', async () => {
  const meeting = await meetingOf(ada, ben);
  await sys.sql(
    `INSERT INTO messages (meeting_id, sender_id, body, client_id, created_at)
        SELECT ?, ?, CONCAT(seq, REPEAT('😀', 3990)), CONCAT('long-', seq), NOW(3) FROM seq_1_to_300`,
    [meeting.id, ben.id],
  );
  let text = '';
  let pages = 0;
  for (let path = `/meetings/${meeting.id}/transcript`; path; pages++) {
    const answer = await ada.client.get(path);
    ok(answer);
    assert.ok(Buffer.byteLength(answer.body) < 1.2 * 2 ** 20);
    text += answer.body;
    path = /^<\/api\/v1(.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  assert.ok(pages > 3);
  assert.deepEqual(
    [...text.matchAll(/: (\d+)😀/g)].map((m) => Number(m[1])),
    Array.from({ length: 300 }, (_, i) => i + 1),
  );
});

test('records are for those who run the meeting', async () => {
  const meeting = await meetingOf(ada, ben);
  for (const what of ['attendance', 'statistics', 'audit', 'transcript', 'removed', 'lobby', 'invites']) {
    refused(await read(ben, meeting, what), 'forbidden', undefined, what);
    refused(await read(cleo, meeting, what), 'forbidden', undefined, what);
    refused(await read(ada, { id: 999999 }, what), 'not_found', undefined, what);
  }
});

test('an answer names what it answers; what answers a private message stays private', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  const question = await say(ada, meeting, 'Lunch?');
  assert.deepEqual((await say(ben, meeting, 'Yes', { replyTo: question.id })).replyTo, {
    id: question.id,
    sender: { id: ada.id, displayName: 'Ada' },
  });
  const secret = await say(ada, meeting, 'psst', { to: ben.id });
  const reply = (user, extra) =>
    user.client.post(`/meetings/${meeting.code}/messages`, { text: 'x', clientId: `${Math.random()}`, ...extra });
  refused(await reply(ben, { replyTo: secret.id }), 'validation_failed', 'to');
  ok(await reply(ben, { replyTo: secret.id, to: ada.id }), 201);
  refused(await reply(cleo, { replyTo: secret.id }), 'validation_failed', 'replyTo');
  refused(await reply(cleo, { replyTo: 999999 }), 'validation_failed', 'replyTo');
  assert.deepEqual(ok(await ada.client.get(`/meetings/${meeting.code}/messages`)).items[1].replyTo.id, question.id);
});

test('the position up to which one has read is kept and never goes back', async () => {
  const meeting = await meetingOf(ada, ben);
  const sent = [];
  for (const text of ['one', 'two', 'three']) sent.push(await say(ada, meeting, text));
  await say(ben, meeting, 'mine');
  await say(ada, meeting, 'to Cleo', {});
  const mark = (message) => ben.client.post(`/meetings/${meeting.code}/read`, { messageId: message.id });
  ok(await mark(sent[1]), 204);
  ok(await mark(sent[0]), 204);
  ok(await leave(ben, meeting));
  const view = await join(ben, meeting);
  assert.deepEqual([view.lastReadMessageId, view.unreadCount], [sent[1].id, 2]);
  refused(await cleo.client.post(`/meetings/${meeting.code}/read`, { messageId: 1 }), 'not_joined');
  refused(await mark({ id: 0 }), 'validation_failed', 'messageId');
});
