/* What has no number: typing and reactions, to all others or to one, across relays; and what hello promises. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { makeRoom, refused } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let people;
let meeting;
before(async () => {
  sys = await startSystem({ relays: 2, env: { ECHOMEET_RELAY_RATE_CALLS: '20' } });
  ({ meeting, people } = await makeRoom(sys, ['Ana', 'Ben', 'Carl', 'Dora'], { relayOf: (i) => i % 2 }));
});
after(() => sys?.stop());

const only = (person, type) => person.socket.messages.filter((m) => m.type === type);

/* What was sent before on the same way has arrived when this has. */
async function settled(from, others) {
  for (const other of others) {
    const mark = `${Math.random()}`;
    await from.socket.request('webrtc_signal', { to: other.id, mark });
    await other.socket.waitFor('webrtc_signal', (m) => m.data.mark === mark);
  }
}

for (const [type, data] of [
  ['typing', { active: true }],
  ['reaction', { reaction: '👍' }],
])
  test(`${type} reaches everybody else in the room once, here and at the other relay`, async () => {
    const [ana, ...others] = people;
    assert.deepEqual(await ana.socket.request(type, data), {});
    for (const other of others)
      assert.deepEqual(await other.socket.waitFor(type), { type, meetingId: meeting.id, from: ana.id, data });
    await settled(ana, others);
    for (const other of others) assert.equal(only(other, type).length, 1);
    assert.equal(only(ana, type).length, 0);
  });

test('with `to` only that one sees it', async () => {
  const [ana, ben, carl, dora] = people;
  for (const to of [ben, carl]) await ana.socket.request('typing', { active: true, to: to.id });
  for (const to of [ben, carl]) assert.equal((await to.socket.waitFor('typing')).data.to, to.id);
  await settled(ana, [ben, carl, dora]);
  assert.deepEqual(
    [ben, carl, dora].map((p) => only(p, 'typing').length),
    [2, 2, 1],
  );
});

test('who is not in the room neither sends nor receives them', async () => {
  const eva = await register(sys, 'Eva');
  const socket = await openSocket(sys, eva.token, { relay: 0 });
  for (const type of ['typing', 'reaction']) await refused(socket.request(type, { active: true }), 'not_joined');
  await people[0].socket.request('reaction', { reaction: 'x' });
  await people[2].socket.waitFor('reaction');
  assert.deepEqual(
    socket.messages.map((m) => m.type),
    ['hello', 'error', 'error'],
  );
  await socket.close();
});

test('the sender cannot be made up, nor the room', async () => {
  const [ana, ben] = people;
  ben.socket.sendText(JSON.stringify({ type: 'typing', from: ana.id, meetingId: 1, data: { from: ana.id, n: 1 } }));
  const seen = await ana.socket.waitFor('typing', (m) => m.data.n === 1);
  assert.equal(seen.from, ben.id);
  assert.equal(seen.meetingId, meeting.id);
});

test('they are small, and `to` is a user', async () => {
  const { socket } = people[0];
  await refused(socket.request('typing', { text: 'x'.repeat(1024) }), 'validation_failed', 'data');
  await refused(socket.request('reaction', { to: 'Ben' }), 'validation_failed', 'to');
  await refused(socket.request('reaction', { to: 0 }), 'validation_failed', 'to');
  await refused(socket.request('webrtc_signal', {}), 'validation_failed', 'to');
  const [, , carl] = people;
  const signal = (bytes) =>
    socket.request('webrtc_signal', {
      to: carl.id,
      sdp: 'x'.repeat(bytes - JSON.stringify({ to: carl.id, sdp: '' }).length),
    });
  await signal(32768);
  await carl.socket.waitFor('webrtc_signal', (m) => m.data.sdp?.length > 32_000);
  await refused(signal(32769), 'validation_failed', 'data');
});

/* What is said on a room's channel, as a program that follows the room hears it. */
async function listen(meetingId) {
  const socket = net.connect({ path: sys.env.ECHOMEET_REDIS_SOCKET });
  const heard = { text: '', close: () => socket.destroy() };
  socket.on('data', (chunk) => {
    heard.text += chunk;
  });
  socket.write(`SUBSCRIBE echomeet:room:${meetingId}\r\n`);
  await eventually(() => heard.text.includes('subscribe'));
  return heard;
}

test('media_signal goes to the media node alone, with its sender', async () => {
  const [ana, ...others] = people;
  const heard = await listen(meeting.id);
  assert.deepEqual(await ana.socket.request('media_signal', { epoch: 1, kind: 'stop' }), {});
  await eventually(() => heard.text.includes('media_signal'));
  heard.close();
  const frame = `{"type":"media_signal","meetingId":${meeting.id},"from":${ana.id},"data":{"epoch":1,"kind":"stop"}}`;
  assert.ok(heard.text.includes(`${meeting.id} 0 0 - ${frame}\r\n`), heard.text);
  await settled(ana, others);
  for (const { socket } of people) assert.ok(!socket.messages.some((m) => m.type === 'media_signal'));
});

test('what the media node says reaches one person, or everybody, at each relay', async () => {
  const say = (audience, n) =>
    sys.redis(
      'PUBLISH',
      `echomeet:room:${meeting.id}`,
      `${meeting.id} 0 ${audience} - {"type":"media_signal","meetingId":${meeting.id},"from":0,"data":{"n":${n}}}`,
    );
  await say(people[1].id, 1);
  await say('!0@somewhere', 2);
  for (const { socket } of people) await socket.waitFor('media_signal', (m) => m.data.n === 2 && m.from === 0);
  assert.deepEqual(
    people.map((p) => only(p, 'media_signal').length),
    [1, 2, 1, 1],
  );
});

test('media_signal has no `to`, and wants a seat', async () => {
  const [ana, ben] = people;
  await refused(ana.socket.request('media_signal', { to: ben.id }), 'validation_failed', 'to');
  await refused(ana.socket.request('media_signal', { sdp: 'x'.repeat(32769) }), 'validation_failed', 'data');
  const eva = await register(sys, 'Eva');
  const socket = await openSocket(sys, eva.token, { relay: 0 });
  await refused(socket.request('media_signal', {}), 'not_joined');
  await ana.client.patch(`/meetings/${meeting.id}`, { waitingRoom: true });
  const { waiting } = await socket.request('join_room', { meetingId: meeting.code });
  assert.ok(waiting, 'Eva is in the lobby');
  await refused(socket.request('media_signal', {}), 'not_joined');
  await sys.redis('PUBLISH', `echomeet:room:${meeting.id}`, `${meeting.id} 0 !0@x - {"type":"media_signal","n":3}`);
  await ben.socket.waitFor('media_signal', (m) => m.n === 3);
  assert.ok(!socket.messages.some((m) => m.type === 'media_signal'));
  await socket.close();
  await ana.client.patch(`/meetings/${meeting.id}`, { waitingRoom: false });
});

test('line ends between the tokens do not break the line between relays', async () => {
  const [ana, ben] = people;
  ana.socket.sendText('{"type":"typing",\n"data":\r\n{"n":\n2}}');
  assert.deepEqual((await ben.socket.waitFor('typing', (m) => m.data.n === 2)).data, { n: 2 });
});

test('while Redis is away those at the same relay have them', async () => {
  const [ana, , carl] = people;
  await sys.processes.redis.kill();
  try {
    await ana.socket.request('reaction', { reaction: 'here' });
    await carl.socket.waitFor('reaction', (m) => m.data.reaction === 'here');
    await ana.socket.request('webrtc_signal', { to: carl.id, direct: true });
    await carl.socket.waitFor('webrtc_signal', (m) => m.data.direct);
    await refused(ana.socket.request('media_signal', {}), 'unavailable');
  } finally {
    await sys.processes.redis.start();
  }
  /* both relays have to find it again, before the next test */
  const [from, , , to] = people;
  await eventually(async () => {
    const mark = `${Math.random()}`;
    return from.socket
      .request('webrtc_signal', { to: to.id, mark })
      .then(() => to.socket.waitFor('webrtc_signal', (m) => m.data.mark === mark, { timeout: 300 }))
      .catch(() => null);
  });
});

test('hello tells every limit', async () => {
  const { hello } = people[0].socket;
  assert.deepEqual(hello.limits, {
    frameBytes: 65536,
    signalBytes: 32768,
    transientBytes: 1024,
    queuedMessages: 16,
    waitingBytes: 1048576,
    badMessages: 20,
    refusedMessages: 100,
    chatCharacters: 4000,
    resumeEvents: 500,
    tokenGraceMs: 60000,
    seatKeptClosedMs: 5000,
    seatKeptLostMs: 30000,
    perSecond: { signals: 100, signalBytes: 500000, calls: 20, transient: 10, pings: 5 },
    burstSeconds: 10,
  });
});

test('a page that sets up ten peers at once is far below the limits', async () => {
  const [ana, ben, carl, dora] = people;
  for (let i = 0; i < 10 * 60; i++) ana.socket.send('webrtc_signal', { to: [ben, carl, dora][i % 3].id, i });
  await dora.socket.waitFor('webrtc_signal', (m) => m.data.i === 599);
  assert.ok(!ana.socket.messages.some((m) => m.type === 'error' && m.error.code === 'rate_limited'));
});
