/* Changing and deleting messages: own ones, and any for who runs the meeting. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { meetingOf, ok, people, refused } from './support.mjs';

let sys;
let ada;
let ben;
let cleo;
let meeting;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben, cleo] = await people(sys, 'Ada', 'Ben', 'Cleo');
  meeting = await meetingOf(ada, ben, cleo);
});
after(() => sys?.stop());

let serial = 0;
const send = async (user, text, to) =>
  ok(
    await user.client.post(`/meetings/${meeting.id}/messages`, {
      text,
      clientId: `c${serial++}`,
      ...(to ? { to: to.id } : {}),
    }),
    201,
  );
const path = (message) => `/meetings/${meeting.id}/messages/${message.id}`;
const history = async (user) => ok(await user.client.get(`/meetings/${meeting.id}/messages`)).items;
const events = async (user) => ok(await user.client.get(`/meetings/${meeting.id}/events`)).items;

test('one’s own message is changed, and everybody hears of it', async () => {
  const message = await send(ben, 'Helo');
  const changed = ok(await ben.client.patch(path(message), { text: 'Hello' }));
  assert.deepEqual({ ...changed, editedAt: null }, { ...message, text: 'Hello' });
  assert.ok(changed.editedAt >= message.createdAt);
  assert.deepEqual((await history(cleo)).at(-1), changed);
  assert.deepEqual((await events(cleo)).at(-1).data, { message: changed });
  assert.equal((await events(cleo)).at(-1).type, 'message_edited');
  refused(await ada.client.patch(path(message), { text: 'mine' }), 'forbidden'); // not even the host
  for (const [body, field] of [
    [{}, 'text'],
    [{ text: '' }, 'text'],
    [{ text: 'x'.repeat(4001) }, 'text'],
    [{ text: 'a', id: 1 }, 'id'],
  ])
    refused(await ben.client.patch(path(message), body), 'validation_failed', field);
});

test('a deleted message keeps its place without its text, in the log as well', async () => {
  const message = await send(ben, 'secret one');
  ok(await ben.client.patch(path(message), { text: 'secret two' }));
  refused(await cleo.client.delete(path(message)), 'forbidden');
  assert.equal((await ben.client.delete(path(message))).status, 204);
  const now = (await history(cleo)).at(-1);
  assert.equal(now.id, message.id);
  assert.equal(now.text, '');
  assert.ok(now.deletedAt);
  assert.equal((await events(cleo)).at(-1).data.by, ben.id);
  assert.doesNotMatch(JSON.stringify(await events(cleo)), /secret (one|two)/);
  refused(await ben.client.patch(path(message), { text: 'again' }), 'not_found');
  refused(await ben.client.delete(path(message)), 'not_found');
});

test('host and co-hosts delete the messages of others', async () => {
  const [one, two] = [await send(ben, 'rude'), await send(ben, 'ruder')];
  assert.equal((await ada.client.delete(path(one))).status, 204);
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/${cleo.id}`, { role: 'cohost' }));
  assert.equal((await cleo.client.delete(path(two))).status, 204);
  assert.equal((await events(ben)).at(-1).data.by, cleo.id);
});

test('a private message does not exist for others, not even for the host', async () => {
  const message = await send(ben, 'psst', cleo);
  refused(await ada.client.delete(path(message)), 'not_found');
  refused(await ada.client.patch(path(message), { text: 'x' }), 'not_found');
  refused(await cleo.client.patch(path(message), { text: 'x' }), 'forbidden');
  ok(await ben.client.patch(path(message), { text: 'pssst' }));
  assert.equal((await ben.client.delete(path(message))).status, 204);
  assert.equal(
    (await events(ada)).filter((e) => JSON.stringify(e.data).includes(`"id":${message.id},`) && e.data.message).length,
    0,
  );
  assert.equal((await events(cleo)).at(-1).type, 'message_deleted');
});

test('what does not exist, and who is not there', async () => {
  const message = await send(ben, 'bye');
  refused(await ben.client.delete(`/meetings/${meeting.id}/messages/999999`), 'not_found');
  refused(await ben.client.delete(`/meetings/${meeting.id}/messages/last`), 'not_found');
  ok(await ben.client.post(`/meetings/${meeting.id}/leave`));
  refused(await ben.client.patch(path(message), { text: 'x' }), 'not_joined');
  refused(await ben.client.delete(path(message)), 'not_joined');
  ok(await ada.client.post(`/meetings/${meeting.id}/end`));
  refused(await ada.client.delete(path(message)), 'meeting_ended');
});
