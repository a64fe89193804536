/** Draws the short notes, and the line that only screen readers get. */
import { html, useStore } from '../ui.js';
import { dismiss, toasts } from '../toasts.js';
import { t } from '../i18n.js';
import { IconButton } from './controls.js';

export function Toasts() {
  const { list, announcement } = useStore(toasts);
  return html`
    <aside class="toasts" aria-label=${t('app.notes')}>
      ${list.map(({ id, text, kind }) => html`
        <div key=${id} class="toast ${kind}" role=${kind === 'error' ? 'alert' : undefined}>
          <span>${text}</span>
          <${IconButton} label=${t('app.dismiss')} name="x" size=${16} onClick=${() => dismiss(id)} />
        </div>`)}
    </aside>
    <div class="visually-hidden" role="status" aria-live="polite">${announcement}</div>`;
}
