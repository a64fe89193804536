/* What a call costs the database, counted by the server itself: a list costs the same however many meetings are on it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { createMeeting, join, ok, POOL_HOUSEKEEPING, POOL_JOBS, people, workersOf } from './support.mjs';

let sys;
let ada, guests;
const others = [];
before(async () => {
  sys = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    workers: { api: 1, signin: 1, relay: 1 },
    env: { ECHOMEET_MEETINGS_PER_PERSON: '0' },
  });
  [ada, ...guests] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Dan');
  for (let i = 0; i < 100; i++) await createMeeting(ada, { title: `Meeting ${i}` });
  // these look into the database by themselves, and would be counted
  others.push(...(await workersOf(sys, POOL_HOUSEKEEPING)), ...(await workersOf(sys, POOL_JOBS)));
  assert.equal(others.length, 3);
  for (const pid of others) process.kill(pid, 'SIGSTOP');
});
after(async () => {
  for (const pid of others) process.kill(pid, 'SIGCONT');
  await sys?.stop();
});

/* Statements that the database ran for one call: prepared ones executed, and plain ones, without those of this counting. */
async function statements(call) {
  const count = async () =>
    Object.fromEntries(
      (await sys.sql("SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_stmt_execute', 'Com_select', 'Questions')")).map(
        (row) => [row.Variable_name, Number(row.Value)],
      ),
    );
  await call(); // statements are prepared, connections opened
  const quiet = await count();
  const counting = (await count()).Questions - quiet.Questions;
  const before = await count();
  await call();
  const after = await count();
  return {
    all: after.Questions - before.Questions - counting,
    executed: after.Com_stmt_execute - before.Com_stmt_execute,
  };
}

test('a list of a hundred meetings costs what a list of one costs', async () => {
  const costs = [];
  for (const pageSize of [1, 10, 100])
    costs.push(
      await statements(async () =>
        assert.equal(ok(await ada.client.get(`/meetings?pageSize=${pageSize}`)).items.length, pageSize),
      ),
    );
  assert.deepEqual(costs[1], costs[0]);
  assert.deepEqual(costs[2], costs[0]);
  assert.ok(costs[0].all >= 1 && costs[0].all <= 3, JSON.stringify(costs[0]));
});

// One of each request's looks whether the sign-in goes on.
test('a detail costs three statements at most, however many people are in it', async () => {
  const meeting = await createMeeting(ada);
  for (const user of [ada, ...guests]) {
    await join(user, meeting);
    const uncached = async (id) => {
      await sys.redis('FLUSHALL');
      ok(await ada.client.get(`/meetings/${id}`));
    };
    const { all, executed } = await statements(() => uncached(meeting.id));
    assert.ok(executed >= 1 && all <= 3, `${all} statements`);
    const byCode = await statements(() => uncached(meeting.code));
    assert.ok(byCode.executed >= 1 && byCode.all <= 4, `${byCode.all} statements by code`);
  }
  assert.equal(
    (await statements(async () => ok(await ada.client.get(`/meetings/${meeting.id}`)))).all,
    1,
    'the second look',
  );
});

test('history and log cost the same for one entry and for many', async () => {
  const meeting = await createMeeting(ada);
  await join(ada, meeting);
  for (const target of ['messages?limit=100', 'events']) {
    const few = await statements(async () => ok(await ada.client.get(`/meetings/${meeting.id}/${target}`)));
    for (let i = 0; i < 30; i++)
      ok(await ada.client.post(`/meetings/${meeting.id}/messages`, { text: 'x', clientId: `${target}${i}` }), 201);
    assert.deepEqual(
      await statements(async () => ok(await ada.client.get(`/meetings/${meeting.id}/${target}`))),
      few,
      target,
    );
  }
});
