/** Lines over the stage that say what holds for a while: the host is away, the meeting will end, somebody wants to hear you. */
import { html, useEffect, useRef, useState, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { t, timeOn } from '../i18n.js';
import { IconButton } from './controls.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('../room-state.js').Room} Room */

/** @param {{call: MeetingSession, room: Room, openDevices: () => void}} props */
export function Notices({ call, room, openDevices }) {
  const { unmuteAsked } = useStore(call.store);
  const { hostAway, hostLossPolicy, endsAt } = room.meeting;
  return html`
    <div class="notices">
      ${unmuteAsked && html`<${UnmuteQuestion} key=${unmuteAsked.by} call=${call} name=${room.everyone[unmuteAsked.by] ?? ''} />`}
      <${Silent} call=${call} openDevices=${openDevices} />
      ${hostAway && hostLossPolicy !== 'hand_over' && html`<p class="notice" role="status">${icon('clock', 18)} <span>${awayText(room)}</span></p>`}
      ${endsAt && html`<p class="notice" role="status">${icon('clock', 18)} <span>${t('notice.ending', { time: timeOn(endsAt) })}</span></p>`}
    </div>`;
}

/** @param {Room} room */
function awayText({ meeting: { host, hostLossPolicy, hostAwayEndsAt }, everyone }) {
  const name = everyone[host.id] ?? host.displayName;
  return hostLossPolicy === 'end'
    ? t('notice.awayEnds', { name, time: timeOn(/** @type {string} */ (hostAwayEndsAt)) })
    : t('notice.awayLocked', { name });
}

/** Nobody is switched on by others: they ask, and this person answers. @param {{call: MeetingSession, name: string}} props */
function UnmuteQuestion({ call, name }) {
  const { microphoneOn } = useStore(call.media.store);
  const first = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const done = () => call.store.set({ unmuteAsked: null });
  useEffect(() => {
    if (microphoneOn) done(); // by the bar or by a key
  }, [microphoneOn]);
  const unmute = () => {
    call.media.setMicrophone(true);
    done();
  };
  return html`
    <div class="notice ask" role="alertdialog" aria-label=${t('unmute.question', { name })}>
      ${icon('mic', 18)} <span>${t('unmute.question', { name })}</span>
      <span class="notice-do">
        <button type="button" class="secondary" onClick=${done}>${t('unmute.no')}</button>
        <button type="button" class="primary" ref=${first} onClick=${unmute}>${t('unmute.yes')}</button>
      </span>
    </div>`;
}

/** Nobody can hear a microphone that gives nothing. @param {{call: MeetingSession, openDevices: () => void}} props */
function Silent({ call, openDevices }) {
  const { silent } = useStore(
    /** @type {import('../room-media.js').RoomMedia} */ (call.roomMedia).silentMicrophone.store,
  );
  const { microphone } = useStore(call.media.store);
  const [read, setRead] = useState(/** @type {MediaStreamTrack | null} */ (null));
  if (!silent || read === microphone) return null;
  return html`
    <div class="notice silent" role="alert">${icon('mic-off', 18)} <span>${t('devices.silent')}</span>
      <span class="notice-do"><button type="button" class="secondary" onClick=${openDevices}>${t('devices.choose')}</button>
        <${IconButton} name="x" size=${16} label=${t('app.close')} onClick=${() => setRead(microphone)} /></span></div>`;
}
