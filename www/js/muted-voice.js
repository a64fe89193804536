/**
 * Whether somebody speaks whose microphone is off: people forget, and talk to nobody. What is off is only the track that
 * goes to the others; a copy of it is measured here, in this browser, and stopped as soon as the microphone is on.
 */
import { Meter } from './speaking.js';
import { createStore } from './store.js';

const EVERY_MS = 100;
const LOUD = 0.03;
/** A door or a key is loud once; a voice is loud several times within a second. */
const TIMES = 2;
const WITHIN_MS = 1_200;

export class MutedVoice {
  store = createStore({ speaking: false });
  #media;
  #meter = new Meter({ samples: 4096 }); // nearly all that there is between two looks
  #timer;
  /** @type {MediaStreamTrack | null} whose copy is measured */
  #original = null;
  /** @type {MediaStreamTrack | null} */
  #copy = null;
  /** @type {number[]} when it was loud */
  #loud = [];

  /** @param {import('./media.js').LocalMedia} media */
  constructor(media) {
    this.#media = media;
    this.#timer = setInterval(() => this.#listenOnce(), EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
    this.#measureTrack(null);
    this.#meter.close();
  }

  #listenOnce() {
    const { microphone, microphoneOn } = this.#media.store.get();
    this.#measureTrack(microphoneOn ? null : microphone);
    const now = performance.now();
    this.#loud = this.#loud.filter((at) => now - at < WITHIN_MS);
    if (this.#copy && this.#meter.level() > LOUD) this.#loud.push(now);
    this.store.set({ speaking: this.#loud.length >= TIMES });
  }

  /** @param {MediaStreamTrack | null} track */
  #measureTrack(track) {
    if (track === this.#original) return;
    this.#copy?.stop();
    this.#loud = [];
    this.#original = track;
    this.#copy = track?.clone() ?? null;
    if (this.#copy) this.#copy.enabled = true;
    this.#meter.listen(this.#copy);
  }
}
