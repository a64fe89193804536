/* One's own account: reading it, changing name and language, changing the password. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api, register } from './contract.mjs';
import { createMeeting, join, ok, refused } from './support.mjs';

let sys;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
});
after(() => sys?.stop());

test('the profile is read and changed, one member at a time or both', async () => {
  const ada = await register(sys, 'Ada');
  const me = { id: ada.id, email: ada.email, displayName: 'Ada', locale: 'en', isAdmin: false, deletesAt: null };
  me.lastSignInAt = ok(await ada.client.get('/users/me')).lastSignInAt;
  assert.ok(Math.abs(Date.parse(me.lastSignInAt) - Date.now()) < 60_000);
  assert.deepEqual(ok(await ada.client.get('/users/me')), me);
  const changes = [
    { displayName: 'Ada L.' },
    { locale: 'zh-CN' },
    { locale: 'de' },
    { locale: 'fr' },
    { displayName: '😀'.repeat(64), locale: 'en' },
    { displayName: ' trimmed ' },
    {},
  ];
  for (const change of changes) {
    Object.assign(me, change, change.displayName ? { displayName: change.displayName.trim() } : {});
    assert.deepEqual(ok(await ada.client.patch('/users/me', change)), me);
    assert.deepEqual(ok(await ada.client.get('/users/me')), me);
  }
});

test('a wrong change is refused and changes nothing', async () => {
  const ada = await register(sys, 'Ada');
  const before = ok(await ada.client.get('/users/me'));
  const wrong = [
    [{ displayName: '' }, 'displayName'],
    [{ displayName: ' \t ' }, 'displayName'],
    [{ displayName: 'x'.repeat(65) }, 'displayName'],
    [{ displayName: null }, 'displayName'],
    [{ displayName: 7 }, 'displayName'],
    [{ displayName: 'a\u0007b' }, 'displayName'],
    [{ locale: 'sv' }, 'locale'],
    [{ locale: 'en|zh-CN' }, 'locale'],
    [{ locale: null }, 'locale'],
    [{ locale: ['en'] }, 'locale'],
    [{ email: 'new@example.org' }, 'email'],
    [{ password: 'something else' }, 'password'],
    [{ id: 1 }, 'id'],
    [{ locale: 'zh-CN', displayName: '' }, 'displayName'],
    [{ displayName: 'Good', nickname: 'x' }, 'nickname'],
  ];
  for (const [change, field] of wrong)
    refused(await ada.client.patch('/users/me', change), 'validation_failed', field, JSON.stringify(change));
  assert.deepEqual(ok(await ada.client.get('/users/me')), before);
});

test('a new name shows in meetings made and joined afterwards', async () => {
  const ada = await register(sys, 'Ada');
  ok(await ada.client.patch('/users/me', { displayName: 'Countess' }));
  const meeting = await createMeeting(ada);
  assert.equal(meeting.creator.displayName, 'Countess');
  assert.equal((await join(ada, meeting)).me.displayName, 'Countess');
});

test('changing the password ends the other sign-ins and keeps this one', async () => {
  const ada = await register(sys, 'Ada');
  const other = ok(await api(sys).post('/auth/login', { email: ada.email, password: ada.password, client: 'api' }));
  const change = (currentPassword, newPassword) =>
    ada.client.post('/users/me/password', { currentPassword, newPassword });
  refused(await change('not my password', 'staple battery'), 'invalid_credentials');
  ok(await api(sys).post('/auth/login', { email: ada.email, password: ada.password })); // nothing has changed
  ok(await change(ada.password, 'staple battery'), 204);
  refused(await api(sys).post('/auth/login', { email: ada.email, password: ada.password }), 'invalid_credentials');
  ok(await api(sys).post('/auth/login', { email: ada.email, password: 'staple battery' }));
  refused(await api(sys).post('/auth/refresh', { refreshToken: other.refreshToken }), 'unauthorized');
  ok(await api(sys).post('/auth/refresh', { refreshToken: ada.refreshToken }));
  ok(await ada.client.get('/users/me'));
});

test('a wrong form for the password names its field', async () => {
  const ada = await register(sys, 'Ada');
  const good = { currentPassword: ada.password, newPassword: 'staple battery' };
  const wrong = [
    [{ currentPassword: undefined }, 'currentPassword'],
    [{ currentPassword: 1 }, 'currentPassword'],
    [{ currentPassword: null }, 'currentPassword'],
    [{ newPassword: undefined }, 'newPassword'],
    [{ newPassword: '1234567' }, 'newPassword'],
    [{ newPassword: 'x'.repeat(129) }, 'newPassword'],
    [{ newPassword: '' }, 'newPassword'],
    [{ newPassword: null }, 'newPassword'],
    [{ newPassword: 'eight ch\u0000' }, 'newPassword'],
    [{ password: 'x' }, 'password'],
  ];
  for (const [change, field] of wrong)
    refused(
      await ada.client.post('/users/me/password', { ...good, ...change }),
      'validation_failed',
      field,
      JSON.stringify(change),
    );
  ok(await api(sys).post('/auth/login', { email: ada.email, password: ada.password }));
});

test('without a token nothing is told', async () => {
  const nobody = api(sys);
  refused(await nobody.get('/users/me'), 'unauthorized');
  refused(await nobody.patch('/users/me', { displayName: 'X' }), 'unauthorized');
  refused(
    await nobody.post('/users/me/password', { currentPassword: 'x', newPassword: 'staple battery' }),
    'unauthorized',
  );
  assert.equal((await nobody.post('/users/me/password', {})).status, 401, 'who calls is asked before what was sent');
});
