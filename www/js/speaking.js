/**
 * Who speaks, measured in this browser: the others by the level that comes with their sound's packets, oneself by the
 * microphone's own level. Nothing about it goes over the network.
 */
import { createStore } from './store.js';

const EVERY_MS = 200;
export const LOUD = 0.02;
/** Pauses between words do not count as silence. */
const HOLD_MS = 700;

/** The loudness of one's own microphone, 0 to 1. */
export class Meter {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #samples;

  /** @param {{samples?: number}} [options] how much of the sound a look takes in: 48,000 are a second; a power of two */
  constructor({ samples = 512 } = {}) {
    this.#samples = new Float32Array(samples);
  }

  /** @param {MediaStreamTrack | null} track */
  listen(track) {
    if (track === this.#track) return;
    this.#track = track;
    this.#source?.disconnect();
    this.#source = null;
    if (!track) return;
    try {
      this.#context ??= new AudioContext();
      this.#analyser ??= new AnalyserNode(this.#context, { fftSize: this.#samples.length });
      this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
      this.#source.connect(this.#analyser);
    } catch {
      this.#source = null; // the browser will not measure it, which is no reason to do without anything else
    }
  }

  /** Whether what `level` says is true: a browser may hold the measuring back. */
  get measures() {
    return this.#source !== null && this.#context?.state === 'running';
  }

  level() {
    if (!this.#source || !this.#analyser || !this.#track?.enabled) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return Math.sqrt(this.#samples.reduce((sum, x) => sum + x * x, 0) / this.#samples.length);
  }

  close() {
    this.listen(null);
    this.#context?.close();
    this.#context = null;
  }
}

export class Speaking {
  /** Whose tile gets the ring. */
  store = createStore({ users: /** @type {ReadonlySet<number>} */ (new Set()) });
  #meter = new Meter();
  #timer;
  /** @type {Map<number, number>} when somebody was last loud */
  #heard = new Map();

  /**
   * @param {number} myId
   * @param {() => MediaStreamTrack | null} ownTrack
   * @param {() => Map<number, number>} levels how loud the others are, 0 to 1
   * @param {(track: MediaStreamTrack | null, level: number) => void} [ownLevel] is told how loud oneself is; null: that is not measured
   */
  constructor(myId, ownTrack, levels, ownLevel = () => {}) {
    this.#timer = setInterval(() => {
      const track = ownTrack();
      this.#meter.listen(track);
      const own = this.#meter.level();
      ownLevel(track?.enabled && this.#meter.measures ? track : null, own);
      for (const [userId, level] of [...levels(), [myId, own]])
        if (level > LOUD) this.#heard.set(userId, performance.now());
      this.#publish();
    }, EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
    this.#meter.close();
  }

  #publish() {
    const now = performance.now();
    for (const [userId, at] of this.#heard) if (now - at > HOLD_MS) this.#heard.delete(userId);
    const { users } = this.store.get();
    const same = users.size === this.#heard.size && [...users].every((userId) => this.#heard.has(userId));
    if (!same) this.store.set({ users: new Set(this.#heard.keys()) });
  }
}
