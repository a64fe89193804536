/* What two looks at a call's media say of the time between them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statisticsOf } from '../../../www/js/call-statistics.js';

const flow = (userId, kind, bytes, packets, lost, more = {}) => ({
  userId,
  kind,
  direction: 'in',
  bytes,
  packets,
  lost,
  frames: 0,
  trackId: '',
  width: 0,
  height: 0,
  framesPerSecond: 0,
  roundTripMs: 20,
  relayed: false,
  ...more,
});

test('rates and losses are of the time between the looks, a person at a time', () => {
  const picture = { width: 640, height: 360, framesPerSecond: 30 };
  const before = [flow(2, 'audio', 1000, 50, 0), flow(2, 'video', 10_000, 100, 5), flow(3, 'audio', 0, 0, 0)];
  const now = [
    flow(2, 'audio', 2000, 100, 10),
    flow(2, 'video', 60_000, 180, 15, { ...picture, relayed: true, roundTripMs: 90 }),
    flow(3, 'audio', 0, 0, 0),
  ];
  const [two, three] = statisticsOf(before, now, 2);
  assert.equal(two.bitsPerSecond, ((1000 + 50_000) * 8) / 2);
  assert.equal(two.loss, 20 / (50 + 80 + 20));
  assert.equal(two.picture.height, 360);
  assert.equal(two.roundTripMs, 90);
  assert.equal(two.relayed, true);
  assert.deepEqual([three.loss, three.picture, three.bitsPerSecond], [null, null, 0]);
});

test('of what is sent the lost ones are among the packets, and a new connection counts from its beginning', () => {
  const before = [flow(1, 'video', 90_000, 900, 90, { direction: 'out' })];
  const now = [flow(1, 'video', 10_000, 100, 20, { direction: 'out' })];
  assert.deepEqual(statisticsOf(before, now, 2)[0].bitsPerSecond, 0);
  assert.equal(statisticsOf([], now, 2)[0].loss, 0.2);
});
