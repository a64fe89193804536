/* What is made of the level of one's own microphone: that it gives nothing at all, and that its owner has spoken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Contribution } from '../../../www/js/hand-lowering.js';
import { SilentMicrophone } from '../../../www/js/silent-microphone.js';

const LOOK_MS = 200;

/** What is told after looks at a microphone: [level, ms] one after the other. */
function listen() {
  const microphone = new SilentMicrophone();
  let now = 0;
  return (track, ...sounds) => {
    for (const [level, ms] of sounds)
      for (let passed = 0; passed < ms; passed += LOOK_MS) {
        now += LOOK_MS;
        microphone.hear(track, level, now);
      }
    return microphone.store.get().silent;
  };
}

test('a microphone that never gave anything is told of after eight seconds, for each one anew', () => {
  const hears = listen();
  const [track, other] = [{}, {}];
  assert.equal(hears(track, [0, 7_000]), false);
  assert.equal(hears(track, [0, 2_000]), true);
  assert.equal(hears(track, [0.0001, LOOK_MS]), false, 'a quiet room is something');
  assert.equal(hears(null, [0, 20_000]), false, 'one that is off is not silent');
  assert.equal(hears(track, [0, 7_000]), false);
  assert.equal(hears(other, [0, 7_000]), false);
  assert.equal(hears(other, [0, 2_000]), true);
});

test('one that was heard and gives nothing any more is told of later, but not where its pauses are like that', () => {
  const room = [0.0001, 10_000];
  assert.equal(listen()({}, room, [0, 15_000]), false);
  assert.equal(listen()({}, room, [0, 21_000]), true);
  const words = [0.1, 2_000];
  assert.equal(listen()({}, words, [0, 3_000], words, [0, 60_000]), false, 'a program takes the noise away');
});

test('two seconds of loud words are a contribution; coughs with pauses between them are not', () => {
  const says = (pattern) => {
    const contribution = new Contribution();
    let now = 0;
    return pattern.some(([level, ms]) => {
      let enough = false;
      for (let passed = 0; passed < ms; passed += LOOK_MS) {
        now += LOOK_MS;
        enough ||= contribution.hear(level, now);
      }
      return enough;
    });
  };
  const words = Array.from({ length: 8 }, () => [
    [0.1, 400],
    [0, 600],
  ]).flat();
  assert.equal(says(words), true);
  assert.equal(says(words.slice(0, 6)), false);
  const coughs = Array.from({ length: 10 }, () => [
    [0.4, 800],
    [0, 7_000],
  ]).flat();
  assert.equal(says(coughs), false);
  assert.equal(says([[0.01, 60_000]]), false, 'a fan');
});
