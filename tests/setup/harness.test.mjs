/* The tests' own harness: a fault in a daemon must fail the test that it happened in. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '../lib/client.mjs';
import { root, startSystem } from '../lib/system.mjs';

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

/* Files of tests that fail at first, each with its error, have run and are tried again: those that passed then. */
function triedAgain(t, errors) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'again-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const files = Object.entries(errors).map(([name, error]) => {
    const file = path.join(folder, `${name}.test.mjs`);
    fs.writeFileSync(
      file,
      `import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
test('the second time', () => {
  if (!fs.existsSync('${file}.ran')) {
    fs.writeFileSync('${file}.ran', '');
    ${error};
  }
});
`,
    );
    return file;
  });
  fs.writeFileSync(path.join(folder, 'files'), `${files.join('\n')}\n`);
  const run = (script) => execFileSync('bash', ['-Eeuo', 'pipefail', '-c', script], { cwd: root, encoding: 'utf8' });
  for (const file of files) run(`scripts/lib/node-test '${folder}' '${file}'`);
  return run(`. scripts/lib/say.sh; . scripts/lib/setup.sh; . scripts/lib/try-again.sh
    tried_again=(); try_again '${folder}'; printf '%s\n' "\${tried_again[@]}"`)
    .split('\n')
    .filter(Boolean)
    .map((line) => path.basename(line.split(',')[0], '.test.mjs'));
}

const OUT_OF_PATIENCE = "throw new Error('did not come true within 5 ms')";

test('a file that only ran out of patience is tried again and named, one with a wrong answer or a crash is not', (t) => {
  const tried = triedAgain(t, {
    late: OUT_OF_PATIENCE,
    wrong: "assert.equal('within 5 ms', 1)",
    crashed: "throw new Error('relay ended by itself; no ack within 5 ms')",
    other: "throw new Error('not a word of time')",
  });
  assert.deepEqual(tried, ['late']);
});

test('where more than three ran out of patience, none is tried again', (t) => {
  const names = ['a', 'b', 'c', 'd'];
  assert.deepEqual(triedAgain(t, Object.fromEntries(names.map((name) => [name, OUT_OF_PATIENCE]))), []);
});
