/**
 * Notifications of the operating system, while the tab is in the background: somebody waits, writes to this person, or
 * would like to hear them. The browser is asked for them when the first one would have been of use, once, with a click.
 */
import { t } from './i18n.js';
import { settings } from './settings.js';
import { toast } from './toasts.js';

/** @type {Set<Notification>} */
const shown = new Set();
let missed = false;

/** Browsers of phones have them only for other kinds of programs. */
export const canNotify = () => 'Notification' in globalThis;

export const notificationPermission = () => (canNotify() ? Notification.permission : 'denied');

/** @param {string} tag of several with the same one only the last is shown @param {string} title @param {string} body */
export function notifySystem(tag, title, body) {
  if (document.visibilityState === 'visible' || !canNotify() || !settings.get().systemNotifications) return;
  if (Notification.permission === 'default') missed = true;
  if (Notification.permission !== 'granted') return;
  try {
    const notification = new Notification(title, { body, tag, icon: '/icons/icon-192.png' });
    notification.addEventListener('click', () => {
      window.focus();
      notification.close();
    });
    shown.add(notification);
  } catch {
    // Chromium on Android has the constructor and forbids it.
  }
}

/** The browser's own question; it wants a click. @returns {Promise<boolean>} */
export async function allowNotifications() {
  settings.set({ systemNotifications: true });
  return (await Notification.requestPermission()) === 'granted';
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  for (const notification of shown) notification.close();
  shown.clear();
  if (!missed || settings.get().notificationsOffered) return;
  settings.set({ notificationsOffered: true }); // whatever the answer is
  toast(t('alerts.offer'), 'info', { label: t('alerts.turnOn'), run: allowNotifications });
});
