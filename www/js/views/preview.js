/** One's own camera and microphone as the others will have them, with their switches and the choice of devices. */
import { html, useState, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { canConnect } from '../transport/webrtc.js';
import { Avatar, IconButton } from './controls.js';
import { DeviceChoices, DeviceProblem, DeviceSwitch, FlipCamera, Level } from './devices.js';
import { PermissionHint } from './permission-hint.js';
import { Processing } from './processing.js';
import { RelayOnly } from './relay-only.js';
import { Video } from './video.js';

/** @param {{call: import('../meeting-session.js').MeetingSession, name: string}} props */
export function Preview({ call, name }) {
  const media = useStore(call.media.store);
  const [choosing, setChoosing] = useState(false);
  const { microphoneOn, cameraOn, microphoneProblem, cameraProblem } = media;
  return html`
    <section class="preview">
      <${PermissionHint} call=${call} />
      <div class="preview-picture">
        ${
          cameraOn && media.camera
            ? html`<${Video} track=${media.camera} mirrored=${media.mirrored} label=${t('before.preview')} />`
            : html`<div class="preview-off"><${Avatar} name=${name} /><span>${t('before.cameraOff')}</span></div>`
        }
        <div class="preview-tools">
          <${DeviceSwitch} kind="microphone" on=${microphoneOn} onClick=${() => call.media.setMicrophone(!microphoneOn)} />
          <${DeviceSwitch} kind="camera" on=${cameraOn} onClick=${() => call.media.setCamera(!cameraOn)} />
          <${FlipCamera} call=${call} class="on-stage" size=${22} />
          <${IconButton} class="on-stage" label=${t('before.devices')} name="settings" aria-expanded=${choosing}
            onClick=${() => setChoosing(!choosing)} />
        </div>
      </div>
      <${Level} track=${microphoneOn ? media.microphone : null} />
      ${!microphoneOn && !microphoneProblem && html`<p class="quiet">${t('before.muted')}</p>`}
      ${choosing && html`<${DeviceChoices} call=${call} /><${Processing} call=${call} /><${RelayOnly} call=${call} />`}
      ${
        canConnect()
          ? html`
        <${DeviceProblem} kind="microphone" problem=${microphoneProblem} onRetry=${() => call.media.setMicrophone(true)} />
        <${DeviceProblem} kind="camera" problem=${cameraProblem} onRetry=${() => call.media.setCamera(true)} />
        ${microphoneProblem && cameraProblem ? html`<p class="quiet">${t('before.noDevices')}</p>` : null}`
          : html`<p class="device-problem" role="status"><span>${t('before.noWebRtc')}</span></p>`
      }
    </section>`;
}
