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
import { useRoving } from './roving.js';
import { Screen, ScreenTile } from './screen.js';
import { SelfView } from './self-view.js';
import { Tile } from './tile.js';

/** @typedef {import('../room-state.js').Participant} Participant */
/** @typedef {import('../room-state.js').Room} Room */

/** The same one each time, so that a tile without reactions sees no change. @type {import('../session-core.js').Reaction[]} */
const NONE = [];

/** @param {{call: import('../meeting-session.js').MeetingSession, room: Room}} props */
export function Stage({ call, room }) {
  const { connections, pinned, shownScreen } = useStore(call.store);
  const media = useStore(call.media.store);
  const { view, selfApart } = useStore(settings);
  const large = useRef(/** @type {number | null} */ (null));
  const self = (/** @type {Participant} */ { userId }) => userId === room.myId;
  const apart = (selfApart ?? room.participants.length === 2) && room.participants.length > 1;
  // Who was never connected comes after the others, and oneself last, as the quietest place. Who is lost for a moment keeps the place.
  const place = (/** @type {Participant} */ person) => (self(person) ? 2 : Number(!person.online && !person.lost));
  const people = room.participants.filter((person) => !self(person) || !apart).sort((a, b) => place(a) - place(b));
  const sharers = useSharers(room, media);
  const { speaking, draw } = useTiles(call, room, media, apart, people.length > 1 || sharers.length > 0);
  const ownView =
    apart && html`<${SelfView}>${room.participants.filter(self).map((person) => draw(person, { mayPin: false }))}<//>`;
  const pinnedOne = people.find(({ userId }) => userId === pinned);
  const screen = (/** @type {Participant} */ person) => ({
    person,
    self: self(person),
    connection: connections[person.userId],
  });
  const screenTiles = (/** @type {Participant[]} */ list) =>
    list.map(
      (person) => html`
      <${ScreenTile} key=${`screen-${person.userId}`} ...${screen(person)} onShow=${() => call.showScreen(person.userId)} />`,
    );
  if (sharers.length > 0 && !pinnedOne) {
    const shown = sharers.find(({ userId }) => userId === shownScreen) ?? sharers[0];
    const beside = [shown, ...sharers.filter((person) => person !== shown)].filter((person) => people.includes(person));
    return html`
      <div class="stage sharing">
        <${Large} class="screens" count=${1}>
          <${Screen} key=${shown.userId} ...${screen(shown)} onStop=${() => call.mediaControl.toggleScreen()} />
        <//>
        <${Strip} label=${t('stage.label')}>
          ${screenTiles(sharers.filter((person) => person !== shown))}
          ${[...beside, ...people.filter((person) => !sharers.includes(person))].map((person) => draw(person))}<//>
        ${ownView}
      </div>`;
  }
  if (pinnedOne || (view === 'speaker' && people.length > 1)) {
    const ids = people.map(({ userId }) => userId);
    large.current = chooseSpeaker({ ids, myId: room.myId, pinned, speaking, before: large.current });
    const isLarge = (/** @type {Participant} */ { userId }) => userId === large.current;
    return html`
      <div class="stage sharing">
        <${Large} class="speaker" count=${1} whole>${people.filter(isLarge).map((person) => draw(person))}<//>
        ${
          people.length + sharers.length > 1 &&
          html`<${Strip} label=${t('stage.others')}>${screenTiles(sharers)}
          ${people.filter((person) => !isLarge(person)).map((person) => draw(person))}<//>`
        }
        ${ownView}
      </div>`;
  }
  const raised = room.participants.filter(({ handRaisedAt }) => handRaisedAt).map(({ userId }) => userId);
  return html`
    <div class="stage">
      <${Pages} people=${people} wanted=${new Set([...raised, ...speaking])}>${(/** @type {Participant} */ person) => draw(person)}<//>
      ${people.length === 1 && !apart && html`<${Invite} meeting=${room.meeting} />`}
      ${ownView}
    </div>`;
}

/** Who shares a screen, the last one to begin first; oneself after the others. @param {Room} room @param {import('../media.js').MediaState} media */
function useSharers(room, media) {
  const order = useRef(/** @type {number[]} */ ([]));
  const sharing = room.participants.filter(({ userId, screen }) =>
    userId === room.myId ? media.screen !== null : screen,
  );
  const ids = sharing.map(({ userId }) => userId);
  order.current = [
    ...ids.filter((id) => !order.current.includes(id)).reverse(),
    ...order.current.filter((id) => ids.includes(id)),
  ];
  const place = (/** @type {Participant} */ { userId }) =>
    userId === room.myId ? Infinity : order.current.indexOf(userId);
  return sharing.sort((a, b) => place(a) - place(b));
}

/** Small ones, beside or below what is large. @param {{label: string, children?: import('../ui.js').Children}} props */
function Strip({ label, children }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const roving = useRoving(ref);
  return html`<div class="strip" role="list" tabindex="0" aria-label=${label} ref=${ref} ...${roving}>${children}</div>`;
}

/**
 * How a person is drawn, with all that is known about them now.
 * @param {import('../meeting-session.js').MeetingSession} call @param {Room} room @param {import('../media.js').MediaState} media
 * @param {boolean} apart one's own picture is @param {boolean} several there is something else to look at
 */
function useTiles(call, room, media, apart, several) {
  const { connections, reactions, pinned } = useStore(call.store);
  const roomMedia = /** @type {import('../room-media.js').RoomMedia} */ (call.roomMedia);
  const { users: speaking } = useStore(roomMedia.speaking.store);
  const { users: qualities } = useStore(roomMedia.quality.store);
  const { receiveQuality } = useStore(settings);
  const raised = hands(room);
  const mayPart = room.participants.length > 1;
  const reactionsOf = (/** @type {number} */ id) => {
    const own = reactions.filter(({ userId }) => userId === id);
    return own.length > 0 ? own : NONE;
  };
  /** @param {Participant} person @param {{mayPin?: boolean}} [how] */
  const draw = (person, { mayPin = several } = {}) => {
    const { userId } = person;
    return html`
      <${Tile} key=${userId} call=${call} person=${person} remote=${receiveQuality === 'audio' ? undefined : connections[userId]?.remote} state=${connections[userId]?.state}
        media=${userId === room.myId ? media : null} speaking=${speaking.has(userId)} handPlace=${raised.indexOf(person) + 1} quality=${qualities[userId]}
        reactions=${reactionsOf(userId)} mayPin=${mayPin} mayPart=${mayPart} pinned=${pinned === userId} apart=${apart && userId === room.myId} />`;
  };
  return { speaking, draw };
}
