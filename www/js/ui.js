/** What every view uses: Preact with htm as its template language, and the bridge from a store to a component. */
import { h, render, Fragment, createContext } from '../vendor/preact.mjs';
import { useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/hooks.mjs';
import htm from '../vendor/htm.mjs';
import { language } from './i18n.js';

export { h, render, Fragment, createContext };
export { useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState };

// Focus and caret are set in useLayoutEffect: useEffect runs after the page was painted, and somebody quick has pressed the next key by then.

/** @typedef {import('preact').ComponentChildren} Children what html`` makes, or text */

/** @type {(strings: TemplateStringsArray, ...values: unknown[]) => Children} */
export const html = htm.bind(/** @type {any} */ (h));

/**
 * Draws the component again whenever the store changes.
 * @template T
 * @param {import('./store.js').Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
  const [, redraw] = useState(0);
  const drawn = store.get();
  useEffect(() => {
    if (store.get() !== drawn) redraw((n) => n + 1); // it changed between the drawing and this effect
    return store.subscribe(() => redraw((n) => n + 1));
  }, [store]);
  return drawn;
}

/**
 * Draws the component again every so often, for clocks.
 * @param {number} everyMs
 */
export function useTick(everyMs) {
  const [, redraw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => redraw((n) => n + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}

/**
 * A component that is drawn again only where one of its properties, or the language, is another one: what is in a long
 * list must not be drawn because of its neighbours.
 * @template {import('preact').FunctionComponent<any>} View
 * @param {View} view
 * @returns {View}
 */
export function memo(view) {
  /** @this {any} @param {any} props */
  function Same(props) {
    const drawnIn = language();
    this.shouldComponentUpdate = (/** @type {any} */ next) => language() !== drawnIn || !sameFields(props, next);
    return h(view, props);
  }
  return /** @type {any} */ (Same);
}

/** @param {Record<string, unknown>} a @param {Record<string, unknown>} b */
function sameFields(a, b) {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.is(a[name], b[name]));
}

/**
 * Whether the key belongs to an input method that writes a word: then Enter chooses one, Escape drops it. Safari tells of that Enter after the
 * word has ended; what gives it away is the key code that browsers have for keys of input methods.
 * @param {KeyboardEvent} event
 */
export const composes = (event) => event.isComposing || event.keyCode === 229;

/** @param {...(string | false | null | undefined)} names */
export const classes = (...names) => names.filter(Boolean).join(' ');
