/** How good one's own picture is sent, and how good those of the others are received. */
import { html, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { useFieldId } from './controls.js';

/** @typedef {import('../settings.js').Settings} Settings */

/** @param {{call: import('../meeting-session.js').MeetingSession}} props */
export function VideoQuality({ call }) {
  const { videoQuality, receiveQuality } = useStore(settings);
  return html`
    <div class="device-choices">
      <${Choice} label=${t('quality.send')} chosen=${videoQuality} options=${['high', 'standard', 'low'].map((one) => [one, t(`quality.send.${one}`)])}
        onChoose=${(/** @type {Settings['videoQuality']} */ value) => call.media.setVideoQuality(value)} />
      <${Choice} label=${t('quality.receive')} chosen=${receiveQuality} options=${['auto', 'low', 'audio'].map((one) => [one, t(`quality.receive.${one}`)])}
        onChoose=${(/** @type {Settings['receiveQuality']} */ value) => settings.set({ receiveQuality: value })} />
    </div>`;
}

/** @param {{label: string, chosen: string, options: [string, string][], onChoose: (value: any) => void}} props */
function Choice({ label, chosen, options, onChoose }) {
  const id = useFieldId();
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <select id=${id} onChange=${(/** @type {Event} */ event) => onChoose(/** @type {HTMLSelectElement} */ (event.target).value)}>
        ${options.map(([value, text]) => html`<option value=${value} selected=${value === chosen}>${text}</option>`)}
      </select>
    </div>`;
}
