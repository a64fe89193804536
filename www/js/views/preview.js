/** One's own camera and microphone as the others will have them: the preview, its switches, the choice of devices. */
import { html, useEffect, useRef, useState, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { Meter } from '../speaking.js';
import { settings } from '../settings.js';
import { Avatar, IconButton, useFieldId } from './controls.js';
import { Video } from './video.js';

/** @typedef {'microphone' | 'camera'} Kind */

/** @param {{call: import('../call.js').Call, name: string}} props */
export function Preview({ call, name }) {
  const media = useStore(call.media.store);
  const [choosing, setChoosing] = useState(false);
  const { microphoneOn, cameraOn, microphoneProblem, cameraProblem } = media;
  return html`
    <section class="preview">
      <div class="preview-picture">
        ${cameraOn && media.camera ? html`<${Video} track=${media.camera} mirrored label=${t('before.preview')} />`
          : html`<div class="preview-off"><${Avatar} name=${name} /><span>${t('before.cameraOff')}</span></div>`}
        <div class="preview-tools">
          <${DeviceSwitch} kind="microphone" on=${microphoneOn} onClick=${() => call.media.setMicrophone(!microphoneOn)} />
          <${DeviceSwitch} kind="camera" on=${cameraOn} onClick=${() => call.media.setCamera(!cameraOn)} />
          <${IconButton} class="on-stage" label=${t('before.devices')} name="settings" aria-expanded=${choosing}
            onClick=${() => setChoosing(!choosing)} />
        </div>
      </div>
      <${Level} track=${microphoneOn ? media.microphone : null} />
      ${choosing && html`<div class="field-row">
        <${DeviceChoice} kind="microphone" call=${call} devices=${media.devices} />
        <${DeviceChoice} kind="camera" call=${call} devices=${media.devices} />
      </div>`}
      <${DeviceProblem} kind="microphone" problem=${microphoneProblem} />
      <${DeviceProblem} kind="camera" problem=${cameraProblem} />
      ${microphoneProblem && cameraProblem ? html`<p class="quiet">${t('before.noDevices')}</p>` : null}
    </section>`;
}

/** Why a device cannot be used, and what to do. @param {{kind: Kind, problem: string | null}} props */
const DeviceProblem = ({ kind, problem }) => problem
  && html`<p class="device-problem" role="status">${t(`device.${kind}.${problem}`)}</p>`;

/** @param {{kind: Kind, on: boolean, onClick: () => void}} props */
export function DeviceSwitch({ kind, on, onClick }) {
  const microphone = kind === 'microphone';
  const label = microphone ? t(on ? 'bar.mute' : 'bar.unmute') : t(on ? 'bar.cameraOff' : 'bar.cameraOn');
  const name = microphone ? (on ? 'mic' : 'mic-off') : (on ? 'video' : 'video-off');
  return html`
    <${IconButton} class=${on ? 'on-stage' : 'on-stage off'} label=${label} name=${name} onClick=${onClick} data-kind=${kind} />`;
}

/** @param {{kind: Kind, call: import('../call.js').Call, devices: MediaDeviceInfo[]}} props */
function DeviceChoice({ kind, call, devices }) {
  const id = useFieldId();
  const chosen = useStore(settings)[kind === 'microphone' ? 'microphoneId' : 'cameraId'];
  const fitting = devices.filter((device) => device.kind === (kind === 'microphone' ? 'audioinput' : 'videoinput'));
  const choose = (/** @type {Event} */ event) => {
    call.media.useDevice(kind, /** @type {HTMLSelectElement} */ (event.target).value);
  };
  return html`
    <div class="field">
      <label for=${id}>${t(`before.${kind}`)}</label>
      <select id=${id} onChange=${choose}>
        ${fitting.map(({ deviceId, label }) => html`
          <option value=${deviceId} selected=${deviceId === chosen}>${label || deviceId.slice(0, 8)}</option>`)}
      </select>
    </div>`;
}

/** Whether one is heard, before anybody else hears it. @param {{track: MediaStreamTrack | null}} props */
function Level({ track }) {
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!track) return undefined;
    const meter = new Meter();
    meter.listen(track);
    const timer = setInterval(() => {
      bar.current?.style.setProperty('--level', String(Math.min(1, meter.level() * 6).toFixed(2)));
    }, 80);
    return () => {
      clearInterval(timer);
      meter.close();
      bar.current?.style.setProperty('--level', '0');
    };
  }, [track]);
  return html`<div class="level" role="img" aria-label=${t('before.level')} ref=${bar}><span></span></div>`;
}
