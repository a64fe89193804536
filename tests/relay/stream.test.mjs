/* A WebSocket lives as long as its page: no limit that the web server sets for a request may count what a stream carries. */
import assert from 'node:assert/strict';

import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSocket, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { frame } from '../lib/raw-socket.mjs';
import { makeRoom } from '../lib/rooms.mjs';

let sys;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_RELAY_RATE_SIGNALS: '0', ECHOMEET_RELAY_RATE_SIGNAL_BYTES: '0' } });
});
after(() => sys?.stop());

const SIGNAL = 'x'.repeat(8000);
const SIGNALS = 600; // more than 4 MiB
const PACE = 20; // signals in 60 ms: no client is too slow for that

/* Calls send(i) for each signal, no faster than clients take them. */
async function sendAll(send) {
  for (let i = 0; i < SIGNALS; i++) {
    send(i);
    if (i % PACE === 0) await sleep(60);
  }
}

const arrived = (socket) => socket.waitFor('webrtc_signal', (m) => m.data.data.i === SIGNALS - 1);

test('4 MiB sent, and 4 MiB received, over one WebSocket through the web server', async () => {
  const {
    people: [, b],
    meeting,
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const cara = await register(sys, 'Cara');
  const socket = await openSocket(sys, cara.token); // through the web server
  await socket.request('join_room', { meetingId: meeting.code });
  await sendAll((i) => socket.send('webrtc_signal', { to: b.id, data: { i, text: SIGNAL } }));
  await arrived(b.socket);
  await sendAll((i) => b.socket.send('webrtc_signal', { to: cara.id, data: { i, text: SIGNAL } }));
  await arrived(socket);
  assert.ok((await socket.request('raise_hand')) !== undefined, 'the socket is still open');
  assert.equal(b.socket.events.filter((m) => m.type === 'presence_changed').length, 0, 'the others never saw it away');
});

/* RFC 8441: a WebSocket in a stream of HTTP/2, as browsers open it over TLS where the server offers it. */
function openStream(session, token) {
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/ws',
    ':scheme': 'http',
    ':authority': 'localhost',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': `echomeet.v1, bearer.${token}`,
  });
  return new Promise((resolve, reject) => {
    stream.once('response', (headers) =>
      headers[':status'] === 200 ? resolve(stream) : reject(new Error(`answered ${headers[':status']}`)),
    );
    stream.once('error', reject);
  });
}

test('4 MiB sent over a WebSocket within HTTP/2', {
  skip: process.env.ECHOMEET_TEST_WEB === 'apache' && 'Apache knows no RFC 8441',
}, async () => {
  const {
    people: [, b],
    meeting,
  } = await makeRoom(sys, ['Ana', 'Ben']);
  const cara = await register(sys, 'Cara');
  const session = http2.connect(sys.base);
  await new Promise((resolve) => {
    session.once('remoteSettings', resolve);
  });
  const stream = await openStream(session, cara.token);
  let ended = false;
  stream.on('close', () => {
    ended = true;
  });
  const say = (message) => stream.write(frame(0x81, JSON.stringify(message)));
  stream.resume();
  say({ type: 'join_room', id: 1, data: { meetingId: meeting.code } });
  await b.socket.waitFor('user_joined', (m) => m.data.participant.userId === cara.id);
  await sendAll((i) => say({ type: 'webrtc_signal', data: { to: b.id, data: { i, text: SIGNAL } } }));
  await arrived(b.socket);
  assert.ok(!ended, 'the stream is still open');
  session.destroy();
});
