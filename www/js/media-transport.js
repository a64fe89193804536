/**
 * How media travel between the people in a room: one contract for the rest of the page, whatever carries them. The server
 * says with each join which transport a meeting uses (`media.mode`).
 *
 * Only the files in transport/ know WebRTC's connections. What the rest of the page sees is people, streams and figures.
 * A new transport is a file there and a row in TRANSPORTS.
 */
import { Mesh } from './transport/mesh.js';

/** @typedef {'microphone' | 'camera' | 'screen' | 'screenAudio'} Role */
/** @typedef {{microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStream | null}} Local what is sent */
/** @typedef {Record<Role, MediaStream | null>} Remote what arrives from one person */
/** "blocked": nothing gets through, and trying again has not helped. @typedef {'connecting' | 'connected' | 'trouble' | 'blocked'} ConnectionState */
/** @typedef {{userId: number, remote: Remote, state: ConnectionState}} PeerView */
/** @typedef {{received: number, lost: number, roundTripMs: number}} Sample packets since the connection began; milliseconds there and back */
/** @typedef {import('./video-policy.js').Wants} Wants */
/**
 * `media` of a join, and the answer of GET /media. `ttl`: for how many seconds the servers' credentials are good.
 * @typedef {{mode: string, iceServers: RTCIceServer[], ttl?: number}} MediaAccess
 */
/**
 * @typedef {object} TransportOptions
 * @property {number} myId
 * @property {boolean} relayOnly whether media may take no way but over TURN servers
 * @property {(to: number, data: object) => void} send a signal to one person; it may get lost
 */
/**
 * @typedef {object} MediaTransport
 * @property {(event: 'change', listener: (views: PeerView[]) => void) => () => void} on what arrives is other than before
 * @property {() => PeerView[]} view of each of the others, as `change` tells it
 * @property {(people: {userId: number, online: boolean}[]) => void} setPeople who is in the room. Whose page is away keeps
 *   what is connected, but nothing is begun with it
 * @property {(local: Local) => Promise<void>} setLocal what is sent to everybody from now on
 * @property {(wants: Map<number, Wants>) => void} setWants how large the pictures of others are shown here; whoever is not
 *   named is shown large
 * @property {(iceServers: RTCIceServer[]) => void} setIceServers from now on, for running connections too
 * @property {(relayOnly: boolean) => void} setRelayOnly
 * @property {(from: number, data: any) => void} receive a signal; `from` is stamped by the server, `data` may be anything
 * @property {(userId?: number) => void} wake signals go through again, to this person or to all: what got lost is repeated
 * @property {() => Map<number, number>} levels how loud each of the others is at this moment, 0 to 1
 * @property {(userId: number) => Promise<Sample | null>} sample how well that person's media arrive; null: not known
 * @property {() => void} close for good
 */

/** By `media.mode`. @type {Record<string, (options: TransportOptions) => MediaTransport>} */
const TRANSPORTS = { mesh: (options) => new Mesh(options) };

/** The server names a transport that this page does not have. */
export class UnknownMediaMode extends Error {}

/**
 * @param {MediaAccess} access what the server said with the join
 * @param {TransportOptions} options
 * @returns {MediaTransport}
 * @throws {UnknownMediaMode}
 */
export function createTransport({ mode }, options) {
  if (!Object.hasOwn(TRANSPORTS, mode)) throw new UnknownMediaMode(String(mode));
  return TRANSPORTS[mode](options);
}
