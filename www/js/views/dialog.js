/** Dialogs: the frame of all of them, and the one that asks before something is done. */
import { html, useLayoutEffect, useRef, useState, classes } from '../ui.js';
import { t } from '../i18n.js';
import { FormError, IconButton, useBusy, useFieldId } from './controls.js';
import { Toasts } from './toasts.js';

/**
 * The focus is at the title at first, unless something in it has `autofocus`, and goes back to where it was, also where the
 * dialog is taken away without having been closed.
 * @param {{title: string, class?: string, onClose: () => void, children?: import('../ui.js').Children}} props
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
 * @param {{title: string, action: string, keep?: string, onConfirm: () => Promise<unknown>, onClose: () => void, children?: import('../ui.js').Children}} props
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
