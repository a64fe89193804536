/** One stop of the Tab key for a whole group of pictures; the arrow keys go on from there. */
import { useLayoutEffect } from '../ui.js';

const CONTROLS = '.tile-tool';

/** @param {HTMLElement} root @returns {HTMLElement[]} */
const controlsIn = (root) => [...root.querySelectorAll(CONTROLS)].map((one) => /** @type {HTMLElement} */ (one));

/** @param {HTMLElement[]} controls @param {HTMLElement | undefined} stop */
function setStop(controls, stop) {
  for (const one of controls) {
    const index = one === stop ? 0 : -1;
    if (one.tabIndex !== index) one.tabIndex = index;
  }
}

/** @param {{current: HTMLElement | null}} ref what holds the pictures @returns {{onFocusIn: (event: FocusEvent) => void, onKeyDown: (event: KeyboardEvent) => void}} */
export function useRoving(ref) {
  useLayoutEffect(() => {
    if (!ref.current) return;
    const controls = controlsIn(ref.current);
    setStop(
      controls,
      controls.find((one) => one === document.activeElement) ??
        controls.find(({ tabIndex }) => tabIndex === 0) ??
        controls[0],
    );
  }); // whatever was drawn
  return {
    onFocusIn({ target }) {
      const controls = ref.current ? controlsIn(ref.current) : [];
      const stop = controls.find((one) => one === target);
      if (stop) setStop(controls, stop);
    },
    onKeyDown(event) {
      const controls = ref.current ? controlsIn(ref.current) : [];
      const at = controls.indexOf(/** @type {HTMLElement} */ (event.target));
      const next = at < 0 ? undefined : neighbour(controls, at, event.key);
      if (!next) return;
      event.preventDefault();
      next.focus();
    },
  };
}

/** @param {HTMLElement[]} controls @param {number} at @param {string} key @returns {HTMLElement | undefined} */
function neighbour(controls, at, key) {
  switch (key) {
    case 'ArrowRight':
      return controls[at + 1];
    case 'ArrowLeft':
      return controls[at - 1];
    case 'Home':
      return controls[0];
    case 'End':
      return controls.at(-1);
    case 'ArrowDown':
      return nearest(controls, controls[at], 1);
    case 'ArrowUp':
      return nearest(controls, controls[at], -1);
    default:
      return undefined;
  }
}

/** The next one in that direction, as straight as possible. @param {HTMLElement[]} controls @param {HTMLElement} from @param {1 | -1} way */
function nearest(controls, from, way) {
  const middle = (/** @type {HTMLElement} */ one) => {
    const { left, top, width, height } = one.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  };
  const start = middle(from);
  const far = (/** @type {HTMLElement} */ one) => {
    const { x, y } = middle(one);
    return (y - start.y) * way > 8 ? Math.abs(y - start.y) * 4 + Math.abs(x - start.x) : Infinity;
  };
  const [best] = controls.map((one) => ({ one, far: far(one) })).sort((a, b) => a.far - b.far);
  return best && best.far < Infinity ? best.one : undefined;
}
