/* What needs time: pings, tokens that run out. All wait together. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openSocket, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { frame, makeRoom, makeToken, rawSocket } from './support.mjs';

const sleep = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe('time', { concurrency: true, timeout: 120_000 }, () => {
  let sys;
  let ana;
  before(async () => {
    sys = await startSystem();
    ana = await register(sys, 'Ana');
  });
  after(() => sys?.stop());

  const short = () => makeToken(sys, { sub: String(ana.id), exp: Math.floor(Date.now() / 1000) + 2 });

  test('60 s after its token ran out a connection is closed with 4401', async () => {
    const begun = Date.now();
    const socket = await openSocket(sys, short(), { relay: 0 });
    assert.equal((await socket.closed).code, 4401);
    assert.ok(Date.now() - begun > 59_000 && Date.now() - begun < 66_000);
  });

  test('a connection with a new token lives on', async () => {
    const socket = await openSocket(sys, short(), { relay: 0 });
    await sleep(5000); // the old one has run out
    await socket.request('auth', { token: makeToken(sys, { sub: String(ana.id) }) });
    await sleep(60_000);
    socket.send('ping', {}, 1);
    await socket.waitFor('pong');
    await socket.close();
  });

  test('who leaves two pings unanswered is dropped, and the others see it', async () => {
    const {
      meeting,
      people: [eva],
    } = await makeRoom(sys, ['Eva']);
    const raw = await rawSocket(sys, { token: ana.token });
    raw.send(frame(0x81, JSON.stringify({ type: 'join_room', data: { meetingId: meeting.code } })));
    await eva.socket.waitFor('user_joined');
    const begun = Date.now();
    await eva.socket.waitFor('presence_changed', (m) => m.data.userId === ana.id && !m.data.online, {
      timeout: 90_000,
    });
    assert.ok(Date.now() - begun > 70_000 && Date.now() - begun < 80_000, `${Date.now() - begun} ms`);
    assert.equal(await raw.closed, null);
    assert.equal(raw.frames.filter((f) => f.opcode === 9).length, 2);
    await eva.socket.close();
  });

  test('a silent client that answers pings stays, through the web server too', async () => {
    const sockets = await Promise.all([openSocket(sys, ana.token), openSocket(sys, ana.token, { relay: 0 })]);
    await sleep(85_000);
    for (const socket of sockets) {
      socket.send('ping', {}, 1);
      await socket.waitFor('pong');
      await socket.close();
    }
  });
});
