/**
 * The STUN and TURN servers in use, with credentials that run out: asked for again before they do, for as long as the call
 * goes on.
 */

/** @typedef {import('./media-transport.js').MediaAccess} MediaAccess */

/** Renewed when this share of their life is over, so that a server that is away for a while does no harm. */
const RENEW_AT = 0.7;
const RETRY_MS = 5_000;
/** Longer than a timer of the browser can be. */
const LONGEST_MS = 24 * 60 * 60_000;

export class IceServers {
  /** @type {RTCIceServer[]} */
  servers = [];
  #ask;
  #changed;
  /** @type {import('./protocol.js').Timer} */
  #timer = 0;
  #renewAt = 0;
  #closed = false;

  /**
   * @param {() => Promise<MediaAccess>} ask the server for fresh ones
   * @param {(servers: RTCIceServer[]) => void} changed
   */
  constructor(ask, changed) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** What came with a join or a return. @param {MediaAccess | undefined} access */
  take(access) {
    const servers = access?.iceServers ?? [];
    const same = JSON.stringify(addresses(servers)) === JSON.stringify(addresses(this.servers));
    if (same && Date.now() < this.#renewAt) return; // those at hand are good for a while, and connections run over them
    this.#useServers(servers, access?.ttl);
  }

  /** A computer that slept has not heard its timers. */
  wake() {
    if (this.#renewAt && Date.now() >= this.#renewAt) this.#renewServers();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** @param {RTCIceServer[]} servers @param {number} [ttl] */
  #useServers(servers, ttl) {
    this.servers = servers;
    const lasts = ttl ? Math.min(ttl * 1000 * RENEW_AT, LONGEST_MS) : 0;
    this.#renewAt = lasts ? Date.now() + lasts : 0;
    this.#renewLater(lasts);
    this.#changed(servers);
  }

  /** @param {number} ms 0: never */
  #renewLater(ms) {
    clearTimeout(this.#timer);
    if (ms && !this.#closed) this.#timer = setTimeout(() => this.#renewServers(), ms);
  }

  async #renewServers() {
    this.#renewLater(0);
    try {
      const { iceServers, ttl } = await this.#ask();
      if (!this.#closed) this.#useServers(iceServers, ttl);
    } catch {
      this.#renewLater(RETRY_MS);
    }
  }
}

/** @param {RTCIceServer[]} servers */
const addresses = (servers) => servers.map(({ urls }) => urls);
