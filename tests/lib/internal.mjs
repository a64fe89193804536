/* Calls on the relays' socket, as a relay or a media node makes them: FastCGI, one connection a call
 * (docs/architecture.md, "Between relay and workers").
 *
 *     const { status, body } = await internal(sys, 'POST', '/internal/sync', { as: 'r0', body: '7 12\n' });
 *
 *     const node = mediaNode(sys, 'n1', { capacity: 50_000 });
 *     const answer = await node.sync('active', { load: 100, lines: ['room 7 1', '7 12'] });   // its lines
 *     const { seq, members } = await node.members(7); */
import assert from 'node:assert/strict';
import net from 'node:net';

const BEGIN = 1;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;

export function internal(sys, method, path, { as = '', body = '' } = {}) {
  const [uri, query = ''] = path.split('?');
  const params = {
    REQUEST_METHOD: method,
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_URI: path,
    QUERY_STRING: query,
    SCRIPT_NAME: uri,
    CONTENT_TYPE: 'text/plain',
    CONTENT_LENGTH: String(Buffer.byteLength(body)),
    ...(as ? { ECHOMEET_RELAY: as } : {}),
  };
  return new Promise((resolve, reject) => {
    const socket = net.connect(sys.env.ECHOMEET_RELAY_SOCKET);
    const parts = [];
    socket.once('error', reject);
    socket.on('data', (part) => parts.push(part));
    socket.once('close', () => {
      try {
        resolve(readAnswer(Buffer.concat(parts)));
      } catch (error) {
        reject(error);
      }
    });
    socket.write(
      Buffer.concat([
        record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
        ...records(PARAMS, Buffer.concat(Object.entries(params).map(([name, value]) => pair(name, value)))),
        ...records(STDIN, Buffer.from(body)),
      ]),
    );
  });
}

/* A media node as the workers know it. */
export function mediaNode(sys, name, { capacity = 50_000, version = '1.1.2' } = {}) {
  return {
    name,
    async sync(state = 'active', { load = 0, lines = [] } = {}) {
      const body = [`node ${state} ${capacity} ${load} ${version}`, ...lines].map((line) => `${line}\n`).join('');
      const answer = await internal(sys, 'POST', '/internal/media/sync', { as: name, body });
      assert.equal(answer.status, 200, answer.body);
      return answer.body.split('\n').filter(Boolean);
    },
    async members(meetingId) {
      const answer = await internal(sys, 'GET', `/internal/meetings/${meetingId}/media`, { as: name });
      assert.equal(answer.status, 200, answer.body);
      const [[id, seq], ...members] = answer.body
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' '));
      assert.equal(Number(id), meetingId);
      return {
        seq: Number(seq),
        members: members.map(([word, userId, ...flags]) => {
          assert.equal(word, 'member');
          const [audio, video, screen] = flags.map((flag) => flag === '1');
          return { userId: Number(userId), audio, video, screen };
        }),
      };
    },
  };
}

/* --- the wire ------------------------------------------------------------------------------------------------ */

const MOST = 65_535; // bytes of one record

function record(type, content) {
  return Buffer.concat([Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]), content]);
}

/* A stream: its records, and the empty one that ends it. */
function records(type, content) {
  const all = [];
  for (let at = 0; at < content.length; at += MOST) all.push(record(type, content.subarray(at, at + MOST)));
  return [...all, record(type, Buffer.alloc(0))];
}

function pair(name, value) {
  const length = (text) => {
    const n = Buffer.byteLength(text);
    if (n < 128) return Buffer.from([n]);
    const four = Buffer.alloc(4);
    four.writeUInt32BE((n | 0x80000000) >>> 0);
    return four;
  };
  return Buffer.concat([length(name), length(value), Buffer.from(name), Buffer.from(value)]);
}

function readAnswer(input) {
  const out = [];
  for (let at = 0; at + 8 <= input.length; ) {
    const length = input.readUInt16BE(at + 4);
    if (input[at + 1] === STDOUT) out.push(input.subarray(at + 8, at + 8 + length));
    at += 8 + length + input[at + 6];
  }
  const text = Buffer.concat(out).toString();
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no answer: '${text}'`);
  const headers = text.slice(0, end).split('\r\n');
  const status = Number(/^Status: (\d+)/m.exec(headers.join('\n'))?.[1] ?? 200);
  return { status, headers, body: text.slice(end + 4) };
}
