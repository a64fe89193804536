/**
 * What time it is where the meetings are. A computer's own clock may be hours or days wrong, and nobody notices; whatever is
 * compared with the server's times, or becomes one of them, is made from this one. How long something takes is
 * measured by `performance.now()`, which no change of the clock touches.
 */

/** Of a `Date` header, which has whole seconds. */
const MIDDLE_MS = 500;

/** The server's clock is ahead of this one by so much. */
let aheadMs = 0;

/** Milliseconds since 1970. */
export const serverNow = () => Date.now() + aheadMs;

/** From each answer of the server. @param {string | null} date its `Date` header */
export function learnServerTime(date) {
  const at = Date.parse(date ?? '');
  if (!Number.isNaN(at)) aheadMs = at + MIDDLE_MS - Date.now();
}
