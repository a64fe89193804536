/** The lobby, from both sides: this person waits in it, or may let in those who do. */
import { can, withLobby } from './room-state.js';

/** @typedef {import('./session-core.js').Waiting} Waiting */
/** @typedef {import('./protocol.js').RoomEvent} RoomEvent */

const RETRY_MS = 3_000;

export class SessionLobby {
  #session;
  #desk;
  /** Events of the lobby while its list is being asked for. @type {RoomEvent[] | null} */
  #news = null;

  /** @param {import('./session-core.js').SessionCore} session @param {import('./host-desk.js').HostDesk} desk */
  constructor(session, desk) {
    this.#session = session;
    this.#desk = desk;
  }

  // --- this person waits ------------------------------------------------------------------------------------------

  /** From the beginning, or sent back. @param {Rest.MeetingBrief} [meeting] none where this person was in it */
  enter(meeting) {
    this.#session.store.set(({ room, waiting }) => ({
      phase: 'waiting',
      room: null,
      connections: {},
      pending: [],
      waiting: {
        meeting: meeting ?? room?.meeting,
        state: 'waits',
        code: null,
        sentBack: !meeting || Boolean(waiting?.sentBack),
      },
    }));
  }

  refused() {
    this.#changeWaiting({ state: 'refused' });
  }

  /** After having been refused. */
  askAgain() {
    this.#changeWaiting({ state: 'waits' });
    this.#session.client?.askAgain();
  }

  /** @param {string} code why */
  closed(code) {
    this.#changeWaiting({ state: 'closed', code });
  }

  /** Out of the lobby, and back to the door. */
  async stopWaiting() {
    await this.#session.client?.leave();
    this.#session.store.set({ phase: 'before', waiting: null });
  }

  /** @param {Partial<Waiting>} part */
  #changeWaiting(part) {
    this.#session.store.set(({ waiting }) => ({ waiting: waiting && { ...waiting, ...part } }));
  }

  // --- others wait ------------------------------------------------------------------------------------------------

  /** Somebody came into the lobby, or went. @param {RoomEvent} event */
  changed(event) {
    this.#news?.push(event);
  }

  /** The room is known anew: a list that is being asked for is for the one before. */
  restart() {
    this.#news = null;
    this.learn();
  }

  /** Who may let people in has the list of those who wait; the events after it change it. */
  async learn() {
    const { store } = this.#session;
    const { room } = store.get();
    if (!room || !can(room, 'use_lobby')) {
      store.set({ room: room && { ...room, lobby: null } });
      return;
    }
    if (this.#news) return; // it is being asked for
    /** @type {RoomEvent[]} */
    const news = [];
    this.#news = news;
    try {
      const list = await this.#desk.lobby();
      if (this.#news === news) store.set(({ room: now }) => ({ room: now && withLobby(now, list, news) }));
    } catch {
      setTimeout(() => store.get().phase === 'in' && this.learn(), RETRY_MS);
    }
    if (this.#news === news) this.#news = null;
  }
}
