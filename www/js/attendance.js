/** Who was there when, ready to be drawn: stays by person, and how many were there at once. Pure. */

/** @typedef {{userId: number, displayName: string, isGuest: boolean, joinedAt: string, leftAt: string | null}} Stay */
/** @typedef {{userId: number, displayName: string, isGuest: boolean, stays: {from: number, to: number, open: boolean}[], seconds: number}} Attendee `open`: still there */

/**
 * One entry a person, the first to come first.
 * @param {Stay[]} stays @param {number} now for those who are still there, milliseconds
 * @returns {Attendee[]}
 */
export function attendees(stays, now) {
  /** @type {Map<number, Attendee>} */
  const people = new Map();
  for (const { userId, displayName, isGuest, joinedAt, leftAt } of stays) {
    const person = people.get(userId) ?? { userId, displayName, isGuest, stays: [], seconds: 0 };
    people.set(userId, person);
    const from = Date.parse(joinedAt);
    const to = leftAt ? Date.parse(leftAt) : Math.max(now, from);
    person.stays.push({ from, to, open: !leftAt });
    person.seconds += (to - from) / 1000;
  }
  return [...people.values()].sort((a, b) => a.stays[0].from - b.stays[0].from || a.userId - b.userId);
}

/** The time that the chart shows. @param {Attendee[]} people @returns {{from: number, to: number}} never empty */
export function span(people) {
  const all = people.flatMap(({ stays }) => stays);
  const from = Math.min(...all.map((stay) => stay.from));
  const to = Math.max(...all.map((stay) => stay.to));
  return all.length > 0 ? { from, to: Math.max(to, from + 1000) } : { from: 0, to: 1000 };
}

const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 240].map((minutes) => minutes * 60_000);
/** More would run into each other where there is much room. */
const MARKS = 6;

/** Round times to write below the chart; of a short one its beginning. @param {{from: number, to: number}} span @param {number} [most] @returns {number[]} */
export function marks({ from, to }, most = MARKS) {
  const step =
    STEPS_MS.find((one) => (to - from) / one <= most) ??
    STEPS_MS[STEPS_MS.length - 1] * Math.ceil((to - from) / STEPS_MS[STEPS_MS.length - 1] / most);
  const first = Math.ceil(from / step) * step;
  return first > to ? [from] : Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}
