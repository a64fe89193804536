/* The server's clock, as far as its answers tell of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnServerTime, serverNow } from '../../../www/js/server-clock.js';

const ahead = () => serverNow() - Date.now();
const answer = (offMs) => learnServerTime(new Date(Date.now() + offMs).toUTCString());

test('the whole seconds of answers move no clock to and fro', async () => {
  for (const offMs of [0, 90_000, -90_000]) {
    answer(offMs);
    const first = ahead();
    assert.ok(Math.abs(first - offMs) <= 1_000, `${first}`);
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
      answer(offMs);
      assert.ok(Math.abs(ahead() - first) <= 1, `${ahead()} after ${first}`);
    }
  }
});

test('an answer without a time changes nothing', () => {
  const before = ahead();
  learnServerTime(null);
  learnServerTime('soon');
  assert.ok(Math.abs(ahead() - before) <= 1);
});
