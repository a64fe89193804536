/** Notifications at the edge of the page, and what a screen reader is told. */
import { t } from './i18n.js';
import { createStore } from './store.js';

/** @typedef {{label: string, run: () => void}} ToastAction what can be done about it while it is shown */
/** @typedef {{id: number, text: string, kind: 'info' | 'error', action?: ToastAction}} Toast */

const SHOWN_MS = 5_000;
const SHOWN_WITH_ACTION_MS = 10_000;
const AT_ONCE = 3;
let nextId = 1;

export const toasts = createStore({ list: /** @type {Toast[]} */ ([]), announcement: '' });

/** @param {string} text @param {'info' | 'error'} [kind] @param {ToastAction} [action] */
export function toast(text, kind = 'info', action) {
  const id = nextId;
  nextId += 1;
  toasts.set(({ list }) => ({ list: [...list.slice(1 - AT_ONCE), { id, text, kind, action }] }));
  setTimeout(() => dismiss(id), action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
}

/** @param {number} id */
export const dismiss = (id) => toasts.set(({ list }) => ({ list: list.filter((one) => one.id !== id) }));

/**
 * For eyes and ears.
 * @param {import('./i18n.js').Key} key @param {string} [name] whom it is about @param {boolean} [shown] false: for ears only
 */
export function notify(key, name = '', shown = true) {
  const text = t(key, { name });
  if (shown) toast(text);
  announce(text);
}

/** For ears only. @param {string} text */
export const announce = (text) => toasts.set({ announcement: text });
