/**
 * How well the media of each of the others arrives, measured in this browser: packets lost, and how long one takes there
 * and back. Only what lasts counts, and only what is bad is of interest to anybody.
 */
import { createStore } from './store.js';
import { lossBetween } from './transport/stats.js';

/** @typedef {import('./media-transport.js').Sample} Sample */
/** @typedef {'weak' | 'bad'} Quality */

const EVERY_MS = 1_000;
/** Everybody is asked once in so many turns, a part of them in each: reports are long. */
const TURNS = 4;
const WEAK = { loss: 0.04, roundTripMs: 400 };
const BAD = { loss: 0.12, roundTripMs: 900 };
/** In a row, before it shows. */
const LASTS = 2;

/** @param {Sample | undefined} before @param {Sample} now @returns {Quality | null} null: good, or not known */
export function judge(before, now) {
  if (!before) return null;
  const loss = lossBetween(before, now);
  if (loss > BAD.loss || now.roundTripMs > BAD.roundTripMs) return 'bad';
  return loss > WEAK.loss || now.roundTripMs > WEAK.roundTripMs ? 'weak' : null;
}

export class ConnectionQuality {
  /** Those with whom it is not good. */
  store = createStore({ users: /** @type {Record<number, Quality>} */ ({}) });
  #views;
  #sample;
  #timer;
  #turn = 0;
  /** @type {Map<number, {sample: Sample, quality: Quality | null, times: number}>} */
  #known = new Map();

  /**
   * @param {() => {userId: number}[]} views of whom there are media
   * @param {(userId: number) => Promise<Sample | null>} sample null: not known
   */
  constructor(views, sample) {
    this.#views = views;
    this.#sample = sample;
    this.#timer = setInterval(() => this.#sampleSome(), EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
  }

  async #sampleSome() {
    this.#turn += 1;
    const people = new Set(this.#views().map(({ userId }) => userId));
    for (const userId of this.#known.keys()) if (!people.has(userId)) this.#known.delete(userId);
    const now = [...people].filter((userId) => userId % TURNS === this.#turn % TURNS);
    await Promise.all(
      now.map(async (userId) => {
        const sample = await this.#sample(userId);
        if (sample) this.#learnSample(userId, sample);
      }),
    );
    this.#publish();
  }

  /** @param {number} userId @param {Sample} sample */
  #learnSample(userId, sample) {
    const before = this.#known.get(userId);
    const quality = judge(before?.sample, sample);
    const times = before && before.quality === quality ? before.times + 1 : 1;
    this.#known.set(userId, { sample, quality, times });
  }

  #publish() {
    const { users: shown } = this.store.get();
    /** @type {Record<number, Quality>} */
    const users = {};
    for (const [userId, { quality, times }] of this.#known) {
      const lasting = times >= LASTS ? quality : (shown[userId] ?? null);
      if (lasting) users[userId] = lasting;
    }
    if (JSON.stringify(users) !== JSON.stringify(shown)) this.store.set({ users });
  }
}
