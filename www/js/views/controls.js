/** Small things of which the pages are made: fields, buttons with an icon, dialogs, copying. */
import { html, useEffect, useLayoutEffect, useRef, useState, useStore, classes } from '../ui.js';
import { isMac } from '../browser.js';
import { icon } from '../icons.js';
import { errorText, letters, t } from '../i18n.js';
import { createStore } from '../store.js';
import { toast } from '../toasts.js';
import { loadPageAgain } from '../version.js';
import { Toasts } from './toasts.js';

let fieldNumber = 0;

/** An id that ties a label to its field. */
export function useFieldId() {
  const ref = useRef('');
  if (!ref.current) {
    fieldNumber += 1;
    ref.current = `field-${fieldNumber}`;
  }
  return ref.current;
}

/**
 * A labelled input; what is wrong with it stands below it and is read out with it.
 * @param {{label: string, hint?: string, error?: string | null, class?: string, inputRef?: any,
 *   [attribute: string]: any}} props
 */
export function Field({ label, hint, error, class: extra, inputRef, ...input }) {
  const id = useFieldId();
  return html`
    <div class=${classes('field', extra)}>
      <label for=${id}>${label}</label>
      <input id=${id} ref=${inputRef} aria-invalid=${error ? 'true' : undefined}
        aria-describedby=${error || hint ? `${id}-note` : undefined} ...${input} />
      ${
        error
          ? html`<p id="${id}-note" class="field-error" role="alert">${error}</p>`
          : hint && html`<p id="${id}-note" class="field-hint">${hint}</p>`
      }
    </div>`;
}

/** Only the page as a whole helps. */
const STALE = ['updated', 'not_loaded'];

/** What went wrong, where it belongs to no field. @param {{error: unknown, onRetry?: () => void}} props */
export function FormError({ error, onRetry }) {
  if (!error) return null;
  const stale = STALE.includes(/** @type {any} */ (error).code);
  const blocked = /** @type {any} */ (error).code === 'socket_blocked';
  const act = stale ? loadPageAgain : onRetry;
  return html`
    <p class="form-error" role="alert">${errorText(error)}
      ${act && html` <button type="button" class="link" onClick=${act}>${t(stale ? 'app.reload' : 'app.retry')}</button>`}
      ${blocked && html` <a href="#/network" target="_blank" rel="noopener">${t('network.link')}</a>`}</p>`;
}

/**
 * A button that is only an icon. Its label is its accessible name and, with the keys that do the same, its tooltip.
 * @param {{label: string, name: import('../icons.js').IconName, class?: string, size?: number, badge?: number,
 *   shortcut?: import('../shortcuts.js').Keys, onClick: (event: MouseEvent) => void, [attribute: string]: any}} props
 */
export function IconButton({ label, name, class: extra, size, badge, shortcut, ...rest }) {
  return html`
    <button type="button" class=${classes('icon-button', extra)} aria-label=${label} aria-keyshortcuts=${shortcut?.aria}
      data-tip=${shortcut ? `${label} (${shortcut.shown})` : label} ...${rest}>
      ${icon(name, size)}
      ${badge ? html`<span class="badge" aria-hidden="true">${badge > 99 ? '99+' : badge}</span>` : null}
    </button>`;
}

/**
 * The focus is at the title at first, unless something in it has `autofocus`, and goes back to where it was, also where the
 * dialog is taken away without having been closed.
 * @param {{title: string, class?: string, onClose: () => void, children?: any}} props
 */
export function Dialog({ title, class: extra, onClose, children }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useFieldId();
  const gone = useRef(false);
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    dialog?.showModal();
    if (!dialog?.querySelector('[autofocus]')) dialog?.querySelector('h2')?.focus();
    return () => {
      gone.current = true;
      dialog?.close();
      // The browser gives the focus back only while the dialog is still in the page.
      if (document.activeElement === document.body) before?.focus();
    };
  }, []);
  return html`
    <dialog ref=${ref} class=${classes('dialog', extra)} aria-labelledby=${id} onClose=${() => !gone.current && onClose()}
      onClick=${(/** @type {MouseEvent} */ event) => event.target === ref.current && ref.current?.close()}>
      <div class="dialog-body">
        <header>
          <h2 id=${id} tabindex="-1">${title}</h2>
          <${IconButton} label=${t('app.close')} name="x" onClick=${() => ref.current?.close()} />
        </header>
        ${children}
      </div>
      <${Toasts} within />
    </dialog>`;
}

/**
 * Asks before something that cannot be taken back.
 * @param {{title: string, action: string, keep?: string, onConfirm: () => Promise<unknown>, onClose: () => void, children?: any}} props
 *   `keep`: what the other button says
 */
export function Confirm({ title, action, keep, onConfirm, onClose, children }) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [busy, run] = useBusy();
  const confirm = () =>
    run(async () => {
      try {
        await onConfirm();
        onClose();
      } catch (error) {
        setProblem(error);
      }
    });
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <div class="confirm">${children}</div>
      <${FormError} error=${problem} />
      <footer class="dialog-footer">
        <button type="button" class="secondary" autofocus onClick=${onClose}>${keep ?? t('app.cancel')}</button>
        <button type="button" class="danger" disabled=${busy} onClick=${confirm}>${action}</button>
      </footer>
    <//>`;
}

/**
 * Something that opens above its button: closed by a touch elsewhere, by Escape and by the choice itself.
 * @returns {{open: boolean, setOpen: (open: boolean) => void, close: () => void, root: {current: HTMLElement | null},
 *   onEscape: (event: KeyboardEvent) => void}} `root` holds the button, first, and what opens; `close` gives the focus back to the button
 */
export function useMenu() {
  const [open, setOpen] = useState(false);
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    if (!open) return undefined;
    root.current?.querySelector('.menu')?.querySelector('button')?.focus();
    const outside = (/** @type {Event} */ event) => {
      if (!root.current?.contains(/** @type {Node} */ (event.target))) setOpen(false);
    };
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  };
  const onEscape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !open) return;
    event.stopPropagation(); // or what is around it closes as well
    close();
  };
  return { open, setOpen, close, root, onEscape };
}

/** @param {string} code */
export const meetingLink = (code) => `${location.origin}${location.pathname}#/m/${code}`;

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

/** A meeting code in its spaced type. @param {{code: string}} props */
export const Code = ({ code }) => html`<span class="code" translate=${false}>${code}</span>`;

/**
 * Runs what a button does, with the button held down until it is done.
 * @returns {[boolean, (work: () => Promise<unknown>) => Promise<void>]}
 */
export function useBusy() {
  const [busy, setBusy] = useState(false);
  const alive = useRef(true);
  useEffect(
    () => () => {
      alive.current = false;
    },
    [],
  );
  return [
    busy,
    async (work) => {
      setBusy(true);
      try {
        await work();
      } finally {
        if (alive.current) setBusy(false);
      }
    },
  ];
}

/** "王芳" -> "王", "Ana Lima (host)" -> "AL" @param {string} name */
export function initials(name) {
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => /^[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
  if (words.length === 0) return '?';
  const first = (/** @type {string} */ word) => letters(word)[0].toLocaleUpperCase();
  if (words.length === 1 || /\p{Script=Han}/u.test(words[0])) return first(words[0]);
  return first(words[0]) + first(words[words.length - 1]);
}

/** A dark colour made from the name, that white letters can be read on. @param {string} name */
export function nameColour(name) {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return `hsl(${hash % 360} 42% 34%)`;
}

/** @param {{name: string}} props */
export const Avatar = ({ name }) => html`
  <span class="avatar" translate=${false} style=${{ backgroundColor: nameColour(name) }} aria-hidden="true">${initials(name)}</span>`;
