/* /readyz, and what a call is answered, while the database or Redis is there and takes nothing. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { meetingOf, ok, people, refused, until } from './support.mjs';

/* What a database says that can be read and not written. */
const NO_WRITES = { status: 'unavailable', mysql: 'ok', redis: 'ok', migrations: 'ok', writes: 'unavailable' };

let sys;
let ada;
let meeting;
let calm;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  // root may write to a server that is read-only
  await sys.sql(`CREATE USER meet@localhost IDENTIFIED BY 'meet'`);
  await sys.sql(`GRANT ALL ON ${sys.env.ECHOMEET_MYSQL_DATABASE}.* TO meet@localhost`);
  Object.assign(sys.env, { ECHOMEET_MYSQL_USER: 'meet', ECHOMEET_MYSQL_PASSWORD: 'meet' });
  await sys.processes.pool.stop();
  await sys.processes.pool.start();
  [ada] = await people(sys, 'Ada');
  meeting = await meetingOf(ada);
  calm = api(sys, ada.token, { may: [503] });
});
after(() => sys?.stop());

const readiness = async () => (await api(sys, undefined, { may: [503] }).get('/readyz')).body;

let lines = 0;
const say = (text) => calm.post(`/meetings/${meeting.id}/messages`, { text, clientId: `line-${++lines}` });

test('a database that is read-only', async () => {
  assert.deepEqual(await readiness(), { status: 'ok', mysql: 'ok', redis: 'ok', migrations: 'ok', writes: 'ok' });
  await sys.sql('SET GLOBAL read_only = 1');
  for (const write of [
    () => say('x'),
    () => calm.post('/meetings', { title: 'x' }),
    () => calm.patch('/users/me', { locale: 'en' }),
    () => calm.post('/auth/register', { email: 'x@example.org', password: 'staple battery', displayName: 'x' }),
  ])
    refused(await write(), 'unavailable');
  ok(await ada.client.get(`/meetings/${meeting.id}/messages`));
  assert.deepEqual(await readiness(), NO_WRITES);
  await sys.sql('SET GLOBAL read_only = 0');
  ok(await say('again'), 201);
  await until('ready', async () => (await readiness()).status === 'ok');
});

test('a database that is read-only is found without anybody who writes', async () => {
  await sys.sql('SET GLOBAL read_only = 1');
  await until('not to be written to', async () => (await readiness()).writes === 'unavailable');
  await sys.sql('SET GLOBAL read_only = 0');
  await until('ready', async () => (await readiness()).status === 'ok');
});

// A small file system holds the table of messages: that one fills, as a disk does.
test('a full disk', async (t) => {
  if (process.getuid() !== 0) return t.skip('a file system is mounted by root only');
  const place = sys.file('small');
  fs.mkdirSync(place);
  const mount = (...args) => execFileSync('mount', ['-t', 'tmpfs', ...args, 'tmpfs', place], { stdio: 'ignore' });
  try {
    mount('-o', 'size=1m,mode=777');
  } catch {
    return t.skip('no file system can be mounted here');
  }
  t.after(() => execFileSync('umount', ['--lazy', place]));
  const [{ 'Create Table': create }] = await sys.sql('SHOW CREATE TABLE messages');
  await sys.sql(`${create.replace('`messages`', 'small_messages')} DATA DIRECTORY = '${place}'`);
  await sys.sql('RENAME TABLE messages TO messages_before, small_messages TO messages');
  let answer;
  do answer = await say('x'.repeat(4000));
  while (answer.status === 201);
  refused(answer, 'unavailable');
  assert.equal(answer.headers.get('retry-after'), '1');
  assert.deepEqual(await readiness(), NO_WRITES);
  ok(await ada.client.get(`/meetings/${meeting.id}/messages`));
  mount('-o', 'remount,size=64m');
  ok(await say('again'), 201);
  await until('ready', async () => (await readiness()).status === 'ok');
  await sys.sql('RENAME TABLE messages TO small_messages, messages_before TO messages');
  await sys.sql('DROP TABLE small_messages');
});

test('a Redis that is at its limit of memory', async () => {
  await sys.redis('CONFIG', 'SET', 'maxmemory', '1');
  assert.deepEqual(await readiness(), {
    status: 'unavailable',
    mysql: 'ok',
    redis: 'unavailable',
    migrations: 'ok',
    writes: 'ok',
  });
  ok(await say('it works without'), 201);
  await sys.redis('CONFIG', 'SET', 'maxmemory', '0');
  await until('ready', async () => (await readiness()).status === 'ok');
});
