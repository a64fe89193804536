/* How much one may ask: reads and writes by user, sign-ins by account and address, wrong meeting passwords by meeting and
 * address; and what is left of it without Redis. Limits are a minute's worth, so a bucket of 60 fills by one a second. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { callFrom } from '../lib/front.mjs';
import { startSystem } from '../lib/system.mjs';
import { api, register } from './contract.mjs';
import { createMeeting, join, ok, people, refused, sleep } from './support.mjs';

let sys;
before(async () => {
  sys = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    env: {
      ECHOMEET_RATE_READ: '60',
      ECHOMEET_RATE_WRITE: '30',
      ECHOMEET_RATE_SIGN_IN_ACCOUNT: '5',
      ECHOMEET_RATE_SIGN_IN_ADDRESS: '12',
      ECHOMEET_RATE_REFRESH: '6',
      ECHOMEET_RATE_PASSWORD_GUESSES: '4',
    },
  });
});
after(() => sys?.stop());

const refill = () => sys.redis('FLUSHALL');

/* Makes a call until it is refused; answers how often it was not, and the refusal. */
async function untilRefused(call, most = 200) {
  for (let done = 0; done < most; done++) {
    const answer = await call();
    if (answer.status === 429) return { done, answer };
  }
  throw new Error(`not refused in ${most} calls`);
}

/* A bucket of `size` a minute lets its size pass, and what ran in meanwhile. */
function assertAbout(done, size, start) {
  const most = size + Math.ceil((((Date.now() - start) / 1000) * size) / 60) + 1;
  assert.ok(done >= size && done <= most, `${done} calls passed, between ${size} and ${most} should have`);
}

test('a user who reads too much is told when to go on, and then may', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  const start = Date.now();
  const { done, answer } = await untilRefused(() => ada.client.get('/users/me'));
  assertAbout(done, 60, start);
  refused(answer, 'rate_limited');
  const wait = Number(answer.headers.get('retry-after'));
  assert.ok(wait >= 1 && wait <= 2, `Retry-After: ${wait}`);
  for (const target of [
    '/meetings',
    '/meetings/1',
    '/meetings/1/participants',
    '/meetings/1/messages',
    '/meetings/1/events',
  ])
    assert.ok([404, 403, 200, 429].includes((await ada.client.get(target)).status));
  ok(await ben.client.get('/users/me'), 200); // others are not touched
  ok(await ada.client.post('/meetings', { title: 'Writes are counted apart' }), 201);
  await sleep(wait * 1000 + 200);
  ok(await ada.client.get('/users/me'));
});

test('what is left of a sign-in that has ended takes nothing from those that go on', async () => {
  await refill();
  const ada = await register(sys, 'Ada');
  const other = ok(await api(sys).post('/auth/login', { email: ada.email, password: ada.password, client: 'api' }));
  ok(await api(sys).post('/auth/logout', { refreshToken: other.refreshToken }), 204);
  for (let i = 0; i < 70; i++) {
    refused(await api(sys, other.accessToken).get('/users/me'), 'unauthorized');
    refused(await api(sys, other.accessToken).patch('/users/me', { locale: 'en' }), 'unauthorized');
  }
  ok(await ada.client.get('/users/me'));
  ok(await ada.client.patch('/users/me', { locale: 'en' }));
});

test('a user who writes too much is stopped, and can still leave', async () => {
  const [ada] = await people(sys, 'Ada');
  const meeting = await createMeeting(ada);
  await join(ada, meeting);
  const start = Date.now();
  const { done, answer } = await untilRefused(() => ada.client.patch('/users/me', { locale: 'en' }));
  assertAbout(done + 2, 30, start);
  refused(answer, 'rate_limited');
  assert.equal(
    (await ada.client.patch(`/meetings/${meeting.id}`, { title: 'x' })).status,
    429,
    'all writes count together',
  );
  ok(await ada.client.get('/users/me'));
  ok(await ada.client.post(`/meetings/${meeting.id}/leave`));
});

test('without a good token nothing is counted and 401 stays 401', async () => {
  for (let i = 0; i < 100; i++) refused(await api(sys).get('/users/me'), 'unauthorized');
});

test('guessing an account’s password ends soon, also for the right one; other accounts are free', async () => {
  await refill();
  const ada = await register(sys, 'Ada');
  const ben = await register(sys, 'Ben');
  const login = (user, password = user.password) => api(sys).post('/auth/login', { email: user.email, password });
  const start = Date.now();
  const { done, answer } = await untilRefused(() => login(ada, 'wrong password'));
  assertAbout(done, 5, start);
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  refused(await login(ada), 'rate_limited', undefined, 'the right password tells a guesser nothing');
  refused(
    await login({ email: ada.email.toUpperCase(), password: ada.password }),
    'rate_limited',
    undefined,
    'whatever the case',
  );
  ok(await login(ben));
  ok(await api(sys).post('/auth/refresh', { refreshToken: ada.refreshToken })); // who is signed in stays so
  const keys = await sys.redis('KEYS', '*');
  assert.ok(keys.length && !keys.some((key) => key.includes('@')), 'no e-mail address stands in Redis');
});

/* A sign-in from another network, each call from the next of those that nobody has used. */
let strangers = 20;
const stranger = (body, cookie) =>
  callFrom(`127.0.0.${strangers++}`, sys.base)('POST', '/auth/login', body, { headers: cookie ? { cookie } : {} });
const cookieOf = async (who) => {
  const { headers, body } = await api(sys).post('/auth/login', { email: who.email, password: who.password });
  return { cookie: headers.getSetCookie()[0].split(';')[0], token: body.accessToken };
};

test('strangers who guess, from however many networks, do not keep the owner out', async () => {
  const [ada, ben] = [await register(sys, 'Ada'), await register(sys, 'Ben')];
  const [device, other] = [await cookieOf(ada), await cookieOf(ben)];
  await refill();
  const right = { email: ada.email, password: ada.password };
  const start = Date.now();
  const { done } = await untilRefused(() => stranger({ ...right, password: 'a guess' }), 30);
  assertAbout(done, 5, start);
  refused(await stranger(right), 'rate_limited', undefined, 'a stranger with the right one');
  refused(await stranger(right, other.cookie), 'rate_limited', undefined, 'somebody else’s device');
  refused(await stranger(right, 'echomeet_refresh=none'), 'rate_limited');
  assert.equal((await stranger(right, device.cookie)).status, 200, 'her device, elsewhere');
  ok(await api(sys).post('/auth/login', right), 200); // her network
  ok(
    await ada.client.post('/users/me/password', { currentPassword: ada.password, newPassword: 'another password' }),
    204,
  );
  assert.equal(
    (await stranger({ ...right, password: 'another password' }, device.cookie)).status,
    429,
    'that device was signed out by the change',
  );
});

test('an account that does not exist knows nobody', async () => {
  await refill();
  const nobody = { email: 'nobody.at.all@example.org', password: 'a guess' };
  await untilRefused(() => stranger(nobody), 30);
  refused(await api(sys).post('/auth/login', nobody), 'rate_limited');
});

test('guessing the present password is limited for each sign-in alone', async () => {
  const ada = await register(sys, 'Ada');
  await refill();
  const { token } = await cookieOf(ada);
  const change = (client, currentPassword) =>
    client.post('/users/me/password', { currentPassword, newPassword: 'another password' });
  const start = Date.now();
  assertAbout((await untilRefused(() => change(ada.client, 'a guess'), 30)).done, 5, start);
  refused(await change(ada.client, ada.password), 'rate_limited');
  ok(await change(api(sys, token), ada.password), 204);
});

test('a sign-in is refreshed so often and no more; tokens that are none count against none that is good', async () => {
  const ada = await register(sys, 'Ada');
  const ben = await register(sys, 'Ben');
  await refill();
  let { refreshToken } = ada;
  const start = Date.now();
  const { done, answer } = await untilRefused(async () => {
    const refreshed = await api(sys).post('/auth/refresh', { refreshToken });
    refreshToken = refreshed.body.refreshToken ?? refreshToken;
    return refreshed;
  }, 30);
  assertAbout(done, 6, start);
  refused(answer, 'rate_limited');
  const bogus = await untilRefused(() => api(sys).post('/auth/refresh', { refreshToken: `none ${Math.random()}` }), 30);
  assertAbout(bogus.done, 6, start);
  ok(await api(sys).post('/auth/refresh', { refreshToken: ben.refreshToken }));
  await refill();
  ok(await api(sys).post('/auth/refresh', { refreshToken })); // what was refused was not used up
});

test('an unknown account is limited like a known one', async () => {
  await refill();
  const { answer } = await untilRefused(
    () => api(sys).post('/auth/login', { email: 'nobody@example.org', password: 'wrong password' }),
    30,
  );
  refused(answer, 'rate_limited');
});

test('one address has so many sign-ins and new accounts', async () => {
  await refill();
  let serial = 0;
  const start = Date.now();
  const { done, answer } = await untilRefused(
    () => api(sys).post('/auth/login', { email: `nobody${serial++}@example.org`, password: 'wrong password' }),
    60,
  );
  assertAbout(done, 12, start);
  refused(answer, 'rate_limited');
  /* on a slow machine a token or two may have come back meanwhile */
  const register = () =>
    api(sys).post('/auth/register', {
      email: `new${serial++}@example.org`,
      password: 'correct horse',
      displayName: 'New',
    });
  refused((await untilRefused(register, 10)).answer, 'rate_limited');
  const call = callFrom('127.0.0.2', sys.base);
  const elsewhere = () =>
    call(
      'POST',
      '/auth/login',
      { email: `nobody${serial++}@example.org`, password: 'x' },
      { headers: { 'x-forwarded-for': `203.0.113.${serial}` } },
    );
  refused(
    (await untilRefused(elsewhere, 20)).answer,
    'rate_limited',
    undefined,
    'the address is not the client’s to choose',
  );
  await refill();
});

test('wrong meeting passwords are counted, right ones never', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  const meeting = await createMeeting(ada, { password: 'tulip' });
  await join(ada, meeting);
  const enter = (user, password, where = meeting) => user.client.post(`/meetings/${where.code}/join`, { password });
  for (let i = 0; i < 8; i++) {
    ok(await enter(ben, 'tulip'));
    ok(await ben.client.post(`/meetings/${meeting.id}/leave`));
  }
  const start = Date.now();
  const { done, answer } = await untilRefused(() => enter(ben, 'rose'));
  assertAbout(done, 4, start);
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  refused(await enter(ben, 'tulip'), 'rate_limited', undefined, 'the right one tells a guesser nothing');
  const [cleo] = await people(sys, 'Cleo');
  refused(
    await enter(cleo, 'tulip'),
    'rate_limited',
    undefined,
    'another account at the same address is no way around',
  );
  const other = await createMeeting(ada, { password: 'tulip' });
  ok(await enter(cleo, 'tulip', other));
  await refill();
  ok(await enter(ben, 'tulip'));
});

test('without Redis reads and writes pass, sign-ins are still limited', async () => {
  await refill();
  const ada = await register(sys, 'Ada');
  await sys.processes.redis.stop();
  for (let i = 0; i < 80; i++) ok(await ada.client.get('/users/me'));
  for (let i = 0; i < 40; i++) ok(await ada.client.patch('/users/me', { locale: 'en' }));
  const start = Date.now();
  const { done } = await untilRefused(
    () => api(sys).post('/auth/login', { email: ada.email, password: 'wrong password' }),
    40,
  );
  assertAbout(done, 5, start);
  await sys.processes.redis.start();
  ok(await ada.client.get('/users/me'));
});
