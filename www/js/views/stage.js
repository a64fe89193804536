/**
 * The pictures of everybody, laid out so that little of the window is left empty. A shared screen is the large one; in the
 * speaker view it is one person.
 */
import { html, useLayoutEffect, useRef, useState, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { chooseSpeaker, layoutTiles } from '../layout.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { Code, copyText, meetingLink } from './controls.js';
import { Tile } from './tile.js';
import { Video } from './video.js';

const GAP = 8;

/** @typedef {import('../room-state.js').Participant} Participant */

/** @param {{call: import('../call.js').Call, room: import('../room-state.js').Room}} props */
export function Stage({ call, room }) {
  const { users: speaking } = useStore(/** @type {import('../speaking.js').Speaking} */ (call.speaking).store);
  const { links, reactions, pinned } = useStore(call.store);
  const media = useStore(call.media.store);
  const { view } = useStore(settings);
  const large = useRef(/** @type {number | null} */ (null));
  const sharers = room.participants.filter(({ userId, screen }) => (userId === room.myId ? media.screen : screen));
  // Oneself comes last, as the quietest place.
  const people = [...room.participants].sort((a, b) => Number(a.userId === room.myId) - Number(b.userId === room.myId));
  const tile = (/** @type {Participant} */ person) => html`
    <${Tile} key=${person.userId} person=${person} self=${person.userId === room.myId}
      link=${links[person.userId]} media=${media} speaking=${speaking.has(person.userId)}
      reactions=${reactions.filter(({ userId }) => userId === person.userId)}
      pinned=${view === 'speaker' && pinned === person.userId}
      onPin=${sharers.length === 0 && people.length > 1 ? () => call.pin(person.userId) : null} />`;
  if (sharers.length > 0) {
    return html`
      <div class="stage sharing">
        <${Grid} class="screens" count=${sharers.length} fill>
          ${sharers.map((person) => html`<${Screen} key=${person.userId} person=${person} self=${person.userId === room.myId}
            link=${links[person.userId]} onStop=${() => call.toggleScreen()} />`)}
        <//>
        <div class="strip" role="list" aria-label=${t('stage.label')}>${people.map(tile)}</div>
      </div>`;
  }
  if (view === 'speaker' && people.length > 1) {
    const ids = people.map(({ userId }) => userId);
    large.current = chooseSpeaker({ ids, myId: room.myId, pinned, speaking, before: large.current });
    const isLarge = (/** @type {Participant} */ { userId }) => userId === large.current;
    return html`
      <div class="stage sharing">
        <${Grid} class="speaker" count=${1} list>${people.filter(isLarge).map(tile)}<//>
        <div class="strip" role="list" aria-label=${t('stage.others')}>${people.filter((person) => !isLarge(person)).map(tile)}</div>
      </div>`;
  }
  return html`
    <div class="stage">
      <${Grid} class="tiles" count=${people.length} list>${people.map(tile)}<//>
      ${people.length === 1 && html`<${Invite} code=${room.meeting.code} />`}
    </div>`;
}

/**
 * Equal boxes, sized by the room there is.
 * @param {{class: string, count: number, list?: boolean, fill?: boolean, children?: any}} props
 *   `fill`: the boxes take all the room, whatever its shape
 */
function Grid({ class: name, count, list = false, fill = false, children }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const [box, setBox] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => setBox({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { columns, width, height } = fill ? rows(box, count) : layoutTiles({ ...box, count, gap: GAP });
  return html`
    <div class="grid ${name}" ref=${ref}>
      <div class="grid-inner" role=${list ? 'list' : undefined} aria-label=${list ? t('stage.label') : undefined} style=${{
        '--tile-width': `${width}px`, '--tile-height': `${height}px`, width: `${columns * width + (columns - 1) * GAP}px`,
      }}>${children}</div>
    </div>`;
}

/** One below the other. @param {{width: number, height: number}} box @param {number} count */
const rows = ({ width, height }, count) => ({ columns: 1, width, height: Math.floor((height - GAP * (count - 1)) / count) });

/** @param {{person: Participant, self: boolean, link?: import('../mesh.js').PeerView, onStop: () => void}} props */
function Screen({ person, self, link, onStop }) {
  const name = t('screen.of', { name: person.displayName });
  if (self) {
    return html`
      <div class="screen own" data-screen=${person.userId}>
        ${icon('monitor-up', 40)}
        <p>${t('screen.mine')}</p>
        <button type="button" class="secondary" onClick=${onStop}>${t('bar.stopShare')}</button>
      </div>`;
  }
  return html`
    <figure class="screen" data-screen=${person.userId}>
      ${link?.remote.screen && html`<${Video} stream=${link.remote.screen} whole label=${name} />`}
      <figcaption class="tile-name">${icon('monitor-up', 16)} ${name}</figcaption>
    </figure>`;
}

/** @param {{code: string}} props */
const Invite = ({ code }) => html`
  <div class="invite">
    <p><strong>${t('stage.alone')}</strong> ${t('stage.invite')}</p>
    <p class="invite-code"><${Code} code=${code} /></p>
    <div class="invite-do">
      <button type="button" class="secondary" onClick=${() => copyText(meetingLink(code))}>
        ${icon('link', 18)} ${t('stage.copyLink')}</button>
      <button type="button" class="secondary" onClick=${() => copyText(code)}>
        ${icon('copy', 18)} ${t('stage.copyCode')}</button>
    </div>
  </div>`;
