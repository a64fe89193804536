/* /metrics: what the workers have counted, for those who may know. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../lib/client.mjs';
import { callFrom } from '../lib/front.mjs';
import { startSystem } from '../lib/system.mjs';
import { createMeeting, ok, people } from './support.mjs';

let sys;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], workers: { api: 2, signin: 1, relay: 1 } });
});
after(() => sys?.stop());

async function metrics() {
  const answer = await fetch(`${sys.base}/metrics`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const values = new Map();
  for (const line of (await answer.text()).trimEnd().split('\n')) {
    assert.match(line, /^(# (HELP|TYPE) echomeet_\w+ .+|echomeet_\w+(\{[^{}]+\})? -?[\d.e+]+)$/);
    if (!line.startsWith('#'))
      values.set(line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1)));
  }
  return values;
}

const requests = (method, route, status) =>
  `echomeet_requests_total{method="${method}",route="${route}",status="${status}"}`;

test('requests are counted by route and status, whichever worker answered them', async () => {
  const [ada] = await people(sys, 'Ada');
  const meeting = await createMeeting(ada);
  for (let i = 0; i < 30; i++) ok(await ada.client.get(`/meetings/${meeting.id}`));
  for (let i = 0; i < 3; i++) await ada.client.get('/meetings/999999');
  await fetch(`${sys.base}/api/v1/no/such/thing`);
  const values = await metrics();
  assert.equal(values.get(requests('GET', '/api/v1/meetings/:meetingId', 200)), 30);
  assert.equal(values.get(requests('GET', '/api/v1/meetings/:meetingId', 404)), 3);
  assert.equal(values.get(requests('POST', '/api/v1/meetings', 201)), 1);
  assert.equal(values.get(requests('', '', 404)), 1);
  const of = 'method="GET",route="/api/v1/meetings/:meetingId"';
  assert.equal(values.get(`echomeet_request_duration_seconds_count{${of}}`), 33);
  assert.equal(values.get(`echomeet_request_duration_seconds_bucket{${of},le="+Inf"}`), 33);
  assert.ok(values.get(`echomeet_request_duration_seconds_sum{${of}}`) > 0);
  let before = 0;
  for (const [name, value] of values)
    if (name.startsWith(`echomeet_request_duration_seconds_bucket{${of}`)) {
      assert.ok(value >= before);
      before = value;
    }
});

test('workers are told by pool and by what they are at', async () => {
  const values = await metrics();
  assert.equal(values.get('echomeet_workers{pool="api",state="busy"}'), 1); // the one that answers this
  assert.equal(values.get('echomeet_workers{pool="api",state="idle"}'), 1);
  assert.equal(values.get('echomeet_workers{pool="signin",state="idle"}'), 1);
  assert.equal(values.get('echomeet_workers{pool="relay",state="idle"}'), 1);
});

test('a worker that dies and a Redis that is away are counted', async () => {
  const before = await metrics();
  await sys.processes.redis.stop();
  const [ada] = await people(sys, 'Ada');
  const meeting = await createMeeting(ada);
  ok(await ada.client.post(`/meetings/${meeting.code}/join`, {}));
  await sys.processes.redis.start();

  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(sys.processes.pool.pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number);
  process.kill(children[0], 'SIGKILL');
  await eventually(() => !fs.existsSync(`/proc/${children[0]}`)); // what it had just accepted is lost with it
  const apiWorkers = (values) =>
    values.get('echomeet_workers{pool="api",state="idle"}') + values.get('echomeet_workers{pool="api",state="busy"}');
  let values = await metrics();
  for (
    const end = Date.now() + 20_000;
    Date.now() < end && (values.get('echomeet_worker_restarts_total') === 0 || apiWorkers(values) !== 2);
    values = await metrics()
  )
    await sleep(100);
  await sleep(500); // it stays so
  values = await metrics();
  assert.ok(values.get('echomeet_redis_errors_total') > before.get('echomeet_redis_errors_total'));
  assert.equal(values.get('echomeet_worker_restarts_total'), 1);
  assert.equal(apiWorkers(values), 2);
});

test('other addresses may not read them', async () => {
  const closed = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    env: { ECHOMEET_METRICS_FROM: '192.0.2.7,192.0.2.70' },
  });
  try {
    const answer = await fetch(`${closed.base}/metrics`);
    assert.equal(answer.status, 403);
    assert.equal((await answer.json()).code, 'forbidden');
    assert.equal(
      (
        await callFrom('127.0.0.2', closed.base)('GET', '/metrics', undefined, {
          headers: { 'x-forwarded-for': '192.0.2.7' },
        })
      ).status,
      403,
    );
  } finally {
    await closed.stop();
  }
});
