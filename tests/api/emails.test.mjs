/* One address is one account, however it is written; and what becomes of those that were stored before that was so. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root, startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { ok, refused } from './support.mjs';

let sys;
before(async () => {
  sys = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    env: { ECHOMEET_RATE_SIGN_IN_ACCOUNT: '0', ECHOMEET_RATE_SIGN_IN_ADDRESS: '0' },
  });
});
after(() => sys?.stop());

const password = 'correct horse 1';
const post = (where, body) => api(sys).post(`/auth/${where}`, { client: 'api', password, ...body });
const signUp = (email) => post('register', { email, displayName: 'Ada' });
const signIn = (email, others = {}) => post('login', { email, ...others });
const run = (...words) =>
  spawnSync(sys.program('echomeet-api'), words, {
    env: { ...process.env, ...sys.env },
    encoding: 'utf8',
    input: `${password}\n`,
  });

/* every line: ways to write one address, the normal one first */
const alike = [
  [
    'x@xn--bcher-kva.example',
    'x@bücher.example',
    'X@BÜCHER.example',
    'x@bu\u0308cher.EXAMPLE',
    'x@XN--BCHER-KVA.example',
    'x@bücher。example',
  ],
  ['xäö@accept.example', 'xÄÖ@accept.example', 'XA\u0308O\u0308@accept.example'],
  ['δοσ@xn--fsqu00a.example', 'ΔΟΣ@例子.example', 'δος@例子.example'],
];

test('an address in another form is the same account: at sign-up, at sign-in, for the administrator', async () => {
  for (const forms of alike) {
    const { user } = ok(await signUp(forms.at(-1)), 201);
    assert.equal(user.email, forms[0]);
    for (const email of forms) {
      refused(await signUp(email), 'email_taken', undefined, email);
      assert.equal(ok(await signIn(email)).user.id, user.id, email);
      assert.match(run('user', 'create', email, 'Ada').stderr, /email_taken/);
      assert.equal(run('user', 'disable', email).status, 0);
      refused(await signIn(email), 'account_disabled');
      assert.equal(run('user', 'enable', email).status, 0);
    }
  }
});

test('letters that only look alike stay apart', async () => {
  const ids = new Set();
  for (const email of [
    'strasse@example.org',
    'straße@example.org',
    'i@example.org',
    'ı@example.org',
    'a@example.org',
    'а@example.org',
    'x@fass.example',
    'x@faß.example',
  ])
    ids.add(ok(await signUp(email), 201).user.id);
  assert.equal(ids.size, 8);
});

test('an address with something that nobody sees is none', async () => {
  for (const email of [
    'a\u200bda@example.org',
    'ada\u00ad@example.org',
    '\u202eada@example.org',
    'ada@exa\ufeffmple.org',
    'a\u3164@example.org',
    'ada@\u200d.example',
    'a\u3000b@example.org',
    'ada@😀.example',
  ]) {
    const answer = await signUp(email);
    refused(answer, 'validation_failed', 'email', JSON.stringify(email));
    refused(await signIn(email), 'invalid_credentials');
  }
});

/* Accounts as former versions stored them; each has a password of its own, so that a sign-in tells whom it reached. */
async function accountsOfBefore(...emails) {
  const ids = [];
  for (const [i, email] of emails.entries()) {
    const { user } = ok(
      await post('register', {
        email: `made${i}.${Math.random()}@example.org`,
        displayName: email.slice(0, 20),
        password: `password ${email}`,
      }),
      201,
    );
    await sys.sql('UPDATE users SET email = ? WHERE id = ?', [email, user.id]);
    ids.push(user.id);
  }
  return ids;
}

async function migrateEmails() {
  await sys.sql('DELETE FROM schema_migrations WHERE version = 11');
  const { status, stderr, stdout } = run('migrate', path.join(root, 'db/migrations'));
  assert.equal(status, 0, stderr);
  return stderr + stdout;
}

test('accounts stored before get the normal form, and everybody signs in with what they type', async () => {
  const forms = [
    ['a@münchen.example', 'a@xn--mnchen-3ya.example'],
    ['ÄB@old.example', 'äb@old.example'],
    ['e\u0301@old.example', '\u00e9@old.example'],
  ];
  const ids = await accountsOfBefore(...forms.map(([former]) => former));
  const log = await migrateEmails();
  for (const [i, [former, normal]] of forms.entries()) {
    assert.deepEqual(await sys.sql('SELECT email FROM users WHERE id = ?', [ids[i]]), [{ email: normal }]);
    for (const email of [former, normal])
      assert.equal(ok(await signIn(email, { password: `password ${former}` })).user.id, ids[i]);
    refused(await signUp(former), 'email_taken');
    assert.ok(!log.includes(former) && !log.includes(normal), 'the log holds addresses');
  }
});

test('two accounts of one address keep what they had; the log names both by number', async () => {
  const emails = ['b@köln.example', 'b@xn--kln-sna.example', 'ÖÖ@two.example', 'Öö@two.example', '\u200bc@two.example'];
  const [ids, passwords] = [await accountsOfBefore(...emails), emails.map((email) => `password ${email}`)];
  const log = await migrateEmails();
  assert.match(log, new RegExp(`emails_alike user=${ids[1]} other=${ids[0]} `));
  assert.match(
    log,
    new RegExp(`emails_alike user=${ids[2]} other=${ids[3]} `),
    'of two in former forms the older gets the normal one',
  );
  assert.match(log, new RegExp(`email_without_normal_form user=${ids[4]}\\b`));
  assert.doesNotMatch(log, /@|köln|two\.example/);
  for (const [i, email] of emails.entries())
    assert.equal(ok(await signIn(email, { password: passwords[i] })).user.id, ids[i], JSON.stringify(email));
  assert.equal(ok(await signIn('öö@TWO.example', { password: passwords[2] })).user.id, ids[2]);
  refused(await signUp('öÖ@two.example'), 'email_taken');
  const again = await migrateEmails();
  assert.match(again, /emails_alike/);
  for (const [i, email] of emails.entries())
    assert.equal(ok(await signIn(email, { password: passwords[i] })).user.id, ids[i]);
});
