/* Parts fail under a steady load of readers and writers: what is refused is refused quickly and in the right words, and nothing has to be
 * done for it to go on. (Workers that are killed or replaced under load: pool.test.mjs.) */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, crowd, join, meetingOf, people, seatsOf, sleep } from './support.mjs';

const AWAY_MS = 3000,
  HEALED_MS = 2000,
  REFUSED_MS = 1000;
const CLIENTS = 6;

let sys;
let ada, users;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], workers: { api: 3, signin: 1, relay: 1 } });
  [ada] = await people(sys, 'Ada');
  users = await crowd(sys, CLIENTS);
});
after(() => sys?.stop());

/* Each client in turn looks, lists, writes and changes something, without a pause, until `work` is through. Answers all that came back:
 * [{began, ms, status, code}], times in ms since the load began. Every answer is held against the document, Retry-After included. */
async function underLoad(meeting, work) {
  const seen = [],
    zero = performance.now();
  const since = () => performance.now() - zero;
  const here = `/meetings/${meeting.id}`;
  let going = true,
    n = 0;
  const one = async (user) => {
    const client = api(sys, user.token, { may: [503] });
    const turns = [
      () => client.get(here),
      () => client.get('/meetings?pageSize=5'),
      () => client.post(`${here}/messages`, { text: 'x', clientId: `m${n++}` }),
      () => client.patch(`${here}/participants/me`, { handRaised: n % 2 === 0 }),
    ];
    for (let i = 0; going; i++) {
      const began = since();
      const { status, body } = await turns[i % turns.length]();
      seen.push({ began, ms: since() - began, status, code: body?.code });
    }
  };
  const load = Promise.all(users.map(one));
  try {
    await Promise.race([work(since), load]);
  } finally {
    going = false;
    await load;
  }
  return seen;
}

const failed = (seen) => seen.filter(({ status }) => status >= 300);
const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

test('the database is away for a while: 503 at once, and healed by itself', async (t) => {
  const meeting = await meetingOf(ada, ...users);
  let away, back;
  const seen = await underLoad(meeting, async (since) => {
    await sleep(500);
    away = since();
    await sys.processes.mariadb.stop();
    await sleep(AWAY_MS);
    await sys.processes.mariadb.start();
    back = since(); // it answers again
    await sleep(HEALED_MS + 1000);
  });
  const refusals = failed(seen);
  assert.ok(refusals.length > CLIENTS, `${refusals.length} refusals`);
  assert.deepEqual(
    refusals.filter(({ status, code }) => status !== 503 || !['unavailable', 'outcome_unknown'].includes(code)),
    [],
  );
  assert.deepEqual(
    refusals.filter(({ began, ms }) => began + ms < away),
    [],
    'before it went',
  );
  assert.ok(middle(refusals.map(({ ms }) => ms)) < REFUSED_MS);
  assert.deepEqual(
    refusals.filter(({ began }) => began > back + HEALED_MS),
    [],
    `after ${HEALED_MS} ms`,
  );
  const healed = seen.filter(({ began, status }) => began > back && status < 300);
  assert.ok(healed.length > CLIENTS);
  const after_ = refusals.filter(({ began }) => began > back);
  t.diagnostic(
    `${refusals.length} refusals, slowest ${Math.round(Math.max(...refusals.map(({ ms }) => ms)))} ms; ${after_.length} of requests sent after its return, ` +
      `the last ${after_.length ? Math.round(Math.max(...after_.map(({ began }) => began)) - back) : 0} ms after it`,
  );
  assert.deepEqual(await seatsOf(sys, meeting), { counter: CLIENTS + 1, counted: CLIENTS + 1 });
});

test('Redis goes and comes back: nobody notices', async (t) => {
  const meeting = await meetingOf(ada, ...users);
  const seen = await underLoad(meeting, async () => {
    await sleep(500);
    await sys.processes.redis.kill();
    await sleep(2500);
    await sys.processes.redis.start();
    await sleep(1500);
  });
  assert.deepEqual(failed(seen), []);
  t.diagnostic(`${seen.length} requests, slowest ${Math.round(Math.max(...seen.map(({ ms }) => ms)))} ms`);
  await join(users[0], await createMeeting(ada));
});
