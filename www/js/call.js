/**
 * One meeting as this page lives through it: joins the wire (protocol.js), the room (room-state.js), the media of the
 * others (mesh.js) and one's own (media.js) into one store that the views draw.
 */
import { createStore } from './store.js';
import { MeetingClient, ProtocolError } from './protocol.js';
import { Mesh } from './mesh.js';
import { IceServers } from './ice-servers.js';
import { ShownPictures } from './shown-pictures.js';
import { LocalMedia } from './media.js';
import { MutedVoice } from './muted-voice.js';
import { LinkQuality } from './quality.js';
import { Speaking } from './speaking.js';
import { addHistory, applyEvent, me, roomFromSnapshot } from './room-state.js';
import { settings } from './settings.js';
import { announce, toast } from './toasts.js';
import { errorText, t } from './i18n.js';

/** @typedef {import('./room-state.js').Room} Room */
/** @typedef {import('./room-state.js').Message} Message */
/** @typedef {{clientId: string, text: string, to: number | null, failed: string | null}} PendingLine a chat line that is not stored yet */
/** @typedef {{id: number, userId: number, reaction: string}} Reaction */
/**
 * @typedef {object} CallState
 * @property {'before' | 'joining' | 'in' | 'ended'} phase
 * @property {boolean} reconnecting
 * @property {boolean} serverAway it is the server that went away, and it said so
 * @property {Room | null} room
 * @property {Record<number, import('./mesh.js').PeerView>} links media of the others, by user id
 * @property {PendingLine[]} pending
 * @property {number} seenMessage id of the last chat line that was looked at
 * @property {number | null} chatTo whom the next chat line is for; null: everybody
 * @property {Record<number, number>} typing who is writing, and until when that is believed
 * @property {Reaction[]} reactions those that are shown now
 * @property {number | null} pinned who is kept large in the speaker view
 * @property {string | null} endCode why it ended: "left", "ended", "removed", …
 * @property {number} startedAt when this person came in, milliseconds
 * @property {number} endedAt
 */

/** @type {CallState} */
const INITIAL = {
  phase: 'before', reconnecting: false, serverAway: false, room: null, links: {}, pending: [], seenMessage: 0, endCode: null,
  startedAt: 0, endedAt: 0, chatTo: null, typing: {}, reactions: [], pinned: null,
};
const MEDIA_RETRY_MS = 2_000;
/** Close codes of a server that stops or is replaced. */
const SERVER_AWAY = [1001, 1012];
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
  /** @type {Mesh | null} */
  mesh = null;
  /** @type {Speaking | null} */
  speaking = null;
  /** @type {ShownPictures | null} */
  shown = null;
  /** @type {IceServers | null} */
  iceServers = null;
  /** @type {MutedVoice | null} */
  mutedVoice = null;
  /** @type {LinkQuality | null} */
  quality = null;
  /** @type {MeetingClient | null} */
  client = null;

  #api;
  #code;
  /** What the room was last told of our devices. @type {{audio: boolean, video: boolean, screen: boolean} | null} */
  #told = null;
  #telling = false;
  #missing = { microphone: false, camera: false };
  #typedAt = 0;
  #reactionNumber = 0;
  #wakeUp = () => {
    if (document.visibilityState !== 'visible') return;
    this.client?.nudge();
    this.iceServers?.wake();
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
    client.on('transient', (message) => this.#transient(message));
    client.on('state', (state) => {
      this.store.set({ reconnecting: state === 'reconnecting', serverAway: SERVER_AWAY.includes(client.lostWith) });
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

  /** @param {string} text @param {number | null} [to] only for this person */
  async chat(text, to = null) {
    if (!this.client) return;
    this.#typedAt = 0; // the line itself says that the writing is done
    const { clientId, stored } = this.client.chat(text, to ? { to } : {});
    this.store.set(({ pending }) => ({ pending: [...pending, { clientId, text, to, failed: null }] }));
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
    const now = Date.now();
    if (active ? now - this.#typedAt < TYPING_EVERY_MS : this.#typedAt === 0) return;
    this.#typedAt = active ? now : 0;
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

  /** @param {number} userId @param {'cohost' | 'participant'} role */
  setRole(userId, role) {
    return this.#api.patch(`/meetings/${this.#code}/participants/${userId}`, { role });
  }

  /** @param {number} userId */
  handOver(userId) {
    return this.#api.post(`/meetings/${this.#code}/host`, { userId });
  }

  /** Out, and not in again. @param {number} userId */
  removePerson(userId) {
    return this.#api.delete(`/meetings/${this.#code}/participants/${userId}`);
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
    if (!this.mesh) this.#startMedia(room.myId, ack.media);
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
    this.iceServers?.take(ack.media);
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
      this.#writes(userId, false);
      if (userId !== room.myId) this.#note(event.data.reason === 'removed' ? 'note.removed' : 'note.left', room.everyone[userId]);
    } else if (event.type === 'presence_changed') {
      this.mesh?.add(userId, event.data.online);
    } else if (event.type === 'chat_message') {
      this.#chatArrived(event.data.message, room.myId);
    } else if (event.type === 'hand_raised' && userId !== room.myId) {
      this.#note('note.hand', room.everyone[userId]);
    } else if (event.type === 'meeting_ended') {
      this.client?.close('ended');
    } else this.#seatChanged(event, room);
  }

  /** Somebody's part in the meeting is another now. @param {import('./protocol.js').RoomEvent} event @param {Room} room */
  #seatChanged({ type, data }, room) {
    const name = room.everyone[data?.userId] ?? '';
    const mine = data?.userId === room.myId;
    if (type === 'role_changed' && mine) this.#note(data.role === 'cohost' ? 'note.cohostNow' : 'note.cohostNoLonger');
    if (type !== 'host_changed') return;
    this.#note(mine ? 'note.hostNow' : 'note.newHost', name);
    // The former host is again what they were before, which the event does not say.
    if (room.participants.some(({ userId }) => userId === data.previousUserId)) this.#learnRole(data.previousUserId);
  }

  /** @param {number} userId */
  async #learnRole(userId) {
    try {
      const { items } = await this.#api.get(`/meetings/${this.#code}/participants`);
      const person = items.find((/** @type {any} */ one) => one.userId === userId);
      if (person && person.role !== 'host') this.#apply({ type: 'role_changed', data: { userId, role: person.role } });
    } catch {
      // Then a participant is shown until the next picture of the room.
    }
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
      return { typing: active ? { ...rest, [userId]: Date.now() + TYPING_HOLDS_MS } : rest };
    });
    if (active) setTimeout(() => (this.store.get().typing[userId] ?? Infinity) <= Date.now() && this.#writes(userId, false), TYPING_HOLDS_MS + 50);
  }

  /** @param {number} userId @param {string} reaction */
  #showReaction(userId, reaction) {
    const { reactions, room } = this.store.get();
    if (reactions.filter((one) => one.userId === userId).length >= REACTIONS_AT_ONCE) return;
    this.#reactionNumber += 1;
    const id = this.#reactionNumber;
    this.store.set({ reactions: [...reactions, { id, userId, reaction }] });
    if (room && userId !== room.myId) announce(t('note.reaction', { name: room.everyone[userId] ?? '', reaction }));
    setTimeout(() => this.store.set(({ reactions: now }) => ({ reactions: now.filter((one) => one.id !== id) })), REACTION_SHOWN_MS);
  }

  /** @param {string} type @param {object} data */
  #ask(type, data) {
    return this.client ? this.client.request(type, data) : Promise.reject(new ProtocolError({ code: 'offline' }));
  }

  /** @param {{type: string, data: any, at?: string}} event */
  #apply(event) {
    this.store.set(({ room }) => ({ room: room && applyEvent(room, event) }));
  }

  /** @param {import('./room-state.js').Message} message @param {number} myId */
  #chatArrived(message, myId) {
    this.#writes(message.sender.id, false);
    const name = message.sender.displayName;
    if (message.sender.id === myId) this.#forget(message.clientId);
    else announce(t(message.to ? 'note.chatPrivate' : 'note.chat', { name, text: message.text }));
  }

  /** @param {import('./i18n.js').Key} key @param {string} [name] */
  #note(key, name = '') {
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
    for (const part of [this.speaking, this.mutedVoice, this.quality, this.shown, this.iceServers]) part?.close();
    this.speaking = this.mutedVoice = this.quality = this.shown = this.iceServers = null;
    this.client = null;
  }

  // --- media ------------------------------------------------------------------------------------------------------

  /** @param {number} myId @param {import('./ice-servers.js').MediaAccess} access */
  #startMedia(myId, access) {
    const mesh = new Mesh({
      myId, iceTransportPolicy: settings.get().relayOnly ? 'relay' : 'all', send: (to, data) => this.client?.signal(to, data),
    });
    this.iceServers = new IceServers(() => this.#api.get('/media'), (servers) => mesh.setIceServers(servers));
    this.iceServers.take(access);
    this.shown = new ShownPictures(() => mesh.view(), (wants) => mesh.setWants(wants));
    mesh.on('change', (views) => {
      this.store.set({ links: Object.fromEntries(views.map((view) => [view.userId, view])) });
    });
    mesh.setLocal(this.#local());
    this.mesh = mesh;
    this.speaking = new Speaking(myId, () => this.media.store.get().microphone, () => mesh.peers);
    this.mutedVoice = new MutedVoice(this.media);
    this.quality = new LinkQuality(() => mesh.peers);
  }

  #local() {
    const { microphone, camera, screen } = this.media.store.get();
    return { microphone, camera, screen };
  }

  #mediaChanged() {
    this.#tellDevices();
    this.mesh?.setLocal(this.#local());
    this.#tellMedia();
  }

  /** A device was pulled out, or is there again. */
  #tellDevices() {
    const { microphoneProblem, cameraProblem } = this.media.store.get();
    const missing = { microphone: microphoneProblem === 'unplugged', camera: cameraProblem === 'unplugged' };
    for (const kind of /** @type {const} */ (['microphone', 'camera'])) {
      if (missing[kind] === this.#missing[kind]) continue;
      const back = !missing[kind] && this.media.store.get()[kind];
      if (this.store.get().phase === 'in' && (missing[kind] || back)) this.#note(missing[kind] ? `device.${kind}.unplugged` : `device.${kind}.back`);
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
