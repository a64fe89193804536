/**
 * What keys do in a call, and what they do it with. One table for the keys themselves, for the tooltips and for the list
 * of shortcuts.
 *
 * Keys without Ctrl or ⌘ count only where nothing is typed and no button has the focus.
 */
import { isMac } from './browser.js';
import { t } from './i18n.js';
import { announce } from './toasts.js';

/** @typedef {'microphone' | 'talk' | 'camera' | 'hand' | 'chat' | 'people' | 'view' | 'fullScreen' | 'toolbar' | 'list'} Action */
/** @typedef {{shown: string, aria: string}} Keys as people read them, and as aria-keyshortcuts has them */

const MAC = isMac();
/** @param {string} key @returns {Keys} */
const ctrl = (key) => ({ shown: MAC ? `⌘${key}` : `Ctrl+${key}`, aria: `${MAC ? 'Meta' : 'Control'}+${key}` });
/** @param {string} key @returns {Keys} */
const ctrlAlt = (key) => ({ shown: MAC ? `⌃⌥${key}` : `Ctrl+Alt+${key}`, aria: `Control+Alt+${key}` });

/** @type {Record<Action, Keys>} */
export const SHORTCUTS = {
  microphone: ctrl('D'),
  talk: { shown: '␣', aria: 'Space' },
  camera: ctrl('E'),
  hand: ctrlAlt('H'),
  chat: ctrlAlt('C'),
  people: ctrlAlt('P'),
  view: ctrlAlt('V'),
  fullScreen: ctrlAlt('F'),
  toolbar: { shown: 'F2', aria: 'F2' },
  list: { shown: '?', aria: '?' },
};

/** By the key's place, because Alt changes what it writes. @type {Record<string, Action>} */
const WITH_CTRL_ALT = { KeyH: 'hand', KeyC: 'chat', KeyP: 'people', KeyV: 'view', KeyF: 'fullScreen' };
/** @type {Record<string, Action>} */
const WITH_CTRL = { d: 'microphone', e: 'camera' };
/** Here letters, the space bar and AltGr (which is Ctrl+Alt) write something. */
const TYPING = 'input, textarea, select, [contenteditable]';
/** And these have a use of their own for the space bar. */
const TAKES_SPACE = `${TYPING}, button, a, dialog, summary, [tabindex="0"]`;

/** @param {KeyboardEvent} event @returns {Action | null} */
export function actionOf(event) {
  const { key, code, altKey, shiftKey, target } = event;
  const command = MAC ? event.metaKey : event.ctrlKey;
  const at = (/** @type {string} */ selector) => target instanceof Element && target.closest(selector) !== null;
  if (event.ctrlKey && altKey) return at(TYPING) || shiftKey ? null : (WITH_CTRL_ALT[code] ?? null);
  if (command) return shiftKey || altKey ? null : (WITH_CTRL[key.toLowerCase()] ?? null);
  if (altKey || event.ctrlKey || event.metaKey) return null;
  if (key === 'F2') return shiftKey || at('dialog') ? null : 'toolbar';
  if (key === '?') return at(`${TYPING}, dialog`) ? null : 'list';
  return key === ' ' && !at(TAKES_SPACE) ? 'talk' : null;
}

/** Mutes or unmutes, and says so to those who do not see it. @param {import('./meeting-session.js').MeetingSession} call @param {boolean} on */
export async function switchMicrophone(call, on) {
  await call.media.setMicrophone(on);
  announce(t(call.media.store.get().microphoneOn ? 'notification.unmutedNow' : 'notification.mutedNow'));
}

/** @param {import('./meeting-session.js').MeetingSession} call @param {boolean} on */
export async function switchCamera(call, on) {
  await call.media.setCamera(on);
  announce(t(call.media.store.get().cameraOn ? 'notification.cameraOnNow' : 'notification.cameraOffNow'));
}
