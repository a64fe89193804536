/** Before the call: how one looks and sounds, who is there, the password where one is needed. */
import { html, useEffect, useRef, useState, useStore } from '../ui.js';
import { clockTime, dayName, errorText, t } from '../i18n.js';
import { Meter } from '../speaking.js';
import { settings } from '../settings.js';
import { Avatar, Code, Field, IconButton, useBusy, useFieldId } from './controls.js';
import { Header } from './header.js';
import { Video } from './video.js';

const SCHEDULED = 1;
const OVER = 3;
/** Who is there is looked up so often. */
const LOOK_MS = 10_000;

/** @param {{api: import('../api.js').Api, call: import('../call.js').Call, code: string}} props */
export function BeforeCall({ api, call, code }) {
  const { user } = api.session.get();
  const [meeting, setMeeting] = useState(/** @type {any} */ (null));
  const [unseen, setUnseen] = useState(/** @type {string | null} */ (null)); // why the meeting cannot be looked at
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const [passwordAsked, setPasswordAsked] = useState(false);
  const [busy, run] = useBusy();
  const passwordField = useRef(/** @type {HTMLInputElement | null} */ (null));

  useEffect(() => {
    call.media.start();
    const look = async () => {
      try {
        setMeeting(await api.get(`/meetings/${code}`));
        setUnseen(null);
      } catch (error) {
        setUnseen(/** @type {any} */ (error).code);
      }
    };
    look();
    const timer = setInterval(() => document.visibilityState === 'visible' && look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [call]);

  const over = meeting?.status >= OVER ? (meeting.status === OVER ? 'meeting_ended' : 'meeting_cancelled') : null;
  const closed = unseen === 'not_found' ? unseen : over;
  // A private meeting tells a stranger nothing; the code (and a password) may open it all the same.
  const unclear = unseen && unseen !== 'forbidden' ? { code: unseen } : null;
  const knownPassword = meeting?.password;
  const askPassword = passwordAsked || (meeting?.hasPassword && !knownPassword && meeting.creator?.id !== user?.id);

  const join = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const typed = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('password') ?? '');
    run(async () => {
      setProblem(null);
      try {
        await call.join({ password: typed || knownPassword || undefined });
      } catch (error) {
        const wrong = /** @type {any} */ (error).code === 'wrong_password';
        setProblem(wrong && !typed ? { code: 'passwordNeeded', field: 'password' } : error);
        if (wrong) setPasswordAsked(true);
        if (wrong) setTimeout(() => passwordField.current?.focus());
      }
    });
  };
  const wrongPassword = problem?.code === 'wrong_password' || problem?.code === 'passwordNeeded';

  return html`
    <${Header} api=${api} />
    <main class="before">
      <${Preview} call=${call} name=${user?.displayName ?? ''} />
      <form class="before-form" onSubmit=${join}>
        <h1 tabindex="-1">${meeting?.title ?? t('before.unknown', { code })}</h1>
        <p class="quiet"><${Code} code=${code} /></p>
        ${meeting?.host && html`<p class="quiet">${t('before.hostedBy', { name: meeting.host.displayName })}</p>`}
        ${meeting?.status === SCHEDULED && Date.parse(meeting.startTime) > Date.now()
          ? html`<p class="quiet">${t('before.starts', { when: `${dayName(meeting.startTime)} ${clockTime(meeting.startTime)}` })}</p>` : null}
        ${meeting?.id && !closed ? html`<p class="quiet">${meeting.onlineCount ? t('before.here', { count: meeting.onlineCount }) : t('before.nobody')}</p>` : null}
        ${closed ? html`<p class="form-error" role="alert">${errorText({ code: closed })}</p>
          <a class="button secondary" href="#/">${t('app.home')}</a>` : html`
          <p class="before-name"><${Avatar} name=${user?.displayName ?? ''} /> ${t('before.asName', { name: user?.displayName ?? '' })}</p>
          ${askPassword ? html`<${Field} label=${t('before.password')} name="password" type="password" autocomplete="off" maxlength="64"
            inputRef=${passwordField} error=${wrongPassword ? errorText(problem) : null} />` : null}
          ${(problem && !wrongPassword) || unclear ? html`<p class="form-error" role="alert">${errorText(wrongPassword ? unclear : problem ?? unclear)}</p>` : null}
          <button class="primary big" disabled=${busy}>${t(busy ? 'before.joining' : 'before.join')}</button>`}
      </form>
    </main>`;
}

/** @param {{call: import('../call.js').Call, name: string}} props */
function Preview({ call, name }) {
  const media = useStore(call.media.store);
  const [choosing, setChoosing] = useState(false);
  const problems = /** @type {[string, string | null][]} */ ([['microphone', media.microphoneProblem], ['camera', media.cameraProblem]]);
  return html`
    <section class="preview">
      <div class="preview-picture">
        ${media.cameraOn && media.camera ? html`<${Video} track=${media.camera} mirrored label=${t('before.preview')} />`
          : html`<div class="preview-off"><${Avatar} name=${name} /><span>${t('before.cameraOff')}</span></div>`}
        <div class="preview-tools">
          <${DeviceSwitch} kind="microphone" on=${media.microphoneOn} onClick=${() => call.media.setMicrophone(!media.microphoneOn)} />
          <${DeviceSwitch} kind="camera" on=${media.cameraOn} onClick=${() => call.media.setCamera(!media.cameraOn)} />
          <${IconButton} class="on-stage" label=${t('before.devices')} name="settings" aria-expanded=${choosing} onClick=${() => setChoosing(!choosing)} />
        </div>
      </div>
      <${Level} track=${media.microphoneOn ? media.microphone : null} />
      ${choosing && html`<div class="field-row">
        <${DeviceChoice} kind="microphone" call=${call} devices=${media.devices} />
        <${DeviceChoice} kind="camera" call=${call} devices=${media.devices} />
      </div>`}
      ${problems.map(([kind, problem]) => problem && html`<p class="device-problem" role="status">${t(`device.${kind}.${problem}`)}</p>`)}
      ${media.microphoneProblem && media.cameraProblem ? html`<p class="quiet">${t('before.noDevices')}</p>` : null}
    </section>`;
}

/** @param {{kind: 'microphone' | 'camera', on: boolean, onClick: () => void}} props */
export function DeviceSwitch({ kind, on, onClick }) {
  const microphone = kind === 'microphone';
  const label = microphone ? t(on ? 'bar.mute' : 'bar.unmute') : t(on ? 'bar.cameraOff' : 'bar.cameraOn');
  const name = microphone ? (on ? 'mic' : 'mic-off') : (on ? 'video' : 'video-off');
  return html`<${IconButton} class=${on ? 'on-stage' : 'on-stage off'} label=${label} name=${name} onClick=${onClick} data-kind=${kind} />`;
}

/** @param {{kind: 'microphone' | 'camera', call: import('../call.js').Call, devices: MediaDeviceInfo[]}} props */
function DeviceChoice({ kind, call, devices }) {
  const id = useFieldId();
  const chosen = useStore(settings)[kind === 'microphone' ? 'microphoneId' : 'cameraId'];
  const fitting = devices.filter((device) => device.kind === (kind === 'microphone' ? 'audioinput' : 'videoinput'));
  return html`
    <div class="field">
      <label for=${id}>${t(`before.${kind}`)}</label>
      <select id=${id} onChange=${(/** @type {Event} */ event) => call.media.useDevice(kind, /** @type {HTMLSelectElement} */ (event.target).value)}>
        ${fitting.map(({ deviceId, label }) => html`<option value=${deviceId} selected=${deviceId === chosen}>${label || deviceId.slice(0, 8)}</option>`)}
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
