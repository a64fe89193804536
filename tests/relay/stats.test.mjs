/* What the relay counts: GET /metrics on its own port, GET /api/v1/ws/stats for administrators. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { rawSocket } from '../lib/raw-socket.mjs';
import { makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let people;
before(async () => {
  sys = await startSystem({ relays: 2, relayEnv: [{}, { ECHOMEET_METRICS_FROM: '10.1.2.3' }] });
  ({ people } = await makeRoom(sys, ['Ana', 'Ben', 'Carl'], { relayOf: (i) => (i === 2 ? 1 : 0) }));
});
after(() => sys?.stop());

function get(relay, path, headers = {}) {
  const url = new URL(sys.relayUrls[relay]);
  return new Promise((resolve, reject) => {
    http
      .get({ host: url.hostname, port: url.port, path, headers }, (response) => {
        let body = '';
        response.on('data', (text) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      })
      .on('error', reject);
  });
}

async function metrics() {
  const { status, headers, body } = await get(0, '/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const values = new Map();
  for (const line of body.trimEnd().split('\n')) {
    assert.match(line, /^(# (HELP|TYPE) echomeet_relay_\w+ .+|echomeet_relay_\w+(\{[^{}]+\})? -?[\d.e+]+)$/);
    if (!line.startsWith('#'))
      values.set(
        line.slice('echomeet_relay_'.length, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' ') + 1)),
      );
  }
  return values;
}

test('/metrics counts connections, deliveries, bytes and calls', async () => {
  const first = await metrics();
  assert.equal(first.get('connections'), 3); // two clients, and this request
  assert.equal(first.get('rooms'), 1);
  assert.equal(first.get('redis_up'), 1);
  for (let i = 0; i < 5; i++)
    await people[0].socket.request('chat_message', { text: 'x'.repeat(100), clientId: `${i}` });
  await people[1].socket.waitFor('chat_message', (m) => m.data.message.clientId === '4');
  await assert.rejects(people[0].socket.request('chat_message', {}), { code: 'validation_failed' });
  const then = await metrics();
  const grown = (name) => then.get(name) - first.get(name);
  assert.equal(grown('deliveries_total'), 10);
  assert.ok(grown('bytes_out_total') > 15 * 200 && grown('bytes_in_total') > 5 * 100);
  assert.equal(grown('calls_total{result="refused"}'), 1);
  assert.ok(grown('calls_total{result="ok"}') >= 5);
  assert.equal(then.get('queued_bytes'), 0);
  assert.equal(then.get('call_duration_seconds_bucket{le="+Inf"}'), then.get('call_duration_seconds_count'));
  assert.ok(then.get('call_duration_seconds_sum') > 0);
});

test('a refused handshake and a lost Redis show', async () => {
  const { handshakes_refused_total: before_ } = Object.fromEntries(await metrics());
  const raw = await rawSocket(sys, { token: 'nonsense' });
  assert.equal(raw.status, 401);
  await sys.processes.redis.kill();
  await eventually(async () => (await metrics()).get('redis_up') === 0);
  await people[0].socket.request('chat_message', { text: 'by the sync', clientId: 'gap' });
  await people[1].socket.waitFor('chat_message', (m) => m.data.message.clientId === 'gap');
  await sys.processes.redis.start();
  await eventually(async () => (await metrics()).get('redis_up') === 1);
  const then = await metrics();
  assert.equal(then.get('handshakes_refused_total'), before_ + 1);
  assert.ok(then.get('gaps_found_total') > 0);
  assert.equal(then.get('gaps_found_total'), then.get('gaps_closed_total'));
});

test('only configured addresses may read it, and the web server tells for whom it asks', async () => {
  assert.equal((await get(1, '/metrics')).status, 403);
  assert.equal((await get(1, '/metrics', { 'X-Forwarded-For': '10.1.2.3' })).status, 200);
  assert.equal((await get(0, '/metrics', { 'X-Forwarded-For': '10.1.2.3' })).status, 403);
  assert.equal((await get(0, '/metricsx')).status, 404);
});

test('administrators see every relay, others do not', async () => {
  const admin = await register(sys, 'Admin');
  assert.equal((await admin.client.get('/ws/stats')).status, 403);
  assert.equal((await people[0].client.get('/ws/stats')).body.code, 'forbidden');
  await sys.sql('UPDATE users SET is_admin = TRUE WHERE id = ?', [admin.id]);
  const extra = await openSocket(sys, admin.token, { relay: 1 });
  const body = await eventually(async () => {
    const answer = await admin.client.get('/ws/stats');
    assert.equal(answer.status, 200);
    // each relay tells its own at its own time
    return answer.body.items.every((r) => r.connections === 2) && answer.body;
  });
  assert.deepEqual(
    body.items.map((r) => [r.relay.split('-')[0], r.connections, r.rooms, r.redisUp]),
    [
      ['r0', 2, 1, true],
      ['r1', 2, 1, true],
    ],
  );
  assert.ok(body.items[0].deliveries > 0 && body.items[0].calls > 0);
  assert.ok(Math.abs(Date.now() - Date.parse(body.items[0].aliveSince)) < 120_000);
  await extra.close();
});

test('a relay that has ended is not shown for long', async () => {
  const admin = await register(sys, 'Admin');
  await sys.sql('UPDATE users SET is_admin = TRUE WHERE id = ?', [admin.id]);
  await sys.processes.relays[1].kill();
  await eventually(async () => (await admin.client.get('/ws/stats')).body.items.length === 1, {
    timeout: 20_000,
    every: 500,
  });
});
