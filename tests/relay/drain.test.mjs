/* The relay's end, and limits that change while it runs. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { rawSocket } from '../lib/raw-socket.mjs';
import { makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let ana;
let file;
before(async () => {
  file = `/tmp/em-limits-${process.pid}`;
  fs.writeFileSync(file, '# limits\n\nECHOMEET_RELAY_DRAIN_MS = 1000\n');
  sys = await startSystem({
    env: { ECHOMEET_RELAY_LIMITS_FILE: file, ECHOMEET_RELAY_RATE_PINGS: '1000', ECHOMEET_RELAY_SOCKETS_ACCOUNT: '0' },
  });
  ana = await register(sys, 'Ana');
});
after(async () => {
  await sys?.stop();
  fs.rmSync(file, { force: true });
});

/* More than a relay has to end in (STOP_MS of tests/lib/system.mjs): whoever waits for it fails. */
const FOR_EVER_MS = 60_000;
const setLimits = (limits) =>
  fs.writeFileSync(
    file,
    Object.entries(limits)
      .map(([name, value]) => `ECHOMEET_RELAY_${name}=${value}\n`)
      .join(''),
  );

const open = () => openSocket(sys, ana.token, { relay: 0 });

test('many connections are closed spread over the time, each with 1012, and nobody new comes in', async () => {
  const sockets = await Promise.all(Array.from({ length: 700 }, open));
  const begun = Date.now();
  const times = sockets.map((s) =>
    s.closed.then(({ code }) => {
      assert.equal(code, 1012);
      return Date.now() - begun;
    }),
  );
  const ended = sys.processes.relay.stop();
  await assert.rejects(
    new Promise((resolve) => {
      setTimeout(resolve, 100);
    }).then(open),
  );
  const took = (await Promise.all(times)).sort((a, b) => a - b);
  assert.ok(took[350] > 200, `half after ${took[350]} ms`); // nor is any cut when the time is long over: each had its 1012
  assert.equal((await ended).code, 0);
  await sys.processes.relay.start();
});

test('few connections, or none, cost no time', async () => {
  const {
    people: [ben],
  } = await makeRoom(sys, ['Ben']);
  setLimits({ DRAIN_MS: FOR_EVER_MS });
  sys.processes.relay.signal('SIGHUP');
  await eventually(() => sys.log('relay0').includes('event=limits_read'));
  await sys.processes.relay.stop();
  assert.equal((await ben.socket.closed).code, 1012);
  await sys.processes.relay.start();
  await sys.processes.relay.stop();
  await sys.processes.relay.start();
});

test('a client that does not answer the close is waited for 2 s at most; a second SIGTERM ends at once', async () => {
  const deaf = async () => {
    const raw = await rawSocket(sys, { token: ana.token });
    raw.socket.pause();
    return raw;
  };
  let raw = await deaf();
  const begun = Date.now();
  await sys.processes.relay.stop();
  assert.ok(Date.now() - begun > 1500, `${Date.now() - begun} ms`);
  raw.end();
  setLimits({ DRAIN_MS: FOR_EVER_MS, CLOSE_MS: FOR_EVER_MS });
  await sys.processes.relay.start();
  raw = await deaf();
  const ended = sys.processes.relay.stop();
  await eventually(
    () =>
      sys.log('relay0').trimEnd().split('\n').at(-2)?.includes('event=stopping') ||
      sys
        .log('relay0')
        .trimEnd()
        .split('\n')
        .slice(-3)
        .some((l) => l.includes('event=stopping')),
  );
  sys.processes.relay.signal('SIGTERM');
  assert.equal((await ended).code, 0);
  raw.end();
  setLimits({ DRAIN_MS: 1000 });
  await sys.processes.relay.start();
});

test('SIGHUP reads the limits again; a fault keeps the old ones', async () => {
  const first = await open();
  assert.equal(first.hello.limits.perSecond.pings, 1000);
  fs.writeFileSync(file, 'ECHOMEET_RELAY_RATE_PINGS=1\nECHOMEET_GRACE_LOST_MS=1234\n');
  sys.processes.relay.signal('SIGHUP');
  await eventually(() => sys.log('relay0').includes('event=limits_read'));
  for (let i = 0; i < 15; i++) first.send('ping', {}, i);
  await first.waitFor('error', (m) => m.error.code === 'rate_limited');
  const second = await open();
  assert.equal(second.hello.limits.perSecond.pings, 1);
  assert.equal(second.hello.limits.seatKeptLostMs, 1234);
  for (const bad of ['ECHOMEET_RELAY_RATE_PINGS=many\n', 'ECHOMEET_MYSQL_HOST=x\n', 'nonsense\n']) {
    fs.writeFileSync(file, bad);
    const before_ = sys.log('relay0').split('event=limits_not_read').length;
    sys.processes.relay.signal('SIGHUP');
    await eventually(() => sys.log('relay0').split('event=limits_not_read').length > before_);
  }
  fs.rmSync(file);
  sys.processes.relay.signal('SIGHUP');
  const third = await open();
  assert.equal(third.hello.limits.perSecond.pings, 1);
  fs.writeFileSync(file, '');
  sys.processes.relay.signal('SIGHUP');
  await eventually(async () => {
    const socket = await open();
    await socket.close();
    return socket.hello.limits.perSecond.pings === 1000;
  });
  await Promise.all([first, second, third].map((s) => s.close()));
});
