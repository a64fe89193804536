/**
 * The smallest thing that can hold a state and say when it changed. Everything the views show comes out of such a
 * store; nothing in here knows a view.
 */

/**
 * @template T
 * @typedef {object} Store
 * @property {() => T} get
 * @property {(change: Partial<T> | ((state: T) => Partial<T>)) => void} set merges; tells the listeners
 * @property {(listener: () => void) => () => void} subscribe returns the function that ends it
 */

/**
 * @template {object} T
 * @param {T} initial
 * @returns {Store<T>}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  return {
    get: () => state,
    set(change) {
      const part = typeof change === 'function' ? change(state) : change;
      if (
        Object.entries(part).every(([key, value]) =>
          Object.is(/** @type {Record<string, unknown>} */ (state)[key], value),
        )
      )
        return;
      state = { ...state, ...part };
      for (const listener of [...listeners]) call(listener);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * Named signals for the parts that are used without a page (protocol, mesh).
 * @template {object} Events name of the event -> what comes with it
 */
export class Emitter {
  /** @type {Map<keyof Events, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Events} K
   * @param {K} name
   * @param {(value: Events[K]) => void} listener
   * @returns {() => void} ends it
   */
  on(name, listener) {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    set.add(listener);
    return () => void set.delete(listener);
  }

  /**
   * @template {keyof Events} K
   * @param {K} name
   * @param {Events[K]} value
   */
  emit(name, value) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) call(() => listener(value));
  }
}

/** One listener that fails keeps nothing from the others, nor from the one who tells them; it is reported like any uncaught error. @param {() => void} listener */
function call(listener) {
  try {
    listener();
  } catch (error) {
    if (globalThis.reportError) globalThis.reportError(error);
    else
      setTimeout(() => {
        throw error;
      });
  }
}
