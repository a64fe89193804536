/* Access tokens that are missing, broken, forged or too old: 401 each, on every call that wants one. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api, document, register } from './contract.mjs';
import { claimsOf, nowSeconds, ok, people, refused, signToken, sleep } from './support.mjs';

let sys;
let user;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [user] = await people(sys, 'Ada');
});
after(() => sys?.stop());

const me = (headers) => api(sys).get('/users/me', { headers });
const bearer = (token) => me({ authorization: `Bearer ${token}` });
const claims = (changes = {}) => ({ ...claimsOf(user.token), ...changes });

test('a token made by hand with the right key is good', async () => {
  ok(await bearer(user.token));
  ok(await bearer(signToken(claims(), sys.jwtKey)));
  ok(await me({ authorization: `bearer ${user.token}` }), 200); // the scheme's case does not matter (RFC 9110)
});

test('no token, another scheme, or garbage is refused', async () => {
  refused(await me({}), 'unauthorized');
  for (const authorization of [
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    `Basic ${user.token}`,
    user.token,
    `Bearer: ${user.token}`,
    `Token ${user.token}`,
    `Bearer ${user.token} ${user.token}`,
    'Bearer null',
    'Bearer undefined',
    'Bearer .',
    'Bearer ..',
    'Bearer a.b.c',
    'Bearer %%%.%%%.%%%',
    `Bearer ${'.'.repeat(500)}`,
    `Bearer ${'A'.repeat(4000)}`,
    `Bearer ${'A'.repeat(1000)}.${'A'.repeat(900)}.AAAA`,
    'Bearer e30.e30.',
    'Bearer bnVsbA.bnVsbA.',
    `Bearer ${randomBytes(200).toString('base64url')}`,
  ])
    refused(await me({ authorization }), 'unauthorized', undefined, authorization.slice(0, 80));
});

test('a token counts in the header only', async () => {
  refused(await api(sys).get(`/meetings?token=${user.token}`), 'unauthorized');
  refused(await me({ cookie: `token=${user.token}; authorization=${user.token}` }), 'unauthorized');
  refused(
    await me({
      'x-authorization': `Bearer ${user.token}`,
      'echomeet-user': '1',
      'x-echomeet-user': String(user.id),
      echomeet_user: String(user.id),
    }),
    'unauthorized',
  );
});

test('a tampered token is refused', async () => {
  const [header, payload, signature] = user.token.split('.');
  const other = Buffer.from(JSON.stringify(claims({ sub: '2' }))).toString('base64url');
  const flipped = signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'));
  for (const token of [
    `${header}.${other}.${signature}`,
    `${header}.${payload}.${flipped}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${payload}.${signature.slice(0, -4)}`,
    `${header}.${payload}.${signature}.x`,
    `${payload}.${header}.${signature}`,
    `${header}.${payload}x.${signature}`,
    `${header}.${payload}.${signature}${signature}`,
  ])
    refused(await bearer(token), 'unauthorized', undefined, token);
});

test('the algorithm is ours to choose', async () => {
  for (const [name, token] of Object.entries({
    none: signToken(claims(), sys.jwtKey, { alg: 'none', hash: '' }),
    'None with a signature': signToken(claims(), sys.jwtKey, { alg: 'None' }),
    'none with a signature': signToken(claims(), sys.jwtKey, { alg: 'none' }),
    NONE: signToken(claims(), sys.jwtKey, { alg: 'NONE', hash: '' }),
    'HS512 with the same key': signToken(claims(), sys.jwtKey, { alg: 'HS512', hash: 'sha512' }),
    'HS384 with the same key': signToken(claims(), sys.jwtKey, { alg: 'HS384', hash: 'sha384' }),
    'HS256 signed as HS512': signToken(claims(), sys.jwtKey, { alg: 'HS256', hash: 'sha512' }),
    'RS256 signed as HS256': signToken(claims(), sys.jwtKey, { alg: 'RS256' }),
    'no algorithm': signToken(claims(), sys.jwtKey, { alg: null }),
    'a number': signToken(claims(), sys.jwtKey, { alg: 256 }),
  }))
    refused(await bearer(token), 'unauthorized', undefined, name);
});

test('another key is refused, whatever key id it claims', async () => {
  for (const key of [
    randomBytes(32),
    '',
    '\0',
    sys.jwtKey.toString('hex'),
    sys.jwtKey.subarray(0, 31),
    Buffer.alloc(32),
  ])
    for (const kid of ['k1', 'k2', '', '../../etc/passwd', undefined])
      refused(await bearer(signToken(claims(), key, { header: { kid } })), 'unauthorized');
});

test('only a token whose time has run out is called expired', async () => {
  const past = { iat: nowSeconds() - 1000, exp: nowSeconds() - 1 };
  refused(await bearer(signToken(claims(past), sys.jwtKey)), 'token_expired');
  refused(await bearer(signToken(claims(past), randomBytes(32))), 'unauthorized');
  refused(await bearer(signToken(claims({ ...past, iss: 'other' }), sys.jwtKey)), 'unauthorized');
});

test('claims that are missing or foreign are refused', async () => {
  for (const change of [
    { iss: 'https://accounts.example.org' },
    { iss: undefined },
    { iss: 'EchoMeet' },
    { iss: '' },
    { iss: ['echomeet'] },
    { exp: undefined },
    { exp: 0 },
    { exp: -1 },
    { exp: 'never' },
    { iat: nowSeconds() + 3600 },
    { nbf: nowSeconds() + 3600 },
    { sub: undefined },
    { sub: '' },
    { sub: '0' },
    { sub: '-1' },
    { sub: 'root' },
    { sub: null },
    { sub: '99999999999999999999' },
  ])
    refused(await bearer(signToken(claims(change), sys.jwtKey)), 'unauthorized', undefined, JSON.stringify(change));
});

test('a token for an account that does not exist is refused', async () => {
  const ghost = api(sys, signToken(claims({ sub: '987654321' }), sys.jwtKey));
  refused(await ghost.get('/users/me'), 'unauthorized');
  refused(await ghost.patch('/users/me', { displayName: 'Ghost' }), 'unauthorized');
  refused(await ghost.post('/meetings', { title: 'Haunted' }), 'unauthorized');
  const { code } = ok(await user.client.post('/meetings', { title: 'Open' }), 201);
  refused(await ghost.post(`/meetings/${code}/join`), 'unauthorized');
  const [{ seen }] = await sys.sql(`SELECT (SELECT COUNT(*) FROM meetings WHERE creator_id = 987654321)
        + (SELECT COUNT(*) FROM participants WHERE user_id = 987654321) AS seen`);
  assert.equal(seen, 0);
});

test('every call that wants a token says so before it looks at anything else', async () => {
  const expired = signToken(claims({ exp: nowSeconds() - 5 }), sys.jwtKey);
  let calls = 0;
  for (const [template, item] of Object.entries(document.paths))
    for (const method of ['get', 'post', 'patch', 'delete'].filter((m) => item[m] && !item[m].security)) {
      const target = template.replaceAll(/\{\w+\}/g, '4711');
      refused(await api(sys).request(method.toUpperCase(), target), 'unauthorized', undefined, `${method} ${target}`);
      refused(
        await api(sys, expired).request(method.toUpperCase(), target),
        'token_expired',
        undefined,
        `${method} ${target}`,
      );
      calls++;
    }
  assert.ok(calls > 15);
});

test('an old key is accepted beside the new one that signs', async () => {
  const fresh = randomBytes(32);
  const file = path.join(sys.dir, 'secrets/jwt.key');
  const { pool } = sys.processes;
  await pool.stop();
  fs.writeFileSync(file, `k2 ${fresh.toString('hex')}\nk1 ${sys.jwtKey.toString('hex')}\n`);
  await pool.start();
  ok(await bearer(user.token));
  ok(await bearer(signToken(claims(), fresh, { header: { kid: 'k2' } })));
  const ada = await register(sys, 'Ada');
  assert.equal(JSON.parse(Buffer.from(ada.token.split('.')[0], 'base64url')).kid, 'k2');
  await pool.stop();
  fs.writeFileSync(file, `k2 ${fresh.toString('hex')}\n`);
  await pool.start();
  refused(await bearer(user.token), 'unauthorized');
  ok(await bearer(ada.token));
});

test('the life of a token follows ECHOMEET_ACCESS_TOKEN_S', async () => {
  const short = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], env: { ECHOMEET_ACCESS_TOKEN_S: '3' } });
  try {
    const ada = await register(short, 'Ada');
    assert.equal(claimsOf(ada.token).exp - claimsOf(ada.token).iat, 3);
    await sleep(3100);
    refused(await ada.client.get('/users/me'), 'token_expired');
    const next = ok(await api(short).post('/auth/refresh', { refreshToken: ada.refreshToken }));
    assert.equal(next.expiresIn, 3);
    ok(await api(short, next.accessToken).get('/users/me'));
  } finally {
    await short.stop();
  }
});
