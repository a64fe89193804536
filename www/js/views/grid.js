/** Equal boxes, sized by the room there is; what does not fit stands on further pages. */
import { html, useEffect, useLayoutEffect, useRef, useState } from '../ui.js';
import { layoutPages, layoutTiles, onPage } from '../layout.js';
import { t } from '../i18n.js';
import { announce } from '../toasts.js';
import { IconButton } from './controls.js';

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

/**
 * @template T
 * @param {{items: T[], children: (item: T) => import('../ui.js').Children}} props oneself last
 */
export function Pages({ items, children: draw }) {
  const { ref, box } = useBox();
  const [wanted, setWanted] = useState(0);
  const { perPage, pages } = layoutPages({ ...box, count: items.length, gap: GAP });
  const page = Math.min(wanted, pages - 1);
  useEffect(() => setWanted(page), [page]); // people left: one does not fall back on a page that comes to be again
  const shown = box.width > 0 ? onPage(items, perPage, page) : [];
  const turn = (/** @type {number} */ by) => {
    const next = Math.min(pages - 1, Math.max(0, page + by));
    if (next === page) return;
    setWanted(next);
    announce(t('stage.page', { page: next + 1, pages }));
  };
  const arrow = (/** @type {number} */ by) => html`
    <${IconButton} name=${by < 0 ? 'chevron-left' : 'chevron-right'}
      label=${t(by < 0 ? 'stage.pageBefore' : 'stage.pageAfter')} aria-disabled=${by < 0 ? page === 0 : page === pages - 1}
      onClick=${() => turn(by)} />`;
  return html`
    <div class="paged">
      <div class="grid tiles" ref=${ref}>
        <div class="grid-inner" role="list" aria-label=${t('stage.label')}
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
