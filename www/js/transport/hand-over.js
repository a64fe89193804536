/**
 * From one transport to the next while people talk: both run until the new one brings whatever the old one brought. Each picture and
 * sound changes over by itself, as soon as it arrives the new way.
 */
import { Emitter } from '../store.js';
import { EVERYTHING } from '../video-policy.js';

/** @typedef {import('../media-transport.js').MediaTransport} MediaTransport */
/** @typedef {import('../media-transport.js').PeerView} PeerView */
/** @typedef {import('../media-transport.js').Remote} Remote */
/** @typedef {import('../media-transport.js').Role} Role */

/** What has not come the new way by then does not come the old way for ever. */
const LONGEST_MS = 10_000;
/** The others may still need what leaves this page the old way. */
const GRACE_MS = 3_000;
const ROLES = /** @type {const} */ (['microphone', 'camera', 'screen', 'screenAudio']);

/** @implements {MediaTransport} @extends {Emitter<{change: PeerView[]}>} */
export class HandOver extends Emitter {
  #from;
  #to;
  /** @type {Map<number, import('../video-policy.js').Wants>} */
  #wants = new Map();
  #unsubscribe;
  #finished;
  #complete = false;
  /** @type {import('../protocol.js').Timer} */
  #timer;

  /**
   * Closes `from` at its end.
   * @param {MediaTransport} from @param {MediaTransport} to
   * @param {() => void} finished from now on `to` does alone
   */
  constructor(from, to, finished) {
    super();
    this.#from = from;
    this.#to = to;
    this.#finished = finished;
    this.#unsubscribe = { from: from.on('change', () => this.#changed()), to: to.on('change', () => this.#changed()) };
    this.#timer = setTimeout(() => this.#end(), LONGEST_MS);
  }

  #changed() {
    if (!this.#complete && this.#bringsAll()) {
      this.#complete = true;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#end(), GRACE_MS);
    }
    this.emit('change', this.view());
  }

  /** Whether the new way brings everything that is shown or heard the old way. */
  #bringsAll() {
    const now = byUser(this.#to);
    return this.#from.view().every(({ userId, remote }) => {
      const peer = now.get(userId);
      const { camera, screen } = this.#wants.get(userId) ?? EVERYTHING;
      const wanted = ROLES.filter((role) => (role === 'camera' ? camera : role === 'screen' ? screen : '') !== 'none');
      return peer?.state === 'connected' && wanted.every((role) => !brings(remote[role]) || brings(peer.remote[role]));
    });
  }

  /** Where this is itself being handed over, it goes on by what `to` brings. */
  #end() {
    this.#unsubscribe.from();
    this.#from.close();
    this.#finished();
  }

  close() {
    clearTimeout(this.#timer);
    this.#unsubscribe.from();
    this.#unsubscribe.to();
    this.#from.close();
    this.#to.close();
  }

  view() {
    const before = byUser(this.#from);
    const now = byUser(this.#to);
    return [...new Set([...now.keys(), ...before.keys()])].map((userId) => both(before.get(userId), now.get(userId)));
  }

  levels() {
    return new Map([...this.#from.levels(), ...this.#to.levels()]);
  }

  /** @param {number} userId */
  async sample(userId) {
    return (await this.#to.sample(userId)) ?? this.#from.sample(userId);
  }

  async flows() {
    return (await Promise.all([this.#from.flows(), this.#to.flows()])).flat();
  }

  /** @param {Map<number, import('../video-policy.js').Wants>} wants */
  setWants(wants) {
    this.#wants = wants;
    for (const one of [this.#from, this.#to]) one.setWants(wants);
  }

  /** @param {Parameters<MediaTransport['setPeople']>[0]} people */
  setPeople(people) {
    for (const one of [this.#from, this.#to]) one.setPeople(people);
  }

  /** @param {import('../media-transport.js').Local} local */
  async setLocal(local) {
    await Promise.all([this.#from.setLocal(local), this.#to.setLocal(local)]);
  }

  /** @param {RTCIceServer[]} iceServers */
  setIceServers(iceServers) {
    for (const one of [this.#from, this.#to]) one.setIceServers(iceServers);
  }

  /** @param {boolean} relayOnly */
  setRelayOnly(relayOnly) {
    for (const one of [this.#from, this.#to]) one.setRelayOnly(relayOnly);
  }

  /** @param {number} from @param {any} data */
  receive(from, data) {
    for (const one of [this.#from, this.#to]) one.receive(from, data);
  }

  /** @param {number} [userId] */
  wake(userId) {
    for (const one of [this.#from, this.#to]) one.wake(userId);
  }
}

/** @param {MediaTransport} transport */
const byUser = (transport) => new Map(transport.view().map((view) => [view.userId, view]));

/** A stream may be there before anything is in it. @param {MediaStream | null} stream */
const brings = (stream) => Boolean(stream?.getTracks().length);

/** @param {PeerView | undefined} before @param {PeerView | undefined} now @returns {PeerView} */
function both(before, now) {
  if (!before || !now) return /** @type {PeerView} */ (now ?? before);
  /** @param {Role} role */
  const better = (role) => (brings(now.remote[role]) ? now.remote[role] : (before.remote[role] ?? now.remote[role]));
  const remote = /** @type {Remote} */ (Object.fromEntries(ROLES.map((role) => [role, better(role)])));
  return { userId: now.userId, remote, state: before.state === 'connected' ? before.state : now.state };
}
