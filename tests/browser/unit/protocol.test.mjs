/* The WebSocket client against a small server that says what the test wants: joining, resuming, order, chat that is
 * never lost nor doubled, close codes, tokens. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { MeetingClient } from '../../../www/js/protocol.js';

if (!globalThis.crypto) globalThis.crypto = (await import('node:crypto')).webcrypto; // Node 18

let server;
let clients;

beforeEach(async () => {
  clients = [];
  server = new Server();
  await server.ready;
});
afterEach(() => {
  for (const client of clients) client.close();
  server.close();
});

/** Answers `hello` and every request by `on[type]`, which may be replaced; keeps what it got. */
class Server {
  constructor() {
    this.wss = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'echomeet.v1' });
    this.ready = once(this.wss, 'listening');
    this.got = [];
    this.protocols = [];
    this.sockets = [];
    this.pingMs = 25_000;
    this.on = {
      join_room: (data) => ({
        ack: data.since === undefined ? snapshot(10) : { ...snapshot(10), resumed: true, events: [] },
      }),
      chat_message: (data) => ({ ack: { id: 1, ...data } }),
      auth: () => ({ ack: {} }),
      leave_room: () => ({ ack: {} }),
    };
    this.wss.on('connection', (socket, request) => {
      this.sockets.push(socket);
      this.protocols.push(request.headers['sec-websocket-protocol']);
      socket.send(JSON.stringify({ type: 'hello', data: { protocol: 'echomeet.v1', userId: 1, pingMs: this.pingMs } }));
      socket.on('message', (text) => this.message(socket, JSON.parse(String(text))));
    });
  }
  get url() {
    return `ws://127.0.0.1:${this.wss.address().port}/`;
  }
  get last() {
    return this.sockets.at(-1);
  }
  message(socket, { id, type, data }) {
    this.got.push({ type, data });
    const answer = this.on[type]?.(data, socket);
    if (answer?.ack) socket.send(JSON.stringify({ type: 'ack', id, data: answer.ack }));
    if (answer?.error) socket.send(JSON.stringify({ type: 'error', id, error: answer.error }));
  }
  event(seq, type = 'chat_message') {
    this.last.send(JSON.stringify({ type, meetingId: 7, seq, at: '', data: { n: seq } }));
  }
  types() {
    return this.got.map(({ type }) => type);
  }
  of(type) {
    return this.got.filter((message) => message.type === type).map(({ data }) => data);
  }
  close() {
    for (const socket of this.sockets) socket.terminate();
    this.wss.close();
  }
}

const snapshot = (seq) => ({ meeting: { id: 7 }, me: { userId: 1 }, participants: [], messages: [], media: {}, seq });

function connect(options = {}) {
  const client = new MeetingClient({
    url: server.url,
    WebSocket,
    firstDelayMs: 10,
    getToken: async () => ({ token: 'tok', expiresAt: Date.now() + 900_000 }),
    ...options,
  });
  clients.push(client);
  const seen = { events: [], states: [], closed: [], snapshots: 0, resumed: 0 };
  client.on('event', ({ seq }) => seen.events.push(seq));
  client.on('state', (state) => seen.states.push(state));
  client.on('closed', ({ code }) => seen.closed.push(code));
  client.on('snapshot', () => {
    seen.snapshots += 1;
  });
  client.on('resumed', () => {
    seen.resumed += 1;
  });
  return { client, seen };
}

async function until(condition, what = condition.toString()) {
  for (let i = 0; i < 300; i += 1) {
    if (condition()) return;
    await sleep(10);
  }
  assert.fail(`never happened: ${what}`);
}

test('the token goes as a subprotocol, the join is answered with the room', async () => {
  const { client, seen } = connect();
  const ack = await client.join('K7QX2P', { password: 'tea' });
  assert.equal(ack.seq, 10);
  assert.equal(server.protocols[0], 'echomeet.v1,bearer.tok');
  const [{ seat, ...join }, ...more] = server.of('join_room');
  assert.deepEqual([join, more], [{ meetingId: 'K7QX2P', password: 'tea' }, []]);
  assert.match(seat, /^.{16,64}$/);
  assert.deepEqual(seen.states, ['connecting', 'online']);
});

test('typing and reactions are told to others and heard from them; signals that overtake the room come after it', async () => {
  const { client, seen } = connect();
  const heard = [];
  client.on('transient', ({ type, from, data }) => heard.push([type, from, data]));
  client.on('signal', ({ from, data }) => heard.push(['signal', from, data.kind, seen.snapshots]));
  assert.equal(client.tell('typing', { active: true }), false, 'not before the room');
  server.on.join_room = (data, socket) => {
    for (const type of ['webrtc_signal', 'typing'])
      socket.send(JSON.stringify({ type, meetingId: 7, from: 4, data: { kind: 'hello' } }));
    return { ack: snapshot(10) };
  };
  await client.join(7);
  assert.equal(client.tell('reaction', { reaction: 'x' }), true);
  server.last.send(JSON.stringify({ type: 'reaction', meetingId: 7, from: 4, data: { reaction: 'y' } }));
  await until(() => heard.length === 2 && server.of('reaction').length === 1);
  assert.deepEqual(heard, [
    ['signal', 4, 'hello', 1],
    ['reaction', 4, { reaction: 'y' }],
  ]);
  assert.deepEqual(server.of('reaction'), [{ reaction: 'x' }]);
});

test('events come once and in rising order; old ones and strangers are ignored', async () => {
  const { client, seen } = connect();
  server.on.join_room = (data, socket) => {
    // one that overtook the answer, and one that the snapshot has already
    for (const seq of [11, 10]) socket.send(JSON.stringify({ type: 'chat_message', meetingId: 7, seq, data: {} }));
    return { ack: snapshot(10) };
  };
  await client.join(7);
  server.last.send(JSON.stringify({ type: 'never_heard_of' }));
  for (const seq of [11, 12, 12, 15, 14]) server.event(seq);
  await until(() => seen.events.includes(15));
  await sleep(20);
  assert.deepEqual(seen.events, [11, 12, 15]);
});

test('a broken socket is opened again and the room resumed from the last event', async () => {
  const { client, seen } = connect();
  await client.join(7);
  server.event(12);
  await until(() => client.seq === 12);
  server.on.join_room = () => ({
    ack: {
      ...snapshot(14),
      resumed: true,
      events: [
        { type: 'a', seq: 12 },
        { type: 'a', seq: 13 },
        { type: 'a', seq: 14 },
      ],
    },
  });
  server.last.terminate();
  await until(() => seen.resumed === 1);
  const [{ seat }, again] = server.of('join_room');
  assert.deepEqual(again, { meetingId: 7, since: 12, seat });
  assert.deepEqual(seen.events, [12, 13, 14]);
  assert.deepEqual(seen.states, ['connecting', 'online', 'reconnecting', 'online']);
});

test('a chat line that was not acknowledged is sent again under the same id, in order, after the return', async () => {
  const { client } = connect();
  await client.join(7);
  server.on.chat_message = () => null; // the answer is lost with the socket
  const first = client.chat('one');
  await until(() => server.of('chat_message').length === 1);
  server.last.terminate();
  const second = client.chat('two');
  server.on.chat_message = (data) => ({ ack: { id: 5, ...data } });
  assert.equal((await first.stored).text, 'one');
  assert.equal((await second.stored).clientId, second.clientId);
  assert.deepEqual(
    server.of('chat_message').map(({ text, clientId }) => [text, clientId]),
    [
      ['one', first.clientId],
      ['one', first.clientId],
      ['two', second.clientId],
    ],
  );
});

test('a passing failure of a chat line is tried again, a final one is told', async () => {
  const { client } = connect({ random: () => 0 });
  await client.join(7);
  let tries = 0;
  server.on.chat_message = (data) => {
    tries += 1;
    return tries === 1
      ? { error: { code: 'unavailable', message: 'later', retryable: true } }
      : { ack: { id: 1, ...data } };
  };
  assert.equal((await client.chat('again').stored).text, 'again');
  server.on.chat_message = () => ({
    error: { code: 'validation_failed', message: 'too long', retryable: false, field: 'text' },
  });
  await assert.rejects(client.chat('no').stored, { code: 'validation_failed', field: 'text' });
});

test('a line waits as long as the server says', async () => {
  const { client } = connect({ random: () => 0 });
  await client.join(7);
  const at = [];
  server.on.chat_message = (data) => {
    at.push(Date.now());
    return at.length === 1
      ? { error: { code: 'rate_limited', message: 'later', retryable: true, retryAfter: 2 } }
      : { ack: { id: 1, ...data } };
  };
  await client.chat('again').stored;
  assert.ok(at[1] - at[0] >= 1990, `${at[1] - at[0]} ms`);
});

test('who was taken out by another program of theirs is told of it; a leaving before this stay means nothing', async () => {
  const left = (seq) => ({ type: 'user_left', meetingId: 7, seq, at: '', data: { userId: 1, reason: 'left' } });
  const { client, seen } = connect();
  await client.join(7);
  server.on.join_room = () => ({
    ack: { ...snapshot(12), resumed: true, events: [left(11), { ...left(12), type: 'user_joined' }] },
  });
  server.last.terminate();
  await until(() => seen.resumed === 1 && client.state === 'online');
  server.last.send(JSON.stringify({ ...left(13), data: { userId: 2, reason: 'left' } }));
  server.last.send(JSON.stringify(left(14)));
  await until(() => seen.closed.length === 1);
  assert.deepEqual([seen.closed, seen.events], [['left_elsewhere'], [11, 12, 13, 14]]);
});

test('who leaves is told of it once, also where the event comes before the answer', async () => {
  const { client, seen } = connect();
  await client.join(7);
  server.on.leave_room = (data, socket) => {
    socket.send(
      JSON.stringify({ type: 'user_left', meetingId: 7, seq: 11, at: '', data: { userId: 1, reason: 'left' } }),
    );
    return { ack: {} };
  };
  await client.leave('signed_out');
  assert.deepEqual(seen.closed, ['signed_out']);
});

test('a place that another device took, or that its owner left there, is not taken back', async () => {
  for (const [code, verdict] of [
    ['taken_over', 'taken_over'],
    ['left', 'left_elsewhere'],
  ]) {
    const { client, seen } = connect();
    await client.join(7);
    server.on.join_room = () => ({ error: { code, message: '', retryable: false } });
    server.last.terminate();
    await until(() => seen.closed.length === 1);
    await sleep(100);
    assert.deepEqual([seen.closed, client.state, seen.states.at(-1)], [[verdict], 'closed', 'closed']);
    server.on.join_room = () => ({ ack: snapshot(10) });
    await client.join(7);
    assert.equal(server.of('join_room').at(-1).since, undefined, 'a person decides to come back');
  }
});

test('close codes decide whether it comes back', async () => {
  for (const [code, verdict] of [
    [4410, 'ended'],
    [4403, 'removed'],
    [4409, 'taken_over'],
    [4400, 'protocol'],
  ]) {
    const { client, seen } = connect();
    await client.join(7);
    server.last.close(code);
    await until(() => seen.closed.length === 1, `closed after ${code}`);
    assert.deepEqual(seen.closed, [verdict]);
    assert.equal(client.state, 'closed');
  }
  for (const code of [1001, 1012, 4408]) {
    const { client, seen } = connect();
    await client.join(7);
    server.last.close(code);
    await until(() => seen.resumed === 1, `back after ${code}`);
    client.close();
  }
});

test('a token that ran out is replaced before coming back; who is signed out does not come back', async () => {
  const asked = [];
  let signedIn = true;
  const getToken = async ({ fresh }) => {
    asked.push(fresh);
    if (!signedIn) throw Object.assign(new Error('no'), { status: 401 });
    return { token: fresh ? 'new' : 'old', expiresAt: Date.now() + 900_000 };
  };
  const { client, seen } = connect({ getToken });
  await client.join(7);
  server.last.close(4401);
  await until(() => seen.resumed === 1);
  assert.deepEqual(asked, [false, true]);
  assert.equal(server.protocols[1], 'echomeet.v1,bearer.new');
  signedIn = false;
  server.last.close(4401);
  await until(() => seen.closed.length === 1);
  assert.deepEqual(seen.closed, ['signed_out']);
});

test('the token is renewed by auth on the running socket', async () => {
  let n = 0;
  const { client } = connect({
    getToken: async () => {
      n += 1;
      return { token: `t${n}`, expiresAt: Date.now() + (n === 1 ? 60_050 : 900_000) };
    },
  });
  await client.join(7);
  await until(() => server.of('auth').length === 1);
  assert.deepEqual(server.of('auth'), [{ token: 't2' }]);
  assert.equal(server.sockets.length, 1);
});

test('the first join tells what is wrong and can be tried again', async () => {
  const { client } = connect();
  server.on.join_room = () => ({ error: { code: 'wrong_password', message: 'wrong', retryable: false } });
  await assert.rejects(client.join(7, { password: 'x' }), { code: 'wrong_password' });
  server.on.join_room = () => ({ ack: snapshot(3) });
  assert.equal((await client.join(7, { password: 'y' })).seq, 3);
});

test('no server: the first join gives up, a later return does not', async () => {
  const { client } = connect();
  const url = server.url;
  await client.join(7);
  const gone = connect({ url: 'ws://127.0.0.1:9/' });
  await assert.rejects(gone.client.join(7), { code: 'offline' });
  const port = server.wss.address().port;
  server.close();
  await until(() => client.state === 'reconnecting');
  await sleep(150);
  server = new Server();
  await server.ready; // Node 18: closing before that leaves it listening
  server.wss.close();
  server.wss = new WebSocketServer({ port, host: '127.0.0.1', handleProtocols: () => 'echomeet.v1' });
  let back = false;
  server.wss.on('connection', (socket) => {
    server.sockets.push(socket);
    socket.send(JSON.stringify({ type: 'hello', data: {} }));
    socket.on('message', (text) => {
      back ||= JSON.parse(String(text)).type === 'join_room';
    });
  });
  await until(() => back, `back at ${url}`);
});

test('a meeting that ended meanwhile ends the return', async () => {
  const { client, seen } = connect();
  await client.join(7);
  server.on.join_room = () => ({ error: { code: 'meeting_ended', message: 'over', retryable: false } });
  server.last.terminate();
  await until(() => seen.closed.length === 1);
  assert.deepEqual(seen.closed, ['ended']);
});

test('a silent socket is pinged', async () => {
  server.pingMs = 40;
  const { client } = connect();
  await client.join(7);
  await until(() => server.of('ping').length >= 1);
  assert.equal(client.state, 'online');
});

test('a silent socket is pinged also after the clock was set back', async (t) => {
  server.pingMs = 40;
  const { client } = connect();
  await client.join(7);
  const { now } = Date;
  t.mock.method(Date, 'now', () => now() - 3_600_000);
  await until(() => server.of('ping').length >= 2);
});

test('leaving says so and stays away', async () => {
  const { client, seen } = connect();
  await client.join(7);
  await client.leave();
  assert.deepEqual(server.types(), ['join_room', 'leave_room']);
  assert.deepEqual(seen.closed, ['left']);
  await sleep(60);
  assert.equal(server.sockets.length, 1);
});

const waiting = { waiting: true, meeting: { id: 7 }, me: { userId: 1, status: 'waiting' } };
const lobbyEvent = (seq, type, data = {}) =>
  server.last.send(JSON.stringify({ type, meetingId: 7, seq, at: '', data }));

test('who waits in the lobby enters when admitted, and gets nothing of the room before', async () => {
  let admitted = false;
  server.on.join_room = () => ({ ack: admitted ? snapshot(30) : waiting });
  const { client, seen } = connect();
  const ack = await client.join('K7QX2P', { invite: 'inv' });
  assert.equal(ack.waiting, true);
  assert.deepEqual(seen.states, ['connecting', 'waiting']);
  server.event(12);
  admitted = true;
  lobbyEvent(20, 'lobby_admitted', { by: 3 });
  await until(() => client.state === 'online');
  const [{ seat }] = server.of('join_room');
  assert.deepEqual(server.of('join_room'), [
    { meetingId: 'K7QX2P', invite: 'inv', seat },
    { meetingId: 'K7QX2P', invite: 'inv', seat },
  ]);
  server.event(31);
  await until(() => seen.events.length > 0);
  assert.deepEqual([seen.events, seen.snapshots], [[31], 1]);
});

test('an admission that overtakes the answer counts too', async () => {
  let asked = 0;
  server.on.join_room = (data, socket) => {
    asked += 1;
    if (asked > 1) return { ack: snapshot(30) };
    socket.send(JSON.stringify({ type: 'lobby_admitted', meetingId: 7, seq: 20, at: '', data: {} }));
    return { ack: waiting };
  };
  const { client } = connect();
  await client.join('K7QX2P');
  await until(() => client.state === 'online');
});

test('a broken socket waits again; a refusal ends the waiting, and asks again only when told to', async () => {
  server.on.join_room = () => ({ ack: waiting });
  const { client, seen } = connect();
  let refused = 0;
  client.on('refused', () => {
    refused += 1;
  });
  await client.join('K7QX2P');
  server.last.terminate();
  await until(() => server.of('join_room').length === 2 && client.state === 'waiting');
  const [first, again] = server.of('join_room');
  assert.ok(
    first.since === undefined && again.since > 1e9 && again.seat === first.seat,
    'the same place, of a room that comes whole',
  );
  lobbyEvent(21, 'lobby_refused', { by: 3 });
  await until(() => client.state === 'refused');
  await sleep(100);
  assert.deepEqual([refused, server.of('join_room').length, seen.closed], [1, 2, []]);
  server.on.join_room = () => ({ ack: snapshot(30) });
  client.askAgain();
  await until(() => client.state === 'online');
  assert.equal(server.of('join_room')[2].since, undefined);
});

test('who is sent back to the lobby waits again and later gets the room whole', async () => {
  const { client, seen } = connect();
  await client.join('K7QX2P');
  const back = [];
  client.on('waiting', (news) => back.push(news));
  server.last.send(
    JSON.stringify({ type: 'user_left', meetingId: 7, seq: 11, at: '', data: { userId: 1, reason: 'lobby', by: 3 } }),
  );
  await until(() => client.state === 'waiting');
  assert.deepEqual(back, [{ by: 3 }]);
  lobbyEvent(14, 'lobby_admitted');
  await until(() => client.state === 'online');
  assert.equal(server.of('join_room')[1].since, undefined);
  assert.equal(seen.snapshots, 2);
});

test('a chat line says which one it answers', async () => {
  const { client } = connect();
  await client.join('K7QX2P');
  await client.chat('yes', { replyTo: 4 }).stored;
  assert.equal(server.of('chat_message')[0].replyTo, 4);
});

test('an invitation that is good no more does not put out who is in; at the door its end is told where a password is needed', async () => {
  const refused = (code) => ({ error: { code, message: '', retryable: false } });
  const { client, seen } = connect();
  await client.join('K7QX2P', { invite: 'inv' });
  server.on.join_room = (data) =>
    data.invite ? refused('invite_invalid') : { ack: { ...snapshot(10), resumed: true, events: [] } };
  server.last.terminate();
  await until(() => seen.resumed === 1);
  const late = connect().client;
  server.on.join_room = (data) => refused(data.invite ? 'invite_invalid' : 'wrong_password');
  await assert.rejects(late.join('K7QX2P', { invite: 'inv' }), { code: 'invite_invalid' });
});

test('a listener that fails is reported, and keeps the client from nothing', async () => {
  const reported = [];
  globalThis.reportError = (error) => reported.push(error.message);
  try {
    const { client, seen } = connect();
    client.on('snapshot', () => {
      throw new Error('no WebRTC here');
    });
    client.on('snapshot', () => seen.states.push('the next listener'));
    await client.join(7);
    assert.deepEqual(seen.states, ['connecting', 'the next listener', 'online']);
    server.event(11);
    await until(() => seen.events.includes(11));
    assert.deepEqual(reported, ['no WebRTC here']);
  } finally {
    delete globalThis.reportError;
  }
});

test('where a WebSocket cannot even be made the join is refused like one that does not open', async () => {
  const { client, seen } = connect({
    WebSocket: class {
      constructor() {
        throw new Error('forbidden');
      }
    },
  });
  await assert.rejects(client.join(7), { code: 'offline' });
  assert.deepEqual(seen.closed, ['offline']);
});
