/**
 * Sound and pictures while this person is in a room: the transport, the servers it goes over, and what is read off it:
 * who is how large here, who speaks, whose connection is bad, and whether this person talks while muted.
 *
 * Where the server wants a transport that this page does not have, the room is there without sound and picture.
 */
import { IceServers } from './ice-servers.js';
import { UnknownMediaMode, createTransport } from './media-transport.js';
import { MutedVoice } from './muted-voice.js';
import { ConnectionQuality } from './quality.js';
import { settings } from './settings.js';
import { ShownPictures } from './shown-pictures.js';
import { SilentMicrophone } from './silent-microphone.js';
import { Speaking } from './speaking.js';
import { Emitter } from './store.js';
import { HandOver } from './transport/hand-over.js';

/** @typedef {import('./media-transport.js').MediaAccess} MediaAccess */
/** @typedef {import('./media-transport.js').MediaTransport} MediaTransport */
/** @typedef {import('./media-transport.js').PeerView} PeerView */
/**
 * @typedef {object} RoomMediaOptions
 * @property {number} myId
 * @property {MediaAccess} access what the server said with the join
 * @property {import('./media.js').LocalMedia} local one's own devices
 * @property {(to: number, data: object) => void} send a signal to another page, 0: to the media server
 * @property {() => Promise<MediaAccess>} renew asks the server for fresh credentials
 */

/** @extends {Emitter<{change: PeerView[], ownLevel: number}>} */
export class RoomMedia extends Emitter {
  /** @type {MediaTransport | null} null: the server wants one that is unknown here */
  transport = null;
  /** how media go, as the server calls it */
  mode;
  iceServers;
  speaking;
  mutedVoice;
  silentMicrophone = new SilentMicrophone();
  quality;
  #myId;
  #send;
  #epoch;
  #local;
  #shown;
  /** @type {Parameters<MediaTransport['setPeople']>[0]} */
  #people = [];
  #unsubscribe;
  #unsubscribeTransport = () => {};

  /** @param {RoomMediaOptions} options */
  constructor({ myId, access, local, send, renew }) {
    super();
    this.#myId = myId;
    this.#send = send;
    this.#local = local;
    this.mode = access.mode;
    this.#epoch = access.epoch ?? 0;
    this.iceServers = new IceServers(renew, (servers) => this.transport?.setIceServers(servers));
    this.#use(this.#createTransport(access));
    this.iceServers.take(access);
    this.#unsubscribe = local.store.subscribe(() => this.#sendLocal());
    this.#sendLocal();
    const view = () => this.transport?.view() ?? [];
    this.#shown = new ShownPictures(
      view,
      (wants) => this.transport?.setWants(wants),
      () => (settings.get().receiveQuality === 'auto' ? 'large' : 'small'),
    );
    this.speaking = new Speaking(
      myId,
      () => local.store.get().microphone,
      () => this.transport?.levels() ?? new Map(),
      (track, level) => {
        this.silentMicrophone.hear(track, level, performance.now());
        this.emit('ownLevel', level);
      },
    );
    this.mutedVoice = new MutedVoice(local);
    this.quality = new ConnectionQuality(view, async (userId) => this.transport?.sample(userId) ?? null);
  }

  /** What the server called a way that this page does not know; null: it knows it. */
  get unknownMode() {
    return this.transport ? null : this.mode;
  }

  /** Who is in the room. @param {Parameters<MediaTransport['setPeople']>[0]} people */
  setPeople(people) {
    this.#people = people;
    this.transport?.setPeople(people);
  }

  /** The meeting's media go another way, or by another server. What the server said before that is not listened to. @param {{mode: string, epoch?: number}} to */
  move({ mode, epoch = 0 }) {
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    this.mode = mode;
    const { servers } = this.iceServers;
    const before = this.transport;
    const next = this.#createTransport({ mode, epoch, iceServers: servers });
    next?.setIceServers(servers);
    next?.setPeople(this.#people);
    if (!before || !next) before?.close();
    this.#use(before && next ? this.#handOver(before, next) : next);
    this.#sendLocal();
  }

  /** @param {MediaTransport} before @param {MediaTransport} next */
  #handOver(before, next) {
    const both = new HandOver(before, next, () => this.transport === both && this.#use(next)); // or the next move has begun
    return both;
  }

  /** @param {MediaAccess} access */
  #createTransport(access) {
    return transportFor(access, { myId: this.#myId, send: this.#send, relayOnly: settings.get().relayOnly });
  }

  /** @param {MediaTransport | null} transport */
  #use(transport) {
    this.#unsubscribeTransport();
    this.transport = transport;
    this.#unsubscribeTransport = transport?.on('change', (views) => this.emit('change', views)) ?? (() => {});
    this.emit('change', transport?.view() ?? []);
  }

  #sendLocal() {
    const { microphone, camera, screen } = this.#local.store.get();
    this.transport?.setLocal({ microphone, camera, screen });
  }

  close() {
    this.#unsubscribe();
    this.transport?.close();
    for (const part of [this.speaking, this.mutedVoice, this.quality, this.#shown, this.iceServers]) part.close();
  }
}

/** @param {MediaAccess} access @param {import('./media-transport.js').TransportOptions} options */
function transportFor(access, options) {
  try {
    return createTransport(access, options);
  } catch (error) {
    if (!(error instanceof UnknownMediaMode)) throw error;
    console.error('media: unknown mode', access.mode);
    return null;
  }
}
