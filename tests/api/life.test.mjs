/* The life of a meeting: the ends that come by themselves, by any worker, once, also after all were down. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import mysql from 'mysql2/promise';
import { startSystem } from '../lib/system.mjs';
import { age, createMeeting, housekeepingTurn, join, logOf, ok, people, refused, until } from './support.mjs';

let sys;
let ada, ben, cleo;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_MEETINGS_PER_PERSON: '0' } });
  [ada, ben, cleo] = await people(sys, 'Ada', 'Ben', 'Cleo');
});
after(() => sys?.stop());

const stored = async (meeting) => (await sys.sql('SELECT * FROM meetings WHERE id = ?', [meeting.id]))[0];
const status = async (meeting) => (await stored(meeting)).status;
const over = (meeting) => until('the meeting ends', async () => (await status(meeting)) >= 3);
const ends = async (meeting) =>
  (await logOf(sys, meeting)).filter((e) => e.type === 'meeting_ended').map((e) => e.data.reason);
const leave = (user, meeting) => user.client.post(`/meetings/${meeting.id}/leave`, {});

test('an empty meeting stays open as long as its host wanted, and then ends', async () => {
  const meeting = await createMeeting(ada, { emptyMinutes: 10 });
  await join(ben, meeting);
  assert.equal(ok(await leave(ben, meeting)).meetingEnded, false);
  await age(sys, meeting, 9);
  await housekeepingTurn(sys, ada);
  assert.equal(await status(meeting), 2);
  await age(sys, meeting, 2);
  await over(meeting);
  assert.deepEqual(await ends(meeting), ['empty']);
});

test('coming back to an empty meeting goes on with it', async () => {
  const meeting = await createMeeting(ada, { emptyMinutes: 10 });
  await join(ben, meeting);
  ok(await leave(ben, meeting));
  await join(cleo, meeting);
  await until('the plan is made anew', async () => (await stored(meeting)).due_at === null);
  await age(sys, meeting, 60);
  await housekeepingTurn(sys, ada);
  assert.equal(await status(meeting), 2);
});

test('a meeting that ends on time gives notice once, and ends', async () => {
  const meeting = await createMeeting(ada, { endsOnTime: true, duration: 30 });
  await join(ada, meeting);
  await join(ben, meeting);
  await age(sys, meeting, 24);
  await housekeepingTurn(sys, ada);
  assert.ok(!(await logOf(sys, meeting)).some((e) => e.type === 'meeting_ending'));
  assert.equal(ok(await ben.client.get(`/meetings/${meeting.id}`)).endsAt, null);
  await age(sys, meeting, 2);
  const notice = await until('notice', async () =>
    (await logOf(sys, meeting)).find((e) => e.type === 'meeting_ending'),
  );
  assert.ok(Math.abs(Date.parse(notice.data.endsAt) - Date.now() - 4 * 60_000) < 60_000);
  const [late] = await people(sys, 'Late');
  assert.equal((await join(late, meeting)).meeting.endsAt, notice.data.endsAt, 'who comes late is told as well');
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/me`, { audio: true })); // a change plans anew and gives no second notice
  await age(sys, meeting, 5);
  await over(meeting);
  assert.deepEqual(await ends(meeting), ['time_over']);
  assert.equal((await logOf(sys, meeting)).filter((e) => e.type === 'meeting_ending').length, 1);
  refused(await leave(ben, meeting), 'not_joined');
});

test('more time given after the notice is taken', async () => {
  const meeting = await createMeeting(ada, { endsOnTime: true, duration: 30 });
  await join(ada, meeting);
  await age(sys, meeting, 27);
  await until('notice', async () => (await logOf(sys, meeting)).some((e) => e.type === 'meeting_ending'));
  ok(await ada.client.patch(`/meetings/${meeting.id}`, { duration: 60 }));
  await age(sys, meeting, 5);
  await housekeepingTurn(sys, ada);
  assert.equal(await status(meeting), 2);
});

test('host gone, policy changed to hand over from outside: somebody who is there becomes host', async () => {
  const meeting = await createMeeting(ada, { hostLossPolicy: 'lock' });
  for (const user of [ada, ben]) await join(user, meeting);
  ok(await leave(ada, meeting));
  const now = ok(await ada.client.patch(`/meetings/${meeting.id}`, { hostLossPolicy: 'hand_over' }));
  assert.deepEqual([now.hostAway, now.host.id], [false, ben.id]);
  const log = (await logOf(sys, meeting)).slice(-2);
  assert.deepEqual(
    log.map(({ type }) => type),
    ['meeting_updated', 'host_changed'],
  );
  assert.equal(log[1].data.userId, ben.id);
});

test('a meeting that nobody came to expires', async () => {
  const meeting = await createMeeting(ada, { duration: 30 });
  await age(sys, meeting, 24 * 60);
  await housekeepingTurn(sys, ada);
  assert.equal(await status(meeting), 1);
  await age(sys, meeting, 31);
  await over(meeting);
  assert.equal(await status(meeting), 4);
  assert.deepEqual(await ends(meeting), ['expired']);
});

test('host gone, policy end: the others are told, and the meeting ends unless the host returns', async () => {
  const meeting = await createMeeting(ada, { hostLossPolicy: 'end', hostLossMinutes: 7 });
  for (const user of [ada, ben]) await join(user, meeting);
  ok(await leave(ada, meeting));
  const away = (await logOf(sys, meeting)).find((e) => e.type === 'host_away');
  assert.equal(away.data.policy, 'end');
  assert.ok(Math.abs(Date.parse(away.data.endsAt) - Date.now() - 7 * 60_000) < 60_000);
  const told = async () => {
    const { hostAway, hostAwayEndsAt } = ok(await ben.client.get(`/meetings/${meeting.id}`));
    return [hostAway, hostAwayEndsAt];
  };
  assert.deepEqual(await told(), [true, away.data.endsAt]);
  await join(ada, meeting);
  assert.deepEqual(await told(), [false, null]);
  await age(sys, meeting, 8);
  await housekeepingTurn(sys, ada);
  assert.equal(await status(meeting), 2);
  ok(await leave(ada, meeting));
  await age(sys, meeting, 8);
  await over(meeting);
  assert.deepEqual(await ends(meeting), ['host_lost']);
});

test('host gone, policy lock: nobody new comes in until the host returns', async () => {
  const meeting = await createMeeting(ada, { hostLossPolicy: 'lock' });
  for (const user of [ada, ben]) await join(user, meeting);
  ok(await leave(ada, meeting));
  refused(await cleo.client.post(`/meetings/${meeting.code}/join`, {}), 'meeting_locked');
  assert.equal(ok(await ben.client.get(`/meetings/${meeting.id}`)).host.id, ada.id);
  await join(ada, meeting);
  await join(cleo, meeting);
});

test('host gone, policy hand over: a co-host before a participant, an account before a guest', async () => {
  const meeting = await createMeeting(ada, { hostLossPolicy: 'hand_over' });
  for (const user of [ada, ben, cleo]) await join(user, meeting);
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/${cleo.id}`, { role: 'cohost' }));
  ok(await leave(ada, meeting));
  assert.equal(ok(await ben.client.get(`/meetings/${meeting.id}`)).host.id, cleo.id);
  await join(ada, meeting);
  ok(await ada.client.post(`/meetings/${meeting.id}/host`, { userId: ada.id }), 204); // the creator takes it back
  const change = (await logOf(sys, meeting)).findLast((e) => e.type === 'host_changed');
  assert.deepEqual(change.data, { userId: ada.id, previousUserId: cleo.id, previousRole: 'cohost' });
  refused(await ben.client.post(`/meetings/${meeting.id}/host`, { userId: ben.id }), 'forbidden');
});

test('what came due while everything was down is done once when it is up again', async () => {
  const meetings = [];
  for (let i = 0; i < 60; i++) meetings.push(await createMeeting(ada, { duration: 1 }));
  await sys.processes.pool.stop();
  for (const meeting of meetings) await age(sys, meeting, 3 * 24 * 60);
  await sys.processes.pool.start();
  for (const meeting of meetings) await over(meeting);
  for (const meeting of meetings) assert.deepEqual(await ends(meeting), ['expired']);
});

/* When housekeeping looks at them next, in ms since 1970. */
const due = async (meetings) =>
  (await sys.sql(`SELECT due_at FROM meetings WHERE id IN (${meetings.map((m) => m.id)})`)).map((row) =>
    Date.parse(`${row.due_at.replace(' ', 'T')}Z`),
  );

test('meetings whose date MySQL bent do not keep housekeeping from the others', async () => {
  const bent = [];
  for (let i = 0; i < 50; i++) bent.push(await createMeeting(ada));
  await sys.sql(
    `UPDATE meetings SET start_time = '9999-12-31 23:59:59', due_at = '0000-00-00' WHERE id IN (${bent.map((m) => m.id)})`,
  );
  const meeting = await createMeeting(ada, { endsOnTime: true, duration: 30 });
  await join(ben, meeting);
  await age(sys, meeting, 31);
  await over(meeting);
  assert.deepEqual(await ends(meeting), ['time_over']);
  for (const at of await due(bent)) assert.ok(at > Date.now(), 'it is looked at again when it is due');
});

test('meetings at which housekeeping fails do not keep it from the others', async () => {
  const failing = [];
  for (let i = 0; i < 50; i++) failing.push(await createMeeting(ada, { duration: 1 }));
  for (const meeting of failing) {
    await sys.sql(
      "INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at) VALUES (?, 1, 'x', '*', '-', '{}', 'x', NOW(3))",
      [meeting.id],
    );
    await age(sys, meeting, 3 * 24 * 60);
  }
  const meeting = await createMeeting(ada, { endsOnTime: true, duration: 30 });
  await join(ben, meeting);
  await age(sys, meeting, 31);
  await over(meeting);
  for (const at of await due(failing)) assert.ok(at > Date.now(), 'it is put off');
});

test('a meeting whose row is held keeps housekeeping from no other', async (t) => {
  const [held, meeting] = [await createMeeting(ada, { duration: 1 }), await createMeeting(ada, { duration: 1 })];
  const holder = await mysql.createConnection({
    socketPath: sys.env.ECHOMEET_MYSQL_SOCKET,
    user: 'root',
    database: sys.env.ECHOMEET_MYSQL_DATABASE,
  });
  t.after(() => holder.end());
  await sys.processes.pool.stop();
  await age(sys, held, 4 * 24 * 60);
  await age(sys, meeting, 3 * 24 * 60);
  await holder.query('START TRANSACTION');
  await holder.query('SELECT id FROM meetings WHERE id = ? FOR UPDATE', [held.id]);
  await sys.processes.pool.start();
  await over(meeting);
  assert.equal(await status(held), 1);
  await holder.query('ROLLBACK');
  await over(held);
});

test('the migration repairs the dates that MySQL bent', async () => {
  const planned = await createMeeting(ada);
  await sys.processes.pool.stop();
  await sys.sql("UPDATE meetings SET start_time = '9999-12-31 23:59:59', due_at = '0000-00-00' WHERE id = ?", [
    planned.id,
  ]);
  await sys.sql(
    readFileSync(new URL('../../db/migrations/0015_due_dates.sql', import.meta.url), 'utf8').replace(/;\s*$/, ''),
  );
  assert.ok((await due([planned]))[0] > Date.now());
  await sys.processes.pool.start();
});
