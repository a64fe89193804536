/** The list of those who are in the meeting and of those who wait, with what can be done about each. */
import { html, useRef, useState } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { hands } from '../room-state.js';
import { Avatar, Code, IconButton, meetingLink, useFieldId } from './controls.js';
import { copyText } from './copy.js';
import { HostTools, PersonActions, hasActions } from './host-controls.js';
import { LobbyList } from './lobby.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('../room-state.js').Participant} Participant */
/** @typedef {import('../room-state.js').Room} Room */

/** With fewer people one sees who is there. */
const MANY = 8;

/** @param {{call: MeetingSession, room: Room}} props */
export function People({ call, room }) {
  const [wanted, setWanted] = useState('');
  const [openId, setOpenId] = useState(/** @type {number | null} */ (null)); // whose row shows what can be done
  const { code } = room.meeting;
  const raised = hands(room);
  const rest = room.participants.filter(({ handRaisedAt }) => !handRaisedAt);
  const many = room.participants.length >= MANY;
  const shown = [...raised, ...rest].filter(({ displayName }) => !many || contains(displayName, wanted));
  return html`
    <div class="people">
      <${LobbyList} call=${call} room=${room} />
      <section class="people-invite">
        <h2>${t('people.info')}</h2>
        <p><${Code} code=${code} />
          <${IconButton} label=${t('stage.copyLink')} name="link" onClick=${() => copyText(meetingLink(code))} />
          <${IconButton} label=${t('stage.copyCode')} name="copy" onClick=${() => copyText(code)} /></p>
      </section>
      <${HostTools} api=${call.api} call=${call} room=${room} />
      <h2 id="people-title" tabindex="-1">${t('people.count', { count: room.participants.length })}</h2>
      ${many && html`<${Search} value=${wanted} onInput=${setWanted} />`}
      ${shown.length === 0 && html`<p class="empty" role="status">${t('people.noneFound')}</p>`}
      <ul>${shown.map(
        (person) => html`
        <${Person} key=${person.userId} call=${call} room=${room} person=${person} place=${raised.indexOf(person) + 1}
          open=${openId === person.userId} onOpen=${(/** @type {boolean} */ open) => setOpenId(open ? person.userId : null)} />`,
      )}</ul>
    </div>`;
}

/** @param {string} name @param {string} part */
const contains = (name, part) => name.toLocaleLowerCase().includes(part.trim().toLocaleLowerCase());

/** @param {{value: string, onInput: (text: string) => void}} props */
const Search = ({ value, onInput }) => html`
  <input type="search" class="people-search" aria-label=${t('people.search')} placeholder=${t('people.search')} value=${value}
    onInput=${(/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.target).value)} />`;

/** @param {{call: MeetingSession, room: Room, person: Participant, place: number, open: boolean, onOpen: (open: boolean) => void}} props
 *   `place`: among the raised hands */
function Person({ call, room, person, place, open, onOpen }) {
  const { userId, displayName, role, isGuest, online, lost, audio, handRaisedAt } = person;
  const self = userId === room.myId;
  const state = !online
    ? t(lost ? 'people.away' : 'people.notConnected')
    : role !== 'participant'
      ? t(`people.${role}`)
      : isGuest && t('people.guest');
  const offered = hasActions(room, person);
  const id = useFieldId();
  const row = useRef(/** @type {HTMLElement | null} */ (null));
  const onEscape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !open || /** @type {Element} */ (event.target).closest('dialog')) return;
    event.stopPropagation(); // or the whole panel closes
    close();
  };
  const close = () => {
    onOpen(false);
    row.current?.querySelector('button')?.focus();
  };
  return html`
    <li ref=${row} onKeyDown=${onEscape}>
      <div class="person" data-user=${userId}>
        <${Avatar} name=${displayName} />
        <span class="person-name">
          <bdi class="name" translate=${false}>${self ? t('tile.you', { name: displayName }) : displayName}</bdi>
          ${state && html`<span class="quiet">${state}</span>`}
        </span>
        ${
          handRaisedAt &&
          html`
          <span class="person-hand" role="img" aria-label=${t('tile.handPlace', { place })}>${icon('hand', 18)}${place}</span>`
        }
        ${!audio && html`<span class="person-muted" role="img" aria-label=${t('tile.muted')}>${icon('mic-off', 18)}</span>`}
        ${
          offered &&
          html`<${IconButton} label=${t('people.more', { name: displayName })} name="ellipsis-vertical" size=${18}
          aria-expanded=${open} aria-controls=${open ? id : undefined} onClick=${() => onOpen(!open)} />`
        }
      </div>
      ${open && offered && html`<${PersonActions} id=${id} call=${call} room=${room} person=${person} onDone=${close} />`}
    </li>`;
}
