/* Bad input: each line of the table in docs/protocol.md, and that nobody else notices. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSocket, register } from '../lib/client.mjs';
import { frame, rawSocket } from '../lib/raw-socket.mjs';
import { makeRoom, refused } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let room;
let ana;
before(async () => {
  sys = await startSystem();
  room = await makeRoom(sys, ['Ana', 'Ben']);
  [ana] = room.people;
});
after(() => sys?.stop());

const badFrames = {
  'without mask': [1002, () => frame(0x81, 'x', { masked: false })],
  'with a reserved bit': [1002, () => frame(0xc1, 'x')],
  'of an unknown kind': [1002, () => frame(0x83, 'x')],
  'a control frame in fragments': [1002, () => frame(0x09, 'x')],
  'a control frame over 125 bytes': [1002, () => frame(0x89, 'x'.repeat(126))],
  'a continuation of nothing': [1002, () => frame(0x80, 'x')],
  'a new message within a message': [1002, () => Buffer.concat([frame(0x01, 'x'), frame(0x81, 'y')])],
  'a length in a longer form': [1002, () => Buffer.from([0x81, 0xfe, 0, 1, 1, 2, 3, 4, 0x79])],
  'a close with one byte': [1002, () => frame(0x88, 'x')],
  'a close with a forbidden code': [1002, () => frame(0x88, Buffer.from([0x03, 0xed]))],
  'a binary message': [1003, () => frame(0x82, 'x')],
  'text that is not UTF-8': [1007, () => frame(0x81, Buffer.from([0xc3, 0x28]))],
  'UTF-8 that ends in the middle': [
    1007,
    () => Buffer.concat([frame(0x01, Buffer.from([0xf0, 0x9f])), frame(0x80, '')]),
  ],
  'a message over 64 KiB': [1009, () => frame(0x81, 'x'.repeat(64 * 1024 + 1))],
  'a header of a message over 64 KiB': [1009, () => frame(0x81, '', { length: 1e12 })],
  'fragments over 64 KiB': [
    1009,
    () => Buffer.concat([frame(0x01, 'x'.repeat(40000)), frame(0x80, 'x'.repeat(40000))]),
  ],
};

for (const [name, [code, bytes]] of Object.entries(badFrames))
  test(`a bad frame closes with ${code}: ${name}`, async () => {
    const raw = await rawSocket(sys, { token: ana.token });
    raw.send(bytes());
    // what still comes behind it does not keep the connection from its end
    raw.send(frame(0x81, '{"type":"ping"}'));
    raw.send(frame(0x88, Buffer.from([0x03, 0xe8])));
    setTimeout(() => raw.socket.end(), 300);
    assert.equal(await raw.closed, code);
    assert.ok(!raw.frames.some((f) => f.text.includes('pong')));
  });

test('a message of exactly 64 KiB is taken', async () => {
  const socket = await openSocket(sys, ana.token, { relay: 0 });
  const wrap = (n) => JSON.stringify({ id: 1, type: 'ping', data: { x: 'y'.repeat(n) } });
  socket.sendText(wrap(64 * 1024 - wrap(0).length));
  await socket.waitFor('pong', (m) => m.id === 1);
  await socket.close();
});

const badMessages = [
  ['no json', 'malformed_json'],
  ['', 'malformed_json'],
  ['{"type":"ping"', 'malformed_json'],
  ['{"type":"ping"}}', 'malformed_json'],
  ['{"type":"ping","data":{"a":01}}', 'malformed_json'],
  [`{"type":"ping","data":${'['.repeat(20)}${']'.repeat(20)}}`, 'malformed_json'],
  ['{"id":4,"type":"chat_message","data":{"text":"x","clientId":"k\\ud800"}}', 'malformed_json'],
  ['{"id":4,"type":"chat_message","data":{"text":"\\ude00","clientId":"k"}}', 'malformed_json'],
  ['[]', 'bad_request'],
  ['"ping"', 'bad_request'],
  ['null', 'bad_request'],
  ['{}', 'bad_request'],
  ['{"type":17}', 'bad_request'],
  ['{"id":"x","type":"ping"}', 'bad_request'],
  ['{"id":1.5,"type":"ping"}', 'bad_request'],
  ['{"id":-1,"type":"ping"}', 'bad_request'],
  ['{"id":9007199254740992,"type":"ping"}', 'bad_request'],
  ['{"id":1,"id":2,"type":"ping"}', 'bad_request'],
  ['{"id":4,"type":"no_such_type"}', 'unknown_type', 4],
  ['{"id":4,"type":""}', 'unknown_type', 4],
  ['{"id":4,"type":"Ping"}', 'unknown_type', 4],
  ['{"id":4,"type":"../../sync"}', 'unknown_type', 4],
  ['{"id":4,"type":"connection_expired"}', 'unknown_type', 4],
  [`{"id":4,"type":"${'a'.repeat(33)}"}`, 'unknown_type', 4],
  ['{"id":4,"type":"chat_message","data":[]}', 'validation_failed', 4, 'data'],
  ['{"id":4,"type":"chat_message","data":{}}', 'validation_failed', 4, 'text'],
  ['{"id":4,"type":"chat_message","data":{"text":17,"clientId":"a"}}', 'validation_failed', 4, 'text'],
  ['{"id":4,"type":"chat_message","data":{"text":"x"}}', 'validation_failed', 4, 'clientId'],
  ['{"id":4,"type":"chat_message","data":{"text":"x","clientId":"a","extra":1}}', 'validation_failed', 4, 'extra'],
  ['{"id":4,"type":"media_control","data":{"audio":"yes"}}', 'validation_failed', 4, 'audio'],
  ['{"id":4,"type":"webrtc_signal","data":{}}', 'validation_failed', 4, 'to'],
  ['{"id":4,"type":"webrtc_signal","data":{"to":"x"}}', 'validation_failed', 4, 'to'],
  ['{"id":4,"type":"webrtc_signal","data":{"to":0}}', 'validation_failed', 4, 'to'],
];

test('bad messages get their code, the id where it can be read, and the field', async () => {
  for (let i = 0; i < badMessages.length; i += 15) {
    // before the 20th of a connection
    const {
      people: [{ socket }],
    } = await makeRoom(sys, ['Eve']);
    for (const [text, code, id, field] of badMessages.slice(i, i + 15)) {
      socket.sendText(text);
      const answer = await socket.waitFor('error');
      assert.equal(answer.error.code, code, text);
      assert.equal(answer.id, id, text);
      assert.equal(answer.error.field, field, text);
      assert.equal(answer.error.retryable, false);
      assert.equal(typeof answer.error.message, 'string');
    }
    await socket.close();
  }
});

test('join_room refuses what cannot be a meeting', async () => {
  const socket = await openSocket(sys, ana.token, { relay: 0 });
  await refused(socket.request('join_room', {}), 'validation_failed', 'meetingId');
  await refused(socket.request('join_room', { meetingId: true }), 'validation_failed', 'meetingId');
  await refused(socket.request('join_room', { meetingId: -1 }), 'validation_failed', 'meetingId');
  await refused(socket.request('join_room', { meetingId: 'x'.repeat(65) }), 'validation_failed', 'meetingId');
  await refused(socket.request('join_room', { meetingId: 999999999 }), 'not_found');
  await refused(socket.request('join_room', { meetingId: 'no code' }), 'not_found');
  await refused(socket.request('join_room', { meetingId: '../../sync?x=1' }), 'not_found');
  await refused(
    socket.request('join_room', { meetingId: room.meeting.code, since: 'x' }),
    'validation_failed',
    'since',
  );
  await refused(socket.request('join_room', { meetingId: room.meeting.code, since: -1 }), 'validation_failed', 'since');
  await socket.close();
});

test('without a room messages are answered not_joined, a second join conflict', async () => {
  const { socket, ...carl } = await withSocket('Carl');
  for (const type of ['leave_room', 'chat_message', 'media_control', 'raise_hand', 'webrtc_signal'])
    await refused(socket.request(type, { to: 1, text: 'x', clientId: 'x' }), 'not_joined');
  const { body: meeting } = await carl.client.post('/meetings', { title: 'Carl' });
  await socket.request('join_room', { meetingId: meeting.code });
  await refused(socket.request('join_room', { meetingId: room.meeting.code }), 'conflict');
  await refused(socket.request('join_room', { meetingId: meeting.code }), 'conflict');
  await socket.close();
});

test('an error without an id comes without one', async () => {
  const { socket } = await withSocket('Dora');
  socket.send('leave_room');
  const answer = await socket.waitFor('error');
  assert.ok(!('id' in answer));
  assert.equal(answer.error.code, 'not_joined');
  await socket.close();
});

test('the 20th bad message closes with 4400', async () => {
  const { socket } = await withSocket('Egon');
  for (let i = 0; i < 20; i++) socket.sendText('nonsense');
  assert.equal((await socket.closed).code, 4400);
  assert.equal(socket.messages.filter((m) => m.type === 'error').length, 20);
});

test('the people in the room noticed nothing, relay and workers live', async () => {
  const [a, b] = room.people.map((p) => p.socket);
  await a.request('chat_message', { text: 'still there?', clientId: 'c1' });
  await b.waitFor('chat_message', (m) => m.data.message.text === 'still there?');
  assert.ok(sys.processes.relay.running && sys.processes.pool.running);
  assert.doesNotMatch(sys.log('pool'), /worker_ended|worker_died|signal/);
});

async function withSocket(name) {
  const person = await register(sys, name);
  return { ...person, socket: await openSocket(sys, person.token, { relay: 0 }) };
}
