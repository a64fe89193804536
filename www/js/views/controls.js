/** Small things of which the pages are made: fields, buttons with an icon, menus, names. */
import { html, useEffect, useLayoutEffect, useRef, useState, classes } from '../ui.js';
import { icon } from '../icons.js';
import { errorText, letters, t } from '../i18n.js';
import { loadPageAgain } from '../version.js';

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
 * @param {{label: string, hint?: string, error?: string | null, class?: string, inputRef?: {current: HTMLInputElement | null},
 *   [attribute: string]: unknown}} props
 */
export function Field({ label, hint, error, class: extra, inputRef, ...input }) {
  const id = useFieldId();
  return html`
    <div class=${classes('field', extra)}>
      <label for=${id}>${label}</label>
      <input id=${id} ref=${inputRef} dir=${input.type ? undefined : 'auto'} aria-invalid=${error ? 'true' : undefined}
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
  const stale = STALE.includes(/** @type {{code: string}} */ (error).code);
  const blocked = /** @type {{code: string}} */ (error).code === 'socket_blocked';
  const act = stale ? loadPageAgain : onRetry;
  return html`
    <p class="form-error" role="alert">${errorText(error)}
      ${act && html` <button type="button" class="link" onClick=${act}>${t(stale ? 'app.reload' : 'app.retry')}</button>`}
      ${blocked && html` <a href="#/network" target="_blank" rel="noopener">${t('network.link')}</a>`}</p>`;
}

/**
 * A button that is only an icon. Its label is its accessible name and, with the keys that do the same, its tooltip.
 * @param {{label: string, name: import('../icons.js').IconName, class?: string, size?: number, badge?: number, quiet?: boolean,
 *   shortcut?: import('../shortcuts.js').Keys, onClick: (event: MouseEvent) => void, [attribute: string]: unknown}} props
 */
export function IconButton({ label, name, class: extra, size, badge, quiet = false, shortcut, ...rest }) {
  return html`
    <button type="button" class=${classes('icon-button', extra)} aria-label=${label} aria-keyshortcuts=${shortcut?.aria}
      data-tip=${shortcut ? `${label} (${shortcut.shown})` : label} ...${rest}>
      ${icon(name, size)}
      ${badge ? html`<span class=${classes('badge', quiet && 'quiet')} aria-hidden="true">${badge > 99 ? '99+' : badge}</span>` : null}
    </button>`;
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
    const buttons = /** @type {NodeListOf<HTMLElement> | undefined} */ (
      root.current?.querySelector('.menu')?.querySelectorAll('button')
    );
    [...(buttons ?? [])].find(({ offsetParent }) => offsetParent)?.focus();
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
