/* Jobs on a running system: what administrators see and do, a worker that is killed, one that is to end, and Redis away. The job at hand is
 * retention: a row that it wants is locked here, so that it stands still where the test wants it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mysql from 'mysql2/promise';
import { eventually } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { ok, POOL_JOBS, people, refused, until, workersOf } from './support.mjs';

let sys, root, ben;
before(async () => {
  // looking takes a minute: what comes sooner was woken by Redis
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], env: { ECHOMEET_HOUSEKEEPING_MS: '60000' } });
  [root, ben] = await people(sys, 'Root', 'Ben');
  await sys.sql('UPDATE users SET is_admin = 1 WHERE id = ?', [root.id]);
});
after(() => sys?.stop());

const jobs = async (query = '') => ok(await root.client.get(`/admin/jobs${query}`)).items;
const retention = async () => (await jobs('?kind=retention'))[0];
const repeat = async (job) => ok(await root.client.post(`/admin/jobs/${job.id}/repeat`));
const rowOf = async ({ id }) => (await sys.sql('SELECT * FROM jobs WHERE id = ?', [id]))[0];
/* In its last part, in which it waits for the old row. Before that it is in no state for long. */
async function isHeldUp(job) {
  await until('it comes to its last part', async () => {
    const { state, progress } = await rowOf(job);
    return state === 2 && progress?.startsWith('[2,');
  });
  return (await jobs()).find(({ id }) => id === job.id);
}
const waiting = () =>
  until('it waits for its next turn', async () => {
    const job = await retention();
    return job?.state === 'waiting' && Date.parse(job.dueAt) > Date.now() + 60_000 && job;
  });

/* A row of a job that was done and is old, and that nobody else may remove. */
async function oldRow() {
  const { insertId: id } = await sys.sql(
    `INSERT INTO jobs (kind, payload, state, request_id, created_at, done_at)
       VALUES ('old', '{}', 3, 'test', UTC_TIMESTAMP(3) - INTERVAL 9 DAY, UTC_TIMESTAMP(3) - INTERVAL 9 DAY)`,
  );
  const connection = await mysql.createConnection({
    socketPath: sys.env.ECHOMEET_MYSQL_SOCKET,
    user: 'root',
    database: 'echomeet',
  });
  await connection.query('SELECT id FROM jobs WHERE id = ? FOR UPDATE', [id]); // in no transaction yet
  await connection.beginTransaction();
  await connection.query('SELECT id FROM jobs WHERE id = ? FOR UPDATE', [id]);
  return { id, release: () => connection.end() };
}

const jobsWorkers = () => workersOf(sys, POOL_JOBS);

const isGone = (row) => until('the old row is removed', async () => !(await rowOf(row)));

async function metric(name) {
  const text = await (await fetch(`${sys.base}/metrics`)).text();
  const [, value] = text.match(new RegExp(`^echomeet_${name}\\{kind="retention"\\} (.*)$`, 'm'));
  return Number(value);
}

test('retention is there by itself, and an administrator has it done at once', async () => {
  const job = await waiting();
  assert.equal(job.error, null);
  const row = await oldRow();
  await row.release();
  const again = await repeat(job);
  assert.deepEqual([again.id, again.tries], [job.id, 0]);
  await isGone(row); // long before anybody looked by himself
  await waiting();
});

test('jobs by page, state and kind; what was given up is repeated or dropped', async () => {
  for (let i = 0; i < 3; i++)
    await sys.sql(
      `INSERT INTO jobs (kind, job_key, payload, state, tries, request_id, created_at, done_at, error)
         VALUES ('retention', ?, '{}', 4, 8, 'test', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 'no route to host')`,
      [`dead${i}`],
    );
  const [newest, ...rest] = await jobs('?state=dead');
  assert.deepEqual(
    [newest, ...rest].map(({ key, tries, error }) => [key, tries, error]),
    [2, 1, 0].map((i) => [`dead${i}`, 8, 'no route to host']),
  );
  assert.equal(await metric('jobs_failed'), 3);
  const page = ok(await root.client.get(`/admin/jobs?state=dead&limit=1&before=${newest.id}`));
  assert.deepEqual([page.items[0].id, page.items.length, page.hasMore], [rest[0].id, 1, true]);
  assert.deepEqual(await jobs('?kind=mail'), []);
  assert.equal((await jobs('?kind=retention&state=waiting')).length, 1);
  await repeat(newest);
  await until('it is done', async () => (await rowOf(newest)).error === null);
  assert.equal((await root.client.delete(`/admin/jobs/${rest[0].id}`)).status, 204);
  assert.equal((await root.client.delete(`/admin/jobs/${rest[1].id}`)).status, 204);
  refused(await root.client.delete(`/admin/jobs/${rest[1].id}`), 'not_found');
  refused(await root.client.post(`/admin/jobs/${rest[1].id}/repeat`), 'not_found');
  refused(await root.client.post('/admin/jobs/x/repeat'), 'not_found');
  refused(await root.client.get('/admin/jobs?state=lost'), 'validation_failed', 'state');
  await sys.sql('DELETE FROM jobs WHERE id = ?', [newest.id]);
});

test('nobody else sees them', async () => {
  const job = await waiting();
  for (const [method, path] of [
    ['get', '/admin/jobs'],
    ['post', `/admin/jobs/${job.id}/repeat`],
    ['delete', `/admin/jobs/${job.id}`],
  ]) {
    refused(await ben.client[method](path), 'forbidden');
    refused(await api(sys)[method](path), 'unauthorized');
  }
});

test('a job whose worker is killed is taken anew when its time is over', async () => {
  const job = await waiting();
  const row = await oldRow();
  await repeat(job);
  const running = await isHeldUp(job);
  assert.equal(running.state, 'running');
  assert.ok(Date.parse(running.dueAt) > Date.now());
  assert.equal(await metric('jobs_running'), 1);
  refused(await root.client.delete(`/admin/jobs/${job.id}`), 'conflict');
  refused(await root.client.post(`/admin/jobs/${job.id}/repeat`), 'conflict');
  const before = await jobsWorkers();
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await row.release();
  await until('others take over', async () => {
    const now = await jobsWorkers();
    return now.length === before.length && !now.some((pid) => before.includes(pid));
  });
  assert.equal((await rowOf(job)).state, 2, 'it counts as running still');
  assert.ok(await rowOf(row));
  await sys.sql('UPDATE jobs SET due_at = UTC_TIMESTAMP(3) WHERE id = ?', [job.id]); // as if that time had passed
  await sys.redis('PUBLISH', 'echomeet:jobs', '');
  await isGone(row);
  await waiting();
});

test('a worker that is to end gives the job back, and the next one goes on', async () => {
  const job = await waiting();
  const row = await oldRow();
  await repeat(job);
  await isHeldUp(job);
  const before = await jobsWorkers();
  sys.processes.pool.signal('SIGHUP');
  await row.release();
  await eventually(async () => !(await jobsWorkers()).some((pid) => before.includes(pid)), 30_000);
  await isGone(row);
  await waiting();
  assert.equal((await rowOf(job)).error, null);
});

test('without Redis jobs are found by looking', async () => {
  const quick = await startSystem({ only: ['mariadb', 'pool', 'web'] });
  try {
    const [admin] = await people(quick, 'Root');
    await quick.sql('UPDATE users SET is_admin = 1 WHERE id = ?', [admin.id]);
    const first = await until('the job has run', async () => {
      const [job] = ok(await admin.client.get('/admin/jobs')).items;
      return job?.state === 'waiting' && Date.parse(job.dueAt) > Date.now() + 60_000 && job;
    });
    await quick.sql('UPDATE jobs SET due_at = UTC_TIMESTAMP(3)');
    await until('it has run again', async () => {
      const [job] = ok(await admin.client.get('/admin/jobs')).items;
      return job.state === 'waiting' && Date.parse(job.dueAt) > Date.parse(first.dueAt);
    });
  } finally {
    await quick.stop();
  }
});
