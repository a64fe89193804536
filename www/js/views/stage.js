/**
 * The pictures of everybody, laid out so that little of the window is left empty. A shared screen is the large one; in the
 * speaker view it is one person.
 */
import { html, useRef, useStore } from '../ui.js';
import { chooseSpeaker } from '../layout.js';
import { t } from '../i18n.js';
import { hands } from '../room-state.js';
import { settings } from '../settings.js';
import { Large, Pages } from './grid.js';
import { Invite } from './invite.js';
import { Screen } from './screen.js';
import { SelfView } from './self-view.js';
import { Tile } from './tile.js';

/** @typedef {import('../room-state.js').Participant} Participant */
/** @typedef {import('../room-state.js').Room} Room */

/** The same one each time, so that a tile without reactions sees no change. @type {import('../session-core.js').Reaction[]} */
const NONE = [];

/** @param {{call: import('../meeting-session.js').MeetingSession, room: Room}} props */
export function Stage({ call, room }) {
  const { connections } = useStore(call.store);
  const media = useStore(call.media.store);
  const { view, selfApart } = useStore(settings);
  const large = useRef(/** @type {number | null} */ (null));
  const { speaking, draw } = useTiles(call, room, media);
  const sharing = (/** @type {Participant} */ { userId, screen }) =>
    userId === room.myId ? media.screen !== null : screen;
  const self = (/** @type {Participant} */ { userId }) => userId === room.myId;
  const sharers = room.participants.filter(sharing);
  const apart = selfApart && room.participants.length > 1;
  // Who was never connected comes after the others, and oneself last, as the quietest place. Who is lost for a moment keeps the place.
  const place = (/** @type {Participant} */ person) => (self(person) ? 2 : Number(!person.online && !person.lost));
  const people = room.participants.filter((person) => !self(person) || !apart).sort((a, b) => place(a) - place(b));
  const ownView =
    apart &&
    html`<${SelfView}>${room.participants.filter(self).map((person) => draw(person, { apart, mayPin: false }))}<//>`;
  if (sharers.length > 0) {
    return html`
      <div class="stage sharing">
        <${Large} class="screens" count=${sharers.length}>
          ${sharers.map(
            (person) => html`<${Screen} key=${person.userId} person=${person} self=${self(person)}
            connection=${connections[person.userId]} onStop=${() => call.mediaControl.toggleScreen()} />`,
          )}
        <//>
        <${Strip} label=${t('stage.label')}>
          ${[...people.filter(sharing), ...people.filter((person) => !sharing(person))].map((person) => draw(person, { mayPin: false }))}<//>
        ${ownView}
      </div>`;
  }
  if (view === 'speaker' && people.length > 1) {
    const ids = people.map(({ userId }) => userId);
    large.current = chooseSpeaker({
      ids,
      myId: room.myId,
      pinned: call.store.get().pinned,
      speaking,
      before: large.current,
    });
    const isLarge = (/** @type {Participant} */ { userId }) => userId === large.current;
    return html`
      <div class="stage sharing">
        <${Large} class="speaker" count=${1} whole>${people.filter(isLarge).map((person) => draw(person))}<//>
        <${Strip} label=${t('stage.others')}>${people.filter((person) => !isLarge(person)).map((person) => draw(person))}<//>
        ${ownView}
      </div>`;
  }
  return html`
    <div class="stage">
      <${Pages} items=${people}>${(/** @type {Participant} */ person) => draw(person)}<//>
      ${people.length === 1 && !apart && html`<${Invite} code=${room.meeting.code} />`}
      ${ownView}
    </div>`;
}

/** Small ones, beside or below what is large. @param {{label: string, children?: import('../ui.js').Children}} props */
const Strip = ({ label, children }) =>
  html`<div class="strip" role="list" tabindex="0" aria-label=${label}>${children}</div>`;

/**
 * How a person is drawn, with all that is known about them now.
 * @param {import('../meeting-session.js').MeetingSession} call @param {Room} room @param {import('../media.js').MediaState} media
 */
function useTiles(call, room, media) {
  const { connections, reactions, pinned } = useStore(call.store);
  const roomMedia = /** @type {import('../room-media.js').RoomMedia} */ (call.roomMedia);
  const { users: speaking } = useStore(roomMedia.speaking.store);
  const { users: qualities } = useStore(roomMedia.quality.store);
  const { view } = useStore(settings);
  const raised = hands(room);
  const several = room.participants.length > 1;
  const reactionsOf = (/** @type {number} */ id) => {
    const own = reactions.filter(({ userId }) => userId === id);
    return own.length > 0 ? own : NONE;
  };
  /** @param {Participant} person @param {{apart?: boolean, mayPin?: boolean}} [how] */
  const draw = (person, { apart = false, mayPin = several } = {}) => {
    const { userId } = person;
    return html`
      <${Tile} key=${userId} call=${call} person=${person} remote=${connections[userId]?.remote} state=${connections[userId]?.state}
        media=${userId === room.myId ? media : null} speaking=${speaking.has(userId)} handPlace=${raised.indexOf(person) + 1} quality=${qualities[userId]}
        reactions=${reactionsOf(userId)} mayPin=${mayPin} mayPart=${several} pinned=${view === 'speaker' && pinned === userId} apart=${apart} />`;
  };
  return { speaking, draw };
}
