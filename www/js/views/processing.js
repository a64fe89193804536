/** What is done to one's sound and picture, as switches. */
import { html, useEffect, useState, useStore } from '../ui.js';
import { errorText, t } from '../i18n.js';
import { settings } from '../settings.js';
import { toast } from '../toasts.js';
import { fetchModule } from '../version.js';

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
      ${backgroundBlur && html`<${Backgrounds} call=${call} />`}
      <span role="status">${blurSlow && html`<span class="quiet">${t('processing.blurSlow')}</span>`}</span>
    </fieldset>`;
}

/** The choice of what is behind oneself, which few need. @param {{call: import('../meeting-session.js').MeetingSession}} props */
export function Backgrounds({ call }) {
  const [view, setView] = useState(/** @type {typeof import('./backgrounds.js') | null} */ (null));
  useEffect(() => {
    fetchModule(() => import('./backgrounds.js')).then(setView, (error) => toast(errorText(error), 'error'));
  }, []);
  return view && html`<${view.Backgrounds} call=${call} />`;
}

/** @param {{on: boolean, label: string, onChange: (on: boolean) => void}} props */
export const Switch = ({ on, label, onChange }) => html`
  <label class="processing-switch">
    <input type="checkbox" checked=${on} onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.target).checked)} />
    ${label}
  </label>`;
