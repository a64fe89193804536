/** Short notes at the edge of the page, and what a screen reader is told. */
import { createStore } from './store.js';

/** @typedef {{id: number, text: string, kind: 'info' | 'error'}} Toast */

const SHOWN_MS = 5_000;
const AT_ONCE = 3;
let nextId = 1;

export const toasts = createStore({ list: /** @type {Toast[]} */ ([]), announcement: '' });

/** @param {string} text @param {'info' | 'error'} [kind] */
export function toast(text, kind = 'info') {
  const id = nextId;
  nextId += 1;
  toasts.set(({ list }) => ({ list: [...list.slice(1 - AT_ONCE), { id, text, kind }] }));
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** @param {number} id */
export const dismiss = (id) => toasts.set(({ list }) => ({ list: list.filter((one) => one.id !== id) }));

/** For ears only. @param {string} text */
export const announce = (text) => toasts.set({ announcement: text });
