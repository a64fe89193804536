/* RFC 6455 over the real socket: what a client may send is understood however it is cut, and what it may not send closes with
 * the code that the RFC asks for. (tests/unit/test_ws.c feeds the codec alone, cut at every byte.) */
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { register } from '../lib/client.mjs';
import { frame, rawSocket } from '../lib/raw-socket.mjs';
import { startSystem } from '../lib/system.mjs';

const TEXT = 0x81,
  TEXT_PART = 0x01,
  PART = 0x00,
  LAST_PART = 0x80,
  BINARY = 0x82,
  CLOSE = 0x88,
  PING = 0x89,
  PONG = 0x8a;
const bytes = (...list) => Buffer.from(list);
const ask = (id, extra = '') => `{"type":"ping","id":${id}${extra}}`;
const closing = (code, reason = '') =>
  frame(CLOSE, Buffer.concat([bytes(code >> 8, code & 0xff), Buffer.from(reason)]));
const END = closing(1000);

/* {name, parts: what is written one after the other, code: how it ends, pongs: ids of JSON pings answered, echo: payloads of pongs} */
const cases = [];
const add = (name, parts, code, { pongs = [], echo = [] } = {}) =>
  cases.push({ name, parts: [parts].flat(), code, pongs, echo });
/* in order, and the connection lives on until the client closes it */
const good = (name, parts, more) => add(name, [...[parts].flat(), END], 1000, more);

for (let bits = 0x10; bits <= 0x70; bits += 0x10) {
  add(`reserved bits ${bits.toString(16)} of a text`, frame(TEXT | bits, 'x'), 1002);
  add(`reserved bits ${bits.toString(16)} of a ping`, frame(PING | bits, 'x'), 1002);
}
for (const opcode of [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf]) {
  add(`opcode ${opcode}`, frame(0x80 | opcode, 'x'), 1002);
  add(`opcode ${opcode} within a message`, [frame(TEXT_PART, 'x'), frame(0x80 | opcode, 'x')], 1002);
}
for (const first of [TEXT, TEXT_PART, BINARY, CLOSE, PING, PONG])
  add(`frame ${first.toString(16)} without mask`, frame(first, '', { masked: false }), 1002);
for (const opcode of [8, 9, 10]) {
  add(`control frame ${opcode} in fragments`, frame(opcode, ''), 1002);
  add(`control frame ${opcode} of 126 bytes`, frame(0x80 | opcode, 'x'.repeat(126)), 1002);
}
add('a continuation of nothing', frame(PART, 'x'), 1002);
add('a last continuation of nothing', frame(LAST_PART, 'x'), 1002);
add('a text within a text', [frame(TEXT_PART, 'x'), frame(TEXT, 'y')], 1002);
add('a binary message within a text', [frame(TEXT_PART, 'x'), frame(BINARY, 'y')], 1002);
add('a continuation behind a whole message', [frame(TEXT, ask(1)), frame(LAST_PART, 'x')], 1002, { pongs: [1] });
for (const [name, first] of [
  ['whole', BINARY],
  ['in fragments', 0x02],
]) {
  add(`a binary message, ${name}`, frame(first, 'x'), 1003);
  add(`an empty binary message, ${name}`, frame(first, ''), 1003);
}

/* lengths */
for (const n of [0, 5, 125]) add(`${n} bytes in the form of two bytes`, bytes(TEXT, 0xfe, 0, n, 1, 2, 3, 4), 1002);
for (const n of [0, 125, 126, 0xffff])
  add(`${n} bytes in the form of eight`, bytes(TEXT, 0xff, 0, 0, 0, 0, 0, 0, n >> 8, n & 0xff, 1, 2, 3, 4), 1002);
add('a length with the top bit', bytes(TEXT, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4), 1002);
for (const n of [100, 125, 126, 127, 128, 255, 256, 65535, 65536])
  good(`a message of ${n} bytes`, frame(TEXT, ask(1, ' '.repeat(n - ask(1).length))), { pongs: [1] });
add('a message of 65537 bytes', frame(TEXT, 'x'.repeat(65537)), 1009);
add('a header that announces 65537 bytes', frame(TEXT, '', { length: 65537 }), 1009);
add('a header that announces 2^40 bytes', frame(TEXT, '', { length: 2 ** 40 }), 1009);
add('fragments of 65537 bytes', [frame(TEXT_PART, 'x'.repeat(65536)), frame(LAST_PART, 'x')], 1009);
good('fragments of 65536 bytes', [frame(TEXT_PART, ask(1).padEnd(65000)), frame(LAST_PART, ' '.repeat(536))], {
  pongs: [1],
});

/* control frames */
for (const n of [0, 1, 124, 125]) good(`a ping of ${n} bytes`, frame(PING, 'p'.repeat(n)), { echo: ['p'.repeat(n)] });
good('pings answered in order', [frame(PING, 'a'), frame(PING, 'b'), frame(PING, '')], { echo: ['a', 'b', ''] });
good('pongs that nobody asked for', [frame(PONG, ''), frame(PONG, 'x'.repeat(125))]);
good(
  'control frames between fragments',
  [frame(TEXT_PART, ask(1).slice(0, 5)), frame(PING, 'in between'), frame(PONG, ''), frame(LAST_PART, ask(1).slice(5))],
  { pongs: [1], echo: ['in between'] },
);
add('a close between fragments', [frame(TEXT_PART, '{'), closing(1001)], 1001);
good('empty fragments', [frame(TEXT_PART, ''), frame(PART, ask(1)), frame(PART, ''), frame(LAST_PART, '')], {
  pongs: [1],
});
good(
  'a message in fragments of one byte',
  [...ask(7)].map((c, i, all) => frame(i === 0 ? TEXT_PART : i === all.length - 1 ? LAST_PART : PART, c)),
  { pongs: [7] },
);
good('forty messages in one packet', Buffer.concat(Array.from({ length: 40 }, (_, i) => frame(TEXT, ask(i)))), {
  pongs: Array.from({ length: 40 }, (_, i) => i),
});

/* closing */
for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
  add(`close ${code} is answered with the same`, closing(code, 'bye'), code);
for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
  add(`close ${code}, which nobody may send`, closing(code), 1002);
add('a close without a code', frame(CLOSE, ''), 1005);
add('a close of one byte', frame(CLOSE, 'x'), 1002);
add('a close with a reason of 123 bytes', closing(1000, 'x'.repeat(123)), 1000);
add('a close with a reason in UTF-8', closing(4001, 'auf Wiedersehen, 再见 😀'), 4001);
for (const bad of [[0xff], [0xc3], [0xe4, 0xbd], [0x61, 0xed, 0xa0, 0x80]])
  add(`a close with the reason ${Buffer.from(bad).toString('hex')}`, closing(1000, bytes(...bad)), 1007);
add('a message behind a close', [END, frame(TEXT, ask(1))], 1000);
add('nonsense behind a close', [END, frame(0x83, 'x')], 1000);

/* UTF-8 */
const text = Buffer.from(ask(3, ',"data":{"x":"é你😀\u0800\uffff\u{10ffff}"}'));
for (let cut = 0; cut <= text.length; cut++)
  good(
    `UTF-8 in two fragments, cut at ${cut}`,
    [frame(TEXT_PART, text.subarray(0, cut)), frame(LAST_PART, text.subarray(cut))],
    { pongs: [3] },
  );
const whole = frame(TEXT, text);
for (let cut = 1; cut < whole.length; cut += 2)
  good(`UTF-8 in two packets, cut at ${cut}`, [whole.subarray(0, cut), whole.subarray(cut)], { pongs: [3] });
const notUtf8 = [
  '80',
  'bf',
  'c0af',
  'c1bf',
  'e080af',
  'e09fbf',
  'f08080af',
  'f08fbfbf',
  'eda080',
  'edbfbf',
  'f4908080',
  'f5808080',
  'ff',
  'fe',
  'c3',
  'e4bd',
  'f09f98',
  'c328',
  'e4bd28',
  'f09f9828',
  'c3a9a9',
  'f09f988080',
].map((hex) => Buffer.from(hex, 'hex'));
for (const bad of notUtf8) {
  add(`not UTF-8: ${bad.toString('hex')}`, frame(TEXT, bad), 1007);
  add(
    `not UTF-8, in fragments: ${bad.toString('hex')}`,
    [...[...bad].map((b, i) => frame(i === 0 ? TEXT_PART : PART, bytes(b))), frame(LAST_PART, '')],
    1007,
  );
}

let sys;
let ana;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_RELAY_RATE_PINGS: '0' } });
  ana = await register(sys, 'Ana');
});
after(() => sys?.stop());

/* What came meanwhile has been read then: on a busy machine timers run several times before sockets do, and the second write into
 * a connection that the server has closed throws away what it had said before. */
const sleep = (ms) =>
  new Promise((resolve) => {
    setTimeout(() => setImmediate(resolve), ms);
  });

async function play({ name, parts, code, pongs, echo }, split) {
  const raw = await rawSocket(sys, { token: ana.token });
  assert.equal(raw.status, 101);
  raw.socket.setNoDelay(true);
  for (const part of split
    ? Buffer.concat(parts)
        .toString('latin1')
        .match(/[^]/g)
        .map((c) => Buffer.from(c, 'latin1'))
    : parts) {
    raw.send(part);
    await sleep(parts.length > 1 || split ? 1 : 0);
  }
  // the server waits for the client after its close; this one goes
  const timer = setInterval(() => raw.code !== undefined && raw.socket.end(), 10);
  assert.equal(await raw.closed, code, name);
  clearInterval(timer);
  const answers = raw.frames
    .filter((f) => f.opcode === 1)
    .map((f) => JSON.parse(f.text))
    .filter((m) => m.type === 'pong');
  assert.deepEqual(
    answers.map((m) => m.id),
    pongs,
    name,
  );
  assert.deepEqual(
    raw.frames.filter((f) => f.opcode === 10).map((f) => f.text),
    echo,
    name,
  );
  assert.equal(raw.frames.filter((f) => f.opcode === 8).length, 1, `${name}: one close frame`);
  assert.equal(raw.frames.at(-1).opcode, 8, `${name}: nothing behind the close`);
}

async function playAll(list, split) {
  const queue = [...list];
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let one; (one = queue.shift()); ) await play(one, split);
    }),
  );
}

test(`${cases.length} cases end as the RFC asks`, async () => {
  assert.ok(cases.length >= 150);
  await playAll(cases, false);
});

test('those that are short end the same byte by byte', async () => {
  const short = cases.filter((c) => Buffer.concat(c.parts).length <= 120);
  assert.ok(short.length >= 150);
  await playAll(
    short.filter((_, i) => i % 3 === 0),
    true,
  );
});

test('a handshake may be cut anywhere, and frames may follow in its packet', async () => {
  const head = [
    'GET /ws HTTP/1.1',
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: keep-alive, Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Sec-WebSocket-Protocol: echomeet.v1, bearer.${ana.token}`,
    '',
    '',
  ].join('\r\n');
  const everything = Buffer.concat([Buffer.from(head), frame(TEXT, ask(5)), END]);
  const cuts = Array.from({ length: 40 }, (_, i) => Math.floor((i * everything.length) / 40)).concat(
    head.length,
    head.length + 1,
    head.length - 1,
  );
  for (const cut of cuts) {
    const socket = net.connect(Number(new URL(sys.relayUrls[0]).port), '127.0.0.1').setNoDelay(true);
    let input = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      input = Buffer.concat([input, chunk]);
    });
    const ended = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    socket.write(everything.subarray(0, cut));
    await sleep(2);
    socket.write(everything.subarray(cut));
    await ended;
    const answer = input.toString('latin1');
    assert.match(answer, /^HTTP\/1\.1 101 .*\r\n/, `cut at ${cut}`);
    assert.match(answer, /\{"type":"pong","id":5\}\x88\x02\x03\xe8$/, `cut at ${cut}`);
  }
});
