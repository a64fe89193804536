/** Microphone, camera and speaker: their switches, the choice among several, what is wrong with them, and trying them out. */
import { html, useEffect, useRef, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { browserKind } from '../browser.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { canChooseSpeaker, playChime } from '../audio-output.js';
import { Meter } from '../speaking.js';
import { toast } from '../toasts.js';
import { IconButton, useBusy, useFieldId } from './controls.js';
import { Dialog } from './dialog.js';
import { Processing } from './processing.js';
import { RelayOnly } from './relay-only.js';
import { Video } from './video.js';
import { VideoQuality } from './video-quality.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {'microphone' | 'camera'} Kind */

const LEVEL_EVERY_MS = 80;
/** Speech is far from the loudest that a microphone can say. */
const LEVEL_GAIN = 6;

/** @param {{kind: Kind, on: boolean, onClick: () => void, shortcut?: import('../shortcuts.js').Keys}} props */
export function DeviceSwitch({ kind, on, onClick, shortcut }) {
  const microphone = kind === 'microphone';
  const label = microphone ? t(on ? 'bar.mute' : 'bar.unmute') : t(on ? 'bar.cameraOff' : 'bar.cameraOn');
  const name = microphone ? (on ? 'mic' : 'mic-off') : on ? 'video' : 'video-off';
  return html`
    <${IconButton} class=${on ? 'on-stage' : 'on-stage off'} label=${label} name=${name} onClick=${onClick} data-kind=${kind}
      shortcut=${shortcut} />`;
}

/** A phone's other camera: offered where there are two and no mouse. @param {{call: MeetingSession, class: string, size: number}} props */
export function FlipCamera({ call, class: name, size }) {
  const { devices, cameraOn } = useStore(call.media.store);
  const several = devices.filter(({ kind }) => kind === 'videoinput').length > 1;
  if (!cameraOn || !several || !matchMedia('(pointer: coarse)').matches) return null;
  return html`<${IconButton} class=${name} name="switch-camera" size=${size} label=${t('devices.flip')} onClick=${() => call.media.flipCamera()} />`;
}

/** Which microphone, camera and speaker. @param {{call: MeetingSession}} props */
export function DeviceChoices({ call }) {
  const { devices } = useStore(call.media.store);
  const { microphoneId, cameraId, speakerId } = useStore(settings);
  return html`
    <div class="device-choices">
      <${DeviceChoice} label=${t('before.microphone')} devices=${devices} type="audioinput" chosen=${microphoneId}
        onChoose=${(/** @type {string} */ id) => call.media.useDevice('microphone', id)} />
      <${DeviceChoice} label=${t('before.camera')} devices=${devices} type="videoinput" chosen=${cameraId}
        onChoose=${(/** @type {string} */ id) => call.media.useDevice('camera', id)} />
      <div class="device-speaker">
        ${
          canChooseSpeaker() &&
          html`
          <${DeviceChoice} label=${t('before.speaker')} devices=${devices} type="audiooutput" chosen=${speakerId}
            onChoose=${(/** @type {string} */ id) => settings.set({ speakerId: id })} />`
        }
        <${SpeakerTest} />
      </div>
    </div>`;
}

/**
 * @param {{label: string, devices: MediaDeviceInfo[], type: MediaDeviceKind, chosen: string | null,
 *   onChoose: (deviceId: string) => void}} props
 */
function DeviceChoice({ label, devices, type, chosen, onChoose }) {
  const id = useFieldId();
  const fitting = devices.filter(({ kind }) => kind === type);
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <select id=${id} disabled=${fitting.length === 0}
        onChange=${(/** @type {Event} */ event) => onChoose(/** @type {HTMLSelectElement} */ (event.target).value)}>
        ${fitting.length === 0 && html`<option>${t('before.noDevice')}</option>`}
        ${fitting.map(
          ({ deviceId, label: name }) => html`
          <option value=${deviceId} selected=${deviceId === chosen}>${name || deviceId.slice(0, 8)}</option>`,
        )}
      </select>
    </div>`;
}

function SpeakerTest() {
  const [busy, run] = useBusy();
  const play = () => run(() => playChime().catch(() => toast(t('before.speakerFailed'), 'error')));
  return html`
    <button type="button" class="secondary speaker-test" aria-disabled=${busy} onClick=${() => !busy && play()}>
      ${icon('volume-2', 18)} ${t('before.speakerTest')}</button>
    <span class="quiet" role="status">${busy && t('before.speakerPlaying')}</span>`;
}

/** Whether one is heard, before anybody else hears it. @param {{track: MediaStreamTrack | null}} props */
export function Level({ track }) {
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!track) return undefined;
    const meter = new Meter();
    meter.listen(track);
    const timer = setInterval(() => {
      bar.current?.style.setProperty('--level', String(Math.min(1, meter.level() * LEVEL_GAIN).toFixed(2)));
    }, LEVEL_EVERY_MS);
    return () => {
      clearInterval(timer);
      meter.close();
      bar.current?.style.setProperty('--level', '0');
    };
  }, [track]);
  return html`<div class="level" role="img" aria-label=${t('before.level')} ref=${bar}><span></span></div>`;
}

/** Trying again is of no use for these: something must change first, and then it goes by itself. */
const HOPELESS = ['insecure', 'webrtc'];

/** In words, with the way to allow it in this browser. @param {Kind} kind @param {string} problem */
export const problemText = (kind, problem) =>
  `${t(`device.${kind}.${problem}`)}${['denied', 'withdrawn'].includes(problem) ? ` ${t(`device.allow.${browserKind()}`)}` : ''}`;

/** Why a device cannot be used, and what to do. @param {{kind: Kind, problem: string | null, onRetry: () => void}} props */
export function DeviceProblem({ kind, problem, onRetry }) {
  if (!problem) return null;
  return html`
    <p class="device-problem" role="status"><span>${problemText(kind, problem)}</span>
      ${!HOPELESS.includes(problem) && html` <button type="button" class="link" onClick=${onRetry}>${t('app.retry')}</button>`}</p>`;
}

/** The choice of devices while a call goes on. @param {{call: MeetingSession, onClose: () => void}} props */
export function DeviceDialog({ call, onClose }) {
  const { microphone, microphoneOn, camera, cameraOn, mirrored, microphoneProblem, cameraProblem } = useStore(
    call.media.store,
  );
  return html`
    <${Dialog} title=${t('before.devices')} onClose=${onClose}>
      <div class="device-dialog">
        <div class="preview-picture">
          ${
            cameraOn && camera
              ? html`<${Video} track=${camera} mirrored=${mirrored} label=${t('before.preview')} />`
              : html`<p class="device-dark">${t('before.cameraOff')}</p>`
          }
        </div>
        <div class="device-dialog-choices">
          <${DeviceChoices} call=${call} />
          <${Level} track=${microphoneOn ? microphone : null} />
          <${VideoQuality} call=${call} />
          <${Processing} call=${call} />
          <${RelayOnly} call=${call} />
          <${DeviceProblem} kind="microphone" problem=${microphoneProblem} onRetry=${() => call.media.setMicrophone(true)} />
          <${DeviceProblem} kind="camera" problem=${cameraProblem} onRetry=${() => call.media.setCamera(true)} />
        </div>
      </div>
    <//>`;
}
