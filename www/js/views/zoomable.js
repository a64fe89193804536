/**
 * A picture that one can look at more closely: enlarged by buttons, keys, the wheel with Ctrl, or two fingers; moved by
 * dragging, by the wheel or by the arrow keys; and in full screen.
 */
import { html, useRef, useState, classes } from '../ui.js';
import { number, t } from '../i18n.js';
import { toast } from '../toasts.js';
import { LARGEST, WHOLE, pan, zoom } from '../zoom.js';
import { IconButton } from './controls.js';
import { canFullScreen } from './windows.js';

const STEP = 1.5;
const KEY_PX = 60;
/** @type {Record<string, {x: number, y: number}>} */
const ARROWS = {
  ArrowLeft: { x: KEY_PX, y: 0 },
  ArrowRight: { x: -KEY_PX, y: 0 },
  ArrowUp: { x: 0, y: KEY_PX },
  ArrowDown: { x: 0, y: -KEY_PX },
};

/** @param {{label: string, children?: import('../ui.js').Children}} props */
export function Zoomable({ label, children }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const [view, setView] = useState(WHOLE);
  const fingers = useRef(/** @type {Map<number, {x: number, y: number}>} */ (new Map()));
  const box = () => ({ width: ref.current?.clientWidth ?? 0, height: ref.current?.clientHeight ?? 0 });
  const fromMiddle = (/** @type {{clientX: number, clientY: number}} */ { clientX, clientY }) => {
    const { left, top, width, height } = /** @type {HTMLElement} */ (ref.current).getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  };
  const grow = (/** @type {number} */ factor, /** @type {{x: number, y: number} | undefined} */ at = undefined) =>
    setView((now) => zoom(now, factor, box(), at));
  const move = (/** @type {{x: number, y: number}} */ by) => setView((now) => pan(now, by, box()));
  const wheel = (/** @type {WheelEvent} */ event) => {
    event.preventDefault();
    if (event.ctrlKey) grow(Math.exp(-event.deltaY / 200), fromMiddle(event));
    else move({ x: -event.deltaX, y: -event.deltaY });
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === '+' || event.key === '=') grow(STEP);
    else if (event.key === '-') grow(1 / STEP);
    else if (event.key === '0') setView(WHOLE);
    else if (event.key in ARROWS && view.scale > 1) move(ARROWS[event.key]);
    else return;
    event.preventDefault();
  };
  const down = (/** @type {PointerEvent} */ event) => {
    ref.current?.setPointerCapture(event.pointerId);
    fingers.current.set(event.pointerId, fromMiddle(event));
  };
  const follow = (/** @type {PointerEvent} */ event) => {
    const before = fingers.current.get(event.pointerId);
    if (!before) return;
    const now = fromMiddle(event);
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
    fingers.current.set(event.pointerId, now);
    if (!other) move({ x: now.x - before.x, y: now.y - before.y });
    else {
      const apart = (/** @type {{x: number, y: number}} */ { x, y }) => Math.hypot(x - other.x, y - other.y) || 1;
      grow(apart(now) / apart(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    }
  };
  const up = (/** @type {PointerEvent} */ { pointerId }) => fingers.current.delete(pointerId);
  const { scale, x, y } = view;
  const shown = number(scale, { style: 'percent' });
  return html`
    <div class=${classes('zoomable', scale > 1 && 'closer')} ref=${ref} tabindex="0" role="group" aria-label=${t('screen.zoomKeys', { name: label })}
      onWheel=${wheel} onKeyDown=${pressed} onPointerDown=${down} onPointerMove=${follow} onPointerUp=${up} onPointerCancel=${up}
      onDblClick=${(/** @type {MouseEvent} */ event) => (scale > 1 ? setView(WHOLE) : grow(2, fromMiddle(event)))}>
      <div class="zoomed" style=${{ transform: `translate(${x}px, ${y}px) scale(${scale})` }}>${children}</div>
    </div>
    <div class="screen-tools">
      <${IconButton} class="tile-tool" name="zoom-out" size=${18} label=${t('screen.zoomOut')} aria-disabled=${scale === 1} onClick=${() => grow(1 / STEP)} />
      <button type="button" class="zoom-now" aria-label=${`${shown}: ${t('screen.zoomWhole')}`} data-tip=${t('screen.zoomWhole')} onClick=${() => setView(WHOLE)}>${shown}</button>
      <${IconButton} class="tile-tool" name="zoom-in" size=${18} label=${t('screen.zoomIn')} aria-disabled=${scale === LARGEST} onClick=${() => grow(STEP)} />
      ${canFullScreen() && html`<${IconButton} class="tile-tool" name="maximize" size=${18} label=${t('screen.full')} onClick=${() => toggleFull(ref.current)} />`}
    </div>`;
}

/** @param {HTMLElement | null} inside the picture's frame */
const toggleFull = (inside) =>
  (document.fullscreenElement?.contains(inside) && document.fullscreenElement !== document.documentElement
    ? document.exitFullscreen()
    : inside?.closest('.screen')?.requestFullscreen({ navigationUI: 'hide' })
  )?.catch(() => toast(t('more.fullScreenFailed'), 'error'));
