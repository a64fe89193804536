/**
 * What time it is where the meetings are. A computer's own clock may be hours or days wrong, and nobody notices; whatever is
 * compared with the server's times, or becomes one of them, is made from this one. How long something takes is
 * measured by `performance.now()`, which no change of the clock touches.
 */

/** A `Date` header has whole seconds: this is the middle of one, and answers may differ by so much though no clock was set. */
const [MIDDLE_MS, SAME_MS] = [500, 1_000];

/** The server's clock is ahead of this one by so much. */
let aheadMs = 0;

/** Milliseconds since 1970. */
export const serverNow = () => Date.now() + aheadMs;

/** From each answer of the server. @param {string | null} date its `Date` header */
export function learnServerTime(date) {
  const at = Date.parse(date ?? '');
  const learnt = at + MIDDLE_MS - Date.now();
  if (Math.abs(learnt - aheadMs) > SAME_MS) aheadMs = learnt;
}
