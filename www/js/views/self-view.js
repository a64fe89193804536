/**
 * One's own picture apart from the others: it floats in a corner of the stage and is moved to another one by dragging it
 * or with the arrow keys.
 */
import { html, useStore, classes } from '../ui.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { announce } from '../toasts.js';
import { IconButton } from './controls.js';

/** @typedef {import('../settings.js').Corner} Corner */

/** Less is an unsteady hand, not a wish to move. */
const DRAG_PX = 6;
/** @type {Record<string, (corner: Corner) => string>} */
const KEYS = {
  ArrowUp: (corner) => corner.replace('bottom', 'top'),
  ArrowDown: (corner) => corner.replace('top', 'bottom'),
  ArrowLeft: (corner) => corner.replace('right', 'left'),
  ArrowRight: (corner) => corner.replace('left', 'right'),
};
/** The way round, for a press of the button itself. @type {Record<Corner, Corner>} */
const NEXT = {
  'top-left': 'top-right',
  'top-right': 'bottom-right',
  'bottom-right': 'bottom-left',
  'bottom-left': 'top-left',
};

/** @param {string} corner */
function moveTo(corner) {
  settings.set({ selfCorner: /** @type {Corner} */ (corner) });
  announce(t(`self.${/** @type {Corner} */ (corner)}`));
}

/** @param {{children?: import('../ui.js').Children}} props one's own tile */
export function SelfView({ children }) {
  const { selfCorner } = useStore(settings);
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    moveTo(KEYS[event.key](selfCorner));
  };
  return html`
    <div class=${classes('self-view', selfCorner)} onPointerDown=${drag}>
      <div role="list" aria-label=${t('self.label')}>${children}</div>
      <${IconButton} class="tile-tool self-move" name="move" size=${18} label=${t('self.move')} onKeyDown=${pressed}
        onClick=${() => moveTo(NEXT[selfCorner])} />
    </div>`;
}

/** Follows the pointer; where it is let go the nearest corner is taken. @param {PointerEvent & {currentTarget: HTMLElement}} start */
function drag(start) {
  const view = start.currentTarget;
  const stage = view.parentElement;
  if (!stage || /** @type {Element} */ (start.target).closest('button')) return;
  view.setPointerCapture(start.pointerId);
  let moved = false;
  const follow = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    const [x, y] = [clientX - start.clientX, clientY - start.clientY];
    moved ||= Math.hypot(x, y) > DRAG_PX;
    if (moved) view.style.transform = `translate(${x}px, ${y}px)`;
  };
  const drop = () => {
    view.removeEventListener('pointermove', follow);
    const [at, room] = [view.getBoundingClientRect(), stage.getBoundingClientRect()];
    view.style.transform = '';
    if (!moved) return;
    const vertical = at.top + at.height / 2 < room.top + room.height / 2 ? 'top' : 'bottom';
    const horizontal = at.left + at.width / 2 < room.left + room.width / 2 ? 'left' : 'right';
    moveTo(`${vertical}-${horizontal}`);
  };
  view.addEventListener('pointermove', follow);
  view.addEventListener('lostpointercapture', drop, { once: true });
}
