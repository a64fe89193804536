/* How much of a camera is sent to whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERYTHING, cameraPlan, readWants, screenPlan, wantFor } from '../../../www/js/video-policy.js';

const plan = (others, want = 'large', height = 720) => cameraPlan({ others, want, height });

test('the more people, the less for each; all of them together fit an uplink of 2.5 Mbit/s', () => {
  let before = plan(1);
  for (let others = 2; others <= 20; others += 1) {
    const now = plan(others);
    assert.ok(
      now.maxBitrate <= before.maxBitrate &&
        now.scaleResolutionDownBy >= before.scaleResolutionDownBy &&
        now.maxFramerate <= before.maxFramerate,
      `${others}: ${JSON.stringify(now)}`,
    );
    assert.ok(now.maxBitrate * others <= 2_500_000, `${others}: ${now.maxBitrate * others}`);
    assert.equal(now.active, true);
    before = now;
  }
  assert.deepEqual(plan(1), { active: true, maxBitrate: 1_500_000, maxFramerate: 30, scaleResolutionDownBy: 1 });
  assert.deepEqual(plan(8), { active: true, maxBitrate: 220_000, maxFramerate: 20, scaleResolutionDownBy: 2.67 });
});

test('what is shown small is sent small, what is shown nowhere is not sent', () => {
  assert.deepEqual(plan(1, 'small'), { active: true, maxBitrate: 150_000, maxFramerate: 15, scaleResolutionDownBy: 4 });
  assert.deepEqual(plan(1, 'medium'), {
    active: true,
    maxBitrate: 400_000,
    maxFramerate: 30,
    scaleResolutionDownBy: 2,
  });
  assert.equal(plan(1, 'none').active, false);
  assert.equal(
    plan(12, 'large').scaleResolutionDownBy,
    plan(12, 'small').scaleResolutionDownBy,
    'in a crowd nobody is sent large',
  );
});

test('a small camera is not made smaller than wanted, and gets no more bits than it can use', () => {
  assert.equal(plan(1, 'large', 180).scaleResolutionDownBy, 1);
  assert.equal(plan(1, 'large', 180).maxBitrate, 150_000);
  assert.equal(plan(1, 'small', 90).scaleResolutionDownBy, 1);
  assert.equal(plan(1, 'large', 0).scaleResolutionDownBy, 1, 'not known yet');
  assert.equal(plan(1, 'large', 1080).scaleResolutionDownBy, 1.5);
});

test('a height on the screen becomes a wish', () => {
  assert.deepEqual([0, -1, 1, 180, 225, 226, 450, 451, 4000].map(wantFor), [
    'none',
    'none',
    'small',
    'small',
    'small',
    'medium',
    'medium',
    'large',
    'large',
  ]);
});

test('what others say is read with care', () => {
  assert.deepEqual(readWants({ camera: 'small', screen: 'none' }), { camera: 'small', screen: 'none' });
  for (const said of [undefined, null, 5, {}, { camera: 'constructor', screen: 7 }])
    assert.deepEqual(readWants(said), EVERYTHING);
});

test('a screen is sent whole or not at all', () => {
  assert.equal(screenPlan('none').active, false);
  assert.equal(screenPlan('small').scaleResolutionDownBy, 1);
  assert.equal(screenPlan('large').active, true);
});
