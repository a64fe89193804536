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
import { Speaking } from './speaking.js';
import { Emitter } from './store.js';

/** @typedef {import('./media-transport.js').MediaAccess} MediaAccess */
/** @typedef {import('./media-transport.js').MediaTransport} MediaTransport */
/** @typedef {import('./media-transport.js').PeerView} PeerView */
/**
 * @typedef {object} RoomMediaOptions
 * @property {number} myId
 * @property {MediaAccess} access what the server said with the join
 * @property {import('./media.js').LocalMedia} local one's own devices
 * @property {(to: number, data: object) => void} send a signal to another page
 * @property {() => Promise<MediaAccess>} renew asks the server for fresh credentials
 */

/** @extends {Emitter<{change: PeerView[]}>} */
export class RoomMedia extends Emitter {
  /** @type {MediaTransport | null} null: the server wants one that is unknown here */
  transport;
  /** @type {string | null} what the server called it then */
  unknownMode;
  iceServers;
  speaking;
  mutedVoice;
  quality;
  #local;
  #shown;
  #unsubscribe;

  /** @param {RoomMediaOptions} options */
  constructor({ myId, access, local, send, renew }) {
    super();
    this.#local = local;
    this.transport = transportFor(access, { myId, send, relayOnly: settings.get().relayOnly });
    this.unknownMode = this.transport ? null : access.mode;
    this.transport?.on('change', (views) => this.emit('change', views));
    this.iceServers = new IceServers(renew, (servers) => this.transport?.setIceServers(servers));
    this.iceServers.take(access);
    this.#unsubscribe = local.store.subscribe(() => this.#sendLocal());
    this.#sendLocal();
    const view = () => this.transport?.view() ?? [];
    this.#shown = new ShownPictures(view, (wants) => this.transport?.setWants(wants));
    this.speaking = new Speaking(
      myId,
      () => local.store.get().microphone,
      () => this.transport?.levels() ?? new Map(),
    );
    this.mutedVoice = new MutedVoice(local);
    this.quality = new ConnectionQuality(view, async (userId) => this.transport?.sample(userId) ?? null);
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
