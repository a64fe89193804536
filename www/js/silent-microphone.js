/**
 * Whether a microphone that is on gives no sound at all: switched off on the device itself, or by the system. Even a quiet
 * room is more than nothing. Some give nothing between words, because a program takes all noise away; they are known by
 * their coming back.
 */
import { createStore } from './store.js';

const NOTHING = 1e-6;
/** One that was never heard, and one that was. */
const NEVER_HEARD_MS = 8_000;
const HEARD_MS = 20_000;
/** Who is back after such a silence has pauses without any noise. */
const PAUSE_MS = 1_000;

export class SilentMicrophone {
  store = createStore({ silent: false });
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #soundAt = 0;
  #limitMs = NEVER_HEARD_MS;

  /** @param {MediaStreamTrack | null} track one that is on, and is measured @param {number} level 0 to 1 @param {number} now ms */
  hear(track, level, now) {
    if (track !== this.#track) {
      this.#track = track;
      this.#limitMs = NEVER_HEARD_MS;
      this.#soundAt = now;
    } else if (level > NOTHING) {
      const back = this.#limitMs !== NEVER_HEARD_MS && now - this.#soundAt > PAUSE_MS;
      this.#limitMs = back ? Infinity : Math.max(this.#limitMs, HEARD_MS);
      this.#soundAt = now;
    }
    this.store.set({ silent: track !== null && now - this.#soundAt > this.#limitMs });
  }
}
