/* Somebody who sends signals to harm others: they end nobody's connection, and there is an end to their bytes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({ relays: 2, relayEnv: [{}, { ECHOMEET_RELAY_RATE_SIGNAL_BYTES: '0' }] });
});
after(() => sys?.stop());

const sdp = 'x'.repeat(30_000);

/* Sends so many signals; answers the errors when all are answered, or the socket is closed. */
async function flood(socket, to, count) {
  const errors = [];
  for (let at = 0; at < count; at += 20)
    await Promise.all(
      Array.from({ length: Math.min(20, count - at) }, () =>
        socket.request('webrtc_signal', { to, sdp }).catch((error) => errors.push(error.code)),
      ),
    );
  return errors;
}

test('a client that reads slowly stays connected under signals, and gets what the room says', async () => {
  for (const relay of [1, 0]) {
    // the victim at the sender's relay, and at the other one
    const {
      people: [ana, ben, mallory],
    } = await makeRoom(sys, ['Ana', 'Ben', 'Mallory'], { relayOf: (i) => (i === 1 ? relay : 1) });
    ben.socket.ws.pause();
    const errors = await flood(mallory.socket, ben.id, 700); // 21 MB, more than the buffers of two sockets
    assert.ok(
      errors.every((code) => code === 'unavailable'),
      `${errors.slice(0, 5)}`,
    );
    assert.ok(relay === 0 || errors.length > 0);
    await ana.socket.request('chat_message', { text: 'Are you there?', clientId: `r${relay}` });
    ben.socket.ws.resume();
    await ben.socket.waitFor('chat_message', (m) => m.data.message.clientId === `r${relay}`);
    assert.equal(ben.socket.closeCode, undefined);
    const seen = ben.socket.messages.filter((m) => m.type === 'webrtc_signal').length;
    assert.ok(seen > 0 && seen < 700, `${seen} signals arrived`);
    await mallory.socket.request('webrtc_signal', { to: ben.id, again: true });
    await ben.socket.waitFor('webrtc_signal', (m) => m.data.again);
    await Promise.all([ana, ben, mallory].map((p) => p.socket.close()));
  }
});

test('the bytes of one sender have an end', async () => {
  const {
    people: [ana, mallory],
  } = await makeRoom(sys, ['Ana', 'Mallory']);
  const start = Date.now();
  const errors = await flood(mallory.socket, ana.id, 220);
  const most = Math.ceil(((10 + (Date.now() - start) / 1000) * 500_000) / sdp.length) + 1;
  assert.ok(
    220 - errors.length >= 160 && 220 - errors.length <= most,
    `${220 - errors.length} signals passed of ${most} at most`,
  );
  assert.ok(
    errors.every((code) => code === 'rate_limited'),
    `${errors.slice(0, 5)}`,
  );
  await mallory.socket.request('typing', { active: true }); // what is small goes on
  await ana.socket.waitFor('typing');
  await Promise.all([ana, mallory].map((p) => p.socket.close()));
});
