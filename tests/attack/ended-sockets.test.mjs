/* When a sign-in ends, its sockets in rooms are closed at once: they hear nothing more and say nothing more. The person's
 * other sign-ins go on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, eventually, openSocket, register } from '../lib/client.mjs';
import { makeMeeting, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({
    relays: 2,
    env: {
      ECHOMEET_GRACE_LOST_MS: '1500',
      ECHOMEET_RATE_SIGN_IN_ACCOUNT: '0',
      ECHOMEET_RATE_SIGN_IN_ADDRESS: '0',
      ECHOMEET_RATE_WRITE: '0',
      ECHOMEET_RATE_READ: '0',
    },
  });
});
after(() => sys?.stop());

const login = async (user) => {
  const { status, body } = await api(sys).post('/auth/login', {
    email: user.email,
    password: user.password,
    client: 'api',
  });
  assert.equal(status, 200, JSON.stringify(body));
  return { token: body.accessToken, refreshToken: body.refreshToken, client: api(sys, body.accessToken) };
};

/* Ways in which the first sign-in of somebody ends; `other` is a second one. */
const ways = {
  'it signed out': (user) => api(sys).post('/auth/logout', { refreshToken: user.refreshToken }),
  'another one ended it': async (user, other) => {
    const {
      body: { items },
    } = await other.client.get('/users/me/sessions');
    return other.client.delete(`/users/me/sessions/${items.find((s) => !s.current).id}`);
  },
  'another one changed the password': (user, other) =>
    other.client.post('/users/me/password', { currentPassword: user.password, newPassword: 'another password' }),
  'its refresh token was used by two': async (user) => {
    const refresh = (refreshToken) => api(sys).post('/auth/refresh', { refreshToken });
    const second = await refresh(user.refreshToken);
    await refresh(second.body.refreshToken);
    await sys.sql(
      'UPDATE refresh_tokens t JOIN sessions s ON s.id = t.session_id SET t.used_at = t.used_at - INTERVAL 1 HOUR WHERE s.user_id = ? AND t.used_at IS NOT NULL',
      [user.id],
    );
    assert.equal((await refresh(user.refreshToken)).status, 401);
    return { status: 204 };
  },
};

const row = async (meeting, user) =>
  (
    await sys.sql(
      'SELECT status, connection, offline_at, session_id FROM participants WHERE meeting_id = ? AND user_id = ?',
      [meeting.id, user.id],
    )
  )[0];
const onlineCount = async (meeting) =>
  (await sys.sql('SELECT online_count FROM meetings WHERE id = ?', [meeting.id]))[0].online_count;
const offline = (socket, user) =>
  socket.waitFor('presence_changed', (m) => m.data.userId === user.id && !m.data.online);

/* Ana and Eve in a room at a relay each; Eve's second sign-in is in another room, `elsewhere`. */
async function scene() {
  const {
    meeting,
    people: [ana, eve],
  } = await makeRoom(sys, ['Ana', 'Eve'], { relayOf: (i) => i });
  const other = await login(eve);
  const elsewhere = await openSocket(sys, other.token, { relay: 1 });
  const second = await makeMeeting(ana);
  await elsewhere.request('join_room', { meetingId: second.code });
  return { meeting, ana, eve, other, elsewhere };
}

for (const [what, end] of Object.entries(ways))
  test(`a socket in a room is closed when ${what}, and no other`, async () => {
    const { meeting, ana, eve, other, elsewhere } = await scene();
    assert.ok((await end(eve, other)).status < 300);
    await offline(ana.socket, eve);
    assert.equal((await eve.socket.closed).code, 4401);
    assert.equal(await onlineCount(meeting), 1);
    await ana.socket.waitFor('user_left', (m) => m.data.userId === eve.id && m.data.reason === 'timeout'); // the place was kept for its time
    await elsewhere.request('chat_message', { text: 'still here', clientId: '1' });
    assert.deepEqual(
      await sys.sql('SELECT id FROM sessions WHERE user_id = ? AND close_due_at IS NOT NULL', [eve.id]),
      [],
    );
  });

test('the place is kept for another sign-in of the same person', async () => {
  const { meeting, ana, eve } = await scene();
  await api(sys).post('/auth/logout', { refreshToken: eve.refreshToken });
  await offline(ana.socket, eve);
  const again = await openSocket(sys, (await login(eve)).token, { relay: 0 });
  await again.request('join_room', { meetingId: meeting.code });
  await ana.socket.waitFor('presence_changed', (m) => m.data.userId === eve.id && m.data.online);
  assert.equal(await onlineCount(meeting), 2);
  await new Promise((resolve) => {
    setTimeout(resolve, 2500);
  }); // what was reported of the first connection concerns the second no more
  await again.request('chat_message', { text: 'here again', clientId: '1' });
  assert.equal(await onlineCount(meeting), 2);
});

test('somebody in the lobby as well, and nobody hears of it', async () => {
  const {
    meeting,
    people: [ana],
  } = await makeRoom(sys, ['Ana'], { meeting: { waitingRoom: true } });
  const eve = await register(sys, 'Eve');
  const socket = await openSocket(sys, eve.token, { relay: 1 });
  await socket.request('join_room', { meetingId: meeting.code });
  assert.equal((await row(meeting, eve)).status, 4);
  await api(sys).post('/auth/logout', { refreshToken: eve.refreshToken });
  await ana.socket.waitFor('lobby_left', (m) => m.data.userId === eve.id && m.data.outcome === 'timeout');
  assert.equal((await socket.closed).code, 4401);
  assert.ok(!ana.socket.messages.some((m) => m.type === 'presence_changed'));
});

test('with Redis away', async () => {
  const { meeting, ana, eve, other } = await scene();
  await sys.processes.redis.stop();
  try {
    assert.equal((await ways['another one changed the password'](eve, other)).status, 204);
    await offline(ana.socket, eve);
    assert.equal((await eve.socket.closed).code, 4401);
    assert.equal(await onlineCount(meeting), 1);
  } finally {
    await sys.processes.redis.start();
  }
});

test('when the worker that ended the sign-in came no further', async () => {
  const { ana, eve } = await scene();
  const { sid } = JSON.parse(Buffer.from(eve.token.split('.')[1], 'base64url'));
  await sys.sql('UPDATE sessions SET ended_at = UTC_TIMESTAMP(3), close_due_at = UTC_TIMESTAMP(3) WHERE id = ?', [sid]); // all that its transaction does
  await offline(ana.socket, eve);
  assert.equal((await eve.socket.closed).code, 4401);
  await eventually(
    async () => (await sys.sql('SELECT close_due_at FROM sessions WHERE id = ?', [sid]))[0].close_due_at === null,
  );
});

test('and no join under way slips through', async () => {
  const ana = await register(sys, 'Ana');
  for (const delay of [0, 2, 4, 6, 8, 10, 15, 20]) {
    const eve = await register(sys, 'Eve');
    const meetings = await Promise.all(Array.from({ length: 6 }, () => makeMeeting(ana)));
    const sockets = await Promise.all(meetings.map(() => openSocket(sys, eve.token, { relay: 0 })));
    const joins = sockets.map((socket, i) =>
      socket.request('join_room', { meetingId: meetings[i].code }).catch(({ code }) => code),
    );
    await new Promise((resolve) => {
      setTimeout(resolve, delay);
    });
    assert.equal((await api(sys).post('/auth/logout', { refreshToken: eve.refreshToken })).status, 204);
    await Promise.all(joins);
    assert.deepEqual(
      await sys.sql(
        'SELECT meeting_id FROM participants WHERE user_id = ? AND status IN (1, 4) AND offline_at IS NULL',
        [eve.id],
      ),
      [],
      `${delay} ms`,
    );
    for (const { closed } of sockets) assert.equal((await closed).code, 4401, `${delay} ms`);
  }
});
