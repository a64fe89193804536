/* A small client for tests: accounts, REST calls and WebSockets of a system from system.mjs.
 *
 *     const ana = await register(sys, 'Ana');        // {id, email, password, displayName, token, refreshToken, client}
 *     const { status, body, headers } = await api(sys, ana.token).post('/meetings', { title: 'Planning' });
 *     await ana.client.get('/users/me');             // the same, as that user
 *
 * Paths without a leading '/api/', '/healthz', '/readyz' or a file's dot are below /api/v1. A body is sent as JSON (a string or Buffer
 * as it is). `request(method, path, {body, headers})` for everything else. The body of an answer is parsed where it is JSON.
 *
 *     const socket = await openSocket(sys, ana.token);            // through the web server, token as subprotocol
 *     const socket = await openSocket(sys, ana.token, { relay: 1, via: 'query' });   // straight to relay 1, token in the address
 *
 *     socket.hello                       the data of the hello message
 *     await socket.request(type, data)   sends with an id; answers the ack's data, throws RequestError {code, retryable, retryAfter, field, message}
 *     socket.send(type, data, id)        sends without waiting
 *     socket.sendText(text)              sends anything (a string, or a Buffer for a binary frame)
 *     await socket.waitFor(type, match?, {timeout})   the first message of that type for which match(message) is true and
 *                                        that no waitFor answered before; fails after the timeout (PATIENCE_MS) or when the socket closes
 *     socket.messages                    everything received so far, in order (hello, acks and errors as well)
 *     socket.events                      the room events among them (those with a seq)
 *     socket.seq                         the highest seq seen, in events and in acks of join_room
 *     await socket.closed                {code, reason} once the connection has ended
 *     await socket.close()               a proper close; socket.terminate() breaks the connection without a word
 *
 * openSocket throws HandshakeError {status, body} where the server refuses the handshake. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import zlib from 'node:zlib';
import { WebSocket } from 'ws';

/* Debian's Node.js 18 comes with a fetch() that lacks this. */
Headers.prototype.getSetCookie ??= function getSetCookie() {
  return (this.get('set-cookie') ?? '').split(/, (?=[^;,]+=)/).filter(Boolean);
};

/* Web servers end a connection that was idle for 5 s. fetch() would use one for 4 s, and a request that leaves a busy process later
 * than it was begun would meet the end. So nothing waits for long: a new connection is made instead. (Node.js has no other name for
 * the dispatcher of its fetch(), and makes it with the first call.) */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
await fetch('data:,');
globalThis[DISPATCHER] = new globalThis[DISPATCHER].constructor({ keepAliveTimeout: 1000, keepAliveMaxTimeout: 1000 });
const KEPT = { keepAlive: true, timeout: 1000 };
const WAYS = {
  'http:': { request: http.request, agent: new http.Agent(KEPT) },
  'https:': { request: https.request, agent: new https.Agent(KEPT) },
};

/* So long something may take on a machine that is busy with other things. Nothing waits for it but what fails. */
export const PATIENCE_MS = 60_000;

/* --- REST -------------------------------------------------------------------------------------------------- */

export function api(sys, token) {
  const request = (method, path, { body, headers = {} } = {}) => call(sys, token, method, path, body, headers);
  return {
    request,
    get: (path, options) => request('GET', path, options),
    post: (path, body, options) => request('POST', path, { body, ...options }),
    patch: (path, body, options) => request('PATCH', path, { body, ...options }),
    put: (path, body, options) => request('PUT', path, { body, ...options }),
    delete: (path, options) => request('DELETE', path, options),
  };
}

async function call(sys, token, method, path, body, headers) {
  const asIs = typeof body === 'string' || Buffer.isBuffer(body);
  const absolute = /^\/(api\/|healthz|readyz|metrics)/.test(path) || /^\/[^?]*\./.test(path) || path === '/';
  const answer = await exchange(sys.base + (absolute ? path : `/api/v1${path}`), {
    method,
    headers: {
      accept: '*/*',
      'accept-encoding': 'gzip',
      'user-agent': 'node',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : asIs ? body : JSON.stringify(body),
  });
  const isJson = /[/+]json/.test(answer.headers.get('content-type') ?? '');
  return { ...answer, body: isJson && answer.body ? JSON.parse(answer.body) : answer.body };
}

/* What fetch() does, for a third of its processor time. */
function exchange(url, { body, ...options }) {
  return new Promise((resolve, reject) => {
    const { request: begin, agent } = WAYS[new URL(url).protocol];
    const request = begin(url, { agent, ...options }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const headers = new Headers();
        for (let i = 0; i < response.rawHeaders.length; i += 2)
          headers.append(response.rawHeaders[i], response.rawHeaders[i + 1]);
        const bytes = Buffer.concat(chunks);
        const zipped = headers.get('content-encoding') === 'gzip' && bytes.length > 0;
        resolve({ status: response.statusCode, headers, body: String(zipped ? zlib.gunzipSync(bytes) : bytes) });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/* A new account, signed in as a program (so the refresh token is in the answer). */
export async function register(sys, displayName = 'Ana', extra = {}) {
  const email = `${randomBytes(8).toString('hex')}@example.org`;
  const password = 'correct horse 1';
  const { status, body } = await api(sys).post('/auth/register', {
    email,
    password,
    displayName,
    client: 'api',
    ...extra,
  });
  if (status !== 201) throw new Error(`register answered ${status}: ${JSON.stringify(body)}`);
  return {
    id: body.user.id,
    email,
    password,
    displayName,
    token: body.accessToken,
    refreshToken: body.refreshToken,
    client: api(sys, body.accessToken),
  };
}

/* --- WebSocket --------------------------------------------------------------------------------------------- */

export class RequestError extends Error {
  constructor({ code, message, retryable, retryAfter, field }) {
    super(`${code}: ${message}`);
    Object.assign(this, { code, retryable, retryAfter, field });
  }
}

export class HandshakeError extends Error {
  constructor(status, body) {
    super(`the handshake was answered ${status}`);
    Object.assign(this, { status, body });
  }
}

/* `via`: how the token is sent: 'subprotocol', 'query', 'none' (then there is no hello to wait for).
 * `relay`: number of the relay to speak to directly; otherwise through the web server. */
export async function openSocket(sys, token, { relay, via = 'subprotocol', origin, headers = {}, options = {} } = {}) {
  const url = new URL(relay === undefined ? sys.ws : sys.relayUrls[relay]);
  if (via === 'query') url.searchParams.set('token', token);
  const protocols = via === 'subprotocol' ? ['echomeet.v1', `bearer.${token}`] : ['echomeet.v1'];
  const ws = new WebSocket(url, protocols, { origin, headers, perMessageDeflate: false, ...options });
  const socket = new Socket(ws);
  await socket.opened;
  if (via !== 'none') socket.hello = (await socket.waitFor('hello')).data;
  return socket;
}

class Socket {
  constructor(ws) {
    this.ws = ws;
    this.messages = [];
    this.seq = 0;
    this.nextId = 1;
    this.pending = new Map();
    this.waiters = new Set();
    this.taken = new WeakSet(); // messages that a waitFor answered
    this.opened = new Promise((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
      ws.once('unexpected-response', (request, response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text) => {
          body += text;
        });
        response.on('end', () => reject(new HandshakeError(response.statusCode, body)));
      });
    });
    this.closed = new Promise((resolve) => {
      ws.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.onClose(code);
      });
    });
    ws.on('error', () => {}); // a broken connection is told by `closed`
    ws.on('message', (data) => this.onMessage(JSON.parse(data.toString())));
  }

  get events() {
    return this.messages.filter((message) => message.seq !== undefined);
  }

  onMessage(message) {
    this.messages.push(message);
    this.seq = Math.max(this.seq, message.seq ?? 0, message.type === 'ack' ? (message.data?.seq ?? 0) : 0);
    const answer = this.pending.get(message.id);
    if (answer && (message.type === 'ack' || message.type === 'error' || message.type === 'pong')) {
      this.pending.delete(message.id);
      answer(message);
    }
    for (const waiter of this.waiters) waiter();
  }

  onClose(code) {
    this.closeCode = code;
    for (const [id, answer] of this.pending)
      answer({
        type: 'error',
        id,
        error: { code: `closed_${code}`, message: 'the connection was closed', retryable: true },
      });
    this.pending.clear();
    for (const waiter of this.waiters) waiter(code);
  }

  sendText(text) {
    this.ws.send(text);
  }

  send(type, data, id) {
    this.sendText(JSON.stringify({ id, type, data }));
  }

  async request(type, data, { timeout = PATIENCE_MS } = {}) {
    const id = this.nextId++;
    const answered = new Promise((resolve) => this.pending.set(id, resolve));
    this.send(type, data, id);
    const message = await within(
      timeout,
      answered,
      () => `no answer to ${type} within ${timeout} ms; ${this.summary()}`,
    );
    if (message.type === 'error') throw new RequestError(message.error);
    return message.data;
  }

  async waitFor(type, match = () => true, { timeout = PATIENCE_MS } = {}) {
    let waiter;
    const found = new Promise((resolve, reject) => {
      waiter = (closeCode) => {
        const message = this.messages.find((m) => m.type === type && !this.taken.has(m) && match(m));
        if (message) {
          this.taken.add(message);
          this.waiters.delete(waiter);
          resolve(message);
        } else if (closeCode !== undefined)
          reject(new Error(`closed (${closeCode}) while waiting for ${type}; ${this.summary()}`));
      };
      this.waiters.add(waiter);
      waiter(this.closeCode);
    });
    return within(timeout, found, () => `no ${type} within ${timeout} ms; ${this.summary()}`).finally(() =>
      this.waiters.delete(waiter),
    );
  }

  summary() {
    return `received: ${
      this.messages
        .slice(-12)
        .map((m) => `${m.type}${m.seq ? `#${m.seq}` : ''}`)
        .join(', ') || 'nothing'
    }`;
  }

  async close(code = 1000) {
    this.ws.close(code);
    return this.closed;
  }

  terminate() {
    this.ws.terminate();
  }
}

function within(ms, promise, problem) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(problem())), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/* Waits until check() gives something true and answers it; for what no event tells. */
export async function eventually(check, { timeout = PATIENCE_MS, every = 25 } = {}) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`did not come true within ${timeout} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, every);
    });
  }
}
