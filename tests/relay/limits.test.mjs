/* How fast a client may send: over the limit an error, and the end when it goes on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSocket, register } from '../lib/client.mjs';
import { frame, rawSocket } from '../lib/raw-socket.mjs';
import { makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

const sleep = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

let sys;
let ana;
before(async () => {
  sys = await startSystem({
    env: {
      ECHOMEET_RELAY_RATE_SIGNALS: '2',
      ECHOMEET_RELAY_RATE_CALLS: '1',
      ECHOMEET_RELAY_RATE_TRANSIENT: '1',
      ECHOMEET_RELAY_RATE_PINGS: '1',
      ECHOMEET_RELAY_REFUSED: '15',
      ECHOMEET_RATE_CHAT: '4',
    },
  });
  ana = await register(sys, 'Ana');
});
after(() => sys?.stop());

/* Sends n messages at once; answers how many were refused, all of them in the right way. */
async function flood(socket, n, type, data) {
  const first = 1000 + socket.messages.length * 1000;
  for (let i = 0; i < n; i++) socket.send(type, data, first + i);
  const answers = [];
  for (let i = 0; i < n; i++)
    answers.push(
      await Promise.race(
        ['ack', 'error', 'pong'].map((kind) =>
          socket.waitFor(kind, (m) => m.id === first + i).catch(() => new Promise(() => {})),
        ),
      ),
    );
  const errors = answers.filter((m) => m.type === 'error' && m.error.code === 'rate_limited');
  assert.ok(errors.every((m) => m.error.retryable === true && m.error.retryAfter === 1));
  return errors.length;
}

const classes = [
  ['webrtc_signal', 20, (other) => ({ to: other.id })],
  ['typing', 10, () => ({ active: true })],
  ['raise_hand', 9, () => ({})], // one was for join_room
  ['ping', 10, () => ({})],
];

for (const [type, burst, data] of classes)
  test(`${type}: ten seconds' worth at once, then rate_limited, then again`, async () => {
    const {
      people: [a, b],
    } = await makeRoom(sys, ['A', 'B']);
    const refusals = await flood(a.socket, burst + 5, type, data(b));
    assert.ok(refusals >= 3 && refusals <= 5, `${refusals} refused`);
    await sleep(1300);
    assert.equal(await flood(a.socket, 1, type, data(b)), 0);
    await Promise.all([a.socket.close(), b.socket.close()]);
  });

test('one class leaves the others alone', async () => {
  const {
    people: [a, b],
  } = await makeRoom(sys, ['A', 'B']);
  assert.ok((await flood(a.socket, 14, 'ping', {})) >= 3);
  assert.equal(await flood(a.socket, 5, 'webrtc_signal', { to: b.id }), 0);
  assert.equal(await flood(a.socket, 2, 'reaction', {}), 0);
  await Promise.all([a.socket.close(), b.socket.close()]);
});

test('who floods the chat is told when to go on, by WebSocket and by REST; hands still go up', async () => {
  const {
    meeting,
    people: [a, b],
  } = await makeRoom(sys, ['A', 'B']);
  const say = (n) => a.socket.request('chat_message', { text: 'Hello', clientId: `c${n}` });
  for (let n = 0; n < 2; n++) await say(n);
  const { id } = await say(2);
  await a.socket.request('message_edit', { messageId: id, text: 'Good evening' }); // everybody gets it, like a new one
  const over = ({ code }) => code === 'rate_limited';
  await assert.rejects(a.socket.request('message_edit', { messageId: id, text: 'Good night' }), over);
  assert.equal((await a.client.patch(`/meetings/${meeting.id}/messages/${id}`, { text: 'Good night' })).status, 429);
  await assert.rejects(say(4), ({ code, retryable, retryAfter }) => {
    assert.deepEqual([code, retryable], ['rate_limited', true]);
    assert.ok(retryAfter >= 1 && retryAfter <= 15, `retryAfter: ${retryAfter}`); // four a minute
    return true;
  });
  const { status, headers } = await a.client.post(`/meetings/${meeting.id}/messages`, { text: 'Hello', clientId: 'r' });
  assert.equal(status, 429);
  assert.ok(Number(headers.get('retry-after')) >= 1 && Number(headers.get('retry-after')) <= 15);
  await a.socket.request('raise_hand');
  await b.socket.request('chat_message', { text: 'Others are not touched', clientId: '1' });
  await a.socket.request('message_delete', { messageId: id }); // that can always be done
  await sys.redis('FLUSHALL');
  await say(4);
  await Promise.all([a.socket.close(), b.socket.close()]);
});

test('who goes on is closed with 4429; the others notice nothing, and it may come back', async () => {
  const {
    meeting,
    people: [a, b],
  } = await makeRoom(sys, ['A', 'B']);
  for (let i = 0; i < 60; i++) a.socket.send('typing', { i });
  assert.equal((await a.socket.closed).code, 4429);
  assert.equal(a.socket.messages.filter((m) => m.type === 'error').length, 15);
  await b.socket.waitFor('presence_changed', (m) => m.data.userId === a.id && !m.data.online);
  assert.equal(b.socket.messages.filter((m) => m.type === 'typing').length, 10);
  const back = await openSocket(sys, a.token, { relay: 0 });
  assert.ok((await back.request('join_room', { meetingId: meeting.code, since: a.socket.seq })).resumed);
  await Promise.all([back.close(), b.socket.close()]);
});

test('WebSocket pings count too: over the limit they get no pong, then 4429', async () => {
  const raw = await rawSocket(sys, { token: ana.token });
  for (let i = 0; i < 40; i++) raw.send(frame(0x89, 'x'));
  setTimeout(() => raw.socket.end(), 500);
  assert.equal(await raw.closed, 4429);
  assert.equal(raw.frames.filter((f) => f.opcode === 10).length, 10);
});

test('so do pings before a token', async () => {
  const raw = await rawSocket(sys, {});
  for (let i = 0; i < 40; i++) raw.send(frame(0x81, '{"type":"ping"}'));
  setTimeout(() => raw.socket.end(), 500);
  assert.equal(await raw.closed, 4429);
});
