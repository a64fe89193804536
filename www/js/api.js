/**
 * The REST client. The access token lives in memory only; the refresh token is an HttpOnly cookie that no script can
 * read. At load and whenever the access token has run out, the cookie is exchanged for a new one. The server ends the
 * whole sign-in when an old cookie is used twice, and the answer that comes last leaves its cookie. So whatever may
 * change the cookie takes turns with all tabs of the browser (Web Locks), and a tab never asks twice at once.
 */
import { learnServerTime } from './server-clock.js';
import { createStore } from './store.js';

/** An answer that says no: RFC 9457 with EchoMeet's `code`. `code` is "network" when there was no answer at all. */
export class Problem extends Error {
  /** @param {{code: string, status?: number, detail?: string, title?: string, field?: string, errors?: {field: string}[], requestId?: string, retryAfter?: number}} body `retryAfter` in seconds */
  constructor(body) {
    super(body.detail || body.title || body.code);
    this.name = 'Problem';
    this.code = body.code;
    this.status = body.status ?? 0;
    this.field = body.field ?? body.errors?.[0]?.field;
    /** All that are wrong, the first one first. */
    this.fields = body.errors?.map(({ field }) => field) ?? (body.field ? [body.field] : []);
    this.requestId = body.requestId;
    this.retryAfterMs = (body.retryAfter ?? 0) * 1000;
  }
}

/** @typedef {{id: number, email: string, displayName: string, locale: string, isAdmin: boolean, deletesAt?: string | null, isGuest?: boolean}} User `deletesAt`: when the account goes */
/**
 * A query is text in the end, so what is something else in the API's document may be given as text, too.
 * @template T
 * @typedef {{[Name in keyof T]: T[Name] | (T[Name] extends string | undefined ? never : string)}} Query
 */
/** @typedef {{token: string, expiresAt: number}} AccessToken `expiresAt` in milliseconds since 1970, by this clock */
/** @typedef {{user: User | null, ready: boolean}} Session `ready` once it is known whether somebody is signed in */

/** A token that ends sooner than this is not used for anything new. */
const MARGIN_MS = 15_000;
/** A network that went silent looks like a slow server; this is when it is given up. */
const ANSWER_MS = 20_000;
/** How long a page that is opened waits for a server that is away before it shows the sign-in page. */
const START_TRIES = 10;
const START_PAUSE_MS = 1_000;

export class Api {
  /** @type {import('./store.js').Store<Session>} */
  session = createStore(/** @type {Session} */ ({ user: null, ready: false }));
  /** @type {AccessToken | null} */
  #access = null;
  /** @type {Promise<AccessToken> | null} */
  #refreshing = null;
  /** Where the browser keeps no cookie this page keeps it, for as long as it is open. @type {string | undefined} */
  #refreshToken;
  #base;
  #acceptLanguage;
  /** Tells the other tabs of this browser that somebody signed in or out. */
  #tabs;

  /** @param {{base?: string, acceptLanguage?: () => string, tabs?: boolean}} [options] `tabs`: the others of this browser are told of this one's session */
  constructor({ base = '/api/v1', acceptLanguage = () => 'en', tabs = true } = {}) {
    this.#base = base;
    this.#acceptLanguage = acceptLanguage;
    this.#tabs = tabs ? openChannel('echomeet.session') : null;
    this.#tabs?.addEventListener('message', ({ data }) => this.#otherTab(data));
  }

  /** Finds out whether the cookie of an earlier visit still holds. */
  async start() {
    for (let tries = 0; tries < START_TRIES && remembered() !== 'no'; tries += 1) {
      try {
        await this.token({ fresh: true });
        break;
      } catch (error) {
        if (/** @type {Problem} */ (error).status === 401) break; // nobody is signed in any more
        await new Promise((resolve) => setTimeout(resolve, START_PAUSE_MS)); // the server may be starting again
      }
    }
    this.session.set({ ready: true });
  }

  /** @param {string} email @param {string} password */
  signIn(email, password) {
    return this.#beginSession('/auth/login', { email, password });
  }

  /** @param {{email: string, password: string, displayName: string, locale: string}} account */
  signUp(account) {
    return this.#beginSession('/auth/register', account);
  }

  /** @param {string} path @param {object} body */
  #beginSession(path, body) {
    return this.#inTurn(async () =>
      this.#signedIn(await this.#sendRequest('POST', path, { ...body, client: client() }), true),
    );
  }

  signOut() {
    return this.#inTurn(async () => {
      const body = this.#refreshBody();
      this.#forgetSignIn();
      this.#tabs?.postMessage({ userId: null });
      await this.#sendRequest('POST', '/auth/logout', body).catch(() => {});
    });
  }

  /**
   * @param {{fresh?: boolean}} [options] fresh: do not use the one at hand
   * @returns {Promise<AccessToken>}
   */
  async token({ fresh = false } = {}) {
    if (!fresh && this.#access && this.#access.expiresAt - Date.now() > MARGIN_MS) return this.#access;
    this.#refreshing ??= this.#inTurn(() => this.#refreshTokens()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /**
   * @template {Rest.GetPath} Path
   * @param {Path} path @param {Query<Rest.Get<Path>['query']>} [query] what is undefined in it is not said
   * @returns {Promise<Rest.Get<Path>['answer']>}
   */
  get(path, query = /** @type {Query<Rest.Get<Path>['query']>} */ ({})) {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]));
    return this.#request('GET', pairs.length ? `${path}?${search}` : path);
  }

  /**
   * @template {Rest.PostPath} Path
   * @param {Path} path @param {Rest.Post<Path>['body']} [body]
   * @returns {Promise<Rest.Post<Path>['answer']>}
   */
  post(path, body) {
    return this.#request('POST', path, body);
  }

  /**
   * @template {Rest.PatchPath} Path
   * @param {Path} path @param {Rest.Patch<Path>['body']} body
   * @returns {Promise<Rest.Patch<Path>['answer']>}
   */
  patch(path, body) {
    return this.#request('PATCH', path, body);
  }

  /**
   * @template {Rest.DeletePath} Path
   * @param {Path} path @param {Rest.Delete<Path>['body']} [body]
   * @returns {Promise<Rest.Delete<Path>['answer']>}
   */
  delete(path, body) {
    return this.#request('DELETE', path, body);
  }

  /** What needs nobody signed in. @param {string} method @param {string} path @param {unknown} [body] */
  open(method, path, body) {
    return this.#sendRequest(method, path, body);
  }

  /** An answer that is no JSON, with all the pages that it goes on with (a `Link` with rel="next"). @param {string} path */
  async text(path) {
    const pages = [];
    for (let next = path; next; ) {
      const page = await this.#request('GET', next, undefined, (text, { headers }) => ({
        text,
        next: this.#nextOf(headers),
      }));
      pages.push(page.text);
      next = page.next;
    }
    return pages.join('');
  }

  /** @param {Headers} headers @returns {string} a path below the API's, or '' */
  #nextOf(headers) {
    const url = /<([^>]*)>; *rel="next"/.exec(headers.get('Link') ?? '')?.[1] ?? '';
    return url.startsWith(this.#base) ? url.slice(this.#base.length) : '';
  }

  /**
   * One call as the person signed in; once more with a new token when the server says that this one has run out.
   * @param {string} method @param {string} path @param {unknown} [body] @param {(text: string, response: Response) => any} [read] the answer's body
   */
  async #request(method, path, body, read) {
    const { token } = await this.token();
    try {
      return await this.#sendRequest(method, path, body, token, read);
    } catch (error) {
      if (!(error instanceof Problem) || !['unauthorized', 'token_expired'].includes(error.code)) throw error;
      const renewed = await this.token({ fresh: this.#access?.token === token });
      return this.#sendRequest(method, path, body, renewed.token, read);
    }
  }

  async #refreshTokens() {
    try {
      return this.#signedIn(await this.#sendRequest('POST', '/auth/refresh', this.#refreshBody()), false);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.#forgetSignIn();
      throw error;
    }
  }

  #refreshBody() {
    return this.#refreshToken ? { refreshToken: this.#refreshToken } : undefined;
  }

  /**
   * Browsers that keep nothing for a page refuse it locks as well: then there is nothing that its tabs could share.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #inTurn(work) {
    let begun = false;
    try {
      return await navigator.locks.request('echomeet.session', () => {
        begun = true;
        return work();
      });
    } catch (error) {
      if (begun) throw error;
      return work();
    }
  }

  /** @param {Rest.SignIn} body @param {boolean} tellTabs @returns {AccessToken} */
  #signedIn(body, tellTabs) {
    this.#access = { token: body.accessToken, expiresAt: Date.now() + body.expiresIn * 1000 };
    this.#refreshToken = body.refreshToken;
    this.session.set({ user: body.user, ready: true });
    remember('yes');
    if (tellTabs) this.#tabs?.postMessage({ userId: body.user.id });
    return this.#access;
  }

  #forgetSignIn() {
    this.#access = null;
    this.#refreshToken = undefined;
    this.session.set({ user: null });
    remember('no');
  }

  /** @param {{userId: number | null}} news */
  #otherTab({ userId }) {
    if (userId === (this.session.get().user?.id ?? null)) return;
    if (userId === null) this.#forgetSignIn();
    else this.token({ fresh: true }).catch(() => {});
  }

  /** After PATCH /users/me. @param {User} user */
  userChanged(user) {
    this.session.set({ user });
  }

  /**
   * @param {string} method @param {string} path @param {unknown} [body] @param {string} [token] @param {(text: string, response: Response) => any} [read]
   * @returns {Promise<any>} the body, or null where there is none
   */
  async #sendRequest(method, path, body, token, read = parse) {
    /** @type {Record<string, string>} */
    const headers = { 'Accept-Language': this.#acceptLanguage() };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let response;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'same-origin',
        signal: AbortSignal.timeout?.(ANSWER_MS),
      });
    } catch {
      throw new Problem({ code: 'network' });
    }
    learnServerTime(response.headers.get('Date'));
    const text = await response.text().catch(() => '');
    if (response.ok) return read(text, response);
    // A web server in front answers for a back end that is away with a page of its own.
    const code = response.status >= 502 && response.status <= 504 ? 'unavailable' : 'internal';
    throw new Problem({
      code,
      ...parse(text),
      status: response.status,
      retryAfter: Number(response.headers.get('Retry-After') ?? 0),
    });
  }
}

/** Whether the browser keeps no cookies for this page: a sign-in then lasts until it is loaded again. `navigator.cookieEnabled` does not know. */
export function cookiesBlocked() {
  const probe = 'echomeet_probe=1';
  try {
    document.cookie = `${probe}; SameSite=Strict`;
    const kept = document.cookie.includes(probe);
    document.cookie = `${probe}; SameSite=Strict; Max-Age=0`;
    return !kept;
  } catch {
    return true;
  }
}

/** Where the refresh token goes: into a cookie that no script sees, or into the answer. */
const client = () => (cookiesBlocked() ? 'api' : 'browser');

/** @param {string} name @returns {BroadcastChannel | null} null where the browser forbids it */
function openChannel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return null;
  }
}

const SIGNED_IN = 'echomeet.signedIn';

/** Whether there can be a cookie, which no script sees: saves those who are not signed in a question. */
function remembered() {
  try {
    return localStorage.getItem(SIGNED_IN) ?? 'no';
  } catch {
    return null;
  }
}

/** @param {'yes' | 'no'} answer */
function remember(answer) {
  try {
    localStorage.setItem(SIGNED_IN, answer);
  } catch {
    // Then the question is asked at every visit.
  }
}

/** @param {string} text @returns {any} null where it is no JSON */
function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
