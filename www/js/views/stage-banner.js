/** The line at the top of the stage that says what is happening when something does not work, and what helps. */
import { html, useEffect, useState, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { canConnect } from '../transport/webrtc.js';
import { others } from '../room-state.js';
import { IconButton } from './controls.js';
import { playAll, sound } from './video.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('../room-state.js').Room} Room */

/** A connection that stumbles often mends itself; after this it is worth a word. */
const TROUBLE_LASTS_MS = 4_000;
/** With so many people everybody sends more than an ordinary line carries. */
const MESH_CROWDED = 7;

/** @param {{call: MeetingSession, room: Room}} props */
export function StageBanner({ call, room }) {
  const { blocked } = useStore(sound);
  const { reconnecting, serverAway, socketBlocked } = useStore(call.store);
  const [read, setRead] = useState(false);
  const offline = useOffline();
  const trouble = useLasting(mediaTrouble(call, room));
  if (reconnecting && socketBlocked && !offline) return html`<${Trouble} text=${t('error.socket_blocked')} />`;
  if (reconnecting || offline) {
    const text = offline ? t('stage.offline') : t(serverAway ? 'stage.serverAway' : 'stage.reconnecting');
    return html`<p class="stage-banner" role="status">${icon('loader-circle', 18)} <span>${text}</span></p>`;
  }
  if (!canConnect()) return html`<${Trouble} text=${t('stage.noWebRtc')} />`;
  const unknownMode = call.roomMedia?.unknownMode;
  if (unknownMode) return html`<${Trouble} text=${t('stage.unknownMedia', { mode: unknownMode })} />`;
  if (trouble) return html`<${Trouble} text=${trouble} />`;
  if (blocked)
    return html`
    <p class="stage-banner" role="status">${icon('volume-2', 18)} <span>${t('stage.soundBlocked')}${' '}
      <button type="button" class="link" onClick=${playAll}>${t('stage.soundOn')}</button></span></p>`;
  if (call.roomMedia?.mode !== 'mesh' || room.participants.length < MESH_CROWDED) return null;
  return read ? null : html`<${Hint} text=${t('stage.meshCrowded')} onRead=${() => setRead(true)} />`;
}

/** Said until somebody has read it. @param {{text: string, onRead: () => void}} props */
const Hint = ({ text, onRead }) => html`
    <p class="stage-banner" role="status">${icon('info', 18)} <span>${text}</span>${' '}
      <${IconButton} name="x" size=${16} label=${t('app.close')} onClick=${onRead} /></p>`;

/** @param {{text: string}} props */
const Trouble = ({ text }) => html`
  <p class="stage-banner" role="status">${icon('wifi-off', 18)} <span>${text}${' '}
    <a href="#/network" target="_blank" rel="noopener">${t('network.link')}</a></span></p>`;

/** With whom neither sound nor picture is exchanged, in words. @param {MeetingSession} call @param {Room} room @returns {string} */
function mediaTrouble(call, room) {
  const { connections } = useStore(call.store);
  const reachable = others(room).filter(({ online }) => online);
  const cut = reachable.filter(({ userId }) => ['trouble', 'blocked'].includes(connections[userId]?.state ?? ''));
  if (cut.length === 0) return '';
  if (cut.length === reachable.length) return t('stage.mediaBlocked');
  return cut.length === 1
    ? t('stage.mediaBlockedOne', { name: cut[0].displayName })
    : t('stage.mediaBlockedSome', { count: cut.length });
}

/** The text, once there has been one for a while. @param {string} text */
function useLasting(text) {
  const [lasts, setLasts] = useState(false);
  const some = text !== '';
  useEffect(() => {
    setLasts(false);
    if (!some) return undefined;
    const timer = setTimeout(() => setLasts(true), TROUBLE_LASTS_MS);
    return () => clearTimeout(timer);
  }, [some]);
  return lasts ? text : '';
}

/** Whether the browser itself has no network. */
function useOffline() {
  const [offline, setOffline] = useState(!navigator.onLine);
  useEffect(() => {
    const look = () => setOffline(!navigator.onLine);
    addEventListener('online', look);
    addEventListener('offline', look);
    return () => {
      removeEventListener('online', look);
      removeEventListener('offline', look);
    };
  }, []);
  return offline;
}
