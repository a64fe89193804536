/** Notifications at the edge of the page, and what a screen reader is told. */
import { t } from './i18n.js';
import { createStore } from './store.js';

/** @typedef {{label: string, run: () => void}} ToastAction what can be done about it while it is shown */
/**
 * @typedef {object} Toast
 * @property {number} id
 * @property {string} text
 * @property {'info' | 'error'} kind
 * @property {ToastAction} [action]
 * @property {string} [group] of several in a group only the last is shown, in the place of the one before
 * @property {boolean} [lasting] shown twice as long
 * @property {string} [title] whose message it is
 * @property {boolean} [locked] and that it is private
 * @property {() => void} [open] what a click on its text does
 */

const SHOWN_MS = 5_000;
const SHOWN_LONG_MS = 10_000;
const AT_ONCE = 3;
let nextId = 1;
/** @type {Map<number, ReturnType<typeof setTimeout>>} */
const timers = new Map();

export const toasts = createStore({ list: /** @type {Toast[]} */ ([]), announcement: '' });

/** @param {string} text @param {'info' | 'error'} [kind] @param {ToastAction} [action] @param {Pick<Toast, 'group' | 'lasting' | 'title' | 'locked' | 'open'>} [more] */
export function toast(text, kind = 'info', action, more = {}) {
  const { list } = toasts.get();
  const before = more.group && list.find(({ group }) => group === more.group);
  const id = before ? before.id : nextId;
  if (!before) nextId += 1;
  const now = { id, text, kind, action, ...more };
  toasts.set({ list: before ? list.map((one) => (one === before ? now : one)) : [...list.slice(1 - AT_ONCE), now] });
  clearTimeout(timers.get(id));
  timers.set(
    id,
    setTimeout(() => dismiss(id), action || more.lasting ? SHOWN_LONG_MS : SHOWN_MS),
  );
}

/** @param {number} id */
export function dismiss(id) {
  clearTimeout(timers.get(id));
  timers.delete(id);
  toasts.set(({ list }) => ({ list: list.filter((one) => one.id !== id) }));
}

/** Where there is one. @param {string} group */
export function dismissGroup(group) {
  for (const one of toasts.get().list) if (one.group === group) dismiss(one.id);
}

/**
 * For eyes and ears.
 * @param {import('./i18n.js').Key} key @param {string} [name] whom it is about
 */
export function notify(key, name = '') {
  const text = t(key, { name });
  toast(text);
  announce(text);
}

/** For ears only. @param {string} text */
export const announce = (text) => toasts.set({ announcement: text });
