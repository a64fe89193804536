/* Chance that can be repeated. */

/* What a run's choices come from: the same each time, another one by hand (ECHOMEET_SEED=…). A test that uses it says it in its name. */
export const SEED = Number(process.env.ECHOMEET_SEED || 20260131);

/* Random numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
