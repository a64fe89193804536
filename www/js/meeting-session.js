/**
 * One meeting as this page lives through it: joins the wire (protocol.js) and the room (room-state.js) into one store that
 * the views draw, and holds the parts: the chat, the lobby, what is sent and received, and the tools of those who run it.
 */
import { MeetingClient, ProtocolError } from './protocol.js';
import { HostDesk } from './host-desk.js';
import { MediaControl } from './media-control.js';
import { can, me, roomFromSnapshot } from './room-state.js';
import { SessionChat } from './session-chat.js';
import { INITIAL, SessionCore } from './session-core.js';
import { EFFECTS } from './session-events.js';
import { SessionLobby } from './session-lobby.js';
import { settings } from './settings.js';
import { lookForUpdate } from './version.js';
import { toast } from './toasts.js';
import { errorText } from './i18n.js';

/** Close codes of a server that stops or is replaced. */
const SERVER_AWAY = [1001, 1012];
/** A connection that is away for so long may be one that is not let through. */
const BLOCKED_MS = 15_000;

export class MeetingSession extends SessionCore {
  mediaControl = new MediaControl(this);
  chat = new SessionChat(this);
  /** what those who run the meeting may do */
  desk;
  lobby;

  #invite;
  #prepare;
  #disposed = false;
  #unsubscribe;
  /** As whom this person is in the call. @type {number | null} */
  #userId = null;
  /** @type {import('./protocol.js').Timer} */
  #blockedTimer = 0;
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
    super(api, code);
    this.#unsubscribe = api.session.subscribe(() => this.#sessionChanged());
    this.#invite = invite;
    this.#prepare = prepare;
    this.desk = new HostDesk(api, code);
    this.lobby = new SessionLobby(this, this.desk);
  }

  /** One's own devices. */
  get media() {
    return this.mediaControl.local;
  }

  /** Sound and picture of the others; null outside of the room. */
  get roomMedia() {
    return this.mediaControl.room;
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
      await Promise.all([this.mediaControl.prepare(), this.#prepare()]);
    } catch (error) {
      this.store.set({ phase: 'before' });
      throw error;
    }
    if (this.#disposed) return;
    this.client = this.#connect();
    try {
      await this.client.join(this.code, { password, invite: this.#invite });
    } catch (error) {
      if (/** @type {ProtocolError} */ (error).code === 'invite_invalid') this.#invite = undefined; // the next try may be by password
      this.store.set({ phase: 'before' });
      throw await explained(error);
    }
    addEventListener('online', this.#wakeUp);
    document.addEventListener('visibilitychange', this.#wakeUp);
  }

  #connect() {
    const client = new MeetingClient({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`,
      getToken: (how) => this.api.token(how),
    });
    client.on('snapshot', (ack) => this.#handleSnapshot(ack));
    client.on('resumed', (ack) => this.#handleResumed(ack));
    client.on('event', (event) => this.#handleEvent(event));
    client.on('waiting', ({ meeting }) => this.#handleWaiting(meeting));
    client.on('refused', () => this.lobby.refused());
    client.on('signal', ({ from, data }) => this.roomMedia?.transport?.receive(from, data));
    client.on('transient', (message) => this.chat.transient(message));
    client.on('state', (state) => this.#stateChanged(client, state));
    client.on('closed', ({ code }) => this.#handleClosed(client, code));
    return client;
  }

  leave() {
    return this.client?.leave();
  }

  endForAll() {
    return this.desk.end();
  }

  /** Pins somebody, who is large then whatever the view is and whoever shares a screen; or unpins who is pinned. @param {number} userId */
  pin(userId) {
    this.store.set(({ pinned }) => ({ pinned: pinned === userId ? null : userId }));
  }

  /** Of several shared screens, or instead of who is pinned. @param {number} userId whose */
  showScreen(userId) {
    this.store.set({ pinned: null, shownScreen: userId });
  }

  /** Gallery view or speaker view. */
  toggleView() {
    this.store.set({ pinned: null });
    settings.set({ view: settings.get().view === 'speaker' ? 'grid' : 'speaker' });
  }

  async toggleHand() {
    const { room } = this.store.get();
    if (!room) return;
    const raised = Boolean(me(room)?.handRaisedAt);
    try {
      const participant = await this.client?.request(raised ? 'lower_hand' : 'raise_hand');
      this.apply(
        /** @type {import('./room-state.js').Change} */ ({
          type: raised ? 'hand_lowered' : 'hand_raised',
          data: { ...participant, userId: room.myId },
        }),
      );
    } catch (error) {
      toast(errorText(error), 'error');
    }
  }

  /** The page goes elsewhere. */
  dispose() {
    this.#disposed = true;
    this.#unsubscribe();
    this.leave();
    this.#releaseParts();
    this.media.stop();
  }

  // --- what the server says ---------------------------------------------------------------------------------------

  /** @param {import('./protocol.js').Snapshot} ack */
  #handleSnapshot(ack) {
    const { room: before, startedAt, seenMessage } = this.store.get();
    const room = roomFromSnapshot(ack, before);
    this.mediaControl.enter(room, ack.media);
    this.store.set({
      phase: 'in',
      room,
      startedAt: startedAt || performance.now(),
      seenMessage: Math.max(seenMessage, room.lastRead),
      waiting: null,
      unmuteAsked: null,
    });
    this.lobby.restart();
    this.mediaControl.setSharedState(ack.me);
  }

  /** @param {import('./protocol.js').Resumed} ack */
  #handleResumed(ack) {
    this.store.set(({ room }) => ({
      room: room && {
        ...room,
        meeting: { ...room.meeting, ...ack.meeting },
        permissions: ack.permissions ?? room.permissions,
      },
    }));
    this.mediaControl.setSharedState(ack.me);
    this.mediaControl.wake(ack.media);
  }

  /** @param {import('./protocol.js').RoomEvent} event */
  #handleEvent(event) {
    const before = this.store.get().room;
    this.apply(event);
    const { room } = this.store.get();
    if (!room || !before) return;
    if (Object.hasOwn(EFFECTS, event.type))
      /** @type {import('./session-events.js').Effect<typeof event.type>} */ (EFFECTS[event.type])(this, event, room);
    if (can(room, 'use_lobby') !== can(before, 'use_lobby')) this.lobby.learn();
    this.events.emit('event', { event, room });
  }

  /** This person waits: from the beginning, or sent back. @param {Rest.MeetingBrief} [meeting] none where this person was in it */
  #handleWaiting(meeting) {
    this.mediaControl.leave();
    this.media.stopScreen();
    this.lobby.enter(meeting);
  }

  /** @param {MeetingClient} client @param {import('./protocol.js').State} state */
  #stateChanged(client, state) {
    this.store.set({
      reconnecting: state === 'reconnecting',
      serverAway: SERVER_AWAY.includes(client.lostWith),
      socketBlocked: false,
    });
    clearTimeout(this.#blockedTimer);
    if (state === 'reconnecting') this.#blockedTimer = setTimeout(() => this.#lookForBlock(client), BLOCKED_MS);
    this.mediaControl.syncMediaState();
  }

  /** The connection does not come back. @param {MeetingClient} client */
  async #lookForBlock(client) {
    const answers = (await lookForUpdate()) !== 'unreachable';
    if (client !== this.client || client.state !== 'reconnecting') return;
    this.store.set({ socketBlocked: answers });
    this.#blockedTimer = setTimeout(() => this.#lookForBlock(client), BLOCKED_MS);
  }

  // --- the end ----------------------------------------------------------------------------------------------------

  /** The tabs of a browser share one sign-in, and a call is somebody's: it ends with theirs, and nobody goes on as somebody else. */
  #sessionChanged() {
    const { user } = this.api.session.get();
    if (!this.client || (user?.id ?? null) === this.#userId) return;
    this.media.stop();
    this.client.leave(user ? 'other_account' : 'signed_out');
  }

  /** @param {MeetingClient} client @param {string} code */
  #handleClosed(client, code) {
    if (this.client !== client) return;
    const { phase } = this.store.get();
    this.#releaseParts();
    if (phase === 'waiting' && code !== 'left') this.lobby.closed(code);
    if (phase !== 'in') return;
    this.media.stop();
    this.store.set({ phase: 'ended', endCode: code, endedAt: performance.now(), reconnecting: false, connections: {} });
  }

  #releaseParts() {
    removeEventListener('online', this.#wakeUp);
    document.removeEventListener('visibilitychange', this.#wakeUp);
    clearTimeout(this.#blockedTimer);
    this.chat.close();
    this.mediaControl.leave();
    this.client = null;
  }
}

/** A socket that does not open although this server answers: something on the way forbids WebSockets. @param {unknown} error */
async function explained(error) {
  const blocked = /** @type {ProtocolError} */ (error).code === 'offline' && (await lookForUpdate()) !== 'unreachable';
  return blocked ? new ProtocolError({ code: 'socket_blocked' }) : error;
}
