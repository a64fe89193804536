/* Two relays on one Redis: events and signals across, seats that move between them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSocket } from '../lib/client.mjs';
import { assertRising, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({
    relays: 2,
    env: { ECHOMEET_GRACE_LOST_MS: '1500', ECHOMEET_RELAY_SYNC_MS: '500', ECHOMEET_RELAY_LEASE_MS: '5000' },
  });
});
after(() => sys?.stop());

const across = { relayOf: (i) => i % 2 };

test('everybody sees the same, in the same order', async () => {
  const { meeting, people } = await makeRoom(sys, ['Ana', 'Ben', 'Carl', 'Dora'], across);
  await Promise.all(
    people.map(async (person, i) => {
      for (let n = 0; n < 20; n++) await person.socket.request('chat_message', { text: `${i}.${n}`, clientId: `${n}` });
    }),
  );
  const rows = await sys.sql('SELECT seq, type FROM room_events WHERE meeting_id = ? ORDER BY seq', [meeting.id]);
  const last = Number(rows.at(-1).seq);
  for (const person of people) {
    if (person.socket.seq < last) await person.socket.waitFor('chat_message', (m) => m.seq === last);
    assertRising(person.socket.events);
    assert.deepEqual(
      person.socket.events.map((m) => `${m.seq} ${m.type}`),
      rows.filter((row) => row.seq > person.joined.seq).map((row) => `${row.seq} ${row.type}`),
    );
  }
  await Promise.all(people.map((p) => p.socket.close()));
});

test('signals cross, in order', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben'], across);
  for (let i = 0; i < 100; i++) ana.socket.send('webrtc_signal', { to: ben.id, i, text: 'ä "quoted" \n' });
  const last = await ben.socket.waitFor('webrtc_signal', (m) => m.data.i === 99);
  assert.equal(last.from, ana.id);
  assert.equal(last.meetingId, meeting.id);
  assert.deepEqual(
    ben.socket.messages.filter((m) => m.type === 'webrtc_signal').map((m) => m.data.i),
    Array.from({ length: 100 }, (_, i) => i),
  );
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('a seat moves to the other relay; the first connection is closed with 4409', async () => {
  const {
    meeting,
    people: [ana, ben, carl, dora],
  } = await makeRoom(sys, ['Ana', 'Ben', 'Carl', 'Dora'], across);
  const moved = await openSocket(sys, ben.token, { relay: 0 });
  await moved.request('join_room', { meetingId: meeting.code });
  assert.equal((await ben.socket.closed).code, 4409);
  await ana.socket.request('webrtc_signal', { to: ben.id, now: 'here' });
  await moved.waitFor('webrtc_signal');
  dora.socket.terminate(); // at the relay that Ben left, after him
  assert.equal((await ana.socket.waitFor('user_left')).data.userId, dora.id);
  await Promise.all([ana, carl].map(({ socket }) => socket.close()));
  await moved.close();
});

test('one relay is killed: its people go on at the other', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben'], across);
  const { seq } = ben.socket;
  await ana.socket.request('chat_message', { text: '1', clientId: '1' });
  await sys.processes.relays[1].kill('SIGKILL');
  await ana.socket.request('chat_message', { text: '2', clientId: '2' });
  const moved = await openSocket(sys, ben.token, { relay: 0 });
  const view = await moved.request('join_room', { meetingId: meeting.code, since: seq });
  assert.deepEqual(
    view.events.filter((m) => m.type === 'chat_message').map((m) => m.data.message.text),
    ['1', '2'],
  );
  await ana.socket.request('chat_message', { text: '3', clientId: '3' });
  await moved.waitFor('chat_message', (m) => m.data.message.text === '3');
  await sys.processes.relays[1].start();
  await Promise.all([ana.socket.close(), moved.close()]);
});

test('a relay that hung for longer than its lease tells those whose seats were given up to come back', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben'], across);
  sys.processes.relays[1].signal('SIGSTOP');
  const left = await ana.socket.waitFor('user_left');
  assert.deepEqual(left.data, { userId: ben.id, reason: 'timeout' });
  sys.processes.relays[1].signal('SIGCONT');
  assert.equal((await ben.socket.closed).code, 1012);
  assert.equal(ben.socket.events.at(-1).seq, left.seq);
  const back = await openSocket(sys, ben.token, { relay: 1 });
  const view = await back.request('join_room', { meetingId: meeting.code, since: ben.socket.seq });
  assert.deepEqual(
    view.events.map((m) => m.type),
    ['user_joined'],
  );
  await ana.socket.request('raise_hand');
  await back.waitFor('hand_raised');
  await Promise.all([ana.socket.close(), back.close()]);
});

test('without Redis events still cross, by the sync', async () => {
  const {
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben'], across);
  await sys.processes.redis.kill();
  await ana.socket.request('chat_message', { text: 'over the workers', clientId: 'x' });
  await ben.socket.waitFor('chat_message');
  await assert.rejects(ana.socket.request('webrtc_signal', { to: ben.id }), { code: 'unavailable' });
  await sys.processes.redis.start();
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});
