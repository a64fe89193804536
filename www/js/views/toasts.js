/** Draws the notifications, and the text that only screen readers get. */
import { html, useStore } from '../ui.js';
import { dismiss, toasts } from '../toasts.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { IconButton } from './controls.js';

/** @param {{within?: boolean}} props `within` a dialog: what is outside of it is out of reach then, for eyes, ears and hands */
export function Toasts({ within = false }) {
  const { list, announcement } = useStore(toasts);
  const act = (/** @type {import('../toasts.js').Toast} */ { id, action }) => {
    dismiss(id);
    action?.run();
  };
  return html`
    <${within ? 'div' : 'aside'} class="toasts" role=${within ? 'group' : undefined} aria-label=${t('app.notifications')}>
      ${list.map(
        (one) => html`
        <div key=${one.id} class="toast ${one.kind}" role=${one.kind === 'error' ? 'alert' : undefined}>
          <${ToastText} toast=${one} />
          ${one.action && html`<button type="button" class="text-button" onClick=${() => act(one)}>${one.action.label}</button>`}
          <${IconButton} label=${t('app.dismiss')} name="x" size=${16} onClick=${() => dismiss(one.id)} />
        </div>`,
      )}
    <//>
    <div class="visually-hidden" role="status" aria-live="polite">${announcement}</div>`;
}

/** @param {{toast: import('../toasts.js').Toast}} props */
function ToastText({ toast: { id, text, title, locked, open } }) {
  const said = title
    ? html`<strong>${locked && icon('lock', 14)} <bdi class="name" translate=${false}>${title}</bdi></strong> <span class="toast-message" dir="auto">${text}</span>`
    : text;
  if (!open) return html`<span>${said}</span>`;
  const act = () => {
    dismiss(id);
    open();
  };
  return html`<button type="button" class="toast-open" onClick=${act}>${said}</button>`;
}
