/* Changing and cancelling a meeting. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, logOf, meetingOf, ok, people, refused, rowsOf, seatsOf, sleep } from './support.mjs';

let sys;
let ada, ben, cleo, eve;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben, cleo, eve] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Eve');
});
after(() => sys?.stop());

const patch = (user, meeting, body) => user.client.patch(`/meetings/${meeting.id}`, body);
const cancel = (user, meeting) => user.client.delete(`/meetings/${meeting.id}`);
const detail = async (user, meeting) => ok(await user.client.get(`/meetings/${meeting.id}`));
const end = (user, meeting) => user.client.post(`/meetings/${meeting.id}/end`);

test('each member alone is changed and the others stay', async () => {
  const meeting = await createMeeting(ada, { title: 'Before', description: 'old', password: 'old' });
  const changes = [
    { title: 'After 😀' },
    { description: 'new\nlines' },
    { description: '' },
    { startTime: '2031-05-06T07:08:09.123Z' },
    { duration: 480 },
    { password: 'new' },
    { password: null },
    { maxParticipants: 2 },
    { isPublic: false },
    { isRecorded: true },
    { isPublic: true, isRecorded: false, title: 'Both' },
    {},
  ];
  let { updatedAt, ...wanted } = meeting;
  for (const change of changes) {
    await sleep(3);
    wanted = {
      ...wanted,
      ...change,
      hasPassword: 'password' in change ? change.password !== null : wanted.hasPassword,
    };
    const { updatedAt: at, ...now } = ok(await patch(ada, meeting, change));
    assert.deepEqual(now, wanted, JSON.stringify(change));
    assert.ok(at > updatedAt || Object.keys(change).length === 0, 'updatedAt moves');
    updatedAt = at;
    const { participants, updatedAt: read, ...seen } = await detail(ada, meeting);
    assert.deepEqual(seen, wanted);
  }
});

test('the new password counts at once, and none lets everybody in', async () => {
  const meeting = await createMeeting(ada, { password: 'old' });
  ok(await patch(ada, meeting, { password: 'new' }));
  refused(await ben.client.post(`/meetings/${meeting.code}/join`, { password: 'old' }), 'wrong_password', 'password');
  await join(ben, meeting, 'new');
  ok(await patch(ada, meeting, { password: null }));
  await join(cleo, meeting);
});

const wrong = [
  [{ title: '' }, 'title'],
  [{ title: null }, 'title'],
  [{ title: 'x'.repeat(201) }, 'title'],
  [{ title: 7 }, 'title'],
  [{ title: 'a\u0000' }, 'title'],
  [{ description: null }, 'description'],
  [{ description: 'x'.repeat(4001) }, 'description'],
  [{ startTime: 'later' }, 'startTime'],
  [{ startTime: null }, 'startTime'],
  [{ startTime: '2020-01-01T00:00:00Z' }, 'startTime'],
  [{ startTime: '9999-12-31T23:59:59Z' }, 'startTime'],
  [{ duration: 0 }, 'duration'],
  [{ duration: 481 }, 'duration'],
  [{ duration: 1.5 }, 'duration'],
  [{ duration: '60' }, 'duration'],
  [{ duration: null }, 'duration'],
  [{ password: '' }, 'password'],
  [{ password: 'x'.repeat(65) }, 'password'],
  [{ password: 1 }, 'password'],
  [{ maxParticipants: 1 }, 'maxParticipants'],
  [{ maxParticipants: 10001 }, 'maxParticipants'],
  [{ maxParticipants: null }, 'maxParticipants'],
  [{ isPublic: null }, 'isPublic'],
  [{ isPublic: 'false' }, 'isPublic'],
  [{ isRecorded: 1 }, 'isRecorded'],
  [{ status: 3 }, 'status'],
  [{ code: 'AAAAAA' }, 'code'],
  [{ host: { id: 1 } }, 'host'],
  [{ creator: 1 }, 'creator'],
  [{ actualEndTime: null }, 'actualEndTime'],
  [{ title: 'Good', duration: 0 }, 'duration'],
];

test('every wrong member is refused and named, and nothing is changed', async () => {
  const meeting = await createMeeting(ada);
  for (const [change, field] of wrong)
    refused(await patch(ada, meeting, change), 'validation_failed', field, JSON.stringify(change).slice(0, 80));
  const { participants, ...now } = await detail(ada, meeting);
  assert.deepEqual(now, meeting);
});

test('only the host changes and cancels', async () => {
  const meeting = await createMeeting(ada, { isPublic: false });
  await join(ada, meeting);
  await join(ben, meeting);
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/${ben.id}`, { role: 'cohost' }));
  for (const [user, code] of [
    [ben, 'forbidden'],
    [eve, 'not_found'],
  ]) {
    refused(await patch(user, meeting, { title: 'Mine' }), code);
    refused(await cancel(user, meeting), code);
  }
  const nobody = api(sys);
  refused(await nobody.patch(`/meetings/${meeting.id}`, { title: 'Mine' }), 'unauthorized');
  refused(await nobody.delete(`/meetings/${meeting.id}`), 'unauthorized');
  assert.equal((await detail(ada, meeting)).title, 'Planning');
  ok(await ada.client.post(`/meetings/${meeting.id}/host`, { userId: ben.id }), 204);
  refused(await patch(ada, meeting, { title: 'Still mine' }), 'forbidden', undefined, 'the creator is host no more');
  ok(await patch(ben, meeting, { title: 'Mine now' }));
});

test('an unknown meeting', async () => {
  refused(await patch(ada, { id: 999999 }, { title: 'x' }), 'not_found');
  refused(await cancel(ada, { id: 999999 }), 'not_found');
});

test('who is in the meeting is told of the change, without the password', async () => {
  const meeting = await meetingOf(ada, ben);
  ok(await patch(ada, meeting, { title: 'Told', password: 'tulip' }));
  const { items } = ok(await ben.client.get(`/meetings/${meeting.id}/events?after=2`));
  assert.deepEqual(
    items.map((e) => e.type),
    ['meeting_updated'],
  );
  assert.equal(items[0].data.meeting.title, 'Told');
  assert.equal(items[0].data.meeting.hasPassword, true);
  assert.ok(!JSON.stringify(await logOf(sys, meeting)).includes('tulip'), 'not even in the database’s log');
});

test('there are never fewer seats than people', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  refused(await patch(ada, meeting, { maxParticipants: 2 }), 'validation_failed', 'maxParticipants');
  ok(await patch(ada, meeting, { maxParticipants: 3 }));
  refused(await eve.client.post(`/meetings/${meeting.code}/join`), 'meeting_full');
  ok(await patch(ada, meeting, { maxParticipants: 4 }));
  await join(eve, meeting);
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 4, counted: 4 });
});

test('what is over is not changed any more', async () => {
  const ended = await meetingOf(ada);
  ok(await end(ada, ended));
  const cancelled = await createMeeting(ada);
  ok(await cancel(ada, cancelled), 204);
  for (const [meeting, code] of [
    [ended, 'meeting_ended'],
    [cancelled, 'meeting_cancelled'],
  ]) {
    refused(await patch(ada, meeting, { title: 'Late' }), code);
    refused(await cancel(ada, meeting), code);
    refused(await patch(eve, meeting, { title: 'Late' }), 'not_found', undefined, 'a stranger learns nothing');
  }
});

test('a cancelled meeting stays to be found', async () => {
  const meeting = await createMeeting(ada);
  const answer = await cancel(ada, meeting);
  ok(answer, 204);
  const now = await detail(ada, meeting);
  assert.deepEqual([now.status, now.statusText, now.actualStartTime], [4, 'Cancelled', null]);
  assert.ok(ok(await ada.client.get('/meetings?status=4&onlyCreated=true')).items.some((m) => m.id === meeting.id));
});

test('cancelling a running meeting sends everybody out', async () => {
  const meeting = await meetingOf(ada, ben);
  ok(await cancel(ada, meeting), 204);
  const now = await detail(ben, meeting);
  assert.deepEqual([now.status, now.participantCount], [4, 0]);
  assert.deepEqual(now.participants, []);
  assert.deepEqual(
    (await rowsOf(sys, meeting)).map((p) => p.status),
    [2, 2],
    'marked as left',
  );
  const last = (await logOf(sys, meeting)).at(-1);
  assert.deepEqual([last.type, last.data], ['meeting_ended', { reason: 'cancelled', by: ada.id }]);
  refused(await ben.client.post(`/meetings/${meeting.code}/join`), 'meeting_cancelled');
  refused(await ben.client.post(`/meetings/${meeting.id}/leave`), 'not_joined');
});
