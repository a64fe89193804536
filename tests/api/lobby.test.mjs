/* The lobby by REST: who waits, who is let in, refused, sent back; locks; what those who wait can see. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { createMeeting, crowd, join, logOf, ok, people, refused, rowsOf, seatsOf } from './support.mjs';

let sys;
let ada, ben, cleo, dan;
before(async () => {
  sys = await startSystem();
  [ada, ben, cleo, dan] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Dan');
});
after(() => sys?.stop());

const knock = (user, meeting, body = {}) => user.client.post(`/meetings/${meeting.code}/join`, body);
const lobby = async (user, meeting) =>
  ok(await user.client.get(`/meetings/${meeting.id}/lobby`)).items.map((p) => p.userId);
const admit = (user, meeting, body) => user.client.post(`/meetings/${meeting.id}/lobby/admit`, body);
const me = async (user, meeting) => ok(await user.client.get(`/meetings/${meeting.id}/participants/me`));

async function meetingWithLobby(options = {}) {
  const meeting = await createMeeting(ada, { waitingRoom: true, ...options });
  await join(ada, meeting);
  return meeting;
}

async function waits(user, meeting) {
  const answer = ok(await knock(user, meeting));
  assert.equal(answer.waiting, true);
  assert.equal(answer.me.status, 'waiting');
  assert.deepEqual(Object.keys(answer).sort(), ['me', 'meeting', 'waiting']);
}

test('who comes waits, is seen by those who run the meeting, and is let in', async () => {
  const meeting = await meetingWithLobby();
  await waits(ben, meeting);
  await waits(ben, meeting); // asking again changes nothing
  await waits(cleo, meeting);
  assert.deepEqual(await lobby(ada, meeting), [ben.id, cleo.id]);
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 1, counted: 1 });
  ok(await admit(ada, meeting, { userId: ben.id }), 204);
  assert.equal((await me(ben, meeting)).status, 'joined');
  assert.deepEqual(await lobby(ada, meeting), [cleo.id]);
  refused(await admit(ada, meeting, { userId: ben.id }), 'not_found');
  const log = await logOf(sys, meeting);
  assert.deepEqual(
    log.map((e) => e.type),
    ['user_joined', 'lobby_joined', 'lobby_joined', 'lobby_admitted', 'lobby_left', 'user_joined'],
  );
  assert.deepEqual(
    log.map((e) => e.audience),
    ['*', `${ada.id}`, `${ada.id}`, `${ben.id}`, `${ada.id}`, '*'],
  );
});

test('all at once, as many as there are seats', async () => {
  const meeting = await meetingWithLobby({ maxParticipants: 26 });
  const many = await crowd(sys, 30, 'Visitor');
  for (const user of many) await waits(user, meeting);
  ok(await admit(ada, meeting, { all: true }), 204);
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 26, counted: 26 });
  assert.deepEqual(
    await lobby(ada, meeting),
    many.slice(25).map((u) => u.id),
    'the first to come are the first in',
  );
  refused(await admit(ada, meeting, { all: true }), 'meeting_full');
  refused(await admit(ada, meeting, { userId: many[29].id }), 'meeting_full');
  ok(await many[0].client.post(`/meetings/${meeting.id}/leave`, {}));
  ok(await admit(ada, meeting, { userId: many[29].id }), 204);
});

test('a refused one may ask again, one sent back waits, and neither is the host', async () => {
  const meeting = await meetingWithLobby();
  await waits(ben, meeting);
  ok(await ada.client.post(`/meetings/${meeting.id}/lobby/refuse`, { userId: ben.id }), 204);
  assert.equal((await me(ben, meeting)).status, 'left');
  await waits(ben, meeting);
  ok(await admit(ada, meeting, { userId: ben.id }), 204);
  ok(await ada.client.post(`/meetings/${meeting.id}/lobby/return`, { userId: ben.id }), 204);
  assert.equal((await me(ben, meeting)).status, 'waiting');
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 1, counted: 1 });
  assert.equal((await logOf(sys, meeting)).findLast((e) => e.type === 'user_left').data.reason, 'lobby');
  refused(await ada.client.post(`/meetings/${meeting.id}/lobby/return`, { userId: ada.id }), 'forbidden');
  refused(await ada.client.post(`/meetings/${meeting.id}/lobby/refuse`, { userId: cleo.id }), 'not_found');
});

test('who waits sees nothing of the meeting and may do nothing in it', async () => {
  const meeting = await meetingWithLobby({ isPublic: false });
  ok(await ada.client.post(`/meetings/${meeting.id}/messages`, { text: 'secret', clientId: '1' }), 201);
  await waits(ben, meeting);
  const path = `/meetings/${meeting.id}`;
  const door = ok(await ben.client.get(path)); // as for whoever has the code
  assert.deepEqual([door.title, door.description, door.participants], [meeting.title, '', []]);
  for (const address of [
    '/participants',
    '/messages',
    '/events',
    '/lobby',
    '/attendance',
    '/audit',
    '/statistics',
    '/transcript',
    '/invites',
    '/removed',
  ])
    refused(await ben.client.get(path + address), 'forbidden', undefined, address);
  refused(await ben.client.post(`${path}/messages`, { text: 'hi', clientId: '1' }), 'not_joined');
  refused(await ben.client.patch(`${path}/participants/me`, { audio: true }), 'not_joined');
  refused(await ben.client.post(`${path}/lobby/admit`, { userId: ben.id }), 'forbidden');
  refused(await ben.client.post(`${path}/end`, {}), 'forbidden');
  ok(await ben.client.post(`${path}/leave`, {}));
  assert.deepEqual(await lobby(ada, meeting), []);
});

test('host, creator and co-hosts never wait', async () => {
  const meeting = await meetingWithLobby();
  await waits(ben, meeting);
  ok(await admit(ada, meeting, { userId: ben.id }), 204);
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/${ben.id}`, { role: 'cohost' }));
  ok(await ben.client.post(`/meetings/${meeting.id}/leave`, {}));
  assert.equal((await join(ben, meeting)).waiting, undefined, 'a co-host');
  ok(await ada.client.post(`/meetings/${meeting.id}/host`, { userId: ben.id }), 204);
  ok(await ada.client.post(`/meetings/${meeting.id}/leave`, {}));
  assert.equal((await join(ada, meeting)).waiting, undefined, 'the creator');
});

test('who passes the lobby is not put into it', async () => {
  const meeting = await createMeeting(ada);
  for (const user of [ada, ben, cleo]) await join(user, meeting);
  ok(await ada.client.post(`/meetings/${meeting.id}/host`, { userId: ben.id }), 204);
  ok(await ben.client.patch(`/meetings/${meeting.id}/participants/${cleo.id}`, { role: 'cohost' }));
  for (const [name, user] of Object.entries({ creator: ada, host: ben, cohost: cleo }))
    refused(
      await cleo.client.post(`/meetings/${meeting.id}/lobby/return`, { userId: user.id }),
      'forbidden',
      undefined,
      name,
    );
  ok(await ben.client.patch(`/meetings/${meeting.id}/participants/${cleo.id}`, { role: 'participant' }));
  ok(await ben.client.post(`/meetings/${meeting.id}/lobby/return`, { userId: cleo.id }), 204);
});

test('a lobby set before the start lets nobody start the meeting but those who run it', async () => {
  const meeting = await createMeeting(ada, { waitingRoom: true });
  await waits(ben, meeting);
  assert.equal(ok(await ada.client.get(`/meetings/${meeting.id}`)).status, 1);
  ok(await admit(ada, meeting, { userId: ben.id }), 204); // the host need not be in
  const detail = ok(await ada.client.get(`/meetings/${meeting.id}`));
  assert.equal(detail.status, 2);
  assert.ok(detail.actualStartTime);
});

test('without joinBeforeHost everybody waits for the host and comes in with them', async () => {
  const meeting = await createMeeting(ada, { joinBeforeHost: false });
  await waits(ben, meeting);
  await waits(cleo, meeting);
  await join(ada, meeting);
  assert.equal((await me(ben, meeting)).status, 'joined');
  assert.equal((await me(cleo, meeting)).status, 'joined');
  assert.equal((await join(dan, meeting)).waiting, undefined, 'later ones come right in');
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 4, counted: 4 });
});

test('taking the lobby away lets in who waits', async () => {
  const meeting = await meetingWithLobby();
  const many = await crowd(sys, 25, 'Visitor');
  for (const user of many) await waits(user, meeting);
  ok(await ada.client.patch(`/meetings/${meeting.id}`, { waitingRoom: false }));
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 26, counted: 26 });
  assert.deepEqual(await lobby(ada, meeting), []);
});

test('a locked meeting lets nobody new in, keeps who is in, and its host comes and goes', async () => {
  const meeting = await createMeeting(ada);
  await join(ada, meeting);
  await join(ben, meeting);
  ok(await ada.client.patch(`/meetings/${meeting.id}`, { locked: true }));
  refused(await knock(cleo, meeting), 'meeting_locked');
  refused(await knock(ben, meeting), 'already_joined');
  ok(await ada.client.post(`/meetings/${meeting.id}/leave`, {}));
  await join(ada, meeting);
  ok(await ben.client.post(`/meetings/${meeting.id}/leave`, {}));
  refused(await knock(ben, meeting), 'meeting_locked');
  ok(await ada.client.patch(`/meetings/${meeting.id}`, { locked: false }));
  await join(ben, meeting);
});

test('the end of the meeting is the end of the waiting', async () => {
  const meeting = await meetingWithLobby();
  await waits(ben, meeting);
  ok(await ada.client.post(`/meetings/${meeting.id}/end`, {}));
  assert.deepEqual(
    (await rowsOf(sys, meeting)).map((row) => row.status),
    [2, 2],
  );
  const [{ waiting_count: waiting }] = await sys.sql('SELECT waiting_count FROM meetings WHERE id = ?', [meeting.id]);
  assert.equal(waiting, 0);
});

test('what is wrong in a request is named', async () => {
  const meeting = await meetingWithLobby();
  refused(await admit(ada, meeting, {}), 'validation_failed', 'userId');
  refused(await admit(ada, meeting, { userId: 1, all: true }), 'validation_failed', 'userId');
  refused(await admit(ada, meeting, { userId: '1' }), 'validation_failed', 'userId');
  refused(await ada.client.post(`/meetings/${meeting.id}/lobby/refuse`, {}), 'validation_failed', 'userId');
  refused(await ben.client.get(`/meetings/${meeting.code}/participants/${ada.id}`), 'forbidden');
  refused(await ben.client.get(`/meetings/${meeting.code}/participants/me`), 'not_found');
});
