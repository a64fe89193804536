/**
 * Whether a microphone that is on gives no sound at all: switched off on the device itself, or by the system. Even a quiet
 * room is more than nothing.
 */
import { createStore } from './store.js';

const NOTHING = 1e-6;
const LASTS_MS = 8_000;

export class SilentMicrophone {
  store = createStore({ silent: false });
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #heardAt = 0;

  /** @param {MediaStreamTrack | null} track one that is on, and is measured @param {number} level 0 to 1 @param {number} now ms */
  hear(track, level, now) {
    if (track !== this.#track || !track || level > NOTHING) this.#heardAt = now;
    this.#track = track;
    this.store.set({ silent: now - this.#heardAt > LASTS_MS });
  }
}
