/* Joining, leaving and ending: the paths of the design, each refusal with its code and in its order. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, logOf, meetingOf, ok, people, refused, rowsOf, seatsOf } from './support.mjs';

let sys;
let ada, ben, cleo, dan, eve;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben, cleo, dan, eve] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Dan', 'Eve');
});
after(() => sys?.stop());

const enter = (user, meeting, body) => user.client.post(`/meetings/${meeting.code}/join`, body);
const leave = (user, meeting) => user.client.post(`/meetings/${meeting.code}/leave`);
const end = (user, meeting) => user.client.post(`/meetings/${meeting.code}/end`);
const detail = async (user, meeting) => ok(await user.client.get(`/meetings/${meeting.id}`));
const remove = (user, meeting, whom) => user.client.delete(`/meetings/${meeting.id}/participants/${whom.id}`);
const setRole = (user, meeting, whom, role) =>
  user.client.patch(`/meetings/${meeting.id}/participants/${whom.id}`, { role });
const types = async (meeting) => (await logOf(sys, meeting)).map((event) => event.type);

/* --- join --- */

test('the first one in starts the meeting', async () => {
  const meeting = await createMeeting(ada, { startTime: '2031-01-01T00:00:00Z' });
  const before = Date.now();
  const room = await join(ben, meeting);
  assert.equal(room.meeting.status, 2);
  assert.ok(
    Date.parse(room.meeting.actualStartTime) >= before - 1000 &&
      Date.parse(room.meeting.actualStartTime) <= Date.now() + 1000,
  );
  assert.equal(room.meeting.startTime, '2031-01-01T00:00:00.000Z');
  assert.equal(room.meeting.participantCount, 1);
  const { joinedAt, ...me } = room.me;
  assert.deepEqual(me, {
    userId: ben.id,
    displayName: 'Ben',
    role: 'participant',
    isGuest: false,
    status: 'joined',
    online: false,
    audio: false,
    video: false,
    screen: false,
    handRaisedAt: null,
    leftAt: null,
  });
  assert.ok(joinedAt);
  assert.deepEqual(room.participants, [room.me]);
  assert.deepEqual(room.messages, []);
  assert.deepEqual(room.media, { mode: 'mesh', epoch: 0, iceServers: [] });
  assert.equal(room.seq, 1);
  const second = await join(ada, meeting);
  assert.equal(second.meeting.actualStartTime, room.meeting.actualStartTime, 'it starts once');
  assert.equal(second.me.role, 'host');
  assert.deepEqual(
    second.participants.map((p) => p.userId).sort((a, b) => a - b),
    [ada.id, ben.id].sort((a, b) => a - b),
  );
  assert.equal(second.seq, 2);
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 2, counted: 2 });
});

test('one joins by number or by code, with no body or an empty one', async () => {
  const meeting = await createMeeting(ada);
  ok(await ben.client.post(`/meetings/${meeting.code.toLowerCase()}/join`));
  ok(await enter(cleo, meeting, {}));
  ok(await enter(dan, meeting, { password: 'not needed' }));
});

test('who knows the code may join a meeting that is not public', async () => {
  const meeting = await createMeeting(ada, { isPublic: false });
  await join(eve, meeting);
  assert.equal((await detail(eve, meeting)).participantCount, 1);
});

test('a password is asked for, and must be right', async () => {
  const meeting = await createMeeting(ada, { password: 'tülip 🌷' });
  for (const body of [
    undefined,
    {},
    { password: '' },
    { password: null },
    { password: 'tulip' },
    { password: 'tülip 🌷 ' },
    { password: 'TÜLIP 🌷' },
    { password: 'tülip' },
  ])
    refused(await enter(ben, meeting, body), 'wrong_password', 'password', JSON.stringify(body));
  for (const password of [7, true, 'x'.repeat(65), ['tülip 🌷']])
    refused(await enter(ben, meeting, { password }), 'validation_failed', 'password', JSON.stringify(password));
  refused(await enter(ben, meeting, { code: 'x' }), 'validation_failed', 'code');
  assert.equal((await detail(ada, meeting)).status, 1, 'a refused join starts nothing');
  assert.deepEqual(await types(meeting), []);
  await join(ben, meeting, 'tülip 🌷');
  await join(ada, meeting); // the host set it
});

test('an unknown meeting, and a caller without a token', async () => {
  refused(await enter(ben, { id: 999999 }), 'not_found');
  refused(await leave(ben, { id: 999999 }), 'not_found');
  refused(await end(ben, { id: 999999 }), 'not_found');
  const meeting = await createMeeting(ada);
  for (const call of ['join', 'leave', 'end'])
    refused(await api(sys).post(`/meetings/${meeting.id}/${call}`), 'unauthorized');
});

test('nobody sits twice', async () => {
  const meeting = await meetingOf(ada, ben);
  refused(await enter(ben, meeting), 'already_joined');
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 2, counted: 2 });
  assert.deepEqual(await types(meeting), ['user_joined', 'user_joined']);
});

test('a full meeting takes nobody, until a seat is free', async () => {
  const meeting = await createMeeting(ada, { maxParticipants: 2 });
  await join(ben, meeting);
  await join(cleo, meeting);
  refused(await enter(dan, meeting), 'meeting_full');
  refused(
    await enter(ben, meeting),
    'already_joined',
    undefined,
    'who sits in a full room is not told that it is full',
  );
  ok(await leave(ben, meeting));
  await join(dan, meeting);
  refused(await enter(ben, meeting), 'meeting_full');
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 2, counted: 2 });
  assert.deepEqual(
    await types(meeting),
    ['user_joined', 'user_joined', 'user_left', 'user_joined'],
    'refused joins leave no trace',
  );
  assert.equal((await join(ada, meeting)).meeting.participantCount, 3, 'the host gets in all the same');
  refused(await enter(ben, meeting), 'meeting_full');
});

test('reasons are given in their order: over, removed, password, already in it, full', async () => {
  const meeting = await createMeeting(ada, { password: 'tulip', maxParticipants: 3 });
  await join(ada, meeting, 'tulip');
  await join(ben, meeting, 'tulip');
  await join(cleo, meeting, 'tulip');
  refused(await enter(dan, meeting, {}), 'wrong_password', 'password', 'before full');
  refused(await enter(dan, meeting, { password: 'tulip' }), 'meeting_full');
  refused(await enter(ben, meeting, { password: 'wrong' }), 'wrong_password', 'password', 'before already in it');
  refused(await enter(ben, meeting, { password: 'tulip' }), 'already_joined', undefined, 'before full');
  ok(await remove(ada, meeting, cleo), 204);
  refused(await enter(cleo, meeting, { password: 'wrong' }), 'removed', undefined, 'before the password');
  ok(await end(ada, meeting));
  refused(await enter(cleo, meeting, { password: 'wrong' }), 'meeting_ended', undefined, 'before removed');
  refused(await enter(ben, meeting, { password: 'wrong' }), 'meeting_ended');
});

test('a meeting that is over cannot be joined', async () => {
  const ended = await meetingOf(ada);
  ok(await end(ada, ended));
  refused(await enter(ben, ended), 'meeting_ended');
  refused(await enter(ada, ended), 'meeting_ended');
  const cancelled = await createMeeting(ada);
  ok(await ada.client.delete(`/meetings/${cancelled.id}`), 204);
  refused(await enter(ben, cancelled), 'meeting_cancelled');
});

/* --- leave --- */

test('one leaves, and comes back as if nothing had been', async () => {
  const meeting = await meetingOf(ada, ben);
  for (const change of [{ audio: true }, { handRaised: true }])
    ok(await ben.client.patch(`/meetings/${meeting.id}/participants/${ben.id}`, change));
  assert.deepEqual(ok(await leave(ben, meeting)), { meetingEnded: false });
  assert.deepEqual(
    (await detail(ada, meeting)).participants.map((p) => p.userId),
    [ada.id],
  );
  const left = (await rowsOf(sys, meeting)).find((p) => p.user_id === ben.id);
  assert.equal(left.status, 2);
  assert.ok(left.left_at >= left.joined_at);
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 1, counted: 1 });
  const again = await join(ben, meeting);
  assert.deepEqual(
    [again.me.status, again.me.leftAt, again.me.audio, again.me.handRaisedAt],
    ['joined', null, false, null],
  );
  assert.equal((await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ?', [meeting.id]))[0].n, 2);
});

test('who is not in the meeting cannot leave it', async () => {
  const meeting = await meetingOf(ada, ben);
  refused(await leave(eve, meeting), 'not_joined');
  ok(await leave(ben, meeting));
  refused(await leave(ben, meeting), 'not_joined');
  refused(await ben.client.post(`/meetings/${meeting.id}/leave`, { reason: 'bored' }), 'validation_failed', 'reason');
  ok(await end(ada, meeting));
  refused(await leave(ada, meeting), 'not_joined');
});

test('the last one out ends the meeting', async () => {
  const meeting = await meetingOf(ada, ben);
  assert.deepEqual(ok(await leave(ada, meeting)), { meetingEnded: false });
  assert.deepEqual(ok(await leave(ben, meeting)), { meetingEnded: true });
  const over = await detail(ada, meeting);
  assert.equal(over.status, 3);
  assert.equal(over.participantCount, 0);
  assert.ok(over.actualEndTime >= over.actualStartTime);
  const log = await logOf(sys, meeting);
  assert.deepEqual(log.at(-1).type, 'meeting_ended');
  assert.equal(log.at(-1).data.reason, 'empty');
  assert.equal(log.filter((event) => event.type === 'meeting_ended').length, 1);
  refused(await enter(ben, meeting), 'meeting_ended');
});

test('a host who leaves hands over: to a co-host first, else to who has been there longest', async () => {
  const meeting = await meetingOf(ada, ben, cleo, dan);
  ok(await setRole(ada, meeting, dan, 'cohost'));
  for (const [host, heir, previousRole] of [
    [ada, dan, 'participant'],
    [dan, ben, 'cohost'],
    [ben, cleo, 'participant'],
  ]) {
    ok(await leave(host, meeting));
    const now = await detail(ada, meeting);
    assert.equal(now.host.id, heir.id, `${host.displayName} hands over to ${heir.displayName}`);
    assert.equal(now.creator.id, ada.id);
    assert.deepEqual(
      now.participants.filter((p) => p.role === 'host').map((p) => p.userId),
      [heir.id],
    );
    const [left, changed] = (await logOf(sys, meeting)).slice(-2);
    const [mine, his] = left.type === 'user_left' ? [left, changed] : [changed, left];
    assert.deepEqual([mine.type, mine.data.userId, mine.data.reason], ['user_left', host.id, 'left']);
    assert.deepEqual(
      [his.type, his.data],
      ['host_changed', { userId: heir.id, previousUserId: host.id, previousRole }],
    );
  }
  refused(await end(ada, meeting), 'forbidden', undefined, 'who handed over is host no more');
  await join(ada, meeting);
  assert.equal((await detail(ada, meeting)).host.id, cleo.id, 'and does not become it again by coming back');
  ok(await end(cleo, meeting));
});

/* --- end --- */

test('the host ends the meeting and everybody is marked as left', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  for (const change of [{ audio: true, video: true, screen: true }, { handRaised: true }])
    ok(await ben.client.patch(`/meetings/${meeting.id}/participants/${ben.id}`, change));
  ok(await leave(cleo, meeting));
  const over = ok(await end(ada, meeting));
  assert.equal(over.status, 3);
  assert.equal(over.participantCount, 0);
  assert.ok(over.actualEndTime >= over.actualStartTime);
  assert.deepEqual((await detail(ada, meeting)).participants, []);
  const rows = await rowsOf(sys, meeting);
  assert.equal(rows.length, 3);
  for (const p of rows) {
    assert.deepEqual([p.status, p.connection, p.audio, p.video, p.screen, p.hand_raised_at], [2, null, 0, 0, 0, null]);
    assert.ok(p.left_at);
  }
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 0, counted: 0 });
  const last = (await logOf(sys, meeting)).at(-1);
  assert.deepEqual([last.type, last.audience, last.data], ['meeting_ended', '*', { reason: 'ended', by: ada.id }]);
});

test('a co-host may end it; a participant and a stranger may not', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  refused(await end(cleo, meeting), 'forbidden');
  refused(await end(eve, meeting), 'forbidden');
  ok(await setRole(ada, meeting, ben, 'cohost'));
  assert.equal(ok(await end(ben, meeting)).status, 3);
  assert.deepEqual((await logOf(sys, meeting)).at(-1).data, { reason: 'ended', by: ben.id });
});

test('a meeting that has not begun is ended by its host alone', async () => {
  const meeting = await createMeeting(ada);
  refused(await end(ben, meeting), 'forbidden');
  const over = ok(await end(ada, meeting));
  assert.equal(over.status, 3);
  assert.equal(over.actualStartTime, null);
});

test('what is over cannot be ended', async () => {
  const ended = await meetingOf(ada);
  ok(await end(ada, ended));
  refused(await end(ada, ended), 'meeting_ended');
  const cancelled = await createMeeting(ada);
  ok(await ada.client.delete(`/meetings/${cancelled.id}`), 204);
  refused(await end(ada, cancelled), 'meeting_cancelled');
  refused(await ada.client.post(`/meetings/${ended.id}/end`, { force: true }), 'validation_failed', 'force');
});

test('every reading shows the caller’s own last write', async () => {
  const meeting = await meetingOf(ada);
  const counts = async (user) => [
    (await detail(user, meeting)).participantCount,
    ok(await user.client.get('/meetings?onlyJoined=true&sort=-createdAt&pageSize=100')).items.find(
      (m) => m.id === meeting.id,
    ).participantCount,
    ok(await user.client.get(`/meetings/${meeting.id}/participants`)).items.filter((p) => p.status === 'joined').length,
  ];
  for (let i = 0; i < 15; i++) {
    await join(ben, meeting);
    assert.deepEqual(await counts(ben), [2, 2, 2]);
    ok(await leave(ben, meeting));
    assert.deepEqual(await counts(ben), [1, 1, 1]);
    const { title } = ok(await ada.client.patch(`/meetings/${meeting.id}`, { title: `Round ${i}` }));
    assert.equal((await detail(ben, meeting)).title, title);
  }
});
