/**
 * How media travel between the people in a room: one contract for the rest of the page, whatever carries them. The server
 * says with each join which transport a meeting uses (`media.mode`).
 *
 * Only the files in transport/ know WebRTC's connections. What the rest of the page sees is people, streams and figures.
 * A new transport is a file there and a row in TRANSPORTS.
 */
import { Mesh } from './transport/mesh.js';
import { Sfu } from './transport/sfu.js';

/** @typedef {'microphone' | 'camera' | 'screen' | 'screenAudio'} Role */
/** @typedef {{microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStream | null}} Local what is sent */
/** @typedef {Record<Role, MediaStream | null>} Remote what arrives from one person */
/** "blocked": nothing gets through, and trying again has not helped. @typedef {'connecting' | 'connected' | 'trouble' | 'blocked'} ConnectionState */
/** @typedef {{userId: number, remote: Remote, state: ConnectionState}} PeerView */
/** @typedef {{received: number, lost: number, roundTripMs: number}} Sample packets since the connection began; milliseconds there and back */
/**
 * What goes over one line, counted since its connection began.
 * @typedef {object} Flow
 * @property {number} userId whose it is; of what is sent, one's own
 * @property {'audio' | 'video'} kind
 * @property {'in' | 'out'} direction
 * @property {number} bytes
 * @property {number} packets
 * @property {number} lost packets
 * @property {number} frames pictures decoded, or sent
 * @property {string} trackId of what is received: the track's
 * @property {number} width of the picture now, 0: there is none
 * @property {number} height
 * @property {number} framesPerSecond
 * @property {number} roundTripMs there and back
 * @property {boolean} relayed over a TURN server
 */
/** @typedef {import('./video-policy.js').Wants} Wants */
/**
 * `media` of a join. `epoch` rises whenever the meeting's media go another way; `ttl`: for how many seconds the servers' credentials are good.
 * @typedef {{mode: string, epoch?: number, iceServers: RTCIceServer[], ttl?: number}} MediaAccess
 */
/**
 * @typedef {object} TransportOptions
 * @property {number} myId
 * @property {boolean} relayOnly whether media may take no way but over TURN servers
 * @property {(to: number, data: object) => void} send a signal to one person, 0: to the media server; it may get lost
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
 * @property {(from: number, data: any) => void} receive a signal; `from` is stamped by the server (0: it is the media server's), `data` may be anything
 * @property {(userId?: number) => void} wake signals go through again, to this person or to all: what got lost is repeated
 * @property {() => Map<number, number>} levels how loud each of the others is at this moment, 0 to 1
 * @property {(userId: number) => Promise<Sample | null>} sample how well that person's media arrive; null: not known
 * @property {() => Promise<Flow[]>} flows all that is sent and received, for whoever wants to know
 * @property {() => void} close for good
 */

/** By `media.mode`. @type {Record<string, (options: TransportOptions, access: MediaAccess) => MediaTransport>} */
const TRANSPORTS = { mesh: (options) => new Mesh(options), sfu: (options, access) => new Sfu(options, access) };

/** The server names a transport that this page does not have. */
export class UnknownMediaMode extends Error {}

/**
 * @param {MediaAccess} access what the server said with the join
 * @param {TransportOptions} options
 * @returns {MediaTransport}
 * @throws {UnknownMediaMode}
 */
export function createTransport(access, options) {
  if (!Object.hasOwn(TRANSPORTS, access.mode)) throw new UnknownMediaMode(String(access.mode));
  return TRANSPORTS[access.mode](options, access);
}
