/** Equal boxes, sized by the room there is; what does not fit stands on further pages. */
import { html, useEffect, useLayoutEffect, useRef, useState } from '../ui.js';
import { keepOrder, layoutPages, layoutTiles, onPage, promote } from '../layout.js';
import { t } from '../i18n.js';
import { announce } from '../toasts.js';
import { IconButton } from './controls.js';
import { useRoving } from './roving.js';

/** @typedef {import('../room-state.js').Participant} Participant */

const GAP = 8;

/** The size of what `ref` is put on, kept up to date. */
function useBox() {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const [box, setBox] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () =>
      setBox((before) => {
        const { clientWidth: width, clientHeight: height } = element;
        return before.width === width && before.height === height ? before : { width, height };
      });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, box };
}

/** @param {{columns: number, width: number, height: number}} tile */
const sizes = ({ columns, width, height }) => ({
  '--tile-width': `${width}px`,
  '--tile-height': `${height}px`,
  width: `${columns * width + (columns - 1) * GAP}px`,
});

/**
 * A few large boxes, one below the other, that take all the room whatever its shape; or with `whole` one of a picture's shape.
 * @param {{class: string, count: number, whole?: boolean, children?: import('../ui.js').Children}} props
 */
export function Large({ class: name, count, whole = false, children }) {
  const { ref, box } = useBox();
  const fill = { columns: 1, width: box.width, height: Math.floor((box.height - GAP * (count - 1)) / count) };
  return html`
    <div class="grid ${name}" ref=${ref}>
      <div class="grid-inner" role=${whole ? 'list' : undefined} aria-label=${whole ? t('stage.label') : undefined}
        style=${sizes(whole ? layoutTiles({ ...box, count, gap: GAP }) : fill)}>${children}</div>
    </div>`;
}

/** A finger that moves so far sideways turns the page. */
const SWIPE_PX = 60;

/**
 * The order of people over the pages, in which those who are wanted come to the page that is looked at.
 * @param {Participant[]} people oneself last @param {number} perPage @param {number} page @param {ReadonlySet<number>} wanted @param {boolean} paged
 */
function useOrder(people, perPage, page, wanted, paged) {
  const order = useRef(/** @type {readonly number[]} */ ([]));
  const lastWanted = useRef(/** @type {Map<number, number>} */ (new Map()));
  if (!paged) {
    order.current = []; // all are seen: each where they belong
    return people;
  }
  const byId = new Map(people.map((person) => [person.userId, person]));
  const last = people[people.length - 1];
  const rest = people.slice(0, -1).map(({ userId }) => userId);
  const place = (/** @type {number} */ id) => Number(!byId.get(id)?.online && !byId.get(id)?.lost);
  for (const id of wanted) lastWanted.current.set(id, performance.now());
  const kept = keepOrder(order.current, rest, place);
  const visible = onPage([...kept, last.userId], perPage, page).filter((id) => id !== last.userId);
  order.current = promote(kept, visible, wanted, lastWanted.current);
  return [...order.current.map((id) => /** @type {Participant} */ (byId.get(id))), last];
}

/** @param {{people: Participant[], wanted: ReadonlySet<number>, children: (person: Participant) => import('../ui.js').Children}} props people: oneself last */
export function Pages({ people, wanted, children: draw }) {
  const { ref, box } = useBox();
  const inner = useRef(/** @type {HTMLElement | null} */ (null));
  const roving = useRoving(inner);
  const [asked, setAsked] = useState(0);
  const { perPage, pages } = layoutPages({ ...box, count: people.length, gap: GAP });
  const page = Math.min(asked, pages - 1);
  useEffect(() => setAsked(page), [page]); // people left: one does not fall back on a page that comes to be again
  const ordered = useOrder(people, perPage, page, wanted, pages > 1 && box.width > 0);
  const shown = box.width > 0 ? onPage(ordered, perPage, page) : [];
  const turn = (/** @type {number} */ by) => {
    const next = Math.min(pages - 1, Math.max(0, page + by));
    if (next === page) return;
    setAsked(next);
    announce(t('stage.page', { page: next + 1, pages }));
  };
  const swipe = useSwipe(turn);
  const arrow = (/** @type {number} */ by) => html`
    <${IconButton} name=${by < 0 ? 'chevron-left' : 'chevron-right'}
      label=${t(by < 0 ? 'stage.pageBefore' : 'stage.pageAfter')} aria-disabled=${by < 0 ? page === 0 : page === pages - 1}
      onClick=${() => turn(by)} />`;
  return html`
    <div class="paged" ...${swipe}>
      <div class="grid tiles" ref=${ref}>
        <div class="grid-inner" role="list" aria-label=${t('stage.label')} ref=${inner} ...${roving}
          style=${sizes(layoutTiles({ ...box, count: shown.length, gap: GAP }))}>${shown.map(draw)}</div>
      </div>
      ${
        pages > 1 &&
        html`
        <nav class="pages" aria-label=${t('stage.pages')}>
          ${arrow(-1)}<span>${t('stage.pageShort', { page: page + 1, pages })}</span>${arrow(1)}</nav>`
      }
    </div>`;
}

/** One finger that goes sideways. @param {(by: number) => void} turn */
function useSwipe(turn) {
  const start = useRef(/** @type {Touch | null} */ (null));
  return {
    /** @param {TouchEvent} event */
    onTouchStart({ touches }) {
      start.current = touches.length === 1 ? touches[0] : null;
    },
    /** @param {TouchEvent} event */
    onTouchEnd({ changedTouches }) {
      const [from, to] = [start.current, changedTouches[0]];
      start.current = null;
      if (!from) return;
      const [x, y] = [to.clientX - from.clientX, to.clientY - from.clientY];
      if (Math.abs(x) > SWIPE_PX && Math.abs(x) > 2 * Math.abs(y)) turn(x < 0 ? 1 : -1);
    },
  };
}
