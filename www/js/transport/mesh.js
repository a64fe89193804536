/**
 * Everybody connected with everybody: one Peer for each other participant. Knows user ids, tracks and a way to send a
 * signal; knows nothing of sockets, rooms or views.
 *
 * A signal carries the `instance` it comes from (a random name of the page and a running number of the connection) and
 * the one it is meant `for`. When a page was loaded again, or a connection was made anew, the other side sees an instance
 * it does not know and replaces its own end too; what was meant for an earlier connection is not taken for this one.
 */
import { newId } from '../ids.js';
import { Emitter } from '../store.js';
import { EVERYTHING } from '../video-policy.js';
import { Peer } from './peer.js';
import { canConnect } from './webrtc.js';

/** @typedef {import('../media-transport.js').Local} Local */
/** @typedef {import('../media-transport.js').PeerView} PeerView */
/** @typedef {import('./peer.js').Signal} Signal */
/** @typedef {import('../video-policy.js').Wants} Wants */

/** Signals of somebody whose arrival has not been announced are kept so long, and so many of them. */
const STRANGER_MS = 10_000;
const STRANGER_SIGNALS = 64;
/** Who signals to a connection that is gone is told the present one, at most this often. */
const INTRODUCE_MS = 1_000;

/** @extends {Emitter<{change: PeerView[]}>} */
export class Mesh extends Emitter {
  /** @type {Map<number, Peer>} for tests and diagnosis as well */
  peers = new Map();
  page = newId().slice(0, 8);

  #myId;
  #send;
  /** @type {RTCIceServer[]} */
  #iceServers = [];
  #relayOnly;
  /** @type {Map<number, Wants>} how large the pictures of others are shown here */
  #wants = new Map();
  /** @type {Set<number>} people with whom trying again has not helped */
  #blocked = new Set();
  /** @type {Map<number, boolean>} who is in the room, and whether a page of theirs can hear signals now */
  #members = new Map();
  /** @type {Local} */
  #local = { microphone: null, camera: null, screen: null };
  #count = 0;
  #closed = !canConnect(); // then the room is there without sound and picture
  /** @type {Map<number, number>} */
  #introduced = new Map();
  /** @type {Map<number, {message: Signal, at: number}[]>} signals from people who are not known yet */
  #heldSignals = new Map();
  #announcing = false;

  /** @param {import('../media-transport.js').TransportOptions} options */
  constructor({ myId, send, relayOnly }) {
    super();
    this.#myId = myId;
    this.#send = send;
    this.#relayOnly = relayOnly;
  }

  /** From now on; connections that need it are led a new way. @param {RTCIceServer[]} iceServers */
  setIceServers(iceServers) {
    this.#iceServers = iceServers;
    for (const peer of this.peers.values()) peer.setIceServers(iceServers);
  }

  /** Connections are made anew, for a running one may go over what is not wanted any more. @param {boolean} relayOnly */
  setRelayOnly(relayOnly) {
    if (relayOnly === this.#relayOnly) return;
    this.#relayOnly = relayOnly;
    for (const userId of [...this.peers.keys()]) this.#renewPeer(userId, false);
  }

  /** How large the pictures of others are shown here; of whoever is not named it is not known. @param {Map<number, Wants>} wants */
  setWants(wants) {
    this.#wants = wants;
    for (const [userId, peer] of this.peers) peer.setWants(this.#wantsOf(userId));
  }

  /** @param {number} userId */
  #wantsOf(userId) {
    return this.#wants.get(userId) ?? EVERYTHING;
  }

  /** What we send to everybody from now on. @param {Local} local */
  async setLocal(local) {
    this.#local = local;
    await Promise.all([...this.peers.values()].map((peer) => peer.setLocal(local)));
  }

  /**
   * Who is in the room. Where somebody's page cannot be reached at the moment a running connection is kept, but none
   * is begun.
   * @param {{userId: number, online: boolean}[]} people
   */
  setPeople(people) {
    if (this.#closed) return;
    const present = new Set(people.map(({ userId }) => userId));
    for (const id of [...this.#members.keys(), ...this.peers.keys()]) if (!present.has(id)) this.#removePerson(id);
    const others = people.filter(({ userId }) => userId !== this.#myId);
    for (const { userId, online } of others) this.#members.set(userId, online);
    for (const peer of this.peers.values()) peer.setOthers(this.#members.size);
    for (const { userId, online } of others) {
      this.#receiveHeldSignals(userId);
      if (online && !this.peers.has(userId)) this.#createPeer(userId, null);
    }
  }

  /** @param {number} userId somebody is gone for good */
  #removePerson(userId) {
    this.#members.delete(userId);
    this.#introduced.delete(userId);
    this.#heldSignals.delete(userId);
    this.#blocked.delete(userId);
    this.#dropPeer(userId);
  }

  /** Our own socket is back, or that person's: what was signalled meanwhile may be lost. @param {number} [userId] */
  wake(userId) {
    for (const [id, peer] of this.peers) if (userId === undefined || id === userId) peer.wake();
  }

  /** How loud each of the others is. @returns {Map<number, number>} */
  levels() {
    return new Map([...this.peers].map(([userId, peer]) => [userId, peer.level()]));
  }

  /** @param {number} userId */
  async sample(userId) {
    return (await this.peers.get(userId)?.sample()) ?? null;
  }

  async flows() {
    const lists = [...this.peers].map(async ([userId, peer]) =>
      (await peer.flows()).map((flow) => ({ ...flow, userId: flow.direction === 'in' ? userId : this.#myId })),
    );
    return (await Promise.all(lists)).flat();
  }

  /** @param {number} from stamped by the server @param {Signal | null} message */
  receive(from, message) {
    if (this.#closed || typeof message?.instance !== 'string') return;
    if (!this.#members.has(from)) {
      this.#holdSignal(from, message);
      return;
    }
    let peer = this.peers.get(from) ?? this.#createPeer(from, message.instance);
    if (isEarlier(message.instance, peer.remoteInstance)) return;
    if (message.for && message.for !== peer.instance) {
      this.#introducePeer(from, peer);
      return;
    }
    if (peer.remoteInstance !== message.instance && peer.negotiated) peer = this.#createPeer(from, message.instance);
    peer.remoteInstance = message.instance;
    peer.receive(message);
  }

  /** Everybody renegotiates without need, for tests and diagnosis. */
  renegotiate() {
    return Promise.all([...this.peers.values()].map((peer) => peer.renegotiate()));
  }

  close() {
    this.#closed = true;
    for (const peer of this.peers.values()) peer.close();
    this.peers.clear();
    this.#heldSignals.clear();
    this.#announceChange();
  }

  /** @returns {PeerView[]} */
  view() {
    return [...this.peers].map(([userId, { remote, state }]) => ({ userId, remote, state }));
  }

  /** @param {number} userId @param {string | null} remoteInstance @returns {Peer} */
  #createPeer(userId, remoteInstance) {
    const before = this.peers.get(userId);
    if (before?.state === 'trouble' && !before.wasConnected) this.#blocked.add(userId); // the other side gave it up first
    before?.close();
    this.#count += 1;
    const peer = new Peer({
      id: userId,
      polite: this.#myId < userId,
      instance: `${this.page}.${this.#count}`,
      remoteInstance,
      iceServers: this.#iceServers,
      iceTransportPolicy: this.#relayOnly ? 'relay' : 'all',
      blocked: this.#blocked.has(userId),
      tries: before?.tries ?? 0,
      local: this.#local,
      others: this.#members.size,
      wants: this.#wantsOf(userId),
      send: (message) => this.#send(userId, message),
      changed: () => {
        if (peer.state === 'connected') this.#blocked.delete(userId);
        this.#announceChange();
      },
      renew: (hopeless) => this.#renewPeer(userId, hopeless),
    });
    this.peers.set(userId, peer);
    this.#announceChange();
    return peer;
  }

  /** @param {number} userId */
  #dropPeer(userId) {
    this.peers.get(userId)?.close();
    if (this.peers.delete(userId)) this.#announceChange();
  }

  /**
   * A signal may overtake the news that its sender has come, and may come late from somebody who is gone. So it waits
   * until the room says that its sender is there, for a while.
   * @param {number} userId @param {Signal} message
   */
  #holdSignal(userId, message) {
    const now = performance.now();
    for (const [id, list] of this.#heldSignals)
      if (now - list[list.length - 1].at > STRANGER_MS) this.#heldSignals.delete(id);
    const list = this.#heldSignals.get(userId) ?? [];
    this.#heldSignals.set(userId, [...list.slice(1 - STRANGER_SIGNALS), { message, at: now }]);
  }

  /** @param {number} userId is known from now on */
  #receiveHeldSignals(userId) {
    const list = this.#heldSignals.get(userId) ?? [];
    this.#heldSignals.delete(userId);
    for (const { message, at } of list) if (performance.now() - at <= STRANGER_MS) this.receive(userId, message);
  }

  /** @param {number} userId @param {boolean} hopeless */
  #renewPeer(userId, hopeless) {
    if (hopeless) this.#blocked.add(userId);
    if (this.#members.get(userId)) this.#createPeer(userId, null);
    else this.#dropPeer(userId); // begun again when their page is back
  }

  /** @param {number} userId @param {Peer} peer */
  #introducePeer(userId, peer) {
    const now = performance.now();
    if (now - (this.#introduced.get(userId) ?? -Infinity) < INTRODUCE_MS) return;
    this.#introduced.set(userId, now);
    peer.introduce();
  }

  /** Several changes of one turn are told once. */
  #announceChange() {
    if (this.#announcing) return;
    this.#announcing = true;
    queueMicrotask(() => {
      this.#announcing = false;
      this.emit('change', this.view());
    });
  }
}

/** Whether a connection is from before another one of the same page: its signals were held up. @param {string} instance @param {string | null} known */
function isEarlier(instance, known) {
  const [page, count] = instance.split('.');
  const [knownPage, knownCount] = known?.split('.') ?? [];
  return page === knownPage && Number(count) < Number(knownCount);
}
