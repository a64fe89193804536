/**
 * Whether the page's files were replaced since this page was loaded: an update under an open page. The page goes on with the
 * modules that it has; one that is fetched from now on may not fit to them. Nothing has to be counted up for that: the web server
 * tells of `index.html` when it was written, and an update writes it anew.
 */
import { createStore } from './store.js';

/** @typedef {'same' | 'updated' | 'unreachable'} Look */

const LOOK_EVERY_MS = 60_000;
const ANSWER_MS = 8_000;
const pad = (/** @type {number} */ n) => String(n).padStart(2, '0');

export const version = createStore({ updated: false });
let lookedAt = 0;

/** In the form of `document.lastModified`. @param {Date} at */
const written = (at) =>
  `${pad(at.getMonth() + 1)}/${pad(at.getDate())}/${at.getFullYear()} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;

/** Asks the web server. @returns {Promise<Look>} */
export async function lookForUpdate() {
  lookedAt = performance.now();
  try {
    const { ok, headers } = await fetch(location.pathname, {
      method: 'HEAD',
      cache: 'no-store',
      signal: AbortSignal.timeout?.(ANSWER_MS),
    });
    if (!ok) return 'unreachable';
    const at = headers.get('Last-Modified');
    if (at && written(new Date(at)) !== document.lastModified) version.set({ updated: true });
    return version.get().updated ? 'updated' : 'same';
  } catch {
    return 'unreachable';
  }
}

/** Not more often than it can matter. */
export function lookNowAndThen() {
  if (performance.now() - lookedAt > LOOK_EVERY_MS) lookForUpdate();
}

/**
 * A module that is fetched when it is wanted.
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>} rejects with a code that says why there is none: `updated`, `network` or `not_loaded`
 */
export async function fetchModule(load) {
  try {
    return await load();
  } catch (cause) {
    const code = { updated: 'updated', unreachable: 'network', same: 'not_loaded' }[await lookForUpdate()];
    throw Object.assign(new Error(code, { cause }), { code });
  }
}

/** A module that failed to load is not asked for again by every browser, so the page is; but not while the server is away. */
export async function loadPageAgain() {
  if ((await lookForUpdate()) !== 'unreachable') location.reload();
}
