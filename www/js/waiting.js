/** Waiting, with an end. */

/** @param {number} ms @returns {Promise<void>} */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @template T @param {number} ms @param {Promise<T>} promise @param {T} instead */
export function within(ms, promise, instead) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((/** @type {(value: T) => void} */ resolve) => {
    timer = setTimeout(() => resolve(instead), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
