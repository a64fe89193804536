/* What becomes of a meeting that nobody is in, and of the seat of a host who is gone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { age, createMeeting, housekeepingTurn, join, logOf, ok, people, refused, until } from './support.mjs';

let sys;
let ada, ben, cleo;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_GRACE_UNCONNECTED_MS: '0' } });
  [ada, ben, cleo] = await people(sys, 'Ada', 'Ben', 'Cleo');
});
after(() => sys?.stop());

const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
const shown = async (meeting, user = ada) => ok(await user.client.get(`/meetings/${meeting.id}`));
const typesOf = async (meeting) => (await logOf(sys, meeting)).map((e) => e.type);
const leave = async (user, meeting) => ok(await user.client.post(`/meetings/${meeting.id}/leave`, {}));
const patch = async (meeting, changes, user = ada) => ok(await user.client.patch(`/meetings/${meeting.id}`, changes));

const status = async (meeting) => (await sys.sql('SELECT status FROM meetings WHERE id = ?', [meeting.id]))[0].status;
/* Housekeeping has had its turn. */
const lookedAt = (meeting) =>
  until(
    'housekeeping looks',
    async () =>
      (
        await sys.sql('SELECT due_at IS NULL OR due_at > UTC_TIMESTAMP(3) AS ok FROM meetings WHERE id = ?', [
          meeting.id,
        ])
      )[0].ok,
  );
const ended = (meeting) => until('it ends', async () => (await status(meeting)) === 3);

async function guest(meeting, displayName) {
  const answer = ok(await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName }), 201);
  return { id: answer.user.id, client: api(sys, answer.accessToken) };
}

test('by default the last one out ends the meeting, also one that is planned for later', async () => {
  const meeting = await createMeeting(ada, { startTime: inMinutes(60) });
  assert.equal(meeting.keepUntilEnd, false);
  await join(ben, meeting);
  assert.equal((await leave(ben, meeting)).meetingEnded, true);
  assert.equal((await shown(meeting)).status, 3);
});

test('a kept meeting that is left before its planned start is scheduled again, and begins anew', async () => {
  const meeting = await createMeeting(ada, {
    startTime: inMinutes(60),
    duration: 30,
    keepUntilEnd: true,
    hostLossPolicy: 'lock',
  });
  for (const user of [ada, ben]) await join(user, meeting);
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/${ben.id}`, { role: 'cohost' }));
  await leave(ada, meeting);
  assert.equal((await leave(ben, meeting)).meetingEnded, false);
  const now = await shown(meeting);
  assert.deepEqual([now.status, now.actualStartTime, now.hostAway, now.participantCount], [1, null, false, 0]);
  const event = (await logOf(sys, meeting)).at(-1);
  assert.deepEqual(
    [event.type, event.data.meeting.status, event.data.meeting.participantCount, event.data.by],
    ['meeting_updated', 1, 0, null],
  );
  assert.ok(
    !ok(await ada.client.get(`/meetings/${meeting.id}/audit`)).items.some((e) => e.type === 'meeting_updated'),
    'nobody did it',
  );
  assert.ok(ok(await ada.client.get('/meetings?status=1')).items.some((m) => m.id === meeting.id));
  await join(cleo, meeting); // no lock is left over
  const again = await shown(meeting);
  assert.equal(again.status, 2);
  assert.ok(Date.parse(again.actualStartTime) >= Date.parse(now.updatedAt));
  assert.equal((await join(ben, meeting)).me.role, 'cohost', 'roles stay');
  assert.equal(ok(await ada.client.get(`/meetings/${meeting.id}/attendance`)).items.length, 4);
});

test('a kept meeting that nobody is in ends at its planned end, not before', async () => {
  const meeting = await createMeeting(ada, { duration: 30, keepUntilEnd: true });
  await join(ben, meeting);
  assert.equal((await leave(ben, meeting)).meetingEnded, false);
  await age(sys, meeting, 29);
  await housekeepingTurn(sys, ada);
  assert.equal(await status(meeting), 2);
  await age(sys, meeting, 1);
  await ended(meeting);
  assert.equal((await logOf(sys, meeting)).at(-1).data.reason, 'empty');
});

test('after its planned end a kept meeting ends as others do', async () => {
  const at = async (emptyMinutes) => {
    const meeting = await createMeeting(ada, { duration: 30, keepUntilEnd: true, emptyMinutes });
    await join(ben, meeting);
    await age(sys, meeting, 40);
    return { meeting, ...(await leave(ben, meeting)) };
  };
  assert.equal((await at(0)).meetingEnded, true);
  const { meeting, meetingEnded } = await at(60);
  assert.equal(meetingEnded, false);
  await age(sys, meeting, 59);
  await housekeepingTurn(sys, ada);
  assert.equal(await status(meeting), 2);
  await age(sys, meeting, 1);
  await ended(meeting);
});

test('who comes early takes no time off a meeting that ends on time, nor is its end announced before it begins', async () => {
  const meeting = await createMeeting(ada, { startTime: inMinutes(31), duration: 4, endsOnTime: true });
  await join(ada, meeting);
  await age(sys, meeting, 30); // it begins in a minute
  await sys.sql('UPDATE meetings SET due_at = UTC_TIMESTAMP(3) WHERE id = ?', [meeting.id]);
  await lookedAt(meeting);
  assert.ok(!(await typesOf(meeting)).includes('meeting_ending'));
  assert.equal((await shown(meeting)).endsAt, null);
  await age(sys, meeting, 1);
  const notice = await until('notice', async () =>
    (await logOf(sys, meeting)).find((e) => e.type === 'meeting_ending'),
  );
  assert.equal(Date.parse(notice.data.endsAt), Date.parse((await shown(meeting)).startTime) + 4 * 60_000);
});

test('the end is announced once, whatever else is changed, and again where it moves', async () => {
  const meeting = await createMeeting(ada, { endsOnTime: true, duration: 30 });
  await join(ada, meeting);
  await age(sys, meeting, 26);
  const count = async () => (await typesOf(meeting)).filter((type) => type === 'meeting_ending').length;
  await until('notice', count);
  for (const changes of [
    { allowShare: false },
    { duration: 30 },
    { endsOnTime: false },
    { endsOnTime: true },
    { title: 'x', muteOnEntry: true },
  ]) {
    await patch(meeting, changes);
    await sys.sql('UPDATE meetings SET due_at = UTC_TIMESTAMP(3) WHERE id = ?', [meeting.id]);
    await lookedAt(meeting);
    assert.equal(await count(), 1, JSON.stringify(changes));
  }
  await patch(meeting, { duration: 31 });
  await until('a second notice', async () => (await count()) === 2);
});

test('the host left last, policy hand over: whoever comes then is host', async () => {
  const meeting = await createMeeting(ada, { emptyMinutes: 5 });
  for (const user of [ada, ben]) await join(user, meeting);
  await leave(ben, meeting);
  await leave(ada, meeting);
  await join(ben, meeting);
  const now = await until('ben is host', async () => {
    const m = await shown(meeting);
    return m.host.id === ben.id && m;
  });
  assert.equal(now.hostAway, false);
  assert.deepEqual((await typesOf(meeting)).slice(-3), ['host_away', 'user_joined', 'host_changed']);
});

test('the host left last, policy lock: nobody comes in until the return', async () => {
  const meeting = await createMeeting(ada, { emptyMinutes: 5, hostLossPolicy: 'lock' });
  for (const user of [ada, ben]) await join(user, meeting);
  await leave(ben, meeting);
  await leave(ada, meeting);
  refused(await ben.client.post(`/meetings/${meeting.id}/join`, {}), 'meeting_locked');
  await join(ada, meeting);
  await join(ben, meeting);
});

test('the host left last, policy end: it ends without its host, counted from when somebody came', async () => {
  const meeting = await createMeeting(ada, { emptyMinutes: 30, hostLossPolicy: 'end', hostLossMinutes: 7 });
  for (const user of [ada, ben]) await join(user, meeting);
  await leave(ben, meeting);
  await leave(ada, meeting);
  assert.equal((await logOf(sys, meeting)).at(-1).data.endsAt, null, 'an empty meeting does not miss its host');
  await age(sys, meeting, 10);
  await housekeepingTurn(sys, ada);
  assert.equal(await status(meeting), 2);
  const { meeting: seen } = await join(ben, meeting);
  assert.equal(seen.hostAway, true);
  assert.ok(Math.abs(Date.parse(seen.hostAwayEndsAt) - Date.now() - 7 * 60_000) < 60_000);
  await lookedAt(meeting);
  await age(sys, meeting, 7);
  await ended(meeting);
  assert.equal((await logOf(sys, meeting)).at(-1).data.reason, 'host_lost');
});

test('a guest does not inherit the host; the next one with an account does', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true, password: 'sesame' });
  const grace = await guest(meeting, 'Grace');
  await join(ada, meeting);
  await join(grace, meeting, 'sesame');
  await leave(ada, meeting);
  const away = (await logOf(sys, meeting)).at(-1);
  assert.deepEqual([away.type, away.data], ['host_away', { userId: ada.id, policy: 'hand_over', endsAt: null }]);
  const seen = await shown(meeting, grace);
  assert.deepEqual([seen.host.id, seen.hostAway], [ada.id, true]);
  refused(await grace.client.get(`/meetings/${meeting.id}/transcript`), 'forbidden');
  await join(ben, meeting, 'sesame');
  await until('ben is host', async () => (await shown(meeting)).host.id === ben.id);
  assert.equal((await shown(meeting, ben)).password, 'sesame');
});

test('the password in clear is for the creator and for accounts that host', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true, password: 'sesame' });
  const grace = await guest(meeting, 'Grace');
  for (const user of [ada, ben, grace]) await join(user, meeting, 'sesame');
  const sees = async () => Promise.all([ada, ben, grace].map(async (user) => (await shown(meeting, user)).password));
  assert.deepEqual(await sees(), ['sesame', undefined, undefined]);
  ok(await ada.client.post(`/meetings/${meeting.id}/host`, { userId: ben.id }), 204);
  assert.deepEqual(await sees(), ['sesame', 'sesame', undefined]);
  ok(await ben.client.post(`/meetings/${meeting.id}/host`, { userId: grace.id }), 204);
  assert.deepEqual(await sees(), ['sesame', undefined, undefined]);
  assert.equal(ok(await grace.client.patch(`/meetings/${meeting.id}`, { title: 'Mine' })).password, undefined);
});
