/**
 * Looking closer at a picture. Pure arithmetic: a picture of the size of its box is enlarged and moved so that it always
 * covers the box.
 */

/** @typedef {{scale: number, x: number, y: number}} View `x`, `y`: how far the enlarged picture is moved from the middle, in pixels */
/** @typedef {{width: number, height: number}} Box */

export const LARGEST = 6;
/** @type {View} */
export const WHOLE = { scale: 1, x: 0, y: 0 };

/**
 * Enlarges about a point, which stays where it is.
 * @param {View} view @param {number} factor @param {Box} box @param {{x: number, y: number}} [at] from the middle of the box
 * @returns {View}
 */
export function zoom(view, factor, box, at = { x: 0, y: 0 }) {
  const scale = Math.min(LARGEST, Math.max(1, view.scale * factor));
  const grown = scale / view.scale;
  return pan({ scale, x: at.x - (at.x - view.x) * grown, y: at.y - (at.y - view.y) * grown }, { x: 0, y: 0 }, box);
}

/** Moves it, but never beyond its edge. @param {View} view @param {{x: number, y: number}} by @param {Box} box @returns {View} */
export function pan({ scale, x, y }, by, { width, height }) {
  const most = (/** @type {number} */ size) => ((scale - 1) * size) / 2;
  const clamp = (/** @type {number} */ value, /** @type {number} */ limit) =>
    Math.min(limit, Math.max(-limit, value)) || 0;
  return { scale, x: clamp(x + by.x, most(width)), y: clamp(y + by.y, most(height)) };
}
