/** While the browser asks whether the page may have microphone and camera: where to look, and what to choose. */
import { html, useStore } from '../ui.js';
import { browserKind } from '../browser.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';

/** @param {{call: import('../meeting-session.js').MeetingSession}} props */
export function PermissionHint({ call }) {
  const { asking } = useStore(call.media.store);
  const kind = browserKind();
  return html`<div role="status">${
    asking &&
    html`
    <div class="permission-hint ${kind}">${icon('arrow-up', 28)}
      <p><strong>${t('permission.title')}</strong> <span>${t(`permission.${kind}`)}</span></p></div>`
  }</div>`;
}
