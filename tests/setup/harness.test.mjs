/* The tests' own harness: a fault in a daemon must fail the test that it happened in. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { eventually } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';

/* stop() also makes the whole file fail; here that failure is what is wanted. */
async function assertStopFails(sys, message) {
  await assert.rejects(sys.stop(), message);
  process.exitCode = 0;
  assert.ok(!fs.existsSync(sys.dir), 'its folder is removed all the same');
}

const childrenOf = (pid) =>
  execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .map(Number);

test('a clean system stops without complaint and leaves nothing', async () => {
  const sys = await startSystem();
  const pids = Object.values(sys.processes)
    .flat()
    .map(({ pid }) => pid);
  await sys.stop();
  assert.ok(!fs.existsSync(sys.dir));
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a worker that crashes under AddressSanitizer fails the test, though the pool goes on', async (t) => {
  if ((process.env.ECHOMEET_TEST_BUILD || 'address') !== 'address') return t.skip('this build has no sanitizer');
  const sys = await startSystem({ only: ['mariadb', 'redis', 'pool'] });
  t.after(() => sys.stop().catch(() => {})); // or what it started goes on
  const crash = () => {
    const [worker] = childrenOf(sys.processes.pool.pid); // one that has only just begun dies without a word
    if (worker) process.kill(worker, 'SIGSEGV');
    return sys.sanitizerReports().length > 0;
  };
  await eventually(crash, { every: 1000 });
  await assertStopFails(sys, /sanitizer report pool[^]*SEGV/);
});

test('a daemon that ends by itself fails the test; one that the test ended does not', async () => {
  const sys = await startSystem({ only: ['mariadb', 'redis'] });
  await sys.processes.mariadb.kill();
  await sys.processes.mariadb.start();
  process.kill(sys.processes.redis.pid, 'SIGTERM');
  await eventually(() => !sys.processes.redis.running);
  await assertStopFails(sys, /redis ended by itself/);
});

test('a system that cannot start says why and leaves nothing', async () => {
  let folder;
  await assert.rejects(startSystem({ env: { ECHOMEET_API_WORKERS: 'many' } }), (error) => {
    folder = error.message.match(/em-\w+/)?.[0];
    return /pool ended at its start[^]*ECHOMEET_API_WORKERS must be a whole number/.test(error.message);
  });
  assert.ok(!folder || !fs.existsSync(`/tmp/${folder}`));
});
