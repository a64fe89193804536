/**
 * Where tiles go. Pure arithmetic: the arrangement of `count` equal tiles that covers most of a box.
 *
 * Pictures are 16:9. In a box that is taller than wide (a phone) a tile may be as narrow as 3:4: faces are cut less than
 * the space that would be left empty; but of two arrangements of about the same size the one that cuts less is taken.
 */

/** @typedef {{columns: number, rows: number, width: number, height: number}} Grid a tile's size in whole pixels */

const WIDEST = 16 / 9;
const NARROWEST = 3 / 4;
/** How much of a tile's worth hangs on showing the whole picture. */
const WHOLENESS = 0.2;
/** In a wide box people stand side by side rather than one on the other, where it costs no more than this. */
const ASIDE = 1.06;

/**
 * @param {object} box
 * @param {number} box.width pixels
 * @param {number} box.height
 * @param {number} box.count tiles
 * @param {number} [box.gap] pixels between tiles
 * @returns {Grid}
 */
export function layoutTiles({ width, height, count, gap = 8 }) {
  /** @type {Grid} */
  let best = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  let bestWorth = 0;
  const narrowest = height > width ? NARROWEST : WIDEST;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const ratio = Math.min(WIDEST, Math.max(narrowest, cellWidth / cellHeight));
    const tileWidth = Math.min(cellWidth, cellHeight * ratio);
    const tile = { columns, rows, width: Math.floor(tileWidth), height: Math.floor(tileWidth / ratio) };
    const aside = width > height && columns >= rows ? ASIDE : 1;
    const worth = tile.width * tile.height * (1 - WHOLENESS + WHOLENESS * (ratio / WIDEST)) * aside;
    if (worth <= bestWorth) continue;
    best = tile;
    bestWorth = worth;
  }
  return best;
}

/** A face in a smaller tile tells nothing; the rest goes to another page. Pixels, and square pixels. */
const SMALLEST_WIDTH = 110;
const SMALLEST_AREA = 150 * 84;

/**
 * How many tiles a page holds, and how many pages there are.
 * @param {object} box
 * @param {number} box.width pixels
 * @param {number} box.height
 * @param {number} box.count tiles
 * @param {number} [box.gap]
 */
export function layoutPages({ width, height, count, gap = 8 }) {
  let perPage = Math.max(1, count);
  while (perPage > 1 && width > 0 && isTooSmall(layoutTiles({ width, height, count: perPage, gap }))) perPage -= 1;
  const pages = Math.max(1, Math.ceil(count / perPage));
  return { perPage, pages };
}

/** @param {Grid} tile */
const isTooSmall = ({ width, height }) => width < SMALLEST_WIDTH || width * height < SMALLEST_AREA;

/**
 * Who is on which page. Oneself, who stands last, is on the first page too: one wants to see oneself without looking.
 * @template T
 * @param {T[]} people oneself last
 * @param {number} perPage @param {number} page from 0
 * @returns {T[]}
 */
export function onPage(people, perPage, page) {
  if (people.length <= perPage || perPage < 2) return people.slice(page * perPage, (page + 1) * perPage);
  const order = [...people.slice(0, perPage - 1), people[people.length - 1], ...people.slice(perPage - 1, -1)];
  return order.slice(page * perPage, (page + 1) * perPage);
}

/**
 * People keep the place that they have; who is new comes last. Only who is less present than others goes behind them.
 * @param {readonly number[]} before ids @param {readonly number[]} now ids @param {(id: number) => number} place smaller comes first
 * @returns {number[]}
 */
export function keepOrder(before, now, place) {
  const there = new Set(now);
  const known = new Set(before);
  const order = [...before.filter((id) => there.has(id)), ...now.filter((id) => !known.has(id))];
  return order.sort((a, b) => place(a) - place(b));
}

/**
 * Who speaks, or has a hand raised, comes to the page that is looked at. Each changes places with whoever has had nothing
 * to say there for longest.
 * @param {readonly number[]} order of the ids on all pages
 * @param {readonly number[]} visible those on this page who may change places
 * @param {ReadonlySet<number>} wanted
 * @param {ReadonlyMap<number, number>} lastWanted when somebody was wanted last
 * @returns {readonly number[]} the same one where nothing changes
 */
export function promote(order, visible, wanted, lastWanted) {
  const hidden = order.filter((id) => wanted.has(id) && !visible.includes(id));
  if (hidden.length === 0) return order;
  const when = (/** @type {number} */ id) => lastWanted.get(id) ?? -Infinity;
  const idle = visible
    .filter((id) => !wanted.has(id) && order.includes(id))
    .reverse() // of two who never spoke the later one goes
    .sort((a, b) => (when(a) === when(b) ? 0 : when(a) - when(b)));
  const now = [...order];
  for (const [i, id] of hidden.slice(0, idle.length).entries()) {
    now[order.indexOf(idle[i])] = id;
    now[order.indexOf(id)] = idle[i];
  }
  return now;
}

/**
 * Whose picture is the large one: who was chosen, else who speaks. It changes only when somebody else speaks and the one
 * shown does not, so that it stands still while several speak. Oneself is never it unasked.
 * @param {object} now
 * @param {number[]} now.ids who is there, oneself too
 * @param {number} now.myId
 * @param {number | null} now.pinned
 * @param {ReadonlySet<number>} now.speaking
 * @param {number | null} now.before who is shown so far
 * @returns {number | null}
 */
export function chooseSpeaker({ ids, myId, pinned, speaking, before }) {
  if (pinned !== null && ids.includes(pinned)) return pinned;
  const others = ids.filter((id) => id !== myId);
  const speaker = others.find((id) => speaking.has(id));
  const stays = before !== null && others.includes(before) && (speaking.has(before) || speaker === undefined);
  return (stays ? before : (speaker ?? others[0])) ?? ids[0] ?? null;
}
