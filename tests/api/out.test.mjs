/* What people may read of a meeting that they are out of, and what the audit tells of others. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { startSystem } from '../lib/system.mjs';
import { createMeeting, join, ok, people, refused } from './support.mjs';

let sys;
let ada, ben, cleo, dora;
let next = 0;
before(async () => {
  sys = await startSystem();
  [ada, ben, cleo, dora] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Dora');
});
after(() => sys?.stop());

const say = async (user, meeting, text, more) =>
  ok(await user.client.post(`/meetings/${meeting.id}/messages`, { text, clientId: `c${next++}`, ...more }), 201);
const leave = async (user, meeting) => ok(await user.client.post(`/meetings/${meeting.id}/leave`, {}));
const messages = async (user, meeting, query = '') =>
  ok(await user.client.get(`/meetings/${meeting.id}/messages${query}`));
const texts = async (user, meeting, query) => (await messages(user, meeting, query)).items.map((m) => m.text);
const log = async (user, meeting, after = 0) =>
  ok(await user.client.get(`/meetings/${meeting.id}/events?after=${after}`));
const lastOf = async (user, meeting) => {
  const { items, seq } = await log(user, meeting);
  assert.equal(items.at(-1).seq, seq);
  return items.at(-1);
};
const audit = async (user, meeting) => ok(await user.client.get(`/meetings/${meeting.id}/audit`)).items;

async function room(input) {
  const meeting = await createMeeting(ada, input);
  for (const user of [ada, ben, cleo]) await join(user, meeting);
  return meeting;
}

test('who left reads what was there when they left, until they come back', async () => {
  const meeting = await room();
  await say(ada, meeting, 'one');
  await say(cleo, meeting, 'two');
  await leave(ben, meeting);
  await say(cleo, meeting, 'three');
  await say(ada, meeting, 'four');
  assert.deepEqual(await texts(ben, meeting), ['one', 'two']);
  assert.deepEqual(await texts(ben, meeting, '?limit=1'), ['two']);
  const {
    items: [, four],
  } = await messages(cleo, meeting, '?limit=2');
  assert.deepEqual(await texts(ben, meeting, `?before=${four.id}&limit=1`), ['two']);
  const [first] = (await messages(ben, meeting)).items;
  assert.deepEqual(await messages(ben, meeting, `?before=${first.id}`), { items: [], hasMore: false });
  const last = await lastOf(ben, meeting);
  assert.deepEqual([last.type, last.data.userId], ['user_left', ben.id]);
  assert.deepEqual((await log(ben, meeting, last.seq)).items, []);
  await join(ben, meeting);
  assert.deepEqual(await texts(ben, meeting), ['one', 'two', 'three', 'four']);
  assert.equal((await lastOf(ben, meeting)).type, 'user_joined');
});

test('who was sent to the lobby and left it reads up to when they were sent there', async () => {
  const meeting = await room({ waitingRoom: false });
  await say(ada, meeting, 'one');
  ok(await ada.client.patch(`/meetings/${meeting.id}`, { waitingRoom: true }));
  ok(await ada.client.post(`/meetings/${meeting.id}/lobby/return`, { userId: ben.id }), 204);
  await say(ada, meeting, 'two');
  refused(await ben.client.get(`/meetings/${meeting.id}/messages`), 'forbidden');
  await leave(ben, meeting);
  assert.deepEqual(await texts(ben, meeting), ['one']);
  assert.equal((await lastOf(ben, meeting)).data.reason, 'lobby');
  assert.equal((await join(ben, meeting)).waiting, true);
  await leave(ben, meeting); // to wait once more gives no more to read
  assert.deepEqual(await texts(ben, meeting), ['one']);
  assert.equal((await join(ben, meeting)).waiting, true);
  ok(await ada.client.post(`/meetings/${meeting.id}/lobby/admit`, { userId: ben.id }), 204);
  assert.deepEqual(await texts(ben, meeting), ['one', 'two']);
});

test('who was removed and forgiven reads up to then; host, creator and co-hosts read on', async () => {
  const meeting = await room();
  await join(dora, meeting);
  await say(ada, meeting, 'one');
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/${cleo.id}`, { role: 'cohost' }));
  ok(await ada.client.delete(`/meetings/${meeting.id}/participants/${ben.id}`), 204);
  ok(await ada.client.delete(`/meetings/${meeting.id}/removed/${ben.id}`), 204);
  ok(await ada.client.post(`/meetings/${meeting.id}/host`, { userId: dora.id }), 204);
  await leave(ada, meeting);
  await leave(cleo, meeting);
  await say(dora, meeting, 'two');
  assert.deepEqual(await texts(ben, meeting), ['one']);
  for (const user of [ada, cleo, dora]) assert.deepEqual(await texts(user, meeting), ['one', 'two'], user.displayName);
  ok(await dora.client.post(`/meetings/${meeting.id}/end`, {}));
  for (const user of [ada, cleo, dora]) assert.equal((await lastOf(user, meeting)).type, 'meeting_ended');
});

test('who was in it to the end reads all of it', async () => {
  const meeting = await room();
  await say(ben, meeting, 'one');
  ok(await ada.client.post(`/meetings/${meeting.id}/end`, {}));
  assert.deepEqual(await texts(ben, meeting), ['one']);
  assert.equal((await lastOf(ben, meeting)).type, 'meeting_ended');
});

test('the audit tells of private messages to the two alone, and of nobody’s own lines', async () => {
  const meeting = await room();
  const secret = await say(ben, meeting, 'between us', { to: cleo.id });
  const toHost = await say(ben, meeting, 'for you', { to: ada.id });
  const own = await say(ben, meeting, 'mine');
  const other = await say(ben, meeting, 'not nice');
  ok(await ben.client.delete(`/meetings/${meeting.id}/messages/${secret.id}`), 204);
  ok(await ben.client.delete(`/meetings/${meeting.id}/messages/${own.id}`), 204);
  ok(await ada.client.delete(`/meetings/${meeting.id}/messages/${other.id}`), 204);
  ok(await ada.client.delete(`/meetings/${meeting.id}/messages/${toHost.id}`), 204);
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/${cleo.id}`, { role: 'cohost' }));
  const deleted = async (user) =>
    (await audit(user, meeting))
      .filter((e) => e.type === 'message_deleted')
      .map((e) => [e.data.message.id, e.actorId, e.subjectId]);
  assert.deepEqual(await deleted(ada), [
    [other.id, ada.id, ben.id],
    [toHost.id, ada.id, ben.id],
  ]);
  assert.deepEqual(await deleted(cleo), [[other.id, ada.id, ben.id]], 'nor of those between two others');
});

test('the migration bounds those who left before, and notes whose message was deleted', async () => {
  const meeting = await room();
  await say(ada, meeting, 'one');
  await leave(ben, meeting);
  await sys.sql('UPDATE messages SET created_at = created_at - INTERVAL 1 HOUR WHERE meeting_id = ?', [meeting.id]);
  await sys.sql('UPDATE participants SET left_at = left_at - INTERVAL 1 MINUTE WHERE meeting_id = ?', [meeting.id]);
  const { id } = await say(ada, meeting, 'two');
  ok(await ada.client.delete(`/meetings/${meeting.id}/messages/${id}`), 204);
  ok(await ada.client.post(`/meetings/${meeting.id}/end`, {}));
  await sys.sql(
    'UPDATE participants SET until_seq = 9223372036854775807, until_message_id = 9223372036854775807 WHERE meeting_id = ?',
    [meeting.id],
  );
  await sys.sql('UPDATE room_events SET subject_id = NULL WHERE meeting_id = ? AND type = ?', [
    meeting.id,
    'message_deleted',
  ]);
  const text = readFileSync(new URL('../../db/migrations/0018_gone_and_unconnected.sql', import.meta.url), 'utf8');
  const statements = text
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .filter((s) => s.trim().startsWith('UPDATE'));
  assert.equal(statements.length, 2);
  for (const statement of statements) await sys.sql(statement);
  assert.deepEqual(await texts(ben, meeting), ['one']);
  const last = await lastOf(ben, meeting);
  assert.deepEqual([last.type, last.data.userId], ['user_left', ben.id]);
  assert.deepEqual(await texts(cleo, meeting), ['one', '']);
  assert.equal((await lastOf(cleo, meeting)).type, 'meeting_ended');
  assert.deepEqual(
    (await audit(ada, meeting)).filter((e) => e.type === 'message_deleted'),
    [],
  );
});
