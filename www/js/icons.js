/** Line icons, drawn as inline SVG so that they take the colour and size of the text around them. */
import { ICONS } from '../vendor/icons.mjs';
import { h } from './ui.js';

/** @typedef {keyof typeof ICONS} IconName */

/**
 * An icon is decoration: the control around it carries the accessible name.
 * @param {IconName} name
 * @param {number} [size] pixels
 */
export function icon(name, size = 22) {
  const shapes = /** @type {[string, Record<string, string>][]} */ (/** @type {unknown} */ (ICONS[name]));
  return h(
    'svg',
    {
      class: 'icon',
      width: size,
      height: size,
      viewBox: '0 0 24 24',
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 2,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
      'aria-hidden': 'true',
      focusable: 'false',
    },
    shapes.map(([element, attributes]) => h(element, attributes)),
  );
}
