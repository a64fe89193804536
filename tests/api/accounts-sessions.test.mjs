/* The sign-ins of an account, and what an administrator's command does to accounts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api, register } from './contract.mjs';
import { claimsOf, createMeeting, join, ok, refused } from './support.mjs';

let sys;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
});
after(() => sys?.stop());

const login = (user, headers) =>
  api(sys).post('/auth/login', { email: user.email, password: user.password, client: 'api' }, { headers });

function admin(input, ...words) {
  const { status, stdout, stderr } = spawnSync(sys.program('echomeet-api'), ['user', ...words], {
    env: { ...process.env, ...sys.env },
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('sign-ins are listed, the last used first, and ended one by one', async () => {
  const ada = await register(sys, 'Ada');
  const phone = ok(await login(ada, { 'user-agent': 'Phone/1.0' }));
  const tablet = ok(await login(ada, { 'user-agent': 'Tablet/2.0 (ünicode)' }));
  const client = api(sys, phone.accessToken);
  const { items } = ok(await client.get('/users/me/sessions'));
  assert.deepEqual(
    items.map((s) => s.current),
    [false, true, false],
  );
  assert.deepEqual(
    items.slice(0, 2).map((s) => s.userAgent),
    ['', 'Phone/1.0'],
  );
  assert.equal(items[1].address, '127.0.0.1');
  assert.equal(items[1].id, claimsOf(phone.accessToken).sid);

  assert.equal((await client.delete(`/users/me/sessions/${items[0].id}`)).status, 204);
  refused(await api(sys).post('/auth/refresh', { refreshToken: tablet.refreshToken }), 'unauthorized');
  ok(await api(sys).post('/auth/refresh', { refreshToken: phone.refreshToken }));
  assert.equal(ok(await client.get('/users/me/sessions')).items.length, 2);
  refused(await client.delete(`/users/me/sessions/${items[0].id}`), 'not_found'); // ended already
  refused(await client.delete('/users/me/sessions/me'), 'not_found');
});

test('nobody ends the sign-in of somebody else', async () => {
  const ada = await register(sys, 'Ada');
  const ben = await register(sys, 'Ben');
  refused(await ben.client.delete(`/users/me/sessions/${claimsOf(ada.token).sid}`), 'not_found');
  assert.equal(ok(await ada.client.get('/users/me/sessions')).items.length, 1);
});

test('a sign-in that was not used for as long as its refresh token lives is not shown', async () => {
  const ada = await register(sys, 'Ada');
  ok(await login(ada));
  await sys.sql('UPDATE sessions SET last_used_at = last_used_at - INTERVAL 31 DAY WHERE id = ?', [
    claimsOf(ada.token).sid,
  ]);
  assert.equal(ok(await ada.client.get('/users/me/sessions')).items.length, 1);
});

test('the administrator makes an account, which can sign in', async () => {
  const made = admin('correct horse 1\n', 'create', 'Made@Example.org', 'Made 李');
  assert.equal(made.status, 0, made.stderr);
  const { user } = ok(await login({ email: 'made@example.org', password: 'correct horse 1' }));
  assert.equal(user.displayName, 'Made 李');
  const again = admin('correct horse 1\n', 'create', 'made@example.org', 'Made');
  assert.equal(again.status, 1);
  assert.match(again.stderr, /email_taken/);
  for (const [password, email, name] of [
    ['short\n', 'x@example.org', 'X'],
    ['long enough\n', 'nonsense', 'X'],
    ['long enough\n', 'x@example.org', ''],
    ['', 'x@example.org', 'X'],
    [Buffer.from('not UTF-8 \xff\n', 'latin1'), 'x@example.org', 'X'],
  ])
    assert.match(admin(password, 'create', email, name).stderr, /validation_failed/);
});

test('a disabled account is signed out, out of its meetings, and stays out until it is enabled', async () => {
  const ada = await register(sys, 'Ada');
  const ben = await register(sys, 'Ben');
  const meeting = await createMeeting(ben);
  await join(ben, meeting);
  await join(ada, meeting);
  const tokens = ok(await login(ada));
  assert.equal(admin('', 'disable', ada.email.toUpperCase()).status, 0);
  refused(await login(ada), 'account_disabled');
  refused(
    await api(sys).post('/auth/login', { email: ada.email, password: 'not the password' }),
    'invalid_credentials',
  );
  refused(await api(sys).post('/auth/refresh', { refreshToken: tokens.refreshToken }), 'unauthorized');
  refused(await ada.client.post(`/meetings/${meeting.code}/join`, {}), 'unauthorized');
  assert.deepEqual(
    ok(await ben.client.get(`/meetings/${meeting.id}/participants`)).items.map((p) => p.userId),
    [ben.id],
  );
  const [left] = await sys.sql('SELECT effect, data FROM room_events WHERE meeting_id = ? ORDER BY seq DESC LIMIT 1', [
    meeting.id,
  ]);
  assert.equal(left.effect, `user:${ada.id}:4401`);
  assert.match(admin('', 'list').stdout, new RegExp(`\t${ada.email}\tAda\tdisabled\t`));

  assert.equal(admin('', 'enable', ada.email).status, 0);
  refused(
    await ada.client.post(`/meetings/${meeting.code}/join`, {}),
    'unauthorized',
    undefined,
    'what was ended stays so',
  );
  const again = ok(await login(ada));
  ok(await api(sys, again.accessToken).post(`/meetings/${meeting.code}/join`, {}));
});

test('an account becomes an administrator and is one no longer', async () => {
  const ada = await register(sys, 'Ada');
  for (const [word, isAdmin] of [
    ['yes', true],
    ['no', false],
  ]) {
    assert.equal(admin('', 'admin', ada.email, word).status, 0);
    assert.equal(ok(await ada.client.get('/users/me')).isAdmin, isAdmin);
  }
});

test('a wrong command says how it is meant', () => {
  for (const words of [
    [],
    ['frobnicate'],
    ['disable'],
    ['create', 'a@example.org'],
    ['admin', 'a@example.org', 'maybe'],
  ]) {
    const { status, stderr } = admin('', ...words);
    assert.equal(status, 2);
    assert.match(stderr, /^Usage: /);
  }
  assert.match(admin('', 'disable', 'nobody@example.org').stderr, /not_found/);
});
