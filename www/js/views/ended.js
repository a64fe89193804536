/** After the call: why it ended, how long it was, who was there, the chat to keep, and the way back. */
import { html, useEffect, useLayoutEffect, useRef, useState, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { duration, errorText, hasText, t } from '../i18n.js';
import { can } from '../room-state.js';
import { chatOfRoom } from '../reports.js';
import { saveFile } from '../save-file.js';
import { toast } from '../toasts.js';
import { Avatar, useBusy } from './controls.js';
import { Brand, Updated } from './header.js';

const OVER = 3;
/** After these the meeting is closed to this person. */
const NO_RETURN = ['ended', 'removed', 'signed_out', 'other_account'];

/** @param {{call: import('../meeting-session.js').MeetingSession, onRejoin: () => void}} props */
export function Ended({ call, onRejoin }) {
  const { room, endCode, startedAt, endedAt } = useStore(call.store);
  const [busy, run] = useBusy();
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => heading.current?.focus(), []);
  const way = useWayBack(call);
  if (!room) return null;
  const title = `ended.${endCode}`;
  const why = reason(room, endCode);
  const names = Object.entries(room.everyone);
  return html`
    <main class="ended" data-ended=${endCode}>
      <${Brand} />
      <${Updated} />
      <section class="card">
        <h1 ref=${heading} tabindex="-1">${hasText(title) ? t(title) : t('ended.lost')}</h1>
        ${why && html`<p>${why}</p>`}
        <p class="quiet"><bdi>${room.meeting.title}</bdi> · ${t('ended.duration', { time: duration((endedAt - startedAt) / 1000) })}</p>
        <h2 id="ended-people">${t('ended.people')}</h2>
        <ul class="ended-people" tabindex="0" aria-labelledby="ended-people">
          ${names.map(([id, name]) => html`<li key=${id}><${Avatar} name=${name} /> <bdi class="name" translate=${false}>${name}</bdi></li>`)}
        </ul>
        ${way.closed && html`<p class="quiet">${errorText({ code: way.closed })}</p>`}
        <div class="ended-do">
          ${way.open && html`<button type="button" class="primary" onClick=${onRejoin}>${t('ended.rejoin')}</button>`}
          ${
            room.messages.length > 0 &&
            html`
            <button type="button" class="secondary" disabled=${busy} onClick=${() => run(() => saveChat(call))}>
              ${icon('message-square', 18)} ${t('ended.saveChat')}</button>`
          }
          ${
            can(room, 'read_records') &&
            html`<a class="button secondary" href=${`#/m/${room.meeting.code}/records`}>
            ${icon('clipboard-list', 18)} ${t('records.title')}</a>`
          }
          ${!call.api.session.get().user?.isGuest && html`<a class="button secondary" href="#/">${t('ended.back')}</a>`}
        </div>
      </section>
    </main>`;
}

/**
 * Whether one may come back. The last one out may have ended the meeting, and others may have locked it.
 * @param {import('../meeting-session.js').MeetingSession} call @returns {{open: boolean, closed: string | null}} `closed`: the code that says why not, where it has to be said
 */
function useWayBack(call) {
  const [way, setWay] = useState({ open: false, closed: /** @type {string | null} */ (null) });
  useEffect(() => {
    const { room, endCode } = call.store.get();
    if (!room || NO_RETURN.includes(endCode ?? '')) return undefined;
    let wanted = true;
    const told = (/** @type {string | null} */ closed) => wanted && setWay({ open: !closed, closed });
    // Who cannot ask may be able to in a moment.
    call.api.get(`/meetings/${room.meeting.code}`).then(
      (meeting) => told(whyClosed(meeting, room)),
      () => told(null),
    );
    return () => {
      wanted = false;
    };
  }, []);
  return way;
}

/** @param {Rest.Meeting} meeting as it is now @param {import('../room-state.js').Room} room */
function whyClosed({ status, locked, creator }, room) {
  if (status >= OVER) return status === OVER ? 'meeting_ended' : 'meeting_cancelled';
  const runsIt = can(room, 'use_lobby') || creator.id === room.myId;
  return locked && !runsIt ? 'meeting_locked' : null;
}

/** @param {import('../room-state.js').Room} room @param {string | null} code */
function reason(room, code) {
  if (code === 'taken_over') return t('ended.takenOverHint');
  if (code === 'signed_out') return t('ended.signedOutHint');
  if (code === 'other_account') return t('ended.otherAccountHint');
  if (code !== 'ended' || !room.ended) return null;
  if (room.ended.reason !== 'ended') return t(`ended.${room.ended.reason}`);
  const { by } = room.ended;
  return by && by !== room.myId && room.everyone[by] ? t('ended.endedBy', { name: room.everyone[by] }) : null;
}

/** The lines as plain text, one a line, for the person's own files. @param {import('../meeting-session.js').MeetingSession} call */
async function saveChat(call) {
  await call.chat.fetchAll().catch(() => toast(t('ended.chatPart'), 'error'));
  const room = /** @type {import('../room-state.js').Room} */ (call.store.get().room);
  saveFile(`EchoMeet ${room.meeting.code}.txt`, chatOfRoom(room));
}
