/**
 * Everybody connected with a media server, which forwards to each what is shown there. Knows user ids, tracks and a way to signal
 * to the server; knows nothing of sockets, rooms or views. docs/protocol.md, "Media over a server".
 */
import { Emitter } from '../store.js';
import { Downlink } from './downlink.js';
import { SfuPublisher } from './sfu-publish.js';
import { SfuReceiver } from './sfu-receive.js';
import { isRelayed } from './stats.js';
import { canConnect } from './webrtc.js';

/** @typedef {import('../media-transport.js').Local} Local */
/** @typedef {import('../media-transport.js').PeerView} PeerView */
/** @typedef {import('../video-policy.js').Want} Want */

/** Between two looks at what arrives. */
const DOWNLINK_MS = 2_000;
const SOUNDS = 8;
/** A phone shows fewer pictures at once. */
const PICTURES = { desk: 25, phone: 9 };
/** @type {Record<Want, number>} the server's number of a size; -1: not at all */
const SIZE = { none: -1, small: 0, medium: 1, large: 2 };

/** @extends {Emitter<{change: PeerView[]}>} */
export class Sfu extends Emitter {
  #myId;
  #send;
  #epoch;
  #relayOnly;
  /** @type {RTCIceServer[]} */
  #iceServers = [];
  /** @type {Set<number>} */
  #people = new Set();
  #camera;
  #screen;
  #receiver;
  #downlink = new Downlink();
  #downlinkTimer;
  /** @type {import('./downlink.js').WantedPicture[]} the most important first */
  #wanted = [];
  #closed = !canConnect(); // then the room is there without sound and picture
  #announcing = false;

  /**
   * @param {import('../media-transport.js').TransportOptions} options
   * @param {{epoch?: number}} access signals of another epoch are for another server
   */
  constructor({ myId, relayOnly, send }, { epoch = 0 }) {
    super();
    this.#myId = myId;
    this.#send = send;
    this.#epoch = epoch;
    this.#relayOnly = relayOnly;
    const options = {
      send: (/** @type {object} */ message) => this.#send(0, { epoch, ...message }),
      configuration: () => this.#configuration(),
      changed: () => this.#announce(),
    };
    const pictures = matchMedia('(max-width: 720px)').matches ? PICTURES.phone : PICTURES.desk;
    this.#camera = new SfuPublisher('pub', options);
    this.#screen = new SfuPublisher('screen', options);
    this.#receiver = new SfuReceiver({ ...options, sounds: SOUNDS, pictures });
    this.#downlinkTimer = setInterval(() => this.#lookAtDownlink(), DOWNLINK_MS);
  }

  get #connections() {
    return [this.#camera, this.#screen, this.#receiver];
  }

  /** @returns {RTCConfiguration} */
  #configuration() {
    return {
      iceServers: this.#iceServers,
      iceTransportPolicy: this.#relayOnly ? 'relay' : 'all',
      bundlePolicy: 'max-bundle',
    };
  }

  /** From now on; what runs over a TURN server with the former credentials is made anew. @param {RTCIceServer[]} iceServers */
  async setIceServers(iceServers) {
    this.#iceServers = iceServers;
    for (const connection of this.#connections) {
      const reports = await connection.pc?.getStats().catch(() => null);
      if (reports && isRelayed(reports)) connection.open();
    }
  }

  /** @param {boolean} relayOnly */
  setRelayOnly(relayOnly) {
    if (relayOnly === this.#relayOnly) return;
    this.#relayOnly = relayOnly;
    for (const connection of this.#connections) if (connection.pc) connection.open();
  }

  /** @param {Map<number, import('../video-policy.js').Wants>} wants */
  setWants(wants) {
    /** @type {import('./downlink.js').WantedPicture[]} */
    const list = [...wants].flatMap(([userId, { camera, screen }]) => [
      [userId, 'screen', SIZE[screen]],
      [userId, 'camera', SIZE[camera]],
    ]);
    const rank = (/** @type {import('./downlink.js').WantedPicture} */ [, kind, size]) =>
      size * 2 + (kind === 'screen' ? 1 : 0);
    this.#wanted = list.filter(([, , size]) => size >= 0).sort((a, b) => rank(b) - rank(a));
    this.#receiver.setWants(this.#downlink.limit(this.#wanted));
  }

  async #lookAtDownlink() {
    const arrived = await this.#receiver.arrived();
    if (arrived && this.#downlink.update(arrived, this.#wanted, performance.now()))
      this.#receiver.setWants(this.#downlink.limit(this.#wanted));
  }

  /** @param {Local} local */
  async setLocal({ microphone, camera, screen }) {
    if (this.#closed) return;
    const [audio = null] = screen?.getAudioTracks() ?? [];
    const [video = null] = screen?.getVideoTracks() ?? [];
    await Promise.all([
      this.#camera.setTracks({ audio: microphone, video: camera }),
      this.#screen.setTracks({ audio, video }),
    ]);
  }

  /** @param {{userId: number}[]} people */
  setPeople(people) {
    if (this.#closed) return;
    this.#people = new Set(people.map(({ userId }) => userId).filter((userId) => userId !== this.#myId));
    this.#receiver.keep((userId) => this.#people.has(userId));
    if (!this.#receiver.pc) this.#receiver.open();
    this.#announce();
  }

  /** @param {number} from 0: the server @param {import('./sfu-connection.js').SfuMessage | null} message */
  receive(from, message) {
    if (this.#closed || from !== 0 || message?.epoch !== this.#epoch) return;
    if (message.kind === 'ready') this.wake();
    /** @type {Record<string, SfuPublisher | SfuReceiver>} */
    const byName = { pub: this.#camera, screen: this.#screen, sub: this.#receiver };
    const connection = byName[message.pc];
    if (connection?.pc && message.gen === connection.gen) connection.receive(message);
  }

  wake() {
    for (const connection of this.#connections) connection.wake();
  }

  levels() {
    return this.#receiver.levels();
  }

  /** @param {number} userId */
  sample(userId) {
    return this.#receiver.sample(userId);
  }

  async flows() {
    const sent = await Promise.all([this.#camera.flows(), this.#screen.flows()]);
    return [...sent.flat().map((flow) => ({ ...flow, userId: this.#myId })), ...(await this.#receiver.flowsOfPeople())];
  }

  close() {
    this.#closed = true;
    clearInterval(this.#downlinkTimer);
    for (const connection of this.#connections) connection.close();
    this.#people.clear();
    this.#announce();
  }

  /** @returns {PeerView[]} */
  view() {
    const { state } = this.#receiver;
    return [...this.#people].map((userId) => ({ userId, remote: this.#receiver.remote(userId), state }));
  }

  /** Several changes of one turn are told once. */
  #announce() {
    if (this.#announcing) return;
    this.#announcing = true;
    queueMicrotask(() => {
      this.#announcing = false;
      this.emit('change', this.view());
    });
  }
}
