/**
 * What this page's line carries of what it would like to see. A media server sends what is asked for, whether it gets through or
 * not; so whoever loses packets asks for less: the least important picture smaller first, then not at all. Sound is never given up.
 * Pure: figures in, a list out.
 */

import { lossBetween } from './stats.js';

/** Somebody's picture: whose, "camera" or "screen", and its size (0 small, 2 large). @typedef {[userId: number, kind: string, size: number]} WantedPicture */
/** What has arrived since the connection began. @typedef {{received: number, lost: number, freezes: number}} Arrived packets, packets, pictures that stood still */

/** By size, bits a second. */
const RATES = [150_000, 400_000, 1_500_000];
/** A share of lost packets that sound survives and pictures do not. With a picture that stands still, less is enough. */
const LOSS = 0.06;
const LOSS_FREEZING = 0.02;
/** Some room, so that what is asked for then does get through. */
const MARGIN = 0.85;
const GROWTH = 1.3;
/** So long without loss before more is tried; twice as long each time that it was too much. */
const PEACE_MS = 10_000;
const PEACE_LONGEST_MS = 120_000;

/** @param {WantedPicture[]} list */
const rateOf = (list) => list.reduce((sum, [, , size]) => sum + RATES[size], 0);

export class Downlink {
  /** bits a second for pictures; Infinity: as much as is wanted */
  #budget = Infinity;
  #peaceMs = PEACE_MS;
  #quietSince = 0;
  #grewAt = -Infinity;
  /** @type {Arrived | null} */
  #before = null;

  /**
   * Looks at what has arrived since the last look.
   * @param {Arrived} now @param {WantedPicture[]} wanted the most important first @param {number} at milliseconds
   * @returns {boolean} whether the limit is another one
   */
  update(now, wanted, at) {
    const before = this.#before;
    this.#before = now;
    if (!before || now.received < before.received) return false; // another connection
    const loss = lossBetween(before, now);
    if (loss > LOSS || (loss > LOSS_FREEZING && now.freezes > before.freezes)) return this.#shrink(loss, wanted, at);
    return at - this.#quietSince >= this.#peaceMs && this.#grow(wanted, at);
  }

  /** @param {number} loss @param {WantedPicture[]} wanted @param {number} at */
  #shrink(loss, wanted, at) {
    if (at - this.#grewAt < this.#peaceMs) this.#peaceMs = Math.min(this.#peaceMs * 2, PEACE_LONGEST_MS);
    this.#quietSince = at;
    this.#grewAt = -Infinity;
    this.#budget = Math.max(RATES[0], rateOf(this.limit(wanted)) * (1 - loss) * MARGIN);
    return true;
  }

  /** @param {WantedPicture[]} wanted @param {number} at */
  #grow(wanted, at) {
    if (this.#budget === Infinity) return false;
    this.#quietSince = this.#grewAt = at;
    const had = rateOf(this.limit(wanted));
    do this.#budget *= GROWTH;
    while (rateOf(this.limit(wanted)) === had && this.#budget < rateOf(wanted)); // each time one step that can be seen
    if (this.#budget >= rateOf(wanted)) this.#budget = Infinity;
    return true;
  }

  /** Of what is wanted, what the line carries: at least the first one. @param {WantedPicture[]} wanted @returns {WantedPicture[]} */
  limit(wanted) {
    const list = wanted.map(([userId, kind, size]) => /** @type {WantedPicture} */ ([userId, kind, size]));
    for (let i = list.length - 1; i >= 0 && rateOf(list) > this.#budget; )
      if (list[i][2] > 0) list[i][2] -= 1;
      else i -= 1;
    while (list.length > 1 && rateOf(list) > this.#budget) list.pop();
    return list;
  }
}
