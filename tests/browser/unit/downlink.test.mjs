/* A line that does not carry what is wanted: less is asked for until nothing is lost, and more is tried again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Downlink } from '../../../www/js/transport/downlink.js';

const RATES = [150, 400, 1500];
const wanted = [
  [2, 'screen', 2],
  [3, 'camera', 1],
  [4, 'camera', 0],
  [5, 'camera', 0],
];
const rate = (list) => list.reduce((sum, [, , size]) => sum + RATES[size], 0);

/** A line of so many kbit/s, looked at every 2 s. */
class Line {
  arrived = { received: 0, lost: 0, freezes: 0 };
  at = 0;
  link = new Downlink();
  constructor(kbits) {
    this.kbits = kbits;
    this.link.update(this.arrived, wanted, 0);
  }
  look() {
    this.at += 2000;
    const asked = rate(this.link.limit(wanted));
    const { received, lost, freezes } = this.arrived;
    const through = Math.min(asked, this.kbits);
    this.arrived = { received: received + through, lost: lost + asked - through, freezes };
    return this.link.update(this.arrived, wanted, this.at);
  }
}

test('with enough of a line everything is as it is wanted, and nothing changes', () => {
  const line = new Line(5000);
  for (let i = 0; i < 20; i += 1) assert.equal(line.look(), false);
  assert.deepEqual(line.link.limit(wanted), wanted);
});

test('a line of 700 kbit/s is not asked for more within 8 s, and the most important picture is the last to go', () => {
  const line = new Line(700);
  for (let i = 0; i < 4; i += 1) line.look();
  const list = line.link.limit(wanted);
  assert.ok(rate(list) <= 700, JSON.stringify(list));
  assert.deepEqual(list[0].slice(0, 2), [2, 'screen']);
});

test('what is given up first is the size of the least important, then the least important', () => {
  const line = new Line(2000);
  line.look();
  assert.deepEqual(
    line.link.limit(wanted).map(([, , size]) => size),
    [1, 0, 0, 0],
  );
  line.kbits = 300;
  for (let i = 0; i < 4; i += 1) line.look();
  assert.ok(line.link.limit(wanted).length < 4);
});

test('one picture stays, however bad it is', () => {
  const line = new Line(20);
  for (let i = 0; i < 30; i += 1) line.look();
  assert.deepEqual(line.link.limit(wanted), [[2, 'screen', 0]]);
});

test('a line that gets better is used again: each time that more is tried can be seen, without a limit in the end', () => {
  const line = new Line(300);
  for (let i = 0; i < 5; i += 1) line.look();
  line.kbits = 10_000;
  let before = rate(line.link.limit(wanted));
  for (let i = 0; i < 36; i += 1) {
    if (!line.look()) continue;
    const now = rate(line.link.limit(wanted));
    assert.ok(now > before, `${before}, then ${now}`);
    before = now;
  }
  assert.deepEqual(line.link.limit(wanted), wanted);
});

test('more is tried less and less often where it was too much', () => {
  const line = new Line(700);
  const bad = [];
  for (let i = 0; i < 300; i += 1) {
    const { lost } = line.arrived;
    line.look();
    if (line.arrived.lost > lost) bad.push(line.at);
  }
  const early = bad.filter((at) => at < 150_000).length;
  const late = bad.filter((at) => at >= 450_000).length;
  assert.ok(late < early / 2, `${early} looks with loss in the first 150 s, ${late} in the last`);
});

test('a few packets say nothing, nor does a connection made anew', () => {
  const link = new Downlink();
  link.update({ received: 0, lost: 0, freezes: 0 }, wanted, 0);
  assert.equal(link.update({ received: 10, lost: 9, freezes: 1 }, wanted, 2000), false);
  assert.equal(link.update({ received: 5, lost: 900, freezes: 1 }, wanted, 4000), false);
});

test('a picture that stands still counts with a little loss, and not without', () => {
  const link = new Downlink();
  link.update({ received: 0, lost: 0, freezes: 0 }, wanted, 0);
  assert.equal(link.update({ received: 1000, lost: 0, freezes: 1 }, wanted, 2000), false);
  assert.equal(link.update({ received: 2000, lost: 40, freezes: 2 }, wanted, 4000), true);
});
