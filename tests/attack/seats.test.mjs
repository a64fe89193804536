/* Seats that nobody sits on: taken by REST, with no connection that could end. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api } from '../api/contract.mjs';
import { createMeeting, join, logOf, ok, people, refused, sleep, until } from '../api/support.mjs';
import { openSocket } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';

const GRACE_MS = 1500;
let sys;
let ada, ben, cleo;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_GRACE_UNCONNECTED_MS: String(GRACE_MS) } });
  [ada, ben, cleo] = await people(sys, 'Ada', 'Ben', 'Cleo');
});
after(() => sys?.stop());

const shown = async (meeting) => ok(await ada.client.get(`/meetings/${meeting.id}`));

async function guests(meeting, count) {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const answer = ok(await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: `Guest ${i}` }), 201);
      return { id: answer.user.id, client: api(sys, answer.accessToken) };
    }),
  );
}

test('seats that no connection comes to are given up; whoever runs the meeting gets in before', async () => {
  const meeting = await createMeeting(ada, { maxParticipants: 5, allowGuests: true, emptyMinutes: 60 });
  for (const guest of await guests(meeting, 5)) await join(guest, meeting);
  refused(await ben.client.post(`/meetings/${meeting.code}/join`, {}), 'meeting_full');
  const socket = await openSocket(sys, ada.token);
  const { participants } = await socket.request('join_room', { meetingId: meeting.id });
  assert.equal(participants.length, 6, 'the host gets in though it is full');
  await until('the host is alone', async () => (await shown(meeting)).participantCount === 1);
  const gone = (await logOf(sys, meeting)).filter((e) => e.type === 'user_left').map((e) => e.data.reason);
  assert.deepEqual(gone, Array(5).fill('timeout'));
  await sleep(2 * GRACE_MS);
  assert.equal((await shown(meeting)).participantCount, 1, 'who has a connection stays');
  await socket.close();
});

test('creator and co-hosts get into a full meeting too', async () => {
  const meeting = await createMeeting(ada, { maxParticipants: 2, emptyMinutes: 60 });
  const at = async (user) => {
    const socket = await openSocket(sys, user.token);
    await socket.request('join_room', { meetingId: meeting.code });
    return socket;
  };
  const sockets = [await at(ada), await at(ben)];
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/${ben.id}`, { role: 'cohost' }));
  ok(await ada.client.post(`/meetings/${meeting.id}/host`, { userId: ben.id }), 204);
  await sockets[0].request('leave_room');
  sockets.push(await at(cleo), await at(ada)); // the creator, who is not the host
  assert.equal((await shown(meeting)).participantCount, 3);
  for (const socket of sockets) await socket.close();
});

test('a place in the lobby that no connection comes to is given up', async () => {
  const meeting = await createMeeting(ada, { waitingRoom: true, emptyMinutes: 60 });
  assert.equal((await join(ben, meeting)).waiting, true);
  const lobby = async () => ok(await ada.client.get(`/meetings/${meeting.id}/lobby`)).items.length;
  assert.equal(await lobby(), 1);
  await until('the lobby is empty', async () => (await lobby()) === 0);
  assert.equal((await logOf(sys, meeting)).at(-1).data.outcome, 'timeout');
});

test('a seat taken by REST stays with a connection that comes to it, and one that fails keeps no other', async () => {
  const meeting = await createMeeting(ada);
  await join(ben, meeting);
  const socket = await openSocket(sys, ben.token);
  await socket.request('join_room', { meetingId: meeting.id });
  const broken = await createMeeting(ada);
  await join(cleo, broken);
  await sys.sql(
    "INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at) VALUES (?, 2, 'x', '*', '-', '{}', 'x', NOW(3))",
    [broken.id],
  );
  const other = await createMeeting(ada);
  await join(cleo, other);
  await until('the other is over', async () => (await shown(other)).status === 3);
  assert.deepEqual([(await shown(meeting)).participantCount, (await shown(broken)).participantCount], [1, 1]);
  await socket.close();
});
