/* Who was there when, as it is drawn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attendees, marks, span } from '../../../www/js/attendance.js';

const at = (minute) => `2026-01-31T10:${String(minute).padStart(2, '0')}:00.000Z`;
const time = (minute) => Date.parse(at(minute));
const stay = (userId, from, to) => ({
  userId,
  displayName: `P${userId}`,
  isGuest: false,
  joinedAt: at(from),
  leftAt: to === null ? null : at(to),
});

test('the stays of one person stand in one row, the first to come first', () => {
  const people = attendees([stay(1, 5, 10), stay(1, 20, null), stay(2, 0, 30)], time(25));
  assert.deepEqual(
    people.map(({ userId, seconds }) => [userId, seconds]),
    [
      [2, 1800],
      [1, 600],
    ],
  );
  assert.deepEqual(people[1].stays, [
    { from: time(5), to: time(10), open: false },
    { from: time(20), to: time(25), open: true },
  ]);
  assert.deepEqual(span(people), { from: time(0), to: time(30) });
});

test('round times are marked, and not too many of them', () => {
  assert.deepEqual(marks({ from: time(3), to: time(31) }), [5, 10, 15, 20, 25, 30].map(time));
  assert.deepEqual(marks({ from: time(3), to: time(31) }, 3), [10, 20, 30].map(time));
  for (const minutes of [1, 7, 59, 300, 3000]) {
    const count = marks({ from: time(1), to: time(1) + minutes * 60_000 }).length;
    assert.ok(count >= 1 && count <= 7, `${minutes} minutes: ${count}`);
  }
});

test('nobody, or a moment, still gives a time to draw', () => {
  assert.ok(span([]).to > span([]).from);
  const { from, to } = span(attendees([stay(1, 5, 5)], time(5)));
  assert.ok(to > from);
});
