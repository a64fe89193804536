/* What the web server refuses by itself, before a worker sees it: it comes as a problem with the security headers, like every other answer
 * under /api/. Bytes are sent as they are, since no well-made client would send them. */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { api as plainApi, eventually } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { errors, schemaProblem } from './contract.mjs';
import { createMeeting, join, ok, people } from './support.mjs';

const apache = process.env.ECHOMEET_TEST_WEB === 'apache';

let sys, ada, meeting;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada] = await people(sys, 'Ada');
  meeting = await createMeeting(ada);
});
after(() => sys?.stop());

/* Sends bytes and answers {status, headers, text}. */
function raw(bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(sys.port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setTimeout(20_000, () => {
      socket.destroy();
      reject(new Error('no answer'));
    });
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(parse(answer)));
    socket.on('error', () => {}); // a reset after the answer: what was sent on was not read
  });
}

function parse(answer) {
  const [head, ...rest] = answer.split('\r\n\r\n');
  const [line, ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((text) => [text.split(':')[0].toLowerCase(), text.slice(text.indexOf(':') + 1).trim()]),
  );
  const text = rest.join('\r\n\r\n');
  return {
    status: Number(line.split(' ')[1]),
    headers,
    text: headers.get('transfer-encoding') === 'chunked' ? unchunked(text) : text,
  };
}

function unchunked(text) {
  const at = text.indexOf('\r\n') + 2;
  const size = parseInt(text, 16);
  return size ? text.slice(at, at + size) + unchunked(text.slice(at + size + 2)) : '';
}

const SECURITY = [
  'content-security-policy',
  'x-content-type-options',
  'referrer-policy',
  'permissions-policy',
  'x-frame-options',
  'cross-origin-opener-policy',
];

/* Holds an answer of the web server against the contract. `file`: it is one, which knows no request id: where no worker is there, and at
 * what Apache refuses. */
function assertProblem({ status, headers, text }, wanted, code, { file = false } = {}) {
  assert.equal(status, wanted, text);
  assert.equal(headers.get('content-type'), 'application/problem+json', `${status} ${text}`);
  const body = JSON.parse(text);
  assert.equal(schemaProblem(['components', 'schemas', 'Problem'], body), '', text);
  assert.deepEqual(
    [body.code, body.status, body.title, body.type],
    [code, status, errors.get(code).title, `urn:echomeet:problem:${code}`],
  );
  if (!file) assert.equal(body.requestId, headers.get('x-request-id'));
  for (const name of SECURITY) assert.ok(headers.get(name), `${wanted}: no header ${name}`);
}

const request = (line, ...lines) => `${[line, 'Host: localhost', ...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`;
const bearer = () => `Authorization: Bearer ${ada.token}`;

test('a body that is far too large', async () => {
  const json = 'Content-Type: application/json';
  const large = 3 << 20;
  if (!apache)
    // which waits for the body first
    assertProblem(
      await raw(request('POST /api/v1/meetings HTTP/1.1', bearer(), json, `Content-Length: ${large}`)),
      413,
      'payload_too_large',
      { file: apache },
    );
  assertProblem(
    await raw(request('POST /api/v1/auth/login HTTP/1.1', json, `Content-Length: ${large}`) + 'x'.repeat(large)),
    413,
    'payload_too_large',
    { file: apache },
  );
  assertProblem(
    await raw(
      request('POST /api/v1/meetings HTTP/1.1', bearer(), json, 'Transfer-Encoding: chunked') +
        `${`8000\r\n${'x'.repeat(0x8000)}\r\n`.repeat(large / 0x8000)}0\r\n\r\n`,
    ),
    413,
    'payload_too_large',
    { file: apache },
  );
});

test('headers or an address that are too long', async () => {
  assertProblem(
    await raw(request('GET /api/v1/meetings HTTP/1.1', bearer(), `X-Long: ${'x'.repeat(100_000)}`)),
    ...(apache ? [400, 'bad_request'] : [431, 'headers_too_large']),
    { file: apache },
  );
  assertProblem(
    await raw(
      request('GET /api/v1/meetings HTTP/1.1', bearer(), ...Array.from({ length: 9000 }, (_, i) => `X-${i}: x`)),
    ),
    ...(apache ? [400, 'bad_request'] : [431, 'headers_too_large']),
    { file: apache },
  );
  const long = await raw(request(`GET /api/v1/meetings?keyword=${'x'.repeat(100_000)} HTTP/1.1`, bearer()));
  assertProblem(long, apache ? 414 : 431, 'headers_too_large', { file: apache });
});

test('headers that cannot be read', async () => {
  const taken = [
    ['Content-Length: 99999999999999999999'],
    ['Content-Length: 2', 'Content-Length: 3'],
    ['Content-Length: 2', 'Transfer-Encoding: chunked'],
    ['Host: another'],
  ];
  for (const lines of [
    ['Content-Length: -1'],
    ['Content-Length: x'],
    ['no colon'],
    ['Name with blanks: x'],
    ...(apache ? [] : taken),
  ])
    assertProblem(await raw(request('POST /api/v1/meetings HTTP/1.1', bearer(), ...lines)), 400, 'bad_request', {
      file: apache,
    });
  assertProblem(await raw('GET /api/v1/meetings HTTP/1.1\r\nConnection: close\r\n\r\n'), 400, 'bad_request', {
    file: apache,
  });
});

test('a first line that is none', async () => {
  for (const line of [
    'GET',
    'hello',
    'GET /api/v1/meetings',
    'GET  HTTP/1.1',
    'GET /api/v1/meetings JUNK/1.1',
    ...(apache ? [] : ['GET /api/v1/meetings HTTP/9.9', 'GET api/v1/meetings HTTP/1.1']),
  ])
    assertProblem(await raw(request(line)), 400, 'bad_request', { file: apache });
});

test('a method that nobody knows', async () => {
  assertProblem(await raw(request('BREW /api/v1/meetings HTTP/1.1', bearer())), 501, 'not_implemented', {
    file: apache,
  });
  assertProblem(
    await raw(request('BREW /api/v1/meetings HTTP/1.1', bearer(), 'Content-Length: 2')),
    501,
    'not_implemented',
    { file: apache },
  );
});

test('names that begin with a dot: the API says that there is none, files of that name stay closed', async () => {
  for (const path of ['/api/v1/meetings/.x', '/api/.x', '/api/v1/.git/config'])
    assertProblem(await raw(request(`GET ${path} HTTP/1.1`, bearer())), 404, 'not_found');
  for (const path of ['/.git/config', '/.x', '/js/.x', '/.well-known/.x', '/api.html/.x', '/.well-knownx'])
    assert.ok([403, 404].includes((await raw(request(`GET ${path} HTTP/1.1`))).status), path);
});

test('where no worker is there, nothing else changes', async () => {
  await sys.processes.pool.stop();
  for (const path of ['/api/v1/meetings', '/healthz', '/readyz', '/api/v1/auth/login']) {
    assertProblem(await raw(request(`GET ${path} HTTP/1.1`)), 503, 'unavailable', { file: true });
    assertProblem(await raw(`${request(`POST ${path} HTTP/1.1`, 'Content-Length: 2')}{}`), 503, 'unavailable', {
      file: true,
    });
  }
  const head = await raw(request('HEAD /api/v1/meetings HTTP/1.1'));
  assert.deepEqual([head.status, head.text], [503, '']);
  await sys.processes.pool.start();
  // lighttpd looks for the pool again for each prefix by itself
  for (const [path, status] of [
    ['/healthz', 200],
    ['/meetings', 401],
    ['/auth/login', 405],
  ])
    await eventually(async () => (await plainApi(sys).get(path)).status === status);
});

test('what has no body needs no length: leaving a meeting', async () => {
  await join(ada, meeting);
  const { status, headers } = await raw(request(`POST /api/v1/meetings/${meeting.id}/leave HTTP/1.1`, bearer()));
  assert.equal(status, 200);
  for (const name of SECURITY) assert.ok(headers.get(name), name);
  const [row] = await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ? AND status = 1', [
    meeting.id,
  ]);
  assert.equal(row.n, 0, 'it was executed');
  const none = await raw(request('POST /api/v1/meetings HTTP/1.1', bearer()));
  assertProblem(none, 400, 'validation_failed');
  assertProblem(await raw(request('POST /api/v1/meetings/999999/leave HTTP/1.1')), 401, 'unauthorized');
});

test('nor within HTTP/2', { skip: apache && 'Apache speaks it over TLS alone' }, async () => {
  const [ben] = await people(sys, 'Ben');
  const other = await createMeeting(ben);
  await join(ben, other);
  const session = http2.connect(sys.base);
  const stream = session.request(
    { ':method': 'POST', ':path': `/api/v1/meetings/${other.id}/leave`, authorization: `Bearer ${ben.token}` },
    { endStream: true },
  );
  const status = await new Promise((resolve, reject) => {
    stream.once('response', (headers) => resolve(headers[':status']));
    stream.once('error', reject);
  });
  session.destroy();
  assert.equal(status, 200);
});

test('nobody asks for an answer to what was never refused', async () => {
  for (const path of ['/api/refused', '/problems/503'])
    assert.equal(
      (
        await raw(
          request(`GET ${path} HTTP/1.1`, 'Redirect-Status: 431', 'X-Redirect-Status: 431', 'REDIRECT_STATUS: 431'),
        )
      ).status,
      404,
      path,
    );
  ok(await ada.client.get('/meetings'));
});
