/* Making an account: what comes back to browsers and to programs, and every way to fill the form wrongly. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api, register } from './contract.mjs';
import { claimsOf, nowSeconds, ok, refused } from './support.mjs';

let sys;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
});
after(() => sys?.stop());

let serial = 0;
const account = (changes = {}) => ({
  email: `user${serial++}@example.org`,
  password: 'correct horse 1',
  displayName: 'Ada',
  ...changes,
});
const post = (body) => api(sys).post('/auth/register', body);

test('a program gets both tokens in the body and no cookie', async () => {
  const input = account({ client: 'api', locale: 'zh-CN', displayName: '  Ada 李 ' });
  const answer = await post(input);
  const body = ok(answer, 201);
  assert.deepEqual(body.user, {
    id: body.user.id,
    email: input.email,
    displayName: 'Ada 李',
    locale: 'zh-CN',
    isAdmin: false,
    lastSignInAt: body.user.lastSignInAt,
    deletesAt: null,
  });
  assert.equal(body.expiresIn, 900);
  assert.ok(body.refreshToken);
  assert.deepEqual(answer.headers.getSetCookie(), []);
  assert.deepEqual(ok(await api(sys, body.accessToken).get('/users/me')), body.user);
});

test('a browser gets the refresh token as a cookie that scripts cannot read', async () => {
  for (const client of [undefined, 'browser']) {
    const answer = await post(account({ client }));
    const body = ok(answer, 201);
    assert.equal(body.refreshToken, undefined);
    assert.equal(body.user.locale, 'en');
    const [cookie, ...more] = answer.headers.getSetCookie();
    assert.equal(more.length, 0);
    const [pair, ...attributes] = cookie.split('; ');
    assert.match(pair, /^echomeet_refresh=[\w-]{20,}$/);
    const names = attributes.map((a) => a.toLowerCase());
    for (const wanted of ['httponly', 'samesite=strict', 'path=/api/v1/auth'])
      assert.ok(names.includes(wanted), `${wanted} in ${cookie}`);
    assert.ok(!names.includes('secure'), 'Secure over plain HTTP would lose the cookie');
    assert.ok(
      names.some((a) => /^(max-age=\d{6,}|expires=)/.test(a)),
      `a life of its own in ${cookie}`,
    );
  }
});

test('behind TLS the cookie is for TLS only', async () => {
  const answer = await api(sys).post('/auth/register', account(), { headers: { 'x-forwarded-proto': 'https' } });
  ok(answer, 201);
  assert.match(answer.headers.getSetCookie()[0], /; Secure(;|$)/i);
});

test('all fields that are wrong are named at once, the first one first', async () => {
  const answer = await api(sys).post('/auth/register', { nickname: 'x', email: 7, password: 'short' });
  refused(answer, 'validation_failed', 'nickname');
  assert.deepEqual(
    answer.body.errors.map(({ field }) => field),
    ['nickname', 'email', 'password', 'displayName'],
  );
  assert.match(answer.body.errors[2].detail, /^password must have 8 to 128 characters/);
  const many = await api(sys).post(
    '/auth/register',
    Object.fromEntries(Array.from('abcdefghijklmnopqrst', (c) => [c, 1])),
  );
  assert.equal(many.body.errors.length, 16);
  assert.equal((await api(sys).post('/auth/register', account({ password: 'short' }))).body.errors, undefined);
});

test('without a locale the browser’s language counts', async () => {
  for (const [language, locale] of [
    ['zh-CN,zh;q=0.9', 'zh-CN'],
    ['sv, zh', 'zh-CN'],
    ['en-GB', 'en'],
    ['de-CH', 'de'],
    ['fr, en', 'fr'],
    ['sv', 'en'],
    ['', 'en'],
  ])
    assert.equal(
      ok(await api(sys).post('/auth/register', account(), { headers: { 'accept-language': language } }), 201).user
        .locale,
      locale,
    );
  assert.equal(
    ok(
      await api(sys).post('/auth/register', account({ locale: 'en' }), { headers: { 'accept-language': 'zh-CN' } }),
      201,
    ).user.locale,
    'en',
  );
});

test('the access token names user, issuer and times, and nothing about the person', async () => {
  const user = await register(sys, 'Ada');
  const claims = claimsOf(user.token);
  assert.deepEqual(Object.keys(claims).sort(), ['exp', 'iat', 'iss', 'sid', 'sub']);
  assert.equal(claims.sub, String(user.id));
  assert.equal(claims.iss, 'echomeet');
  assert.equal(claims.exp - claims.iat, 900);
  assert.ok(Math.abs(claims.iat - nowSeconds()) < 30);
});

test('the password is stored as an Argon2id hash, the refresh token as a hash', async () => {
  const user = await register(sys, 'Ada');
  const [row] = await sys.sql('SELECT password_hash FROM users WHERE id = ?', [user.id]);
  assert.match(row.password_hash, /^\$argon2id\$v=19\$m=1024,t=1,p=1\$/);
  const [{ hits }] = await sys.sql('SELECT COUNT(*) AS hits FROM refresh_tokens WHERE token_hash = ?', [
    user.refreshToken,
  ]);
  assert.equal(hits, 0);
});

test('one e-mail belongs to one account, whatever its case', async () => {
  const input = account({ email: 'Grace.Hopper@Example.org' });
  ok(await post(input), 201);
  for (const email of [input.email, 'grace.hopper@example.org', 'GRACE.HOPPER@EXAMPLE.ORG']) {
    const { status, body } = await post(account({ email }));
    assert.equal(status, 409);
    assert.equal(body.code, 'email_taken');
  }
});

test('two who take one e-mail at once: one gets it', async () => {
  const input = account();
  const answers = await Promise.all([post(input), post(input), post(input)]);
  assert.deepEqual(answers.map((a) => a.status).sort(), [201, 409, 409]);
});

test('limits hold at their edges, in characters and not in bytes', async () => {
  const edges = [
    { displayName: 'x' },
    { displayName: '😀'.repeat(64) },
    { displayName: 'é'.repeat(64) },
    { password: '12345678' },
    { password: '😀'.repeat(8) },
    { password: '😀'.repeat(128) },
    { password: ' blanks stay ' },
    { email: `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`.slice(0, 254) },
  ];
  for (const edge of edges) {
    const input = account({ ...edge, client: 'api' });
    ok(await post(input), 201);
    ok(await api(sys).post('/auth/login', { email: input.email, password: input.password }));
  }
});

/* [what is sent, the field that must be named] */
const wrong = [
  [{ email: undefined }, 'email'],
  [{ email: null }, 'email'],
  [{ email: 7 }, 'email'],
  [{ email: ['a@b.org'] }, 'email'],
  [{ email: '' }, 'email'],
  [{ email: 'ada' }, 'email'],
  [{ email: '@example.org' }, 'email'],
  [{ email: 'ada@' }, 'email'],
  [{ email: 'ada @example.org' }, 'email'],
  [{ email: 'ada@exa mple.org' }, 'email'],
  [{ email: 'a@b@example.org' }, 'email'],
  [{ email: 'ada\u0000@example.org' }, 'email'],
  [{ email: 'ada\n@example.org' }, 'email'],
  [{ email: `${'a'.repeat(250)}@example.org` }, 'email'],
  [{ password: undefined }, 'password'],
  [{ password: null }, 'password'],
  [{ password: 12345678 }, 'password'],
  [{ password: '' }, 'password'],
  [{ password: '1234567' }, 'password'],
  [{ password: '😀'.repeat(7) }, 'password'],
  [{ password: 'x'.repeat(129) }, 'password'],
  [{ password: 'eight ch\u0000' }, 'password'],
  [{ displayName: undefined }, 'displayName'],
  [{ displayName: null }, 'displayName'],
  [{ displayName: {} }, 'displayName'],
  [{ displayName: '' }, 'displayName'],
  [{ displayName: '   ' }, 'displayName'],
  [{ displayName: 'x'.repeat(65) }, 'displayName'],
  [{ displayName: '😀'.repeat(65) }, 'displayName'],
  [{ displayName: 'a\u0000b' }, 'displayName'],
  [{ displayName: 'a\nb' }, 'displayName'],
  [{ displayName: 'a\u007fb' }, 'displayName'],
  [{ displayName: 'a\u0085b' }, 'displayName'],
  [{ displayName: '\u001b[31mred' }, 'displayName'],
  [{ locale: 'sv' }, 'locale'],
  [{ locale: '' }, 'locale'],
  [{ locale: 'en|zh-CN' }, 'locale'],
  [{ locale: 'EN' }, 'locale'],
  [{ locale: 1 }, 'locale'],
  [{ locale: null }, 'locale'],
  [{ client: 'phone' }, 'client'],
  [{ client: 'browser|api' }, 'client'],
  [{ client: true }, 'client'],
  [{ role: 'admin' }, 'role'],
  [{ id: 1 }, 'id'],
  [{ Email: 'a@example.org' }, 'Email'],
  [{ '': 1 }, ''],
  [{ __proto__x: 1 }, '__proto__x'],
];

test('every wrong field is refused and named', async () => {
  const [{ users }] = await sys.sql('SELECT COUNT(*) AS users FROM users');
  for (const [change, field] of wrong) {
    const { status, body } = await post(account(change));
    assert.equal(status, 400, `${JSON.stringify(change)} → ${JSON.stringify(body)}`);
    refused({ status, body }, 'validation_failed', field || body.field, JSON.stringify(change));
  }
  const [now] = await sys.sql('SELECT COUNT(*) AS users FROM users');
  assert.equal(now.users, users, 'a refused sign-up left an account');
});

test('the detail is a sentence that names the field', async () => {
  const { body } = await post(account({ password: 'short' }));
  assert.match(body.detail, /password.*8.*128/);
  assert.doesNotMatch(JSON.stringify(body), /short/, 'the password itself came back');
});
