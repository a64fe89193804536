/* A join that resumes gets the place that it owned, and no other: what a device does that wakes up after its owner went on elsewhere. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSocket } from '../lib/client.mjs';
import { makeRoom, refused } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_GRACE_LOST_MS: '200' } });
});
after(() => sys?.stop());

/* A room of Ana and Ben; Ben's laptop, which has named its seat, loses its connection. */
async function sleeping(extra) {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben'], { meeting: extra });
  ben.socket.terminate();
  const laptop = await openSocket(sys, ben.token);
  await laptop.request('join_room', { meetingId: meeting.code, seat: 'laptop' });
  laptop.terminate();
  const resume = async (more) => {
    const socket = await openSocket(sys, ben.token);
    return {
      socket,
      view: await socket.request('join_room', { meetingId: meeting.code, since: laptop.seq, seat: 'laptop', ...more }),
    };
  };
  const phone = async (seat) => {
    const socket = await openSocket(sys, ben.token);
    await socket.request('join_room', { meetingId: meeting.code, seat });
    return socket;
  };
  return { meeting, ana, ben, resume, phone };
}

const inIt = async ({ meeting, ana }) =>
  (await ana.client.get(`/meetings/${meeting.id}`)).body.participants.map((p) => p.userId);
const timedOut = (room) =>
  room.ana.socket.waitFor('user_left', (m) => m.data.userId === room.ben.id && m.data.reason === 'timeout');

test('a place that is held still, and one that was given up for a broken connection, are resumed', async () => {
  const room = await sleeping();
  const { socket, view } = await room.resume();
  assert.equal(view.resumed, true);
  const other = await room.resume(); // the first one does not know yet that its connection is broken
  assert.equal((await socket.closed).code, 4409);
  other.socket.terminate();
  await timedOut(room);
  const late = await room.resume();
  assert.equal(late.view.me.status, 'joined');
  await late.socket.close();
  await room.ana.socket.close();
});

test('a place that another join took stays with it', async () => {
  for (const seat of ['phone', undefined]) {
    const room = await sleeping();
    const phone = await room.phone(seat);
    await refused(room.resume(), 'taken_over');
    assert.equal((await phone.request('raise_hand', {})).userId, room.ben.id, 'the phone has it still');
    await phone.close();
    await room.ana.socket.close();
  }
});

test('a place that another join took is not resumed when that one was lost either', async () => {
  const room = await sleeping();
  (await room.phone('phone')).terminate();
  await timedOut(room);
  await refused(room.resume(), 'taken_over');
  assert.deepEqual(await inIt(room), [room.ana.id]);
  await room.ana.socket.close();
});

test('who left, on whatever device, is not brought back', async () => {
  const ways = {
    socket: (room, phone) => phone.request('leave_room'),
    REST: (room) => room.ben.client.post(`/meetings/${room.meeting.id}/leave`, {}),
  };
  for (const [way, leave] of Object.entries(ways)) {
    const room = await sleeping();
    const phone = await room.phone('phone');
    await leave(room, phone);
    await refused(room.resume(), 'left');
    assert.deepEqual(await inIt(room), [room.ana.id], way);
    const { view } = await room.resume({ seat: undefined }); // without the name it is a wish to join
    assert.equal(view.me.status, 'joined');
    await room.ana.socket.close();
  }
});

test('who left from the very seat, or never had one, has none to resume', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  await ben.socket.request('leave_room');
  await ben.socket.request('join_room', { meetingId: meeting.code, seat: 's' });
  await ben.socket.request('leave_room');
  await refused(ben.socket.request('join_room', { meetingId: meeting.code, since: 1, seat: 's' }), 'left');
  const [cleo] = (await makeRoom(sys, ['Cleo'])).people;
  await cleo.socket.request('leave_room');
  await refused(cleo.socket.request('join_room', { meetingId: meeting.code, since: 1, seat: 's' }), 'left');
  await ana.socket.close();
});

test('who was removed is told so; once that is forgiven there is nothing to resume', async () => {
  const room = await sleeping();
  const phone = await room.phone('laptop');
  await room.ana.socket.request('remove_participant', { userId: room.ben.id });
  assert.equal((await phone.closed).code, 4403);
  await refused(room.resume(), 'removed');
  await room.ana.socket.request('lift_ban', { userId: room.ben.id });
  await refused(room.resume(), 'left');
  await room.ana.socket.close();
});

test('a place in the lobby is resumed, until its owner is refused', async () => {
  const {
    meeting,
    people: [ana],
  } = await makeRoom(sys, ['Ana'], { meeting: { waitingRoom: true } });
  const [ben] = (await makeRoom(sys, ['Ben'])).people;
  await ben.socket.request('leave_room');
  assert.equal((await ben.socket.request('join_room', { meetingId: meeting.code, seat: 'w' })).waiting, true);
  const again = await openSocket(sys, ben.token);
  assert.equal((await again.request('join_room', { meetingId: meeting.code, since: 0, seat: 'w' })).waiting, true);
  const other = await openSocket(sys, ben.token);
  await refused(other.request('join_room', { meetingId: meeting.code, since: 0, seat: 'x' }), 'taken_over');
  await ana.socket.request('lobby_refuse', { userId: ben.id });
  await again.waitFor('lobby_refused');
  await refused(again.request('join_room', { meetingId: meeting.code, since: 0, seat: 'w' }), 'left');
  await ana.socket.close();
});

test('the name of a seat is 1 to 64 printable characters', async () => {
  const {
    meeting,
    people: [ana],
  } = await makeRoom(sys, ['Ana']);
  const socket = await openSocket(sys, ana.token);
  for (const seat of ['', 'x'.repeat(65), 'a\nb', 7, null, {}])
    await refused(socket.request('join_room', { meetingId: meeting.code, seat }), 'validation_failed', 'seat');
  await socket.request('join_room', { meetingId: meeting.code, seat: '名'.repeat(64) });
  await refused(
    (await openSocket(sys, ana.token)).request('join_room', {
      meetingId: meeting.code,
      since: 0,
      seat: `${'名'.repeat(63)} `,
    }),
    'taken_over',
  );
  await socket.close();
});
