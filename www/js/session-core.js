/** What the parts of a meeting session share: its state, and the way to the server. */
import { ProtocolError } from './protocol.js';
import { applyEvent } from './room-state.js';
import { Emitter, createStore } from './store.js';

/** @typedef {import('./room-state.js').Room} Room */
/** @typedef {import('./room-state.js').Message} Message */
/** @typedef {{clientId: string, text: string, to: number | null, replyTo: Message | null, failed: string | null}} PendingMessage one that is not stored yet */
/** @typedef {{id: number, userId: number, reaction: string}} Reaction */
/**
 * @typedef {object} Waiting in the lobby
 * @property {Rest.MeetingBrief | Rest.Meeting | undefined} meeting what one may see of it
 * @property {'waits' | 'refused' | 'closed'} state
 * @property {boolean} sentBack by somebody, after having been in
 * @property {string | null} code why it is closed
 */
/**
 * @typedef {object} SessionState
 * @property {'before' | 'joining' | 'waiting' | 'in' | 'ended'} phase
 * @property {Waiting | null} waiting
 * @property {{by: number} | null} unmuteAsked somebody would like to hear this person
 * @property {Message | null} replyTo the message that the next one answers
 * @property {boolean} reconnecting
 * @property {boolean} serverAway it is the server that went away, and it said so
 * @property {boolean} socketBlocked the server answers, but the live connection does not open
 * @property {Room | null} room
 * @property {Record<number, import('./media-transport.js').PeerView>} connections media of the others, by user id
 * @property {PendingMessage[]} pending
 * @property {number} seenMessage id of the last chat message that was looked at
 * @property {number | null} chatTo whom the next chat message is for; null: everybody
 * @property {Record<number, number>} typing who is writing, and until when that is believed
 * @property {Reaction[]} reactions those that are shown now
 * @property {number | null} pinned who is large
 * @property {number | null} shownScreen whose shared screen was chosen, of several
 * @property {string | null} endCode why it ended: "left", "ended", "removed", …
 * @property {number} startedAt when this person came in, by `performance.now()`
 * @property {number} endedAt
 */

/** @type {SessionState} */
export const INITIAL = {
  phase: 'before',
  reconnecting: false,
  serverAway: false,
  socketBlocked: false,
  room: null,
  connections: {},
  pending: [],
  seenMessage: 0,
  endCode: null,
  startedAt: 0,
  endedAt: 0,
  waiting: null,
  unmuteAsked: null,
  replyTo: null,
  chatTo: null,
  typing: {},
  reactions: [],
  pinned: null,
  shownScreen: null,
};

export class SessionCore {
  store = createStore(INITIAL);
  /** What happened in the room, for those who tell it. @type {Emitter<{event: {event: import('./protocol.js').RoomEvent, room: Room}}>} */
  events = new Emitter();
  /** @type {import('./protocol.js').MeetingClient | null} */
  client = null;
  api;
  /** the meeting's */
  code;

  /** @param {import('./api.js').Api} api @param {string} code the meeting's */
  constructor(api, code) {
    this.api = api;
    this.code = code;
  }

  /**
   * Rejects with the server's reason.
   * @template {string} Type
   * @param {Type} type @param {object} [data]
   * @returns {ReturnType<typeof import('./protocol.js').MeetingClient.prototype.request<Type>>}
   */
  request(type, data) {
    return this.client ? this.client.request(type, data) : Promise.reject(new ProtocolError({ code: 'offline' }));
  }

  /** Changes the room by what the server told or answered. @param {import('./room-state.js').Change} event */
  apply(event) {
    this.store.set(({ room }) => ({ room: room && applyEvent(room, event) }));
  }
}
