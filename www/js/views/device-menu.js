/** What is wanted of microphone and camera during a call, at the button of each: another device, and what is done to its sound or picture. */
import { html, useStore } from '../ui.js';
import { canChooseSpeaker } from '../audio-output.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { IconButton, useMenu } from './controls.js';
import { Level } from './devices.js';
import { Backgrounds, Switch } from './processing.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {'microphone' | 'camera'} Kind */

/** @param {{call: MeetingSession, kind: Kind, openDevices: () => void, children?: import('../ui.js').Children}} props the device's switch */
export function WithDeviceMenu({ call, kind, openDevices, children }) {
  const { open, setOpen, close, root, onEscape } = useMenu();
  const label = t(`devices.${kind}`);
  return html`
    <div class="bar-device">
      ${children}
      <div class="bar-device-menu" ref=${root} onKeyDown=${onEscape}>
        <${IconButton} class="device-more" name="chevron-up" size=${16} label=${label} aria-haspopup="true" aria-expanded=${open} onClick=${() => setOpen(!open)} />
        ${
          open &&
          html`
          <div class="menu device-menu" role="group" aria-label=${label}>
            ${kind === 'microphone' ? html`<${MicrophoneMenu} call=${call} onDone=${close} />` : html`<${CameraMenu} call=${call} onDone=${close} />`}
            <button type="button" onClick=${() => {
              close();
              openDevices();
            }}>${icon('settings', 18)} <span>${t('devices.all')}</span></button>
          </div>`
        }
      </div>
    </div>`;
}

/** @param {{call: MeetingSession, onDone: () => void}} props */
function MicrophoneMenu({ call, onDone }) {
  const { devices, microphone, microphoneOn } = useStore(call.media.store);
  const { speakerId, noiseSuppression } = useStore(settings);
  return html`
    <${Choice} title=${t('before.microphone')} devices=${devices} type="audioinput" chosen=${microphone?.getSettings().deviceId ?? settings.get().microphoneId}
      onChoose=${(/** @type {string} */ id) => call.media.useDevice('microphone', id)} onDone=${onDone} />
    <${Level} track=${microphoneOn ? microphone : null} />
    ${
      canChooseSpeaker() &&
      html`
      <${Choice} title=${t('before.speaker')} devices=${devices} type="audiooutput" chosen=${speakerId ?? 'default'}
        onChoose=${(/** @type {string} */ id) => settings.set({ speakerId: id })} onDone=${onDone} />`
    }
    <${Switch} on=${noiseSuppression} label=${t('processing.noise')} onChange=${(/** @type {boolean} */ on) => call.media.setProcessing({ noiseSuppression: on })} />`;
}

/** @param {{call: MeetingSession, onDone: () => void}} props */
function CameraMenu({ call, onDone }) {
  const { devices, camera, canBlur } = useStore(call.media.store);
  const { backgroundBlur } = useStore(settings);
  return html`
    <${Choice} title=${t('before.camera')} devices=${devices} type="videoinput" chosen=${camera?.getSettings().deviceId ?? settings.get().cameraId}
      onChoose=${(/** @type {string} */ id) => call.media.useDevice('camera', id)} onDone=${onDone} />
    ${(canBlur || backgroundBlur) && html`<${Switch} on=${backgroundBlur} label=${t('processing.blur')} onChange=${(/** @type {boolean} */ on) => call.media.setBackgroundBlur(on)} />`}
    ${backgroundBlur && html`<${Backgrounds} call=${call} />`}`;
}

/** @param {{title: string, devices: MediaDeviceInfo[], type: MediaDeviceKind, chosen: string | null, onChoose: (id: string) => void, onDone: () => void}} props */
function Choice({ title, devices, type, chosen, onChoose, onDone }) {
  const fitting = devices.filter(({ kind }) => kind === type);
  const choose = (/** @type {string} */ id) => {
    onDone();
    onChoose(id);
  };
  return html`
    <p class="menu-title">${title}</p>
    ${fitting.length === 0 && html`<p class="quiet">${t('before.noDevice')}</p>`}
    ${fitting.map(
      ({ deviceId, label }) => html`
      <button type="button" key=${deviceId} aria-pressed=${deviceId === chosen} onClick=${() => choose(deviceId)}>
        ${deviceId === chosen ? icon('check', 18) : html`<span class="menu-unchosen"></span>`} <span class="name">${label || deviceId.slice(0, 8)}</span></button>`,
    )}`;
}
