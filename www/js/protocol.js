/**
 * A client of the WebSocket protocol `echomeet.v1` (docs/protocol.md): one meeting over one socket that mends itself.
 * It knows no page: any program can use it that has a WebSocket and a way to get an access token.
 *
 *     const client = new MeetingClient({ url: 'wss://host/ws', getToken: async () => ({ token, expiresAt }) });
 *     client.on('snapshot', (room) => …);     // the whole room: after joining, and after too long an absence
 *     client.on('event', (event) => …);       // then every change, once and in order
 *     client.on('signal', ({ from, data }) => …);
 *     client.on('transient', ({ type, from, data }) => …);   // 'typing' and 'reaction': now or never
 *     client.on('waiting', ({ meeting, me }) => …);           // in the lobby, at first or sent back: nothing of the room comes
 *     client.on('refused', () => …);          // not let in; client.askAgain() asks once more
 *     client.on('state', (state) => …);       // 'connecting' 'waiting' 'refused' 'online' 'reconnecting' 'closed'
 *     client.on('closed', ({ code }) => …);   // it will not come back by itself, and why
 *     await client.join('K7QX2P', { password, invite });      // its answer has `waiting` where the meeting has a lobby
 *     await client.chat('hello').stored;
 *     await client.leave();
 *
 * What it takes care of: a lost socket is opened again after a growing, random delay, and the room is resumed from the
 * last event seen, as long as the place in it is this client's: where the same person joined on another device meanwhile, or left
 * there, it stays out ("taken_over", "left_elsewhere"). Chat messages that were not acknowledged are sent again under the same client id, which the server
 * stores once. Who was admitted enters by itself, and who waits waits again after a lost socket. A new access token is handed over before the old one runs out. A silent socket is asked whether it lives.
 */
import { newId } from './ids.js';
import { Emitter } from './store.js';

/** @typedef {{token: string, expiresAt: number}} AccessToken `expiresAt`: milliseconds since 1970 */
/**
 * One of them, told apart by its `type`.
 * @typedef {Rest.Event extends infer Event ? Event extends Rest.Event ? Pick<Event, keyof Event> : never : never} RoomEvent
 */
/** @typedef {ReturnType<typeof setTimeout> | number} Timer */
/** @typedef {Rest.Waiting & {resumed?: undefined}} LobbyAck */
/** @typedef {Rest.Join & {waiting?: undefined, resumed?: undefined}} Snapshot the whole room */
/** @typedef {Omit<Rest.Join, 'participants' | 'messages'> & {waiting?: undefined, resumed: true, events: RoomEvent[]}} Resumed what was missed */
/** @typedef {LobbyAck | Snapshot | Resumed} JoinAck */
/**
 * @typedef {object} Answers what the ack of a request carries, where anybody reads it
 * @property {JoinAck} join_room
 * @property {Rest.Message} chat_message
 * @property {Rest.Message} message_edit
 * @property {Rest.Message} message_delete
 * @property {Rest.Participant} raise_hand
 * @property {Rest.Participant} lower_hand
 */
/** @typedef {{userId: number, pingMs: number}} Hello as far as it is read here */
/** @typedef {ConstructorParameters<typeof ProtocolError>[0]} ErrorMember */
/**
 * What comes in, by type.
 * @typedef {{type: 'hello', data: Hello} | {type: 'ack' | 'error', id: number, data?: unknown, error?: ErrorMember}
 *   | {type: 'pong'} | {type: 'webrtc_signal' | 'media_signal', from: number, data: unknown}
 *   | {type: 'typing' | 'reaction', from: number, data: Transient | null} | RoomEvent} Incoming
 */
/** @typedef {{active?: boolean, reaction?: string}} Transient by another client, so it may be anything: checked where it is read */
/**
 * @typedef {object} Outgoing a chat message that is not acknowledged yet
 * @property {string} text
 * @property {number} [to]
 * @property {number} [replyTo]
 * @property {boolean} underWay sent on the present socket, not answered yet
 * @property {(message: Rest.Message) => void} resolve
 * @property {(error: Error) => void} reject
 */
/** @typedef {{meetingId: string | number, password?: string, invite?: string, spent?: ProtocolError}} Room `spent`: the invitation is good no more */
/** @typedef {'idle' | 'connecting' | 'waiting' | 'refused' | 'online' | 'reconnecting' | 'closed'} State */
/**
 * @typedef {object} ClientEvents
 * @property {State} state
 * @property {Snapshot} snapshot the ack of join_room with the whole room
 * @property {Resumed} resumed the ack of join_room with what was missed; its events come as `event`
 * @property {{meeting?: Rest.MeetingBrief, me?: Rest.Participant, by?: number}} waiting the ack of join_room from the lobby; without a meeting: sent back there, by whom
 * @property {{by?: number}} refused
 * @property {RoomEvent} event
 * @property {{from: number, data: unknown}} signal
 * @property {{type: 'typing' | 'reaction', from: number, data: Transient | null}} transient
 * @property {{code: string}} closed "left", "left_elsewhere", "ended", "removed", "taken_over", "signed_out", "protocol" or an error's code
 */

/** What a close code says about coming back. Codes that are not named here say yes. @type {Record<number, string>} */
const FINAL_CLOSE = {
  1002: 'protocol',
  1003: 'protocol',
  1007: 'protocol',
  1009: 'protocol',
  4400: 'protocol',
  4403: 'removed',
  4409: 'taken_over',
  4410: 'ended',
};
const CLOSE_TOKEN = 4401;

/** And what an error says that answers a join, where that is not its own code. @type {Record<string, string>} */
const VERDICTS = { meeting_ended: 'ended', meeting_cancelled: 'ended', left: 'left_elsewhere' };

/** For `since`: no event of the room is known here, but a place in it is. It is ahead of every event, so the room comes whole. */
const NOTHING_SEEN = Number.MAX_SAFE_INTEGER;

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15_000;
/** How often a first join is tried again before its caller is told. */
const FIRST_JOIN_RETRIES = 3;
/** And how long: where nothing answers, a single try takes long enough. */
const FIRST_JOIN_MS = 15_000;
const OPEN_TIMEOUT_MS = 12_000;
const ANSWER_TIMEOUT_MS = 20_000;
const PONG_TIMEOUT_MS = 6_000;
const CHAT_RETRY_MS = 1_000;
const LEAVE_TIMEOUT_MS = 3_000;
/** A new token is handed over this long before the old one runs out. */
const RENEW_MARGIN_MS = 60_000;
const RENEW_RETRY_MS = 10_000;

/** An `error` message of the server, or "offline" where there was no socket to ask, "timeout" where no answer came. */
export class ProtocolError extends Error {
  /** @param {{code: string, message?: string, retryable?: boolean, field?: string, retryAfter?: number}} error `retryAfter` in seconds */
  constructor({ code, message, retryable = false, field, retryAfter = 0 }) {
    super(message || code);
    this.name = 'ProtocolError';
    this.code = code;
    this.retryable = retryable;
    this.field = field;
    this.retryAfterMs = retryAfter * 1000;
  }
}

/** @extends {Emitter<ClientEvents>} */
export class MeetingClient extends Emitter {
  /** @type {State} */
  state = 'idle';
  /** The number of the last event seen: everything up to it has been delivered. */
  seq = -1;
  /** @type {Hello | null} the server's hello on the present socket */
  hello = null;
  /** The close code with which the room was last lost; 1001 and 1012: the server goes away and comes back. */
  lostWith = 0;

  #options;
  /** @type {WebSocket | null} */
  #socket = null;
  #nextId = 1;
  /** @type {Map<number, {resolve: (data: any) => void, reject: (error: Error) => void, timer: Timer}>} */
  #waiting = new Map();
  /** @type {Room | null} what to return to */
  #room = null;
  /** @type {{resolve: (ack: JoinAck) => void, reject: (error: unknown) => void} | null} the first join, until it is decided */
  #joining = null;
  #joined = false;
  /** Names our place in the room, for the server: it is resumed by this client only. */
  #seat = '';
  /** We were given that place, in the room or in the lobby, and have not given it up. */
  #hasPlace = false;
  /** @type {string | null} why we are about to leave */
  #leaving = null;
  /** in the lobby, with this socket */
  #waits = false;
  #myId = 0;
  /** @type {RoomEvent[]} events that overtook the ack of join_room */
  #early = [];
  /** @type {ClientEvents['signal'][]} and signals that did; they are set-up of media, so they can wait a moment */
  #earlySignals = [];
  /** @type {Map<string, Outgoing>} by client id */
  #unacked = new Map();
  #attempts = 0;
  #joinBegan = 0;
  #neverOpened = 0;
  #freshToken = false;
  #lastHeard = 0;
  #pingMs = 25_000;
  /** @type {Record<'open' | 'retry' | 'renew' | 'ping' | 'pong' | 'chat', Timer>} */
  #timers = { open: 0, retry: 0, renew: 0, ping: 0, pong: 0, chat: 0 };

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {(how: {fresh: boolean}) => Promise<AccessToken>} options.getToken rejects with a `status` of 401 when nobody
   *   is signed in any more; any other failure counts as "try again"
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {() => number} [options.random] 0 ≤ x < 1
   * @param {number} [options.firstDelayMs]
   */
  constructor(options) {
    super();
    this.#options = { WebSocket: globalThis.WebSocket, random: Math.random, firstDelayMs: FIRST_DELAY_MS, ...options };
  }

  /**
   * Opens the socket and joins. Resolves with the room; rejects when the server says no (wrong_password, meeting_full …)
   * or cannot be reached at the first try. After it has resolved the client returns to the room by itself.
   * @param {string | number} meetingId number or code
   * @param {{password?: string, invite?: string}} [options] `invite`: an invitation's token
   * @returns {Promise<JoinAck>}
   */
  join(meetingId, { password, invite } = {}) {
    if (this.#room)
      return Promise.reject(new ProtocolError({ code: 'conflict', message: 'Already joining or joined' }));
    this.#room = { meetingId, password, invite };
    this.seq = -1;
    this.#seat = newId();
    this.#hasPlace = false;
    this.#leaving = null;
    this.#joinBegan = performance.now();
    /** @type {Promise<JoinAck>} */
    const decided = new Promise((resolve, reject) => {
      this.#joining = { resolve, reject };
    });
    this.#setState('connecting');
    this.#openSocket();
    return decided;
  }

  /** After a refusal: asks to be let in once more. */
  askAgain() {
    if (this.state !== 'refused') return;
    this.#setState('connecting');
    this.#openSocket();
  }

  /**
   * One message and its answer.
   * @template {string} Type
   * @param {Type} type @param {object} [data]
   * @returns {Promise<Type extends keyof Answers ? Answers[Type] : unknown>} the ack's data
   */
  request(type, data = {}) {
    return new Promise((resolve, reject) => {
      const id = this.#nextId;
      this.#nextId += 1;
      if (!this.#writeMessage({ id, type, data })) {
        reject(new ProtocolError({ code: 'offline', retryable: true }));
        return;
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new ProtocolError({ code: 'timeout', retryable: true }));
      }, ANSWER_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /**
   * To one member of the room, or to the media server (0), for the set-up of media. Nothing keeps a signal: it arrives at once or not at all.
   * @param {number} to @param {object} data
   * @returns {boolean} whether it was written
   */
  signal(to, data) {
    const message = to ? { type: 'webrtc_signal', data: { ...data, to } } : { type: 'media_signal', data };
    return this.#joined && this.#writeMessage(message);
  }

  /**
   * To everybody else, or to one: seen by those who are there now, kept by nobody.
   * @param {'typing' | 'reaction'} type @param {object} data
   * @returns {boolean} whether it was written
   */
  tell(type, data) {
    return this.#joined && this.#writeMessage({ type, data });
  }

  /**
   * Sends a message now or as soon as the room is back, in order, stored once however often it had to be sent.
   * @param {string} text
   * @param {{to?: number, replyTo?: number, clientId?: string}} [options]
   * @returns {{clientId: string, stored: Promise<Rest.Message>}} `stored` resolves with the message as the server keeps it
   */
  chat(text, { to, replyTo, clientId = newId() } = {}) {
    /** @type {Promise<Rest.Message>} */
    const stored = new Promise((resolve, reject) => {
      this.#unacked.set(clientId, { text, to, replyTo, underWay: false, resolve, reject });
    });
    this.#sendChat(clientId);
    return { clientId, stored };
  }

  /** Says good-bye, so that the seat is free at once, and closes. @param {string} [code] */
  async leave(code = 'left') {
    this.#leaving = code;
    if ((this.#joined && this.state === 'online') || this.#waits) {
      await Promise.race([this.request('leave_room').catch(() => {}), pause(LEAVE_TIMEOUT_MS)]);
    }
    this.close(code);
  }

  /** Closes for good. @param {string} [code] */
  close(code = 'left') {
    this.#finishSession({ code });
  }

  /** Ask the socket for a sign of life, or try to come back at once: the network or the machine has just woken up. */
  nudge() {
    if (this.state === 'online' || this.state === 'waiting') this.#sendPing();
    else if (this.state === 'reconnecting' && !this.#socket) this.#openSocket();
  }

  // --- the socket -------------------------------------------------------------------------------------------------

  async #openSocket() {
    clearTimeout(this.#timers.retry);
    const room = this.#room;
    let access;
    try {
      access = await this.#options.getToken({ fresh: this.#freshToken });
    } catch (error) {
      if (this.#room !== room || this.#socket) return;
      if (/** @type {{status?: number} | null} */ (error)?.status === 401)
        this.#finishSession({ code: 'signed_out', error });
      else this.#reconnectLater(error);
      return;
    }
    if (!room || this.#room !== room || this.#socket) return;
    this.#freshToken = false;
    let socket;
    try {
      socket = new this.#options.WebSocket(this.#options.url, ['echomeet.v1', `bearer.${access.token}`]);
    } catch {
      this.#reconnectLater(new ProtocolError({ code: 'offline', retryable: true })); // there is none, or it is forbidden
      return;
    }
    this.#socket = socket;
    let opened = false;
    this.#timers.open = setTimeout(() => this.#connectionLost(socket, 1006), OPEN_TIMEOUT_MS);
    socket.onerror = () => {}; // what counts is that it closes
    socket.onopen = () => {
      opened = true;
      this.#neverOpened = 0;
      this.#renewBefore(access.expiresAt);
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#handleMessage(JSON.parse(String(data)));
    };
    socket.onclose = ({ code }) => {
      if (!opened) this.#neverOpened += 1;
      this.#connectionLost(socket, code);
    };
  }

  /** @param {WebSocket} socket @param {number} code */
  #connectionLost(socket, code) {
    if (this.#socket !== socket) return;
    if (this.#joined) this.lostWith = code;
    this.#dropSocket();
    if (FINAL_CLOSE[code]) {
      this.#finishSession({ code: FINAL_CLOSE[code] });
      return;
    }
    // A refused handshake shows no reason to a script: the second time in a row the token is suspected.
    if (code === CLOSE_TOKEN || this.#neverOpened >= 2) this.#freshToken = true;
    this.#reconnectLater(new ProtocolError({ code: 'offline', retryable: true }));
  }

  /** Takes the socket away, whatever its state; who waited for an answer is told. */
  #dropSocket() {
    const socket = this.#socket;
    this.#socket = null;
    this.#joined = this.#waits = false;
    this.hello = null;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      try {
        socket.close(1000);
      } catch {
        // Not open yet: the browser gives it up by itself.
      }
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(new ProtocolError({ code: 'offline', retryable: true }));
    }
  }

  /** Tries again later, unless this was the first join: then the caller decides. @param {unknown} error */
  #reconnectLater(error) {
    if (!this.#room) return;
    if (
      this.#joining &&
      (this.#attempts >= FIRST_JOIN_RETRIES || performance.now() - this.#joinBegan > FIRST_JOIN_MS)
    ) {
      this.#finishSession({ code: 'offline', error });
      return;
    }
    if (!this.#joining) this.#setState('reconnecting');
    const longest = Math.min(LONGEST_DELAY_MS, this.#options.firstDelayMs * 2 ** this.#attempts);
    this.#attempts += 1;
    const { retryAfterMs = 0 } = /** @type {{retryAfterMs?: number} | null} */ (error) ?? {};
    this.#timers.retry = setTimeout(
      () => this.#openSocket(),
      retryAfterMs + longest * (0.5 + this.#options.random() / 2),
    );
  }

  /** @param {{code: string, error?: unknown}} verdict */
  #finishSession({ code, error }) {
    if (this.state === 'closed') return;
    const joining = this.#joining;
    this.#joining = null;
    this.#room = null;
    this.#dropSocket();
    for (const { reject } of this.#unacked.values()) reject(new ProtocolError({ code }));
    this.#unacked.clear();
    this.#attempts = 0;
    this.#setState('closed');
    joining?.reject(error ?? new ProtocolError({ code }));
    this.emit('closed', { code });
  }

  /** @param {State} state */
  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('state', state);
  }

  /** @param {object} message */
  #writeMessage(message) {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  // --- what comes in ----------------------------------------------------------------------------------------------

  /** @param {Incoming} message */
  #handleMessage(message) {
    this.#lastHeard = performance.now();
    clearTimeout(this.#timers.pong);
    switch (message.type) {
      case 'hello':
        clearTimeout(this.#timers.open);
        this.hello = message.data;
        this.#myId = message.data?.userId ?? this.#myId;
        this.#pingMs = message.data?.pingMs ?? this.#pingMs;
        this.#watchSilence();
        this.#enterRoom();
        return;
      case 'ack':
      case 'error':
        this.#handleAnswer(message);
        return;
      case 'pong':
        return;
      case 'webrtc_signal':
      case 'media_signal':
        if (this.#joined) this.emit('signal', { from: message.from, data: message.data });
        else this.#earlySignals.push({ from: message.from, data: message.data });
        return;
      case 'typing':
      case 'reaction':
        if (this.#joined) this.emit('transient', { type: message.type, from: message.from, data: message.data });
        return;
      default:
        if (Number.isInteger(message.seq)) this.#roomEvent(message);
    }
  }

  /** @param {Extract<Incoming, {id: number}>} message */
  #handleAnswer({ type, id, data, error }) {
    const request = this.#waiting.get(id);
    if (!request) return;
    this.#waiting.delete(id);
    clearTimeout(request.timer);
    if (type === 'ack') request.resolve(data);
    else request.reject(new ProtocolError(error ?? { code: 'internal' }));
  }

  /** @param {RoomEvent} event */
  #roomEvent(event) {
    if (this.#waits) {
      this.#lobbyEvent(event);
      return;
    }
    if (!this.#joined) {
      this.#early.push(event);
      return;
    }
    if (event.seq <= this.seq) return;
    this.seq = event.seq;
    const iLeft = event.type === 'user_left' && event.data.userId === this.#myId ? event.data.reason : null;
    if (iLeft === 'lobby') {
      this.#joined = false;
      this.#waitInLobby({ by: /** @type {{by?: number}} */ (event.data).by });
      return;
    }
    this.emit('event', event);
    // By another program of the same person; what a resume tells is from before this seat.
    if (iLeft === 'left' && this.state === 'online') this.#finishSession({ code: this.#leaving ?? 'left_elsewhere' });
  }

  // --- the lobby --------------------------------------------------------------------------------------------------

  /** From now on nothing of the room comes, until somebody decides. @param {ClientEvents['waiting']} news */
  #waitInLobby(news) {
    this.#waits = true;
    this.seq = -1; // what happens meanwhile is not for us: the room comes whole
    this.#setState('waiting');
    this.emit('waiting', news);
  }

  /** @param {RoomEvent} event */
  #lobbyEvent({ type, data }) {
    if (type === 'lobby_admitted') {
      this.#waits = false;
      this.#enterRoom({ resumes: false });
    } else if (type === 'lobby_refused') {
      this.#hasPlace = false;
      this.#dropSocket(); // or a new socket would ask again without anybody's wish
      this.#setState('refused');
      this.emit('refused', { by: data?.by });
    } else if (type === 'meeting_ended') this.#finishSession({ code: 'ended' });
  }

  // --- the room ---------------------------------------------------------------------------------------------------

  /** Joins, or resumes from the last event seen. @param {{resumes?: boolean}} [how] `resumes`: only the place that is ours already */
  async #enterRoom({ resumes = this.#hasPlace } = {}) {
    const room = this.#room;
    const socket = this.#socket;
    if (!room) return;
    this.#early = [];
    this.#earlySignals = [];
    let ack;
    try {
      ack = await this.request('join_room', {
        meetingId: room.meetingId,
        ...(room.password ? { password: room.password } : {}),
        ...(room.invite ? { invite: room.invite } : {}),
        ...(resumes ? { since: this.seq >= 0 ? this.seq : NOTHING_SEEN } : {}),
        seat: this.#seat,
      });
    } catch (error) {
      if (this.#socket === socket) this.#handleRefused(/** @type {ProtocolError} */ (error), room, resumes);
      return;
    }
    if (this.#socket !== socket) return;
    this.#attempts = 0;
    this.#hasPlace = true;
    if (ack.waiting) {
      this.#joinAnswered(ack);
      this.#waitInLobby(ack);
      for (const event of this.#early.splice(0)) this.#roomEvent(event);
      return;
    }
    this.#joined = true;
    if (ack.resumed) this.#handleResumed(ack);
    else {
      this.seq = ack.seq;
      this.emit('snapshot', ack);
    }
    this.#setState('online');
    this.#joinAnswered(ack);
    for (const event of this.#early.splice(0)) this.#roomEvent(event);
    for (const signal of this.#earlySignals.splice(0)) this.emit('signal', signal);
    this.#sendWaitingChat();
  }

  /** The first join has its answer. @param {JoinAck} ack */
  #joinAnswered(ack) {
    const joining = this.#joining;
    this.#joining = null;
    joining?.resolve(ack);
  }

  /** @param {Resumed} ack */
  #handleResumed(ack) {
    for (const event of ack.events) this.#roomEvent(event);
    this.seq = Math.max(this.seq, ack.seq);
    this.emit('resumed', ack);
  }

  /** The server did not let us in. @param {ProtocolError} error @param {Room} room @param {boolean} resumes */
  #handleRefused(error, room, resumes) {
    if (error.code === 'invite_invalid' && room.invite) {
      // Whoever is in already stays, and there may be no password: only where there is one it was the invitation that counted.
      room.invite = undefined;
      room.spent = error;
      this.#enterRoom({ resumes });
      return;
    }
    if (error.code === 'wrong_password' && room.spent && !room.password) error = room.spent;
    const passing = error.retryable && error.code !== 'meeting_full';
    if (passing || error.code === 'token_expired' || error.code === 'unauthorized') {
      this.#freshToken = !passing;
      this.#dropSocket();
      this.#reconnectLater(error);
      return;
    }
    this.#finishSession({ code: VERDICTS[error.code] ?? error.code, error });
  }

  // --- chat -------------------------------------------------------------------------------------------------------

  /** Sends every message that waits, in the order in which they were written. */
  #sendWaitingChat() {
    for (const clientId of [...this.#unacked.keys()]) this.#sendChat(clientId);
  }

  /** @param {string} clientId */
  async #sendChat(clientId) {
    const outgoing = this.#unacked.get(clientId);
    if (!outgoing || outgoing.underWay || !this.#joined) return;
    outgoing.underWay = true;
    const { text, to, replyTo } = outgoing;
    try {
      const message = await this.request('chat_message', {
        text,
        clientId,
        ...(to === undefined ? {} : { to }),
        ...(replyTo === undefined ? {} : { replyTo }),
      });
      if (this.#unacked.delete(clientId)) outgoing.resolve(message);
    } catch (failure) {
      const error = /** @type {ProtocolError} */ (failure);
      outgoing.underWay = false;
      if (!this.#unacked.has(clientId) || error.code === 'offline') return; // goes out again with the next join
      if (error.retryable) {
        clearTimeout(this.#timers.chat);
        this.#timers.chat = setTimeout(
          () => this.#sendWaitingChat(),
          Math.max(CHAT_RETRY_MS, error.retryAfterMs) * (1 + this.#options.random()),
        );
        return;
      }
      this.#unacked.delete(clientId);
      outgoing.reject(error);
    }
  }

  // --- signs of life, and the token -------------------------------------------------------------------------------

  /** The server's own pings are invisible to a script, so the client asks when it has heard nothing for a while. */
  #watchSilence() {
    clearTimeout(this.#timers.ping);
    this.#timers.ping = setTimeout(() => {
      if (performance.now() - this.#lastHeard >= this.#pingMs) this.#sendPing();
      this.#watchSilence();
    }, this.#pingMs);
  }

  #sendPing() {
    const socket = this.#socket;
    if (!socket || !this.#writeMessage({ type: 'ping' })) return;
    clearTimeout(this.#timers.pong);
    this.#timers.pong = setTimeout(() => this.#connectionLost(socket, 1006), PONG_TIMEOUT_MS);
  }

  /** @param {number} expiresAt */
  #renewBefore(expiresAt) {
    clearTimeout(this.#timers.renew);
    const wait = Math.max(0, expiresAt - RENEW_MARGIN_MS - Date.now());
    this.#timers.renew = setTimeout(() => this.#renewToken(), Math.min(wait, 0x7fffffff));
  }

  async #renewToken() {
    const socket = this.#socket;
    try {
      const { token, expiresAt } = await this.#options.getToken({ fresh: true });
      if (this.#socket !== socket || !socket) return;
      await this.request('auth', { token });
      this.#renewBefore(Math.max(expiresAt, Date.now() + 2 * RENEW_MARGIN_MS));
    } catch (error) {
      if (this.#socket !== socket || !socket) return;
      if (/** @type {{status?: number} | null} */ (error)?.status === 401)
        this.#finishSession({ code: 'signed_out', error });
      else this.#timers.renew = setTimeout(() => this.#renewToken(), RENEW_RETRY_MS);
    }
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
