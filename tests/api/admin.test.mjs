/* What administrators see and do: accounts, and all meetings. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSocket, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, ok, people, refused } from './support.mjs';

let sys;
let root, ben;
before(async () => {
  sys = await startSystem();
  [root, ben] = await people(sys, 'Root', 'Ben_%');
  await sys.sql('UPDATE users SET is_admin = 1 WHERE id = ?', [root.id]);
});
after(() => sys?.stop());

const users = async (query = '') => ok(await root.client.get(`/admin/users${query}`));
const change = (user, body, by = root) => by.client.patch(`/admin/users/${user.id}`, body);

test('accounts by page and by keyword, guests are none', async () => {
  const meeting = await createMeeting(ben, { allowGuests: true });
  ok(await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'Ben_% the guest' }), 201);
  assert.deepEqual(
    (await users('?keyword=n_%25')).items.map((u) => u.id),
    [ben.id],
    'taken literally',
  );
  const first = await users('?limit=1');
  assert.deepEqual([first.items.length, first.hasMore], [1, true]);
  const second = await users(`?limit=100&after=${first.items[0].id}`);
  assert.equal(second.hasMore, false);
  assert.ok(second.items.some((u) => u.id === ben.id) && !second.items.some((u) => u.displayName.includes('guest')));
  refused(await root.client.get('/admin/users?limit=101'), 'validation_failed', 'limit');
});

test('all meetings, also private ones', async () => {
  const meeting = await createMeeting(ben, { title: 'Secret plan', isPublic: false });
  assert.equal(ok(await root.client.get('/meetings?keyword=Secret')).total, 0);
  assert.deepEqual(
    ok(await root.client.get('/admin/meetings?keyword=Secret&status=1')).items.map((m) => m.id),
    [meeting.id],
  );
});

test('a disabled account is out of its meetings and its sign-ins, and comes back when enabled', async () => {
  const dan = await register(sys, 'Dan');
  const meeting = await createMeeting(ben);
  await join(ben, meeting);
  const socket = await openSocket(sys, dan.token);
  await socket.request('join_room', { meetingId: meeting.code });
  assert.ok(ok(await change(dan, { disabled: true })).disabledAt);
  assert.equal((await socket.closed).code, 4401);
  const login = () => api(sys).post('/auth/login', { email: dan.email, password: dan.password });
  refused(await login(), 'account_disabled');
  assert.equal(ok(await change(dan, { disabled: false })).disabledAt, null);
  ok(await login());
});

test('administrators are made and unmade by others, never by themselves', async () => {
  const eve = await register(sys, 'Eve');
  assert.equal(ok(await change(eve, { isAdmin: true })).isAdmin, true);
  ok(await eve.client.get('/admin/users'));
  refused(await change(eve, { isAdmin: false }, eve), 'conflict');
  refused(await change(eve, { disabled: true }, eve), 'conflict');
  ok(await change(eve, { isAdmin: false }));
  refused(await eve.client.get('/admin/users'), 'forbidden');
  refused(await change({ id: 999999 }, { disabled: true }), 'not_found');
  refused(await change({ id: 'x' }, { disabled: true }), 'not_found');
  refused(await change(eve, { disabled: 1 }), 'validation_failed', 'disabled');
});

test('nobody else', async () => {
  const meeting = await createMeeting(ben, { allowGuests: true });
  const guest = ok(await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'Grace' }), 201);
  for (const client of [ben.client, api(sys, guest.accessToken)])
    for (const path of ['/admin/users', '/admin/meetings', '/ws/stats'])
      refused(await client.get(path), 'forbidden', undefined, path);
  refused(await change(ben, { isAdmin: true }, ben), 'forbidden');
  refused(await api(sys).get('/admin/users'), 'unauthorized');
});
