/**
 * One meeting as this page lives through it: joins the wire (protocol.js), the room (room-state.js), the media of the
 * others (mesh.js) and one's own (media.js) into one store that the views draw.
 */
import { createStore } from './store.js';
import { MeetingClient } from './protocol.js';
import { Mesh } from './mesh.js';
import { LocalMedia } from './media.js';
import { Speaking } from './speaking.js';
import { addHistory, applyEvent, me, roomFromSnapshot } from './room-state.js';
import { announce, toast } from './toasts.js';
import { errorText, t } from './i18n.js';

/** @typedef {import('./room-state.js').Room} Room */
/** @typedef {{clientId: string, text: string, failed: string | null}} PendingLine a chat line that is not stored yet */
/**
 * @typedef {object} CallState
 * @property {'before' | 'joining' | 'in' | 'ended'} phase
 * @property {boolean} reconnecting
 * @property {Room | null} room
 * @property {Record<number, import('./mesh.js').PeerView>} links media of the others, by user id
 * @property {PendingLine[]} pending
 * @property {number} seenMessage id of the last chat line that was looked at
 * @property {string | null} endCode why it ended: "left", "ended", "removed", …
 * @property {number} startedAt when this person came in, milliseconds
 * @property {number} endedAt
 */

/** @type {CallState} */
const INITIAL = {
  phase: 'before', reconnecting: false, room: null, links: {}, pending: [], seenMessage: 0, endCode: null,
  startedAt: 0, endedAt: 0,
};
const MEDIA_RETRY_MS = 2_000;

export class Call {
  store = createStore(INITIAL);
  media = new LocalMedia();
  /** @type {Mesh | null} */
  mesh = null;
  /** @type {Speaking | null} */
  speaking = null;
  /** @type {MeetingClient | null} */
  client = null;

  #api;
  #code;
  /** What the room was last told of our devices. @type {{audio: boolean, video: boolean, screen: boolean} | null} */
  #told = null;
  #telling = false;
  #wakeUp = () => {
    if (document.visibilityState === 'visible') this.client?.nudge();
  };

  /** @param {import('./api.js').Api} api @param {string} code the meeting's */
  constructor(api, code) {
    this.#api = api;
    this.#code = code;
    this.media.store.subscribe(() => this.#mediaChanged());
  }

  /** @param {{password?: string}} options rejects with the server's reason */
  async join({ password }) {
    this.store.set({ ...INITIAL, phase: 'joining' });
    const client = new MeetingClient({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`,
      getToken: (how) => this.#api.token(how),
    });
    this.client = client;
    client.on('snapshot', (ack) => this.#snapshot(ack));
    client.on('resumed', (ack) => this.#resumed(ack));
    client.on('event', (event) => this.#event(event));
    client.on('signal', ({ from, data }) => this.mesh?.receive(from, data));
    client.on('state', (state) => {
      this.store.set({ reconnecting: state === 'reconnecting' });
      this.#tellMedia();
    });
    client.on('closed', ({ code }) => this.#closed(client, code));
    try {
      await client.join(this.#code, { password });
    } catch (error) {
      this.store.set({ phase: 'before' });
      throw error;
    }
    addEventListener('online', this.#wakeUp);
    document.addEventListener('visibilitychange', this.#wakeUp);
  }

  leave() {
    return this.client?.leave();
  }

  endForAll() {
    return this.#api.post(`/meetings/${this.#code}/end`);
  }

  /** @param {string} text */
  async chat(text) {
    if (!this.client) return;
    const { clientId, stored } = this.client.chat(text);
    this.store.set(({ pending }) => ({ pending: [...pending, { clientId, text, failed: null }] }));
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

  /** Fetches lines before the oldest at hand. @returns {Promise<boolean>} whether there are still older ones */
  async earlierMessages() {
    const { room } = this.store.get();
    const oldest = room?.messages[0];
    const { items, hasMore } = await this.#api.get(`/meetings/${this.#code}/messages`, { before: oldest?.id, limit: 50 });
    this.store.set(({ room: now }) => ({ room: now && addHistory(now, items) }));
    return hasMore;
  }

  /** The chat is being looked at. */
  seen() {
    const last = this.store.get().room?.messages.at(-1);
    if (last) this.store.set({ seenMessage: last.id });
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
    try {
      await this.media.shareScreen();
    } catch {
      toast(t('screen.failed'), 'error');
    }
  }

  /** The page goes elsewhere. */
  dispose() {
    this.leave();
    this.#release();
    this.media.stop();
  }

  // --- what the server says ---------------------------------------------------------------------------------------

  /** @param {any} ack */
  #snapshot(ack) {
    const { room: before, startedAt, seenMessage } = this.store.get();
    const room = roomFromSnapshot(ack, before);
    if (!this.mesh) this.#startMedia(room.myId, ack.media?.iceServers);
    this.store.set({
      phase: 'in', room, startedAt: startedAt || Date.now(),
      seenMessage: before ? seenMessage : (room.messages.at(-1)?.id ?? 0),
    });
    this.#back(ack);
    this.mesh?.reset(room.participants);
  }

  /** @param {any} ack */
  #resumed(ack) {
    this.store.set(({ room }) => ({ room: room && { ...room, meeting: { ...room.meeting, ...ack.meeting } } }));
    this.#back(ack);
    this.mesh?.wake();
  }

  /** In the room, for the first time or again. @param {any} ack */
  #back(ack) {
    this.#told = { audio: ack.me.audio, video: ack.me.video, screen: ack.me.screen };
    this.mesh?.setIceServers(ack.media?.iceServers ?? []);
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
      this.mesh?.add(participant.userId, participant.online);
      if (participant.userId !== room.myId) this.#note('note.joined', participant.displayName);
    } else if (event.type === 'user_left') {
      this.mesh?.remove(userId);
      if (userId !== room.myId) this.#note('note.left', room.everyone[userId]);
    } else if (event.type === 'presence_changed') {
      this.mesh?.add(userId, event.data.online);
    } else if (event.type === 'chat_message') {
      this.#chatArrived(event.data.message, room.myId);
    } else if (event.type === 'hand_raised' && userId !== room.myId) {
      this.#note('note.hand', room.everyone[userId]);
    } else if (event.type === 'meeting_ended') {
      this.client?.close('ended');
    }
  }

  /** @param {{type: string, data: any, at?: string}} event */
  #apply(event) {
    this.store.set(({ room }) => ({ room: room && applyEvent(room, event) }));
  }

  /** @param {import('./room-state.js').Message} message @param {number} myId */
  #chatArrived(message, myId) {
    if (message.sender.id === myId) this.#forget(message.clientId);
    else announce(t('note.chat', { name: message.sender.displayName, text: message.text }));
  }

  /** @param {'note.joined' | 'note.left' | 'note.hand'} key @param {string} name */
  #note(key, name) {
    const text = t(key, { name });
    toast(text);
    announce(text);
  }

  /** @param {string} clientId the line has come back as a message */
  #forget(clientId) {
    this.store.set(({ pending }) => ({ pending: pending.filter((line) => line.clientId !== clientId) }));
  }

  /** @param {MeetingClient} client @param {string} code */
  #closed(client, code) {
    if (this.client !== client) return;
    const inside = this.store.get().phase === 'in';
    this.#release();
    if (!inside) return;
    this.media.stop();
    this.store.set({ phase: 'ended', endCode: code, endedAt: Date.now(), reconnecting: false, links: {} });
  }

  #release() {
    removeEventListener('online', this.#wakeUp);
    document.removeEventListener('visibilitychange', this.#wakeUp);
    this.mesh?.close();
    this.mesh = null;
    this.speaking?.close();
    this.speaking = null;
    this.client = null;
  }

  // --- media ------------------------------------------------------------------------------------------------------

  /** @param {number} myId @param {RTCIceServer[]} [iceServers] */
  #startMedia(myId, iceServers) {
    const mesh = new Mesh({ myId, iceServers, send: (to, data) => this.client?.signal(to, data) });
    mesh.on('change', (views) => {
      this.store.set({ links: Object.fromEntries(views.map((view) => [view.userId, view])) });
    });
    mesh.setLocal(this.#local());
    this.mesh = mesh;
    this.speaking = new Speaking(myId, () => this.media.store.get().microphone, () => mesh.peers);
  }

  #local() {
    const { microphone, camera, screen } = this.media.store.get();
    return { microphone, camera, screen };
  }

  #mediaChanged() {
    this.mesh?.setLocal(this.#local());
    this.#tellMedia();
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
      this.#told = now;
      this.#apply({ type: 'media_changed', data: { userId: this.store.get().room?.myId, ...now } });
    } catch {
      // Said again below, or after the return.
      await new Promise((resolve) => setTimeout(resolve, MEDIA_RETRY_MS));
    }
    this.#telling = false;
    this.#tellMedia();
  }
}
