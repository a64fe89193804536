/**
 * Coming to one meeting without an account: a name, a token for that meeting alone, and the REST client that uses it.
 * The token is kept for this tab, so that loading the page again is no new guest.
 */
import { Api, Problem } from './api.js';

const KEY = 'echomeet.guest.';
const MARGIN_MS = 15_000;

/** @typedef {{id: number, displayName: string, isGuest: true}} Guest */
/** @typedef {{token: string, expiresAt: number, user: Guest}} Kept */

export class GuestApi extends Api {
  /** @type {Kept} */
  #kept;
  #code;

  /** @param {string} code the meeting's @param {Kept} kept @param {() => string} acceptLanguage */
  constructor(code, kept, acceptLanguage) {
    super({ acceptLanguage, tabs: false });
    this.#code = code;
    this.#kept = kept;
    this.session.set({ user: { email: '', locale: acceptLanguage(), isAdmin: false, ...kept.user }, ready: true });
  }

  /** There is one token and no way to another one: who needs a newer one is a guest no longer. @override */
  async token() {
    if (this.#kept.expiresAt - Date.now() > MARGIN_MS) return this.#kept;
    this.forget();
    throw new Problem({ code: 'unauthorized', status: 401 });
  }

  /** Out of this tab: who comes again gives a name again. */
  forget() {
    write(this.#code, null);
  }
}

/**
 * Asks for a guest's place. Rejects with the server's reason: guests_not_allowed, invite_invalid, removed, …
 * @param {Api} api of the page, which nobody has signed in to
 * @param {string} code @param {{displayName: string, invite?: string}} input
 * @returns {Promise<Kept>}
 */
export async function becomeGuest(api, code, { displayName, invite }) {
  const answer = await api.open('POST', `/meetings/${code}/guests`, { displayName, ...(invite ? { invite } : {}) });
  const kept = { token: answer.accessToken, expiresAt: Date.now() + answer.expiresIn * 1000, user: answer.user };
  write(code, kept);
  return kept;
}

/** The guest of this tab, if the token is still good. @param {string} code @returns {Kept | null} */
export function keptGuest(code) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY + code) ?? 'null');
    return kept && kept.expiresAt - Date.now() > MARGIN_MS ? kept : null;
  } catch {
    return null;
  }
}

/** @param {string} code @param {Kept | null} kept */
function write(code, kept) {
  try {
    if (kept) sessionStorage.setItem(KEY + code, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY + code);
  } catch {
    // Then a reload asks for the name again.
  }
}
