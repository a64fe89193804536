/** Copying a text; what the browser does not let the page copy is shown for the person to do it. */
import { html, useLayoutEffect, useRef, useStore } from '../ui.js';
import { isMac } from '../browser.js';
import { t } from '../i18n.js';
import { createStore } from '../store.js';
import { toast } from '../toasts.js';
import { Dialog } from './dialog.js';

/** What could not be copied: it is shown, for the person to do it. */
const uncopied = createStore({ text: '' });

/**
 * "Copied" is said only where something was.
 * @param {string} text
 * @returns {Promise<boolean>} whether it is in the clipboard now
 */
export async function copyText(text) {
  const copied = (await copyByClipboard(text)) || copyByCommand(text);
  if (copied) toast(t('app.copied'));
  else uncopied.set({ text });
  return copied;
}

/** @param {string} text */
async function copyByClipboard(text) {
  try {
    await navigator.clipboard.writeText(text); // under HTTPS only
    return true;
  } catch {
    return false;
  }
}

/** Where there is no permission, or no HTTPS. @param {string} text @returns {boolean} whether the browser did it */
function copyByCommand(text) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  ([...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body).append(area); // what is outside of a dialog cannot be selected
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  before?.focus();
  return copied;
}

/** A text that the page could not copy, selected. */
export function CopyByHand() {
  const { text } = useStore(uncopied);
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useLayoutEffect(() => area.current?.select(), [text]);
  if (!text) return null;
  return html`
    <${Dialog} title=${t('copy.title')} onClose=${() => uncopied.set({ text: '' })}>
      <p class="quiet">${t('copy.hint', { keys: isMac() ? '⌘C' : 'Ctrl+C' })}</p>
      <textarea class="copy-text" ref=${area} readonly autofocus rows=${Math.min(8, text.split('\n').length + 1)} aria-label=${t('copy.text')} value=${text}></textarea>
    <//>`;
}
