/** What people write to each other in a meeting: messages, who is writing, reactions, and how far this person has read. */
import { errorText, t } from './i18n.js';
import { addHistory, withoutFarMessages } from './room-state.js';
import { announce } from './toasts.js';
import { sleep } from './waiting.js';

/** @typedef {import('./room-state.js').Message} Message */

/** Messages at hand: those before are dropped, for the server has them, but not with every new one. */
const MESSAGES_KEPT = 2_000;
const MESSAGES_SLACK = 500;
const MESSAGES_AT_ONCE = 100;
const RETRY_MS = 2_000;
/** Several messages that are read one after the other are told once. */
const MARK_MS = 800;
/** Who writes says so this often; without news it is believed for a little longer than that. */
const TYPING_EVERY_MS = 3_000;
const TYPING_HOLDS_MS = 5_000;
export const REACTIONS = ['👍', '👏', '😂', '🎉', '❤️', '🤔'];
const REACTION_SHOWN_MS = 4_000;
/** More at once would cover the picture; and nobody can keep a page busy with them. */
const REACTIONS_AT_ONCE = 5;

export class SessionChat {
  /** Somebody reads further up in the chat: no message is dropped. */
  readsBack = false;

  #session;
  /** When that was last told; -Infinity: nobody was told of it. */
  #typedAt = -Infinity;
  /** @type {import('./protocol.js').Timer} */
  #markTimer = 0;
  #reactionNumber = 0;

  /** @param {import('./session-core.js').SessionCore} session */
  constructor(session) {
    this.#session = session;
  }

  get #store() {
    return this.#session.store;
  }

  /** @param {string} text @param {number | null} [to] only for this person */
  async send(text, to = null) {
    const { client } = this.#session;
    if (!client) return;
    const { replyTo } = this.#store.get();
    this.#typedAt = -Infinity; // the message itself says that the writing is done
    const { clientId, stored } = client.chat(text, {
      ...(to ? { to } : {}),
      ...(replyTo ? { replyTo: replyTo.id } : {}),
    });
    this.#store.set(({ pending }) => ({
      replyTo: null,
      pending: [...pending, { clientId, text, to, replyTo, failed: null }],
    }));
    try {
      const message = await stored;
      this.#removePending(clientId);
      this.#store.set(({ room }) => ({ room: room && addHistory(room, [message]) }));
    } catch (error) {
      this.#store.set(({ pending }) => ({
        pending: pending.map((one) => (one.clientId === clientId ? { ...one, failed: errorText(error) } : one)),
      }));
    }
  }

  /** The next message answers this one; a private one is answered in private. @param {Message | null} message */
  reply(message) {
    const { room } = this.#store.get();
    const other = message?.to && (message.sender.id === room?.myId ? message.to.id : message.sender.id);
    this.#store.set({ replyTo: message, ...(message ? { chatTo: other ?? null } : {}) });
  }

  /** Fetches the whole chat, as far as it is not at hand, as fast as the server allows it. */
  async fetchAll() {
    for (;;) {
      try {
        if (!(await this.fetchEarlier(MESSAGES_AT_ONCE))) return;
      } catch (problem) {
        const { code, retryAfterMs } = /** @type {import('./api.js').Problem} */ (problem);
        if (code !== 'rate_limited') throw problem;
        await sleep(retryAfterMs || RETRY_MS);
      }
    }
  }

  /** Fetches messages before the oldest at hand. @returns {Promise<boolean>} whether there are still older ones */
  async fetchEarlier(limit = 50) {
    const { api, code } = this.#session;
    const oldest = this.#store.get().room?.messages[0];
    const { items, hasMore } = await api.get(`/meetings/${code}/messages`, { before: oldest?.id, limit });
    this.#store.set(({ room }) => ({ room: room && addHistory(room, items) }));
    return hasMore;
  }

  /** @param {number} messageId @param {string} text rejects with the server's reason */
  async edit(messageId, text) {
    const message = await this.#session.request('message_edit', { messageId, text });
    this.#session.apply({ type: 'message_edited', data: { message } });
  }

  /** @param {number} messageId rejects with the server's reason */
  async delete(messageId) {
    const message = await this.#session.request('message_delete', { messageId });
    this.#session.apply(
      /** @type {import('./room-state.js').Change} */ ({ type: 'message_deleted', data: { message } }),
    );
  }

  /** @param {Message} message */
  arrived(message) {
    this.#setTyping(message.sender.id, false);
    const { room } = this.#store.get();
    if (room && !this.readsBack) this.#store.set({ room: withoutFarMessages(room, MESSAGES_KEPT, MESSAGES_SLACK) });
    if (message.sender.id === room?.myId) this.#removePending(message.clientId);
  }

  /** Somebody writes here, or has taken away what was written. @param {boolean} active */
  typing(active) {
    const { chatTo } = this.#store.get();
    const now = performance.now();
    if (active ? now - this.#typedAt < TYPING_EVERY_MS : this.#typedAt === -Infinity) return;
    this.#typedAt = active ? now : -Infinity;
    this.#session.client?.tell('typing', { active, ...(chatTo ? { to: chatTo } : {}) });
  }

  /** @param {string} reaction one of REACTIONS */
  react(reaction) {
    const { room } = this.#store.get();
    if (room && this.#session.client?.tell('reaction', { reaction })) this.#showReaction(room.myId, reaction);
  }

  /** Somebody else writes, or reacts. @param {import('./protocol.js').ClientEvents['transient']} message */
  transient({ type, from, data }) {
    const known = this.#store.get().room?.participants.some(({ userId }) => userId === from);
    if (!known) return;
    if (type === 'typing') this.#setTyping(from, data?.active === true);
    else if (REACTIONS.includes(/** @type {string} */ (data?.reaction)))
      this.#showReaction(from, /** @type {{reaction: string}} */ (data).reaction);
  }

  /** @param {number} userId somebody is gone */
  left(userId) {
    this.#setTyping(userId, false);
  }

  /** The chat is being looked at. */
  seen() {
    const { room, seenMessage } = this.#store.get();
    const last = room?.messages.at(-1);
    if (!last || last.id <= seenMessage) return;
    this.#store.set({ seenMessage: last.id });
    clearTimeout(this.#markTimer);
    this.#markTimer = setTimeout(() => this.#sendReadMarker(), MARK_MS);
  }

  close() {
    clearTimeout(this.#markTimer);
  }

  /** The server keeps the place for the next visit; who reads on says it again. */
  async #sendReadMarker() {
    const { client } = this.#session;
    const messageId = this.#store.get().seenMessage;
    if (client?.state === 'online') await client.request('mark_read', { messageId }).catch(() => {});
  }

  /** @param {number} userId @param {boolean} active */
  #setTyping(userId, active) {
    this.#store.set(({ typing }) => {
      const { [userId]: _, ...rest } = typing;
      return { typing: active ? { ...rest, [userId]: performance.now() + TYPING_HOLDS_MS } : rest };
    });
    if (active)
      setTimeout(
        () => (this.#store.get().typing[userId] ?? Infinity) <= performance.now() && this.#setTyping(userId, false),
        TYPING_HOLDS_MS + 50,
      );
  }

  /** @param {number} userId @param {string} reaction */
  #showReaction(userId, reaction) {
    const { reactions, room } = this.#store.get();
    if (reactions.filter((one) => one.userId === userId).length >= REACTIONS_AT_ONCE) return;
    this.#reactionNumber += 1;
    const id = this.#reactionNumber;
    this.#store.set({ reactions: [...reactions, { id, userId, reaction }] });
    if (room && userId !== room.myId)
      announce(t('notification.reaction', { name: room.everyone[userId] ?? '', reaction }));
    setTimeout(
      () => this.#store.set(({ reactions: now }) => ({ reactions: now.filter((one) => one.id !== id) })),
      REACTION_SHOWN_MS,
    );
  }

  /** @param {string} clientId the message has come back as a message */
  #removePending(clientId) {
    this.#store.set(({ pending }) => ({ pending: pending.filter((one) => one.clientId !== clientId) }));
  }
}
