/* Somebody with a whole network of IPv6 addresses has no more tries than somebody with one address. The test's calls come
 * from a trusted proxy, so X-Forwarded-For says who asks. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, register } from '../lib/client.mjs';
import { makeMeeting } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let ana;
let meeting;
before(async () => {
  sys = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    env: {
      ECHOMEET_RATE_PASSWORD_GUESSES: '10',
      ECHOMEET_RATE_PASSWORD_GUESSES_MEETING: '30',
      ECHOMEET_RATE_GUESTS: '10',
      ECHOMEET_RATE_SIGN_IN_ADDRESS: '10',
    },
  });
  ana = await register(sys, 'Ana');
  meeting = await makeMeeting(ana, { password: 'tulip', allowGuests: true });
});
after(() => sys?.stop());

const by = (address) => ({ headers: { 'x-forwarded-for': address } });

/* Of 60 calls, each from another of these addresses, only as many pass as a bucket of `size` a minute gives. */
async function assertStopped(size, addressOf, call) {
  const start = Date.now();
  let passed = 0;
  for (let i = 0; i < 60; i++) if ((await call(by(addressOf(i)), i)).status !== 429) passed++;
  const most = size + Math.ceil((((Date.now() - start) / 1000) * size) / 60) + 1;
  assert.ok(passed >= size && passed <= most && most < 60, `${passed} passed, ${most} at most should have`);
}

test('meeting passwords: one network of IPv6 is one guesser, and so is an address in its two forms', async () => {
  const ben = await register(sys, 'Ben');
  const guess = (options) => ben.client.post(`/meetings/${meeting.code}/join`, { password: 'rose' }, options);
  await assertStopped(10, (i) => `2001:db8:1:1:${i.toString(16)}::${i.toString(16)}`, guess);
  await assertStopped(10, (i) => (i % 2 ? '::ffff:192.0.2.1' : '192.0.2.1'), guess);
});

test('meeting passwords: many networks together have an end too; an invitation does not', async () => {
  const { body: invite } = await ana.client.post(`/meetings/${meeting.id}/invites`, {});
  await sys.redis('FLUSHALL');
  const cleo = await register(sys, 'Cleo');
  const guess = (options) => cleo.client.post(`/meetings/${meeting.code}/join`, { password: 'rose' }, options);
  await assertStopped(30, (i) => `198.51.100.${i + 1}`, guess);
  assert.equal(
    (await cleo.client.post(`/meetings/${meeting.code}/join`, { password: 'tulip' }, by('203.0.113.1'))).status,
    429,
  );
  assert.equal(
    (await cleo.client.post(`/meetings/${meeting.code}/join`, { invite: invite.token }, by('203.0.113.1'))).status,
    200,
  );
});

test('sign-ins and guests: one network of IPv6 is one client', async () => {
  await sys.redis('FLUSHALL');
  const address = (i) => `2001:db8:2:2::${(i + 1).toString(16)}`;
  await assertStopped(10, address, (options, i) =>
    api(sys).post('/auth/login', { email: `nobody${i}@example.org`, password: 'wrong password' }, options),
  );
  await assertStopped(10, address, (options) =>
    api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'Guest' }, options),
  );
});
