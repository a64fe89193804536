/** What is done to one's sound and picture, as switches. */
import { html, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';

/** @param {{call: import('../meeting-session.js').MeetingSession}} props */
export function Processing({ call }) {
  const { canBlur, blurSlow } = useStore(call.media.store);
  const { echoCancellation, noiseSuppression, autoGainControl, backgroundBlur } = useStore(settings);
  return html`
    <fieldset class="processing">
      <legend>${t('processing.title')}</legend>
      <${Switch} on=${noiseSuppression} label=${t('processing.noise')} onChange=${(/** @type {boolean} */ on) => call.media.setProcessing({ noiseSuppression: on })} />
      <${Switch} on=${echoCancellation} label=${t('processing.echo')} onChange=${(/** @type {boolean} */ on) => call.media.setProcessing({ echoCancellation: on })} />
      <${Switch} on=${autoGainControl} label=${t('processing.gain')} onChange=${(/** @type {boolean} */ on) => call.media.setProcessing({ autoGainControl: on })} />
      ${(canBlur || backgroundBlur) && html`<${Switch} on=${backgroundBlur} label=${t('processing.blur')} onChange=${(/** @type {boolean} */ on) => call.media.setBackgroundBlur(on)} />`}
      <span role="status">${blurSlow && html`<span class="quiet">${t('processing.blurSlow')}</span>`}</span>
    </fieldset>`;
}

/** @param {{on: boolean, label: string, onChange: (on: boolean) => void}} props */
export const Switch = ({ on, label, onChange }) => html`
  <label class="processing-switch">
    <input type="checkbox" checked=${on} onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.target).checked)} />
    ${label}
  </label>`;
