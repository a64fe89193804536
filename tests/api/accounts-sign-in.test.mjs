/* Signing in, trading refresh tokens, signing out. Time is moved by changing rows. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api, register } from './contract.mjs';
import { claimsOf, ok, refused } from './support.mjs';

let sys;
let ada;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], workers: { api: 2, signin: 2, relay: 1 } });
  ada = await register(sys, 'Ada');
});
after(() => sys?.stop());

const login = (body) => api(sys).post('/auth/login', body);
const refresh = (refreshToken) => api(sys).post('/auth/refresh', { refreshToken });
const signIn = async () => ok(await login({ email: ada.email, password: ada.password, client: 'api' }));
const cookieOf = ({ headers }) => headers.getSetCookie().map((c) => c.split(';')[0])[0];
const withCookie = (cookie) => ({ headers: { cookie } });
const sessionOf = (tokens) => claimsOf(tokens.accessToken).sid;

/* Lets the used tokens of a sign-in look as if they had been traded eleven seconds ago. */
const elevenSecondsLater = (tokens) =>
  sys.sql('UPDATE refresh_tokens SET used_at = used_at - INTERVAL 11 SECOND WHERE session_id = ?', [sessionOf(tokens)]);

/* Argon2id of "Cafe\u0301 Napoli" as it stands here, as former versions stored it */
const FORMER_HASH = '$argon2id$v=19$m=8,t=1,p=1$UMAoymVPfAI3ae0vvn1KsQ$0OLQud/pfIzgC+T9Bqrc4HJM+suQES4t+8lI9L+N2z0';

test('a password is the same however a keyboard writes its letters, also one from before that was so', async () => {
  const composed = 'Caf\u00e9 Napoli',
    decomposed = 'Cafe\u0301 Napoli';
  const email = `${Math.random()}@example.org`;
  const sign = (where, password) =>
    api(sys).post(`/auth/${where}`, { email, password, ...(where === 'register' ? { displayName: 'Ada' } : {}) });
  assert.equal((await sign('register', decomposed)).status, 201);
  for (const password of [composed, decomposed]) assert.equal((await sign('login', password)).status, 200);
  assert.equal((await sign('login', 'Cafe Napoli')).status, 401);
  await sys.sql('UPDATE users SET password_hash = ? WHERE email = ?', [FORMER_HASH, email]);
  assert.equal((await sign('login', decomposed)).status, 200);
});

test('a password stored by former settings is stored anew at a sign-in, and nobody is refused or signed out for it', async () => {
  const bo = await register(sys, 'Bo');
  const stored = async () => (await sys.sql('SELECT password_hash FROM users WHERE id = ?', [bo.id]))[0].password_hash;
  const settings = /^\$argon2id\$v=19\$m=1024,t=1,p=1\$/;
  const first = await stored();
  assert.match(first, settings);
  ok(await login({ email: bo.email, password: bo.password }));
  assert.equal(await stored(), first);

  await sys.sql('UPDATE users SET password_hash = ? WHERE id = ?', [FORMER_HASH, bo.id]);
  refused(await login({ email: bo.email, password: bo.password }), 'invalid_credentials', undefined);
  assert.equal(await stored(), FORMER_HASH);
  const all = await Promise.all(
    Array.from({ length: 8 }, () => login({ email: bo.email, password: 'Cafe\u0301 Napoli' })),
  );
  for (const answer of all) ok(answer);
  assert.match(await stored(), settings);
  ok(await login({ email: bo.email, password: 'Caf\u00e9 Napoli' }));
  ok(await bo.client.get('/users/me'));
});

test('signing in again opens another session of the same user', async () => {
  const body = await signIn();
  assert.deepEqual(body.user, {
    id: ada.id,
    email: ada.email,
    displayName: 'Ada',
    locale: 'en',
    isAdmin: false,
    lastSignInAt: body.user.lastSignInAt,
    deletesAt: null,
  });
  assert.notEqual(sessionOf(body), claimsOf(ada.token).sid);
  ok(await api(sys, body.accessToken).get('/users/me'));
  ok(await login({ email: ada.email.toUpperCase(), password: ada.password }));
});

test('unknown e-mail and wrong password get the same answer', async () => {
  const answers = [];
  for (const wrong of [
    { email: 'nobody@example.org', password: ada.password },
    { email: ada.email, password: 'correct horse 2' },
    { email: ada.email, password: `${ada.password} ` },
    { email: ada.email, password: ada.password.toUpperCase() },
    { email: ada.email, password: 'x' },
  ]) {
    const { status, body } = await login(wrong);
    assert.equal(status, 401);
    answers.push(JSON.stringify({ ...body, requestId: '' }));
    refused({ status, body }, 'invalid_credentials', undefined);
  }
  assert.equal(new Set(answers).size, 1);
});

test('a wrong sign-in form names its field', async () => {
  for (const [change, field] of [
    [{ email: undefined }, 'email'],
    [{ password: undefined }, 'password'],
    [{ email: 5 }, 'email'],
    [{ password: null }, 'password'],
    [{ password: 'x'.repeat(129) }, 'password'],
    [{ client: 'tv' }, 'client'],
    [{ remember: true }, 'remember'],
  ])
    refused(await login({ email: ada.email, password: ada.password, ...change }), 'validation_failed', field);
});

test('a refresh token buys a new pair, once', async () => {
  const first = await signIn();
  const second = ok(await refresh(first.refreshToken));
  assert.notEqual(second.refreshToken, first.refreshToken);
  assert.deepEqual(second.user, first.user);
  assert.equal(sessionOf(second), sessionOf(first), 'it is still the same sign-in');
  ok(await api(sys, second.accessToken).get('/users/me'));
  const third = ok(await refresh(second.refreshToken));
  ok(await refresh(third.refreshToken));
});

test('a token that is used again later ends the whole sign-in', async () => {
  const stolen = await signIn();
  const newest = ok(await refresh(ok(await refresh(stolen.refreshToken)).refreshToken));
  await elevenSecondsLater(stolen);
  refused(await refresh(stolen.refreshToken), 'unauthorized');
  refused(
    await refresh(newest.refreshToken),
    'unauthorized',
    undefined,
    'the thief’s or the owner’s newest token still works',
  );
  ok(await refresh((await signIn()).refreshToken), 200); // other sign-ins are untouched
});

test('a second tab may use the same token in the same moment', async () => {
  const first = await signIn();
  const tabs = (await Promise.all([refresh(first.refreshToken), refresh(first.refreshToken)])).map((a) => ok(a));
  assert.equal(new Set([first, ...tabs].map((t) => t.refreshToken)).size, 3);
  for (const tab of tabs) ok(await refresh(tab.refreshToken), 200);
  await elevenSecondsLater(first);
  refused(await refresh(first.refreshToken), 'unauthorized');
});

test('the ten seconds of the second tab begin with the first use and are not renewed', async () => {
  const first = await signIn();
  ok(await refresh(first.refreshToken));
  const sixSecondsLater = () =>
    sys.sql('UPDATE refresh_tokens SET used_at = used_at - INTERVAL 6 SECOND WHERE session_id = ?', [sessionOf(first)]);
  await sixSecondsLater();
  ok(await refresh(ok(await refresh(first.refreshToken)).refreshToken));
  await sixSecondsLater();
  refused(await refresh(first.refreshToken), 'unauthorized');
});

test('where the answer was lost on its way, the old token is good once more', async () => {
  const first = await signIn();
  const lost = ok(await refresh(first.refreshToken)); // never arrives: the network was cut
  await elevenSecondsLater(first);
  const second = ok(await refresh(first.refreshToken));
  ok(await refresh(ok(await refresh(second.refreshToken)).refreshToken));
  refused(await refresh(lost.refreshToken), 'unauthorized'); // whoever has it now is not the owner
  refused(
    await refresh(second.refreshToken),
    'unauthorized',
    undefined,
    'the sign-in goes on although two had its tokens',
  );
});

test('a refresh token ends after its time', async () => {
  const tokens = await signIn();
  await sys.sql('UPDATE refresh_tokens SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE session_id = ?', [
    sessionOf(tokens),
  ]);
  refused(await refresh(tokens.refreshToken), 'unauthorized');
});

test('garbage and missing refresh tokens are refused', async () => {
  const { refreshToken, accessToken } = await signIn();
  for (const token of [
    'x',
    'x'.repeat(200),
    `${refreshToken}x`,
    refreshToken.slice(1),
    refreshToken.split('').reverse().join(''),
    accessToken.slice(0, 200),
  ])
    refused(await refresh(token), 'unauthorized', undefined, token);
  for (const token of [null, 7, '', 'x'.repeat(201), {}])
    refused(await refresh(token), 'validation_failed', 'refreshToken', JSON.stringify(token));
  refused(await api(sys).post('/auth/refresh', {}), 'unauthorized');
  refused(await api(sys).post('/auth/refresh'), 'unauthorized');
  refused(await api(sys).post('/auth/refresh', { token: refreshToken }), 'validation_failed', 'token');
  refused(
    await api(sys, accessToken).post('/auth/refresh'),
    'unauthorized',
    undefined,
    'an access token is no refresh token',
  );
  ok(await refresh(refreshToken), 200);
});

test('a browser refreshes and signs out by its cookie, without a body', async () => {
  const first = cookieOf(await login({ email: ada.email, password: ada.password }));
  const answer = await api(sys).post('/auth/refresh', undefined, withCookie(`theme=dark; ${first}; x=y`));
  assert.equal(ok(answer).refreshToken, undefined);
  const second = cookieOf(answer);
  assert.match(second, /^echomeet_refresh=[\w-]{20,}$/);
  assert.notEqual(second, first);
  const out = await api(sys).post('/auth/logout', undefined, withCookie(second));
  ok(out, 204);
  const [cleared] = out.headers.getSetCookie();
  assert.match(cleared, /^echomeet_refresh=;/);
  assert.match(cleared, /(max-age=0|expires=.*1970)/i);
  assert.match(cleared, /path=\/api\/v1\/auth/i, 'another path would not clear it');
  refused(await api(sys).post('/auth/refresh', undefined, withCookie(second)), 'unauthorized');
  for (const cookie of [
    'echomeet_refresh=',
    'echomeet_refresh',
    'xechomeet_refresh=abc',
    `x${second}`,
    ';;;=;',
    `echomeet_refresh=${'x'.repeat(3000)}`,
  ])
    refused(await api(sys).post('/auth/refresh', undefined, withCookie(cookie)), 'unauthorized', undefined, cookie);
});

test('signing out ends this sign-in and no other, and may be repeated', async () => {
  const [one, other] = [await signIn(), await signIn()];
  const newer = ok(await refresh(one.refreshToken));
  for (let i = 0; i < 2; i++) ok(await api(sys).post('/auth/logout', { refreshToken: newer.refreshToken }), 204);
  refused(await refresh(newer.refreshToken), 'unauthorized');
  ok(await refresh(other.refreshToken), 200);
  for (const body of [undefined, {}, { refreshToken: 'unknown' }]) ok(await api(sys).post('/auth/logout', body), 204);
  refused(await api(sys).post('/auth/logout', { refreshToken: 7 }), 'validation_failed', 'refreshToken');
});

test('many sign in at once', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => signIn()));
  assert.equal(new Set(answers.map(sessionOf)).size, 8);
});
