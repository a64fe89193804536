/* TURN credentials are renewed before they run out, and kept while they are good. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { IceServers } from '../../../www/js/ice-servers.js';

const access = (username, ttl) => ({ iceServers: [{ urls: ['turn:a'], username, credential: 'x' }], ttl });

/** @param {(number: number) => any} answer to the asking of that number */
function servers(answer) {
  const used = [];
  let asked = 0;
  const one = new IceServers(
    async () => answer((asked += 1)),
    ([server]) => used.push(server?.username ?? 'none'),
  );
  return { one, used, asked: () => asked };
}

async function until(condition) {
  for (let i = 0; i < 500 && !condition(); i += 1) await sleep(10);
  assert.ok(condition());
}

test('they are asked for again and again, until the call is over', async () => {
  const { one, used, asked } = servers((n) => access(`u${n}`, 0.05));
  one.take(access('u0', 0.05));
  await until(() => used.length >= 4);
  one.close();
  const count = asked();
  assert.deepEqual(used.slice(0, 4), ['u0', 'u1', 'u2', 'u3']);
  await sleep(150);
  assert.ok(asked() <= count + 1 && used.length <= count + 1, 'nothing after the end');
});

test('those that came with a return are not used while the ones at hand are good, unless the server is another', () => {
  const { one, used } = servers(() => access('x', 1000));
  one.take(access('first', 1000));
  one.take(access('second', 1000));
  assert.deepEqual(used, ['first']);
  one.take({ iceServers: [{ urls: ['turn:b'], username: 'elsewhere', credential: 'x' }], ttl: 1000 });
  one.take(undefined);
  assert.deepEqual(used, ['first', 'elsewhere', 'none']);
  one.close();
});

test('without credentials nothing is asked for', async () => {
  const { one, asked } = servers(() => assert.fail('asked'));
  one.take({ iceServers: [{ urls: 'stun:a' }] });
  one.wake();
  await sleep(50);
  assert.equal(asked(), 0);
  one.close();
});

test('a computer that slept past the time asks at once', async () => {
  const { one, used } = servers(() => access('fresh', 1000));
  const { now } = Date;
  try {
    one.take(access('old', 1000));
    Date.now = () => now() + 900_000;
    one.wake();
    await until(() => used.length === 2);
  } finally {
    Date.now = now;
    one.close();
  }
  assert.deepEqual(used, ['old', 'fresh']);
});
