/**
 * One meeting as this page lives through it: joins the wire (protocol.js), the room (room-state.js), sound and
 * picture in it (room-media.js) and one's own devices (media.js) into one store that the views draw.
 */
import { createStore } from './store.js';
import { MeetingClient, ProtocolError } from './protocol.js';
import { LocalMedia } from './media.js';
import { RoomMedia } from './room-media.js';
import { HostDesk } from './host-desk.js';
import { addHistory, applyEvent, can, me, roomFromSnapshot, withLobby, withoutFarLines } from './room-state.js';
import { settings } from './settings.js';
import { lookForUpdate } from './version.js';
import { announce, toast } from './toasts.js';
import { errorText, t } from './i18n.js';

/** @typedef {import('./room-state.js').Room} Room */
/** @typedef {import('./room-state.js').Message} Message */
/** @typedef {{clientId: string, text: string, to: number | null, replyTo: Message | null, failed: string | null}} PendingLine a chat line that is not stored yet */
/** @typedef {{id: number, userId: number, reaction: string}} Reaction */
/**
 * @typedef {object} Waiting in the lobby
 * @property {any} meeting what one may see of it
 * @property {'waits' | 'refused' | 'closed'} state
 * @property {boolean} sentBack by somebody, after having been in
 * @property {string | null} code why it is closed
 */
/**
 * @typedef {object} CallState
 * @property {'before' | 'joining' | 'waiting' | 'in' | 'ended'} phase
 * @property {Waiting | null} waiting
 * @property {{by: number} | null} unmuteAsked somebody would like to hear this person
 * @property {Message | null} replyTo the line that the next one answers
 * @property {boolean} reconnecting
 * @property {boolean} serverAway it is the server that went away, and it said so
 * @property {boolean} socketBlocked the server answers, but the live connection does not open
 * @property {Room | null} room
 * @property {Record<number, import('./media-transport.js').PeerView>} links media of the others, by user id
 * @property {PendingLine[]} pending
 * @property {number} seenMessage id of the last chat line that was looked at
 * @property {number | null} chatTo whom the next chat line is for; null: everybody
 * @property {Record<number, number>} typing who is writing, and until when that is believed
 * @property {Reaction[]} reactions those that are shown now
 * @property {number | null} pinned who is kept large in the speaker view
 * @property {string | null} endCode why it ended: "left", "ended", "removed", …
 * @property {number} startedAt when this person came in, by `performance.now()`
 * @property {number} endedAt
 */

/** @type {CallState} */
const INITIAL = {
  phase: 'before',
  reconnecting: false,
  serverAway: false,
  socketBlocked: false,
  room: null,
  links: {},
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
};
/** Lines of chat at hand: those before are dropped, for the server has them, but not with every new one. */
const LINES_KEPT = 2_000;
const LINES_SLACK = 500;
const LINES_AT_ONCE = 100;
const RETRY_MS = 2_000;
const LOBBY_RETRY_MS = 3_000;
/** Close codes of a server that stops or is replaced. */
const SERVER_AWAY = [1001, 1012];
/** A connection that is away for so long may be one that is not let through. */
const BLOCKED_MS = 15_000;
/** How it is told that somebody is gone. @type {Record<string, import('./i18n.js').Key>} */
const LEFT = { removed: 'note.removed', lobby: 'note.sentBack' };
/** Several lines that are read one after the other are told once. */
const MARK_MS = 800;
/** Who writes says so this often; without news it is believed for a little longer than that. */
const TYPING_EVERY_MS = 3_000;
const TYPING_HOLDS_MS = 5_000;
export const REACTIONS = ['👍', '👏', '😂', '🎉', '❤️', '🤔'];
const REACTION_SHOWN_MS = 4_000;
/** More at once would cover the picture; and nobody can keep a page busy with them. */
const REACTIONS_AT_ONCE = 5;

export class Call {
  store = createStore(INITIAL);
  media = new LocalMedia();
  /** @type {RoomMedia | null} while in the room */
  roomMedia = null;
  /** @type {MeetingClient | null} */
  client = null;

  /** Somebody reads further up in the chat: no line is dropped. */
  readsBack = false;

  /** what those who run the meeting may do */
  desk;

  api;

  #code;
  #invite;
  #prepare;
  /** Events of the lobby while its list is being asked for. @type {import('./protocol.js').RoomEvent[] | null} */
  #lobbyNews = null;
  /** What the room was last told of our devices. @type {{audio: boolean, video: boolean, screen: boolean} | null} */
  #told = null;
  #telling = false;
  /** @type {{microphone: string | false, camera: string | false}} what was told of a device */
  #missing = { microphone: false, camera: false };
  /** When that was last told; -Infinity: nobody was told of it. */
  #typedAt = -Infinity;
  #disposed = false;
  #unsubscribe;
  /** As whom this person is in the call. @type {number | null} */
  #userId = null;
  /** @type {any} */
  #blockedTimer = 0;
  /** @type {any} */
  #markTimer = 0;
  #reactionNumber = 0;
  #wakeUp = () => {
    if (document.visibilityState !== 'visible') return;
    this.client?.nudge();
    this.roomMedia?.iceServers.wake();
  };

  /**
   * @param {import('./api.js').Api} api
   * @param {string} code the meeting's
   * @param {object} [options]
   * @param {string} [options.invite] an invitation's token
   * @param {() => Promise<unknown>} [options.prepare] what must be there before anybody is live: without it there is no way in
   */
  constructor(api, code, { invite, prepare = async () => {} } = {}) {
    this.api = api;
    this.#unsubscribe = api.session.subscribe(() => this.#sessionChanged());
    this.#code = code;
    this.#invite = invite;
    this.#prepare = prepare;
    this.desk = new HostDesk(api, code);
    this.media.store.subscribe(() => this.#mediaChanged());
  }

  /** Whether an invitation opens the door, so that no password is needed. */
  get invited() {
    return Boolean(this.#invite);
  }

  /** @param {{password?: string}} options rejects with the server's reason */
  async join({ password }) {
    this.store.set({ ...INITIAL, phase: 'joining' });
    this.#userId = this.api.session.get().user?.id ?? null;
    try {
      await this.#prepare();
    } catch (error) {
      this.store.set({ phase: 'before' });
      throw error;
    }
    if (this.#disposed) return;
    const client = new MeetingClient({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`,
      getToken: (how) => this.api.token(how),
    });
    this.client = client;
    client.on('snapshot', (ack) => this.#snapshot(ack));
    client.on('resumed', (ack) => this.#resumed(ack));
    client.on('event', (event) => this.#event(event));
    client.on('waiting', (news) => this.#waits(news));
    client.on('refused', () => this.#lobby({ state: 'refused' }));
    client.on('signal', ({ from, data }) => this.roomMedia?.transport?.receive(from, data));
    client.on('transient', (message) => this.#transient(message));
    client.on('state', (state) => {
      this.store.set({
        reconnecting: state === 'reconnecting',
        serverAway: SERVER_AWAY.includes(client.lostWith),
        socketBlocked: false,
      });
      clearTimeout(this.#blockedTimer);
      if (state === 'reconnecting') this.#blockedTimer = setTimeout(() => this.#lookForBlock(client), BLOCKED_MS);
      this.#tellMedia();
    });
    client.on('closed', ({ code }) => this.#closed(client, code));
    try {
      await client.join(this.#code, { password, invite: this.#invite });
    } catch (error) {
      if (/** @type {ProtocolError} */ (error).code === 'invite_invalid') this.#invite = undefined; // the next try may be by password
      this.store.set({ phase: 'before' });
      throw await explained(error);
    }
    addEventListener('online', this.#wakeUp);
    document.addEventListener('visibilitychange', this.#wakeUp);
  }

  leave() {
    return this.client?.leave();
  }

  /** The tabs of a browser share one sign-in, and a call is somebody's: it ends with theirs, and nobody goes on as somebody else. */
  #sessionChanged() {
    const { user } = this.api.session.get();
    if (!this.client || (user?.id ?? null) === this.#userId) return;
    this.media.stop();
    this.client.leave(user ? 'other_account' : 'signed_out');
  }

  endForAll() {
    return this.desk.end();
  }

  /** After having been refused. */
  askAgain() {
    this.#lobby({ state: 'waits' });
    this.client?.askAgain();
  }

  /** Out of the lobby, and back to the door. */
  async stopWaiting() {
    await this.client?.leave();
    this.store.set({ phase: 'before', waiting: null });
  }

  /** @param {string} text @param {number | null} [to] only for this person */
  async chat(text, to = null) {
    if (!this.client) return;
    const { replyTo } = this.store.get();
    this.#typedAt = -Infinity; // the line itself says that the writing is done
    const { clientId, stored } = this.client.chat(text, {
      ...(to ? { to } : {}),
      ...(replyTo ? { replyTo: replyTo.id } : {}),
    });
    this.store.set(({ pending }) => ({
      replyTo: null,
      pending: [...pending, { clientId, text, to, replyTo, failed: null }],
    }));
    try {
      const message = await stored;
      this.#forget(clientId);
      this.store.set(({ room }) => ({ room: room && addHistory(room, [message]) }));
    } catch (error) {
      this.store.set(({ pending }) => ({
        pending: pending.map((line) => (line.clientId === clientId ? { ...line, failed: errorText(error) } : line)),
      }));
    }
  }

  /** The next line answers this one; a private one is answered in private. @param {Message | null} message */
  reply(message) {
    const { room } = this.store.get();
    const other = message?.to && (message.sender.id === room?.myId ? message.to.id : message.sender.id);
    this.store.set({ replyTo: message, ...(message ? { chatTo: other ?? null } : {}) });
  }

  /** Fetches the whole chat, as far as it is not at hand, as fast as the server allows it. */
  async allMessages() {
    for (;;) {
      try {
        if (!(await this.earlierMessages(LINES_AT_ONCE))) return;
      } catch (problem) {
        const { code, retryAfterMs } = /** @type {import('./api.js').Problem} */ (problem);
        if (code !== 'rate_limited') throw problem;
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs || RETRY_MS));
      }
    }
  }

  /** Fetches lines before the oldest at hand. @returns {Promise<boolean>} whether there are still older ones */
  async earlierMessages(limit = 50) {
    const { room } = this.store.get();
    const oldest = room?.messages[0];
    const { items, hasMore } = await this.api.get(`/meetings/${this.#code}/messages`, { before: oldest?.id, limit });
    this.store.set(({ room: now }) => ({ room: now && addHistory(now, items) }));
    return hasMore;
  }

  /** @param {number} messageId @param {string} text rejects with the server's reason */
  async editMessage(messageId, text) {
    const message = await this.#ask('message_edit', { messageId, text });
    this.#apply({ type: 'message_edited', data: { message } });
  }

  /** @param {number} messageId rejects with the server's reason */
  async deleteMessage(messageId) {
    const message = await this.#ask('message_delete', { messageId });
    this.#apply({ type: 'message_deleted', data: { message } });
  }

  /** Somebody writes a line here, or has taken it away. @param {boolean} active */
  typing(active) {
    const { chatTo } = this.store.get();
    const now = performance.now();
    if (active ? now - this.#typedAt < TYPING_EVERY_MS : this.#typedAt === -Infinity) return;
    this.#typedAt = active ? now : -Infinity;
    this.client?.tell('typing', { active, ...(chatTo ? { to: chatTo } : {}) });
  }

  /** @param {string} reaction one of REACTIONS */
  react(reaction) {
    const { room } = this.store.get();
    if (room && this.client?.tell('reaction', { reaction })) this.#showReaction(room.myId, reaction);
  }

  /** Keeps somebody large, or no longer the one who is. @param {number} userId */
  pin(userId) {
    const unpin = settings.get().view === 'speaker' && this.store.get().pinned === userId;
    this.store.set({ pinned: unpin ? null : userId });
    settings.set({ view: 'speaker' });
  }

  /** Everybody alike, or one large. */
  toggleView() {
    this.store.set({ pinned: null });
    settings.set({ view: settings.get().view === 'speaker' ? 'grid' : 'speaker' });
  }

  /** The chat is being looked at. */
  seen() {
    const last = this.store.get().room?.messages.at(-1);
    if (!last || last.id <= this.store.get().seenMessage) return;
    this.store.set({ seenMessage: last.id });
    clearTimeout(this.#markTimer);
    this.#markTimer = setTimeout(() => this.#mark(), MARK_MS);
  }

  /** The connection does not come back. @param {MeetingClient} client */
  async #lookForBlock(client) {
    const answers = (await lookForUpdate()) !== 'unreachable';
    if (client !== this.client || client.state !== 'reconnecting') return;
    this.store.set({ socketBlocked: answers });
    this.#blockedTimer = setTimeout(() => this.#lookForBlock(client), BLOCKED_MS);
  }

  /** The server keeps the place for the next visit; who reads on says it again. */
  async #mark() {
    const messageId = this.store.get().seenMessage;
    if (this.client?.state === 'online') await this.client.request('mark_read', { messageId }).catch(() => {});
  }

  async toggleHand() {
    const { room } = this.store.get();
    if (!room) return;
    const raised = Boolean(me(room)?.handRaisedAt);
    try {
      const participant = await this.client?.request(raised ? 'lower_hand' : 'raise_hand');
      this.#apply({ type: raised ? 'hand_lowered' : 'hand_raised', data: { ...participant, userId: room.myId } });
    } catch (error) {
      toast(errorText(error), 'error');
    }
  }

  async toggleScreen() {
    if (this.media.store.get().screen) {
      this.media.stopScreen();
      return;
    }
    const { room } = this.store.get();
    if (room && !can(room, 'share_screen')) {
      toast(t('may.share'), 'error');
      return;
    }
    try {
      await this.media.shareScreen();
    } catch {
      toast(t('screen.failed'), 'error');
    }
  }

  /** Whether the server has TURN servers for this person. */
  async offersRelay() {
    const servers = this.roomMedia?.iceServers.servers ?? (await this.api.get('/media?for=test')).iceServers;
    return servers.some((/** @type {RTCIceServer} */ { urls }) => [urls].flat().some((url) => /^turns?:/.test(url)));
  }

  /** Over TURN servers only, or as it goes best. @param {boolean} relayOnly */
  setRelayOnly(relayOnly) {
    settings.set({ relayOnly });
    this.roomMedia?.transport?.setRelayOnly(relayOnly);
  }

  /** The page goes elsewhere. */
  dispose() {
    this.#disposed = true;
    this.#unsubscribe();
    this.leave();
    this.#release();
    this.media.stop();
  }

  // --- what the server says ---------------------------------------------------------------------------------------

  /** @param {any} ack */
  #snapshot(ack) {
    const { room: before, startedAt, seenMessage } = this.store.get();
    const room = roomFromSnapshot(ack, before);
    const first = !this.roomMedia;
    if (first) this.#enterQuietly(room);
    this.roomMedia ??= this.#startMedia(room.myId, ack.media);
    this.store.set({
      phase: 'in',
      room,
      startedAt: startedAt || performance.now(),
      seenMessage: Math.max(seenMessage, room.lastRead),
      waiting: null,
      unmuteAsked: null,
    });
    this.#lobbyNews = null;
    this.#learnLobby();
    this.#back(ack);
    this.roomMedia.transport?.setPeople(room.participants);
    if (!first) this.roomMedia.transport?.wake();
  }

  /** @param {any} ack */
  #resumed(ack) {
    this.store.set(({ room }) => ({
      room: room && {
        ...room,
        meeting: { ...room.meeting, ...ack.meeting },
        permissions: ack.permissions ?? room.permissions,
      },
    }));
    this.#back(ack);
    this.roomMedia?.transport?.wake();
  }

  /** In the room, for the first time or again. @param {any} ack */
  #back(ack) {
    this.#told = { audio: ack.me.audio, video: ack.me.video, screen: ack.me.screen };
    this.roomMedia?.iceServers.take(ack.media);
  }

  /** @param {import('./protocol.js').RoomEvent} event */
  #event(event) {
    const before = this.store.get().room;
    this.#apply(event);
    const { room } = this.store.get();
    if (!room || !before) return;
    const { userId } = event.data ?? {};
    if (event.type === 'user_joined') {
      const { participant } = event.data;
      this.#peopleChanged(participant);
      if (participant.userId !== room.myId) this.#note('note.joined', participant.displayName);
    } else if (event.type === 'user_left') {
      this.#peopleChanged();
      this.#writes(userId, false);
      // Who sent them away has been told already.
      if (userId !== room.myId && event.data.by !== room.myId)
        this.#note(LEFT[event.data.reason] ?? 'note.left', room.everyone[userId]);
    } else if (event.type === 'presence_changed') {
      this.#peopleChanged(event.data);
    } else if (event.type === 'chat_message') {
      this.#chatArrived(event.data.message, room.myId);
    } else if (event.type === 'hand_raised' && userId !== room.myId) {
      this.#note('note.hand', room.everyone[userId]);
    } else if (event.type === 'meeting_ended') {
      this.client?.close('ended');
    } else if (event.type === 'lobby_joined' || event.type === 'lobby_left') {
      this.#lobbyNews?.push(event);
      // Who has the list of them open sees it there.
      if (event.type === 'lobby_joined')
        this.#note('note.waits', event.data.participant.displayName, settings.get().panel !== 'people');
    } else {
      this.#seatChanged(event, room);
      this.#switchedOff(event, room);
      if (can(room, 'use_lobby') !== can(before, 'use_lobby')) this.#learnLobby();
    }
  }

  /** Others may switch off what is sent here, and it stops here: nobody has to trust what a page says of itself. @param {import('./protocol.js').RoomEvent} event @param {Room} room */
  #switchedOff({ type, data }, room) {
    const by = room.everyone[data?.by] ?? '';
    const told = this.#told ?? { audio: false, video: false, screen: false };
    if (type === 'unmute_asked') {
      this.store.set({ unmuteAsked: { by: data.by } });
      announce(t('unmute.question', { name: by }));
    } else if (type === 'all_muted' && me(room)?.role === 'participant' && data.by !== room.myId) {
      this.#obey({ ...told, audio: false }, by);
    } else if (type === 'media_changed' && data.userId === room.myId && data.by && data.by !== room.myId) {
      this.#obey({ audio: data.audio, video: data.video, screen: data.screen }, by);
    }
  }

  /** @param {{audio: boolean, video: boolean, screen: boolean}} now as the server has it @param {string} [by] who did it */
  #obey(now, by) {
    const { microphoneOn, cameraOn, screen } = this.media.store.get();
    this.#told = now;
    if (by && microphoneOn && !now.audio) this.#note('note.mutedBy', by);
    if (by && cameraOn && !now.video) this.#note('note.cameraOffBy', by);
    if (by && screen && !now.screen) this.#note('note.shareStoppedBy', by);
    if (!now.audio) this.media.silence('microphone');
    if (!now.video) this.media.silence('camera');
    if (!now.screen) this.media.stopScreen();
  }

  // --- the lobby --------------------------------------------------------------------------------------------------

  /** This person waits: from the beginning, or sent back. @param {{meeting?: any, by?: number}} news */
  #waits({ meeting }) {
    const { room, waiting } = this.store.get();
    this.#stopMedia();
    this.media.stopScreen();
    this.store.set({
      phase: 'waiting',
      room: null,
      links: {},
      pending: [],
      waiting: {
        meeting: meeting ?? room?.meeting,
        state: 'waits',
        code: null,
        sentBack: !meeting || Boolean(waiting?.sentBack),
      },
    });
  }

  /** @param {Partial<Waiting>} part */
  #lobby(part) {
    this.store.set(({ waiting }) => ({ waiting: waiting && { ...waiting, ...part } }));
  }

  /** Who may let people in has the list of those who wait; the events after it change it. */
  async #learnLobby() {
    const { room } = this.store.get();
    if (!room || !can(room, 'use_lobby')) {
      this.store.set({ room: room && { ...room, lobby: null } });
      return;
    }
    if (this.#lobbyNews) return; // it is being asked for
    /** @type {import('./protocol.js').RoomEvent[]} */
    const news = [];
    this.#lobbyNews = news;
    try {
      const list = await this.desk.lobby();
      if (this.#lobbyNews === news) this.store.set(({ room: now }) => ({ room: now && withLobby(now, list, news) }));
    } catch {
      setTimeout(() => this.store.get().phase === 'in' && this.#learnLobby(), LOBBY_RETRY_MS);
    }
    if (this.#lobbyNews === news) this.#lobbyNews = null;
  }

  // --- what else the server says ----------------------------------------------------------------------------------

  /** Somebody's part in the meeting is another now. @param {import('./protocol.js').RoomEvent} event @param {Room} room */
  #seatChanged({ type, data }, room) {
    const name = room.everyone[data?.userId] ?? '';
    const mine = data?.userId === room.myId;
    if (type === 'role_changed' && mine) this.#note(data.role === 'cohost' ? 'note.cohostNow' : 'note.cohostNoLonger');
    if (type === 'host_changed') this.#note(mine ? 'note.hostNow' : 'note.newHost', name);
  }

  /** @param {{type: 'typing' | 'reaction', from: number, data: any}} message */
  #transient({ type, from, data }) {
    const known = this.store.get().room?.participants.some(({ userId }) => userId === from);
    if (!known) return;
    if (type === 'typing') this.#writes(from, data?.active === true);
    else if (REACTIONS.includes(data?.reaction)) this.#showReaction(from, data.reaction);
  }

  /** @param {number} userId @param {boolean} active */
  #writes(userId, active) {
    this.store.set(({ typing }) => {
      const { [userId]: _, ...rest } = typing;
      return { typing: active ? { ...rest, [userId]: performance.now() + TYPING_HOLDS_MS } : rest };
    });
    if (active)
      setTimeout(
        () => (this.store.get().typing[userId] ?? Infinity) <= performance.now() && this.#writes(userId, false),
        TYPING_HOLDS_MS + 50,
      );
  }

  /** @param {number} userId @param {string} reaction */
  #showReaction(userId, reaction) {
    const { reactions, room } = this.store.get();
    if (reactions.filter((one) => one.userId === userId).length >= REACTIONS_AT_ONCE) return;
    this.#reactionNumber += 1;
    const id = this.#reactionNumber;
    this.store.set({ reactions: [...reactions, { id, userId, reaction }] });
    if (room && userId !== room.myId) announce(t('note.reaction', { name: room.everyone[userId] ?? '', reaction }));
    setTimeout(
      () => this.store.set(({ reactions: now }) => ({ reactions: now.filter((one) => one.id !== id) })),
      REACTION_SHOWN_MS,
    );
  }

  /** @param {string} type @param {object} data */
  #ask(type, data) {
    return this.client ? this.client.request(type, data) : Promise.reject(new ProtocolError({ code: 'offline' }));
  }

  /** @param {import('./room-state.js').Change} event */
  #apply(event) {
    this.store.set(({ room }) => ({ room: room && applyEvent(room, event) }));
  }

  /** @param {import('./room-state.js').Message} message @param {number} myId */
  #chatArrived(message, myId) {
    this.#writes(message.sender.id, false);
    const name = message.sender.displayName;
    this.store.set(({ room }) => ({
      room: room && (this.readsBack ? room : withoutFarLines(room, LINES_KEPT, LINES_SLACK)),
    }));
    if (message.sender.id === myId) this.#forget(message.clientId);
    else announce(t(message.to ? 'note.chatPrivate' : 'note.chat', { name, text: message.text }));
  }

  /** @param {import('./i18n.js').Key} key @param {string} [name] @param {boolean} [shown] false: for ears only */
  #note(key, name = '', shown = true) {
    const text = t(key, { name });
    if (shown) toast(text);
    announce(text);
  }

  /** @param {string} clientId the line has come back as a message */
  #forget(clientId) {
    this.store.set(({ pending }) => ({ pending: pending.filter((line) => line.clientId !== clientId) }));
  }

  /** @param {MeetingClient} client @param {string} code */
  #closed(client, code) {
    if (this.client !== client) return;
    const { phase } = this.store.get();
    this.#release();
    if (phase === 'waiting' && code !== 'left') this.#lobby({ state: 'closed', code });
    if (phase !== 'in') return;
    this.media.stop();
    this.store.set({ phase: 'ended', endCode: code, endedAt: performance.now(), reconnecting: false, links: {} });
  }

  #release() {
    removeEventListener('online', this.#wakeUp);
    document.removeEventListener('visibilitychange', this.#wakeUp);
    clearTimeout(this.#markTimer);
    clearTimeout(this.#blockedTimer);
    this.#stopMedia();
    this.client = null;
  }

  #stopMedia() {
    this.roomMedia?.close();
    this.roomMedia = null;
  }

  // --- media ------------------------------------------------------------------------------------------------------

  /** @param {number} myId @param {import('./media-transport.js').MediaAccess} access */
  #startMedia(myId, access) {
    const roomMedia = new RoomMedia({
      myId,
      access,
      local: this.media,
      send: (to, data) => this.client?.signal(to, data),
      renew: () => this.api.get('/media'),
    });
    roomMedia.on('change', (views) =>
      this.store.set({ links: Object.fromEntries(views.map((view) => [view.userId, view])) }),
    );
    return roomMedia;
  }

  /** @param {{userId: number, online: boolean}} [person] who is here, or away, by the last event */
  #peopleChanged(person) {
    const transport = this.roomMedia?.transport;
    if (person?.online) transport?.wake(person.userId);
    transport?.setPeople(this.store.get().room?.participants ?? []);
  }

  /** The first moments in the room: muted where the meeting wants that. @param {Room} room */
  #enterQuietly(room) {
    const quiet = room.meeting.muteOnEntry && !can(room, 'mute_others');
    if (!this.media.store.get().microphoneOn || (can(room, 'unmute') && !quiet)) return;
    this.media.silence('microphone');
    toast(t(can(room, 'unmute') ? 'may.joinedMuted' : 'may.unmute'));
  }

  /** What is not allowed is off again before anybody hears it. Who was on when that was decided stays on. */
  #keepToRules() {
    const { room } = this.store.get();
    if (!room || !this.#told || this.#told.audio || !this.media.store.get().microphoneOn || can(room, 'unmute')) return;
    this.media.silence('microphone');
    toast(t('may.unmute'), 'error');
  }

  #mediaChanged() {
    this.#keepToRules();
    this.#tellDevices();
    this.#tellMedia();
  }

  /** A device was pulled out or is allowed no more, or a camera is off because its blur failed; or it is there again. */
  #tellDevices() {
    const { microphoneProblem, cameraProblem } = this.media.store.get();
    const missing = {
      microphone:
        (microphoneProblem === 'unplugged' || microphoneProblem === 'withdrawn') &&
        /** @type {const} */ (`device.microphone.${microphoneProblem}`),
      camera:
        (cameraProblem === 'unplugged' || cameraProblem === 'withdrawn' || cameraProblem === 'blur') &&
        /** @type {const} */ (`device.camera.${cameraProblem}`),
    };
    for (const kind of /** @type {const} */ (['microphone', 'camera'])) {
      if (missing[kind] === this.#missing[kind]) continue;
      const back = !missing[kind] && this.media.store.get()[kind];
      if (this.store.get().phase === 'in' && (missing[kind] || back))
        this.#note(missing[kind] || `device.${kind}.back`);
    }
    this.#missing = missing;
  }

  /** Tells the room what is on, until it knows the last state; switches may be pressed faster than answers come. */
  async #tellMedia() {
    const { microphoneOn, cameraOn, screen } = this.media.store.get();
    const now = { audio: microphoneOn, video: cameraOn, screen: screen !== null };
    const told = this.#told;
    if (this.#telling || !this.client || !told || this.client.state !== 'online') return;
    if (told.audio === now.audio && told.video === now.video && told.screen === now.screen) return;
    this.#telling = true;
    try {
      await this.client.request('media_control', now);
      this.#told = now; // what others switched off meanwhile is told again by the next round
      this.#apply({ type: 'media_changed', data: { userId: this.store.get().room?.myId, ...now } });
    } catch (error) {
      if (/** @type {ProtocolError} */ (error).code === 'forbidden') {
        this.#obey({
          audio: told.audio && now.audio,
          video: told.video && now.video,
          screen: told.screen && now.screen,
        });
        toast(errorText(error), 'error');
      } else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.#telling = false;
    this.#tellMedia();
  }
}

/** A socket that does not open although this server answers: something on the way forbids WebSockets. @param {unknown} error */
async function explained(error) {
  const blocked = /** @type {any} */ (error).code === 'offline' && (await lookForUpdate()) !== 'unreachable';
  return blocked ? new ProtocolError({ code: 'socket_blocked' }) : error;
}
