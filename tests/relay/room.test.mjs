/* What people in one room see of each other. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { assertRising, joined, makeMeeting, makeRoom, refused } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem();
});
after(() => sys?.stop());

test('join_room shows the whole room, by number and by code', async () => {
  const ana = await register(sys, 'Ana');
  const ben = await register(sys, 'Ben');
  const meeting = await makeMeeting(ana);
  const a = await openSocket(sys, ana.token);
  const first = await a.request('join_room', { meetingId: meeting.code });
  assert.equal(first.meeting.id, meeting.id);
  assert.equal(first.meeting.status, 2);
  assert.equal(first.me.userId, ana.id);
  assert.equal(first.me.role, 'host');
  assert.deepEqual(
    first.participants.map((p) => p.userId),
    [ana.id],
  );
  assert.deepEqual(first.messages, []);
  assert.equal(first.media.mode, 'mesh');
  assert.ok(first.seq > 0);
  const b = await openSocket(sys, ben.token);
  const second = await b.request('join_room', { meetingId: meeting.code.toLowerCase() });
  assert.deepEqual(
    second.participants.map((p) => p.userId).sort((x, y) => x - y),
    [ana.id, ben.id],
  );
  assert.ok(second.participants.every((p) => p.online));
  const seen = await joined(a, ben.id);
  assert.equal(seen.meetingId, meeting.id);
  assert.equal(seen.seq, second.seq);
  assert.match(seen.at, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.equal(seen.data.participant.displayName, 'Ben');
  // what is in the snapshot is not told again
  assert.deepEqual(b.events, []);
  await Promise.all([a.close(), b.close()]);
});

test('a chat message is in MySQL before anybody has it, and in the history of who comes later', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  let stored;
  ben.socket.ws.on('message', (data) => {
    const message = JSON.parse(data.toString());
    if (message.type === 'chat_message')
      stored = sys.sql('SELECT body FROM messages WHERE id = ?', [message.data.message.id]);
  });
  const ack = await ana.socket.request('chat_message', { text: 'Grüße 你好 😀', clientId: 'c-1' });
  const event = await ben.socket.waitFor('chat_message');
  assert.deepEqual(
    (await stored).map((row) => row.body),
    ['Grüße 你好 😀'],
  );
  assert.deepEqual(event.data.message, ack);
  assert.equal(ack.sender.id, ana.id);
  assert.equal(ack.to, null);
  assert.equal(ack.clientId, 'c-1');
  await ana.socket.waitFor('chat_message', (m) => m.data.message.id === ack.id);
  const carl = await register(sys, 'Carl');
  const c = await openSocket(sys, carl.token);
  const { messages } = await c.request('join_room', { meetingId: meeting.code });
  assert.deepEqual(
    messages.map((m) => m.text),
    ['Grüße 你好 😀'],
  );
  await Promise.all([ana.socket, ben.socket, c].map((s) => s.close()));
});

test('the same clientId stores and shows one message', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const first = await ana.socket.request('chat_message', { text: 'once', clientId: 'same' });
  const again = await ana.socket.request('chat_message', { text: 'once', clientId: 'same' });
  assert.deepEqual(again, first);
  await ana.socket.request('chat_message', { text: 'end', clientId: 'other' });
  await ben.socket.waitFor('chat_message', (m) => m.data.message.text === 'end');
  assert.deepEqual(
    ben.socket.events.filter((m) => m.type === 'chat_message').map((m) => m.data.message.text),
    ['once', 'end'],
  );
  const [{ n }] = await sys.sql('SELECT COUNT(*) AS n FROM messages WHERE meeting_id = ?', [meeting.id]);
  assert.equal(n, 2);
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('a private message reaches the two concerned only', async () => {
  const {
    people: [ana, ben, carl],
  } = await makeRoom(sys, ['Ana', 'Ben', 'Carl']);
  const ack = await ana.socket.request('chat_message', { text: 'psst', clientId: 'p', to: ben.id });
  assert.equal(ack.to.id, ben.id);
  await ana.socket.request('chat_message', { text: 'all', clientId: 'q' });
  for (const person of [ana, ben]) await person.socket.waitFor('chat_message', (m) => m.data.message.text === 'psst');
  await carl.socket.waitFor('chat_message', (m) => m.data.message.text === 'all');
  assert.ok(!carl.socket.events.some((m) => m.data.message?.text === 'psst'));
  for (const person of [ana, ben, carl]) {
    assertRising(person.socket.events);
    await person.socket.close();
  }
});

test('media and hands are told to everybody', async () => {
  const {
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const me = await ben.socket.request('media_control', { audio: true, video: true });
  assert.equal(me.userId, ben.id);
  assert.deepEqual([me.audio, me.video, me.screen], [true, true, false]);
  const media = await ana.socket.waitFor('media_changed');
  assert.deepEqual(media.data, { userId: ben.id, audio: true, video: true, screen: false });
  const raised = await ben.socket.request('raise_hand');
  assert.ok(raised.handRaisedAt);
  const up = await ana.socket.waitFor('hand_raised');
  assert.deepEqual(up.data, { userId: ben.id, handRaisedAt: raised.handRaisedAt });
  await ben.socket.request('lower_hand');
  const down = await ana.socket.waitFor('hand_lowered');
  assert.deepEqual(down.data, { userId: ben.id });
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('signals go to one member only, stamped, in order, with what the sender put in', async () => {
  const {
    meeting,
    people: [ana, ben, carl],
  } = await makeRoom(sys, ['Ana', 'Ben', 'Carl']);
  const description = { type: 'offer', sdp: 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n', unicode: '😀\u0000' };
  assert.deepEqual(
    await ana.socket.request('webrtc_signal', { to: ben.id, kind: 'description', description, from: 99 }),
    {},
  );
  for (let i = 0; i < 50; i++) ana.socket.send('webrtc_signal', { to: ben.id, kind: 'candidate', i });
  // line ends between the tokens of the sender's JSON do no harm
  ana.socket.sendText(JSON.stringify({ type: 'webrtc_signal', data: { to: ben.id, last: true } }, null, 2));
  const first = await ben.socket.waitFor('webrtc_signal');
  assert.deepEqual(first, {
    type: 'webrtc_signal',
    meetingId: meeting.id,
    from: ana.id,
    data: { to: ben.id, kind: 'description', description, from: 99 },
  });
  await ben.socket.waitFor('webrtc_signal', (m) => m.data.last);
  const order = ben.socket.messages.filter((m) => m.data?.kind === 'candidate').map((m) => m.data.i);
  assert.deepEqual(
    order,
    Array.from({ length: 50 }, (_, i) => i),
  );
  await carl.socket.request('chat_message', { text: 'x', clientId: 'x' });
  for (const person of [ana, carl]) assert.ok(!person.socket.messages.some((m) => m.type === 'webrtc_signal'));
  await Promise.all([ana, ben, carl].map((p) => p.socket.close()));
});

test('signals do not reach another room', async () => {
  const one = await makeRoom(sys, ['Ana', 'Ben']);
  const other = await makeRoom(sys, ['Carl']);
  one.people[0].socket.send('webrtc_signal', { to: other.people[0].id });
  await one.people[0].socket.request('webrtc_signal', { to: one.people[1].id });
  await one.people[1].socket.waitFor('webrtc_signal');
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  assert.ok(!other.people[0].socket.messages.some((m) => m.type === 'webrtc_signal'));
  await Promise.all([...one.people, ...other.people].map((p) => p.socket.close()));
});

test('leave_room is told to the others; the connection stays and may join again', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  await ben.socket.request('leave_room');
  const left = await ana.socket.waitFor('user_left');
  assert.deepEqual(left.data, { userId: ben.id, reason: 'left' });
  await refused(ben.socket.request('raise_hand'), 'not_joined');
  await ana.socket.request('raise_hand');
  const again = await ben.socket.request('join_room', { meetingId: meeting.code });
  await joined(ana.socket, ben.id);
  assert.equal(again.resumed, undefined);
  assert.ok(!ben.socket.events.some((m) => m.type === 'hand_raised'));
  await ben.socket.request('chat_message', { text: 'back', clientId: 'b' });
  await ben.socket.waitFor('chat_message');
  assertRising(ana.socket.events);
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('messages that are sent together are worked on in order, leave_room before a close too', async () => {
  const ana = await register(sys, 'Ana');
  const ben = await register(sys, 'Ben');
  const meeting = await makeMeeting(ana);
  const a = await openSocket(sys, ana.token);
  await a.request('join_room', { meetingId: meeting.code });
  const b = await openSocket(sys, ben.token);
  b.send('join_room', { meetingId: meeting.code }, 1);
  for (
    let i = 0;
    i < 30;
    i++ // more than may wait
  )
    b.send('chat_message', { text: String(i), clientId: String(i) }, 10 + i);
  b.send('leave_room', {}, 50);
  await b.close();
  const left = await a.waitFor('user_left');
  assert.deepEqual(left.data, { userId: ben.id, reason: 'left' });
  const texts = a.events.filter((m) => m.type === 'chat_message').map((m) => Number(m.data.message.text));
  assert.deepEqual(
    texts,
    texts.map((_, i) => i),
  );
  assert.ok(texts.length >= 1);
  await a.close();
});

test('a second connection takes the seat over, the first one is closed with 4409', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const second = await openSocket(sys, ben.token);
  const view = await second.request('join_room', { meetingId: meeting.code });
  assert.ok(view.participants.some((p) => p.userId === ben.id && p.online));
  assert.equal((await ben.socket.closed).code, 4409);
  await second.request('chat_message', { text: 'from the second', clientId: 's' });
  await ana.socket.waitFor('chat_message');
  assert.ok(
    !ana.socket.events.some((m) => m.type === 'user_left' || (m.type === 'presence_changed' && !m.data.online)),
  );
  await Promise.all([ana.socket.close(), second.close()]);
});

test('many connections of one user come at once: one of them has the seat in the end, the others are closed with 4409', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  let sockets = [ben.socket];
  for (let round = 0; round < 5; round++) {
    const more = await Promise.all(Array.from({ length: 6 }, () => openSocket(sys, ben.token, { relay: 0 })));
    sockets = [...sockets, ...more];
    await Promise.all(more.map((s) => s.request('join_room', { meetingId: meeting.code }).catch(() => {})));
    await eventually(() => sockets.filter((s) => s.closeCode === undefined).length === 1);
    assert.ok(sockets.every((s) => s.closeCode === undefined || s.closeCode === 4409));
    sockets = sockets.filter((s) => s.closeCode === undefined);
    const [row] = await sys.sql('SELECT connection FROM participants WHERE meeting_id = ? AND user_id = ?', [
      meeting.id,
      ben.id,
    ]);
    assert.equal(sockets[0].hello.connection, row.connection);
  }
  await sockets[0].request('chat_message', { text: 'me', clientId: 'me' });
  await ana.socket.waitFor('chat_message');
  await Promise.all([ana.socket.close(), sockets[0].close()]);
});

test('nobody stays behind in a meeting that ends while they come in', async () => {
  const others = await Promise.all(Array.from({ length: 12 }, (_, i) => register(sys, `Late ${i}`)));
  for (let round = 0; round < 4; round++) {
    const {
      meeting,
      people: [ana],
    } = await makeRoom(sys, ['Ana']);
    const sockets = await Promise.all(others.map((person) => openSocket(sys, person.token, { relay: 0 })));
    const joins = sockets.map((s) =>
      s.request('join_room', { meetingId: meeting.code }).then(
        () => 'in',
        (error) => error.code,
      ),
    );
    await Promise.race(joins);
    assert.equal((await ana.client.post(`/meetings/${meeting.id}/end`)).status, 200);
    for (const [i, join] of joins.entries()) {
      if ((await join) === 'meeting_ended') await sockets[i].close();
      else assert.equal((await sockets[i].closed).code, 4410);
    }
  }
});

test('who ends a meeting is answered, and closed then; what they sent after it does nothing', async () => {
  for (let i = 0; i < 10; i++) {
    const {
      meeting,
      people: [ana, ben],
    } = await makeRoom(sys, ['Ana', 'Ben']);
    ana.socket.sendText('{"type":"end_meeting","id":90}');
    ana.socket.sendText('{"type":"raise_hand","id":91}');
    for (const { socket } of [ana, ben]) assert.equal((await socket.closed).code, 4410);
    assert.equal(ana.socket.messages.find((m) => m.id === 90)?.data.id, meeting.id);
    assert.notEqual(ana.socket.messages.find((m) => m.id === 91)?.type, 'ack');
    assert.equal(ana.socket.events.at(-1).type, 'meeting_ended');
  }
});

test('the end of a meeting is told, and closes with 4410', async () => {
  const {
    meeting,
    people: [ana, ben, carl],
  } = await makeRoom(sys, ['Ana', 'Ben', 'Carl']);
  await ana.client.post(`/meetings/${meeting.id}/end`);
  for (const person of [ana, ben, carl]) {
    assert.equal((await person.socket.closed).code, 4410);
    const last = person.socket.messages.at(-1);
    assert.equal(last.type, 'meeting_ended');
    assert.deepEqual(last.data, { reason: 'ended', by: ana.id });
  }
  const late = await openSocket(sys, ben.token);
  await refused(late.request('join_room', { meetingId: meeting.code }), 'meeting_ended');
  await late.close();
});

test('who is removed is closed with 4403 and does not come back', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const { status } = await ana.client.delete(`/meetings/${meeting.id}/participants/${ben.id}`);
  assert.ok(status < 300);
  assert.equal((await ben.socket.closed).code, 4403);
  const left = await ana.socket.waitFor('user_left');
  assert.deepEqual(left.data, { userId: ben.id, reason: 'removed', by: ana.id });
  const again = await openSocket(sys, ben.token);
  await refused(again.request('join_room', { meetingId: meeting.code }), 'removed');
  await Promise.all([ana.socket.close(), again.close()]);
});

test('leaving by REST takes the connection out of the room and leaves it open', async () => {
  const {
    meeting,
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben']);
  await ben.client.post(`/meetings/${meeting.id}/leave`);
  await ana.socket.waitFor('user_left');
  await ben.socket.waitFor('user_left');
  await refused(ben.socket.request('raise_hand'), 'not_joined');
  await ben.socket.request('join_room', { meetingId: meeting.code });
  await Promise.all([ana.socket.close(), ben.socket.close()]);
});

test('a seat that was taken by REST is taken up by the connection', async () => {
  const ana = await register(sys, 'Ana');
  const meeting = await makeMeeting(ana);
  assert.equal((await ana.client.post(`/meetings/${meeting.code}/join`)).status, 200);
  const socket = await openSocket(sys, ana.token);
  const view = await socket.request('join_room', { meetingId: meeting.code });
  assert.equal(view.me.online, true);
  await socket.close();
});

test('the password of a meeting is asked for', async () => {
  const ana = await register(sys, 'Ana');
  const ben = await register(sys, 'Ben');
  const meeting = await makeMeeting(ana, { password: 'geheim' });
  const socket = await openSocket(sys, ben.token);
  await refused(socket.request('join_room', { meetingId: meeting.code }), 'wrong_password');
  await refused(socket.request('join_room', { meetingId: meeting.code, password: 'wrong' }), 'wrong_password');
  await socket.request('join_room', { meetingId: meeting.code, password: 'geheim' });
  await socket.close();
});
