/* What ends a connection by itself: no token, a token that has run out, pings without an answer. Nothing here measures how long
 * the machine took: what must not last longer is held against something else that lasts longer. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { makeToken } from '../lib/people.mjs';
import { frame, rawSocket } from '../lib/raw-socket.mjs';
import { makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

const AUTH_MS = 4000;
const PING_MS = 1500;
const TOKEN_GRACE_MS = 4000;
const PATIENCE_MS = 60_000; // nothing waits for it but what fails

describe('deadlines', { concurrency: true, timeout: 2 * PATIENCE_MS }, () => {
  let sys;
  let ana;
  before(async () => {
    sys = await startSystem({
      env: {
        ECHOMEET_RELAY_AUTH_MS: String(AUTH_MS),
        ECHOMEET_RELAY_PING_MS: String(PING_MS),
        ECHOMEET_RELAY_TOKEN_GRACE_MS: String(TOKEN_GRACE_MS),
      },
    });
    ana = await register(sys, 'Ana');
  });
  after(() => sys?.stop());

  /* A token that is good until then, in seconds since 1970. */
  const tokenUntil = (exp) => makeToken(sys, { sub: String(ana.id), exp });
  const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;
  const answers = async (socket) => {
    socket.send('ping', {}, 1);
    await socket.waitFor('pong');
  };

  test('a connection says what its deadlines are', async () => {
    const socket = await openSocket(sys, ana.token, { relay: 0 });
    assert.deepEqual([socket.hello.pingMs, socket.hello.limits.tokenGraceMs], [PING_MS, TOKEN_GRACE_MS]);
    await socket.close();
  });

  test('without a token a connection is closed after its time', async () => {
    const witness = await openSocket(sys, ana.token, { relay: 0 });
    const begun = Date.now();
    const silent = await rawSocket(sys, {});
    const slow = await openSocket(sys, '', { relay: 0, via: 'none' });
    let pings = 0;
    witness.ws.on('ping', () => pings++);
    assert.equal((await slow.closed).code, 4401);
    assert.ok(Date.now() - begun >= AUTH_MS - 50);
    assert.ok(pings < 6, `${pings} pings`); // the relay's own measure: AUTH_MS are less than three of them
    assert.equal(await silent.closed, 4401);
    await witness.close();
  });

  test('a connection outlives its token by the grace, and is closed with 4401 before one whose token lasts longer', async () => {
    const exp = inSeconds(2);
    const [socket, longer] = await Promise.all(
      [exp, exp + 10].map((until) => openSocket(sys, tokenUntil(until), { relay: 0 })),
    );
    assert.equal((await socket.closed).code, 4401);
    assert.ok(Date.now() >= exp * 1000 + TOKEN_GRACE_MS - 50);
    await answers(longer);
    await longer.close();
  });

  test('a connection that gets a new token within the grace lives on', async () => {
    const exp = inSeconds(2);
    const [socket, other] = await Promise.all([1, 2].map(() => openSocket(sys, tokenUntil(exp), { relay: 0 })));
    await eventually(() => Date.now() > exp * 1000);
    await answers(socket);
    await socket.request('auth', { token: ana.token });
    assert.equal((await other.closed).code, 4401); // that was the end of the old token's time
    await answers(socket);
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
    await eva.socket.waitFor('presence_changed', (m) => m.data.userId === ana.id && !m.data.online);
    assert.ok(Date.now() - begun > 2 * PING_MS, `${Date.now() - begun} ms`);
    assert.equal(await raw.closed, null);
    assert.equal(raw.frames.filter((f) => f.opcode === 9).length, 2);
    await eva.socket.close();
  });

  test('a silent client that answers pings stays, through the web server too', async () => {
    const sockets = await Promise.all([openSocket(sys, ana.token), openSocket(sys, ana.token, { relay: 0 })]);
    const pings = [0, 0];
    for (const [i, { ws }] of sockets.entries()) ws.on('ping', () => pings[i]++);
    await eventually(() => pings.every((n) => n >= 5));
    for (const socket of sockets) {
      await answers(socket);
      await socket.close();
    }
  });
});
