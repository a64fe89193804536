/** The dialog with the keys that work in a call. */
import { html } from '../ui.js';
import { t } from '../i18n.js';
import { SHORTCUTS } from '../shortcuts.js';
import { Dialog } from './dialog.js';

/** @param {{onClose: () => void}} props */
export const ShortcutList = ({ onClose }) => html`
  <${Dialog} title=${t('keys.title')} onClose=${onClose}>
    <dl class="keys">
      ${Object.entries(SHORTCUTS).map(
        ([action, { shown, aria }]) => html`
        <div key=${action}><dt>${t(`keys.${action}`)}</dt>
          <dd>${aria === 'Space' ? html`<kbd>${t('keys.space')}</kbd>` : shown.split(/(?<=.)\+(?=.)/).map((key) => html`<kbd>${key}</kbd>`)}</dd></div>`,
      )}
    </dl>
  <//>`;
