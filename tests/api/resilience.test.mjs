/* Parts fail: workers are killed, the database and Redis go away and come back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api as plainApi, eventually } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { api, register } from './contract.mjs';
import { createMeeting, join, ok, people, refused, sleep, workerPids } from './support.mjs';

let sys;
let ada, ben;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], workers: { api: 3, signin: 1, relay: 1 } });
  [ada, ben] = await people(sys, 'Ada', 'Ben');
});
after(() => sys?.stop());

/* Calls so often that every worker has had its turn. */
async function everybodyWorks(rounds = 12) {
  const meeting = await createMeeting(ada, { isPublic: true });
  await join(ada, meeting);
  for (let i = 0; i < rounds; i++) {
    const [me, list, detail] = await Promise.all([
      ben.client.get('/users/me'),
      ben.client.get('/meetings'),
      ben.client.get(`/meetings/${meeting.code}`),
    ]);
    [me, list, detail].forEach((answer) => ok(answer));
    ok(await ada.client.post(`/meetings/${meeting.code}/messages`, { text: 'works', clientId: `${i}` }), 201);
  }
}

test('a killed worker is replaced and the next requests work', async () => {
  await everybodyWorks();
  const before = await workerPids(sys);
  assert.equal(before.length, 8);
  for (const pid of before) {
    process.kill(pid, 'SIGKILL');
    await eventually(async () => !(await workerPids(sys)).includes(pid)); // what it holds when it dies may fail, nothing later
    await everybodyWorks(4);
  }
  const after = await eventually(async () => {
    const pids = await workerPids(sys);
    return pids.length === before.length && pids;
  });
  assert.deepEqual(
    after.filter((pid) => before.includes(pid)),
    [],
  );
  await register(sys, 'After');
  await everybodyWorks();
});

test('all workers killed at once: a moment later all is well', async () => {
  const before = await workerPids(sys);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await eventually(async () => (await workerPids(sys)).filter((pid) => !before.includes(pid)).length === 8);
  await everybodyWorks();
});

test('without the database: 503 at once; with it again: healed by itself', async () => {
  const calm = api(sys, ada.token, { may: [503] });
  const meeting = await createMeeting(ada, { isPublic: true });
  const here = `/meetings/${meeting.code}`;
  const account = await register(sys, 'Signs in');
  const credentials = { email: account.email, password: account.password };
  await everybodyWorks();
  const before = await workerPids(sys);

  await sys.processes.mariadb.stop();
  const everyCall = [
    () => calm.post('/auth/register', { ...credentials, displayName: 'x' }),
    () => calm.post('/auth/login', credentials),
    () => calm.post('/auth/refresh', { refreshToken: account.refreshToken }),
    () => calm.post('/auth/logout', { refreshToken: account.refreshToken }),
    () => calm.get('/users/me'),
    () => calm.patch('/users/me', { locale: 'en' }),
    () => calm.post('/users/me/password', { currentPassword: 'x', newPassword: 'staple battery' }),
    () => calm.get('/users/me/sessions'),
    () => calm.delete('/users/me/sessions/1'),
    () => calm.get('/meetings'),
    () => calm.post('/meetings', { title: 'x' }),
    () => calm.get(here),
    () => calm.patch(here, { title: 'x' }),
    () => calm.delete(here),
    () => calm.post(`${here}/join`),
    () => calm.post(`${here}/leave`),
    () => calm.post(`${here}/end`),
    () => calm.post(`${here}/host`, { userId: ben.id }),
    () => calm.get(`${here}/participants`),
    () => calm.patch(`${here}/participants/me`, { audio: true }),
    () => calm.delete(`${here}/participants/${ben.id}`),
    () => calm.get(`${here}/messages`),
    () => calm.post(`${here}/messages`, { text: 'x', clientId: 'x' }),
    () => calm.get(`${here}/events`),
  ];
  const took = [];
  for (let round = 0; round < 2; round++)
    for (const attempt of everyCall) {
      const start = Date.now();
      const answer = await attempt();
      assert.equal(answer.status, 503, JSON.stringify(answer.body));
      refused(answer, 'unavailable');
      took.push(Date.now() - start);
    }
  const middle = took.sort((a, b) => a - b)[took.length >> 1]; // of so many one or the other may wait for the machine
  assert.ok(middle < 2000, `it took ${middle} ms to say so`);
  ok(await calm.get('/healthz'));
  const ready = await calm.get('/readyz');
  assert.deepEqual([ready.status, ready.body.mysql, ready.body.redis], [503, 'unavailable', 'ok']);
  refused(
    await calm.post('/auth/register', { ...credentials, displayName: '' }),
    'validation_failed',
    'displayName',
    'what needs no database is still told',
  );
  refused(await api(sys).get('/users/me'), 'unauthorized');

  await sys.processes.mariadb.start();
  await eventually(async () => (await calm.get('/readyz')).status === 200);
  await everybodyWorks(20); // each worker prepares its statements again
  ok(await api(sys).post('/auth/login', credentials));
  ok(await api(sys).post('/auth/refresh', { refreshToken: account.refreshToken }));
  assert.deepEqual(await workerPids(sys), before, 'no worker had to die for it');
  const [row] = await sys.sql('SELECT participant_count FROM meetings WHERE id = ?', [meeting.id]);
  assert.equal(row.participant_count, 0, 'a refused join took no seat');
});

test('the database restarts between two requests: nobody notices more than one 503', async () => {
  await everybodyWorks();
  await sys.processes.mariadb.stop();
  await sys.processes.mariadb.start();
  const calm = api(sys, ada.token, { may: [503] });
  let refusals = 0;
  for (let i = 0; i < 30; i++) refusals += (await calm.get('/meetings')).status === 503;
  assert.ok(refusals <= 3, `${refusals} refusals of 30, with 3 workers`);
  await everybodyWorks();
});

test('a database that stands still for a while holds up only those who need it', async () => {
  const calm = api(sys, ada.token, { may: [503, 504] });
  sys.processes.mariadb.signal('SIGSTOP');
  const pending = calm.get('/meetings');
  await Promise.race([pending, sleep(3000)]);
  ok(await calm.get('/healthz')); // the other workers are free for what needs no database
  sys.processes.mariadb.signal('SIGCONT');
  assert.ok([200, 503, 504].includes((await pending).status));
  await eventually(async () => (await calm.get('/readyz')).status === 200);
  await everybodyWorks();
});

test('without Redis the API goes on; with it again too', async () => {
  await sys.processes.redis.stop();
  await everybodyWorks(6);
  await register(sys, 'No Redis');
  const ready = await api(sys, undefined, { may: [503] }).get('/readyz');
  assert.deepEqual([ready.status, ready.body.mysql, ready.body.redis], [503, 'ok', 'unavailable']);
  await sys.processes.redis.start();
  await eventually(async () => (await api(sys, undefined, { may: [503] }).get('/readyz')).status === 200);
  await everybodyWorks(6);
});

test('SIGTERM ends the pool in order while requests run', async () => {
  const calm = api(sys, ada.token, { may: [503] });
  const running = Array.from({ length: 12 }, () =>
    calm.get('/meetings').then(
      (a) => a.status,
      () => 0,
    ),
  );
  await running[0];
  const { code } = await sys.processes.pool.stop();
  assert.equal(code, 0);
  assert.equal((await Promise.all(running))[0], 200);
  await sys.processes.pool.start();
  await eventually(async () => (await plainApi(sys, ada.token).get('/meetings')).status === 200); // the web server looks for the pool again, for each prefix by itself
  await everybodyWorks();
});
