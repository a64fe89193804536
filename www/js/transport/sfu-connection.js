/**
 * One connection between this page and the media server: what sending and receiving have in common. Signals may get lost, so what
 * was asked is asked again until it is answered. What breaks is made anew, under a higher number (`gen`): nothing is mended.
 */

import { flowsOf } from './stats.js';

/** @typedef {import('../media-transport.js').ConnectionState} ConnectionState */
/**
 * A signal of the media server. `kind`: "ready", "answer", "layers", "offer", "slots", "switched", "gone", "refused".
 * @typedef {{epoch: number, kind: string, pc: string, gen: number, sdp: string, size: unknown, n: number,
 *   slots?: Record<string, [number, string]>, code?: string}} SfuMessage
 */
/**
 * @typedef {object} SfuOptions
 * @property {(message: object) => void} send a signal to the media server; it may get lost
 * @property {() => RTCConfiguration} configuration of a new connection
 * @property {() => void} changed the state, or what arrives, is other than before
 */

const REPEAT_MS = 2_500;
/** "disconnected" often mends itself; after this the connection is made anew. */
const DISCONNECTED_MS = 3_000;
/** A connection that does not stand after this is made anew; each try is given longer. */
const CONNECT_MS = 8_000;
const CONNECT_LONGEST_MS = 30_000;
const GROWTH = 1.5;

/** Rises, also from one page of a person to the next: the server takes the highest for the present one. */
let lastGen = 0;
const nextGen = () => {
  lastGen = Math.max(lastGen + 1, Date.now());
  return lastGen;
};

/**
 * What a page says of a connection. Not where it is: the server learns that from the connection's own checks, and with candidates
 * gathered meanwhile a repeated answer of many lines would be too large for one message.
 * @param {RTCPeerConnection} pc
 */
export const spoken = (pc) => pc.localDescription?.sdp.replace(/^a=(candidate:.*|end-of-candidates)\r\n/gm, '');

export class SfuConnection {
  /** @type {RTCPeerConnection | null} null: none is wanted */
  pc = null;
  gen = 0;
  /** @type {ConnectionState} */
  state = 'connecting';
  /** @type {SfuOptions} */
  o;
  /** how the server calls this connection */
  #name;
  #tries = 0;
  /** @type {Record<'repeat' | 'try', import('../protocol.js').Timer>} */
  #timers = { repeat: 0, try: 0 };

  /** @param {'pub' | 'screen' | 'sub'} name @param {SfuOptions} options */
  constructor(name, options) {
    this.#name = name;
    this.o = options;
  }

  /** Begins, or begins anew. */
  open() {
    this.#shut();
    const pc = new RTCPeerConnection(this.o.configuration());
    this.pc = pc;
    this.gen = nextGen();
    pc.onconnectionstatechange = () => this.#connectionChanged();
    this.#tryAfter(Math.min(CONNECT_MS * GROWTH ** this.#tries, CONNECT_LONGEST_MS));
    this.begin(pc).catch((error) => this.pc === pc && console.warn('media', this.#name, error));
  }

  /** Says what there is to say at the beginning. @param {RTCPeerConnection} pc */
  async begin(pc) {
    void pc;
  }

  /** It does not stand, or not as it should. */
  renew() {
    if (!this.pc) return;
    this.#tries += 1;
    this.#become(this.#tries > 2 ? 'blocked' : 'trouble');
    this.open();
  }

  close() {
    if (this.pc) this.say({ kind: 'stop' });
    this.#shut();
  }

  /** What was asked last may have been lost. */
  wake() {
    this.#tries = 0;
    if (this.pc && this.pc.connectionState !== 'connected') this.#again?.();
  }

  /** @param {object} message */
  say(message) {
    this.o.send({ pc: this.#name, gen: this.gen, ...message });
  }

  /** Says it until `answered` is called, or the connection is another one. @param {() => object} message */
  ask(message) {
    const { pc } = this;
    this.#again = () => {
      clearTimeout(this.#timers.repeat);
      if (this.pc !== pc) return;
      this.say(message());
      this.#timers.repeat = setTimeout(() => this.#again?.(), REPEAT_MS);
    };
    this.#again();
  }

  /** All that goes over it. */
  async flows() {
    const stats = await this.pc?.getStats().catch(() => null);
    return stats ? flowsOf(stats) : [];
  }

  answered() {
    clearTimeout(this.#timers.repeat);
    this.#again = null;
  }

  /** @param {SfuMessage} message of the server, for this connection. @returns {boolean} whether that was all */
  receive(message) {
    if (message.kind === 'gone') this.renew();
    else if (message.kind === 'refused') console.warn('media', this.#name, 'refused:', message.code);
    else return false;
    return true;
  }

  /** @type {(() => void) | null} */
  #again = null;

  #shut() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#again = null;
    if (this.pc) this.pc.onconnectionstatechange = this.pc.ontrack = null;
    this.pc?.close();
    this.pc = null;
  }

  /** @param {number} ms */
  #tryAfter(ms) {
    clearTimeout(this.#timers.try);
    this.#timers.try = setTimeout(() => this.renew(), ms);
  }

  #connectionChanged() {
    const state = this.pc?.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#timers.try);
      this.#tries = 0;
      this.answered();
      this.#become('connected');
    } else if (state === 'failed') this.renew();
    else if (state === 'disconnected') this.#tryAfter(DISCONNECTED_MS);
  }

  /** @param {ConnectionState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.o.changed();
  }
}
