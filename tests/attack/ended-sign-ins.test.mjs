/* A sign-in that was ended is over at once, whatever is under way: disabling an account, another password, signing out. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { api, openSocket, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';

let sys, admin;
before(async () => {
  sys = await startSystem({
    env: {
      ECHOMEET_RATE_SIGN_IN_ACCOUNT: '0',
      ECHOMEET_RATE_SIGN_IN_ADDRESS: '0',
      ECHOMEET_RATE_WRITE: '0',
      ECHOMEET_RATE_READ: '0',
      ECHOMEET_MEETINGS_PER_PERSON: '0',
    },
  });
  admin = await register(sys, 'Root');
  command('admin', admin.email, 'yes');
});
after(() => sys?.stop());

function command(...words) {
  const { status, stderr } = spawnSync(sys.program('echomeet-api'), ['user', ...words], {
    env: { ...process.env, ...sys.env },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
}

const disable = (user, disabled = true) => admin.client.patch(`/admin/users/${user.id}`, { disabled });
const login = (user, password = user.password) =>
  api(sys).post('/auth/login', { email: user.email, password, client: 'api' });
const refresh = (refreshToken) => api(sys).post('/auth/refresh', { refreshToken });
const works = async (token) => (await api(sys, token).get('/users/me')).status === 200;
const delays = [5, 15, 30, 45, 60];

test('disabling an account wins against a sign-in under way', async () => {
  for (const delay of delays) {
    const user = await register(sys, 'Eve');
    const signIn = login(user);
    await sleep(delay);
    assert.equal((await disable(user)).status, 200);
    const { status, body } = await signIn;
    assert.ok([200, 403].includes(status), JSON.stringify(body)); // before it, or refused
    if (status === 200) {
      assert.equal((await refresh(body.refreshToken)).status, 401, `${delay} ms`);
      assert.equal(await works(body.accessToken), false, `${delay} ms`);
    }
    assert.deepEqual(
      await sys.sql('SELECT id FROM sessions WHERE user_id = ? AND ended_at IS NULL', [user.id]),
      [],
      `${delay} ms`,
    );
  }
});

test('and against refreshing, ten at a time', async () => {
  for (const delay of [0, 2, 5]) {
    const user = await register(sys, 'Eve');
    const answers = Array.from({ length: 10 }, () => refresh(user.refreshToken));
    await sleep(delay);
    assert.equal((await disable(user)).status, 200);
    for (const { status, body } of await Promise.all(answers)) {
      if (status !== 200) continue;
      assert.equal((await refresh(body.refreshToken)).status, 401, `${delay} ms`);
      assert.equal(await works(body.accessToken), false, `${delay} ms`);
    }
  }
});

test('and against joins under way', async () => {
  const codes = [];
  for (let i = 0; i < 20; i++) codes.push((await admin.client.post('/meetings', { title: `Door ${i}` })).body.code);
  for (const delay of [0, 8, 16, 24]) {
    const user = await register(sys, 'Eve');
    const joins = codes.map((code) => user.client.post(`/meetings/${code}/join`, {}));
    await sleep(delay);
    assert.equal((await disable(user)).status, 200);
    await Promise.all(joins);
    assert.deepEqual(
      await sys.sql('SELECT user_id FROM participants WHERE user_id = ? AND status = 1', [user.id]),
      [],
      `${delay} ms`,
    );
  }
});

test('another password wins against a sign-in with the former one', async () => {
  for (const hashes of [1, 1.3, 1.6]) {
    // a change hashes twice, a sign-in once
    const user = await register(sys, 'Ada');
    const begin = Date.now();
    await login(user);
    const delay = (Date.now() - begin) * hashes;
    const change = user.client.post('/users/me/password', {
      currentPassword: user.password,
      newPassword: 'another password',
    });
    await sleep(delay);
    const stranger = login(user);
    assert.equal((await change).status, 204);
    const { status, body } = await stranger;
    assert.ok([200, 401].includes(status), JSON.stringify(body));
    if (status === 200) {
      assert.equal((await refresh(body.refreshToken)).status, 401, `${delay} ms`);
      assert.equal(await works(body.accessToken), false);
    }
    assert.equal(await works(user.token), true, 'the one that changed it goes on');
  }
});

test('ending a sign-in wins against the password that it is about to set', async () => {
  for (const delay of [40, 120]) {
    const user = await register(sys, 'Ada');
    const { body: thief } = await login(user);
    const change = api(sys, thief.accessToken).post('/users/me/password', {
      currentPassword: user.password,
      newPassword: 'the thief’s own',
    });
    await sleep(delay);
    const {
      body: { items = [] },
    } = await user.client.get('/users/me/sessions'); // none where the change was faster
    const ended = await user.client.delete(`/users/me/sessions/${items.find((s) => !s.current)?.id}`);
    const { status } = await change;
    if (ended.status === 204) assert.ok([204, 401].includes(status));
    if (status === 401) assert.equal((await login(user)).status, 200, 'the password is the former one');
  }
});

/* Everything that an access token opens, after what ended its sign-in. */
const ways = {
  'the account is disabled': (user) => disable(user),
  'it signed out': (user) => api(sys).post('/auth/logout', { refreshToken: user.refreshToken }),
  'another device ended it': async (user) => {
    const { body } = await login(user);
    const other = api(sys, body.accessToken);
    const {
      body: { items },
    } = await other.get('/users/me/sessions');
    return other.delete(`/users/me/sessions/${items.find((s) => !s.current).id}`);
  },
  'another device changed the password': async (user) => {
    const { body } = await login(user);
    return api(sys, body.accessToken).post('/users/me/password', {
      currentPassword: user.password,
      newPassword: 'another password',
    });
  },
};

for (const [what, end] of Object.entries(ways))
  test(`no access token, and no socket, works on after ${what}`, async () => {
    const user = await register(sys, 'Eve');
    const { body: meeting } = await user.client.post('/meetings', { title: 'Hers' });
    const socket = await openSocket(sys, user.token);
    const seated = await openSocket(sys, user.token);
    await seated.request('join_room', { meetingId: meeting.code });
    assert.ok((await end(user)).status < 300);
    const path = `/meetings/${meeting.id}`;
    for (const [method, target, body] of [
      ['GET', '/users/me'],
      ['PATCH', '/users/me', { displayName: 'x' }],
      ['GET', '/meetings'],
      ['POST', '/meetings', { title: 'x' }],
      ['PATCH', path, { title: 'x' }],
      ['POST', `${path}/join`, {}],
      ['POST', `${path}/invites`, { role: 'cohost' }],
      ['GET', `${path}/messages`],
      ['GET', '/media'],
      ['POST', '/users/me/password', { currentPassword: user.password, newPassword: 'mine for ever' }],
      ['POST', `${path}/end`, {}],
    ]) {
      const answer = await user.client.request(method, target, { body });
      assert.equal(answer.body.code, 'unauthorized', `${method} ${target} ${answer.status}`);
    }
    await assert.rejects(socket.request('join_room', { meetingId: meeting.code }), { code: 'unauthorized' });
    assert.equal((await socket.closed).code, 4401);
    seated.send('chat_message', { text: 'still here', clientId: '1' }, 7);
    assert.equal((await seated.closed).code, 4401);
    assert.deepEqual(await sys.sql('SELECT id FROM messages WHERE meeting_id = ?', [meeting.id]), []);
  });

test('a disabled account leaves all of its meetings, however many', async () => {
  const user = await register(sys, 'Eve');
  const meetings = [];
  for (let i = 0; i < 120; i++) {
    const { body } = await admin.client.post('/meetings', { title: `Meeting ${i}` });
    assert.equal((await user.client.post(`/meetings/${body.code}/join`, {})).status, 200);
    meetings.push(body);
  }
  assert.equal((await disable(user)).status, 200);
  assert.deepEqual(
    await sys.sql('SELECT meeting_id FROM participants WHERE user_id = ? AND status <> 2', [user.id]),
    [],
  );
});
