/* The web server's own part: files, headers, compression, limits and where each address leads. */
import assert from 'node:assert/strict';
import http from 'node:http';
import zlib from 'node:zlib';
import { after, before, test } from 'node:test';
import { HandshakeError, api, eventually, openSocket, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem();
});
after(() => sys?.stop());

/* fetch() undoes compression and tidies paths; this shows what the server really sends. */
function raw(path, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port: sys.port, path, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.once('error', reject);
  });
}

test('the page comes with the security headers', async () => {
  const { status, headers } = await raw('/');
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^text\/html; charset=utf-8/);
  const policy = headers['content-security-policy'];
  assert.match(policy, /default-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.match(policy, /connect-src 'self';/, 'a WebSocket to this host alone, too');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.ok(headers['referrer-policy']);
  assert.match(headers['permissions-policy'], /camera=\(self\), microphone=\(self\), display-capture=\(self\)/);
});

test('a file is compressed, and asked about again by its ETag', async () => {
  const { headers, body } = await raw('/index.html', { 'accept-encoding': 'gzip' });
  assert.equal(headers['content-encoding'], 'gzip');
  assert.match(zlib.gunzipSync(body).toString(), /<html/i);
  assert.equal(headers['cache-control'], 'no-cache');
  assert.ok(headers.etag);
  const again = await raw('/index.html', { 'accept-encoding': 'gzip', 'if-none-match': headers.etag });
  assert.equal(again.status, 304);
});

test('modules have the type that browsers insist on', async () => {
  const { status, headers } = await raw('/vendor/preact.mjs');
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^text\/javascript/);
});

test('unknown files are 404; folders are not listed; nothing outside www/ and no dot file is served', async () => {
  assert.equal((await raw('/nothing.js')).status, 404);
  assert.equal((await raw('/nothing')).status, 404);
  assert.ok([403, 404].includes((await raw('/vendor/')).status));
  for (const path of [
    '/../Makefile',
    '/..%2fMakefile',
    '/%2e%2e/Makefile',
    '/vendor/../../Makefile',
    '/.git/config',
    '/vendor/.x',
  ])
    assert.notEqual((await raw(path)).status, 200, path);
});

test('the API answers under /api/, its own errors included, and carries a request id through', async () => {
  const { status, headers, body } = await api(sys).get('/users/me', { headers: { 'x-request-id': 'abcdefgh-1234' } });
  assert.equal(status, 401);
  assert.equal(body.code, 'unauthorized');
  assert.equal(headers.get('x-request-id'), 'abcdefgh-1234');
  assert.equal(body.requestId, 'abcdefgh-1234');
  assert.equal((await api(sys).get('/api/v1/nothing')).body.code, 'not_found');
  assert.equal((await api(sys).get('/healthz')).body.status, 'ok');
});

test('a body that is too large is refused by the API, a huge one by the web server', async () => {
  const large = await api(sys).post('/auth/login', JSON.stringify({ email: 'x'.repeat(300 * 1024) }));
  assert.equal(large.status, 413);
  assert.equal(large.body.code, 'payload_too_large');
  const huge = await api(sys).post('/auth/login', Buffer.alloc(2 << 20, ' '));
  assert.equal(huge.status, 413);
});

test('/ws leads to the relay and the token in its address is not logged', async () => {
  const ana = await register(sys, 'Ana');
  const socket = await openSocket(sys, ana.token, { via: 'query' });
  assert.equal(socket.hello.userId, ana.id);
  await socket.close();
  await sys.processes.web.stop();
  assert.match(sys.log('access'), /"GET \/ws"/);
  assert.doesNotMatch(sys.log('access'), /token/);
  await sys.processes.web.start();
});

test('after pool and relay were away the web server finds them again within 2 s', async () => {
  await sys.processes.pool.stop();
  assert.equal((await api(sys).get('/healthz')).status, 503);
  await sys.processes.pool.start();
  await eventually(async () => (await api(sys).get('/healthz')).status === 200, { timeout: 2000 });
  const ana = await register(sys, 'Ana');
  await sys.processes.relay.stop();
  await assert.rejects(openSocket(sys, ana.token), HandshakeError);
  await sys.processes.relay.start();
  await eventually(
    () =>
      openSocket(sys, ana.token).then(
        (socket) => socket.close(),
        () => null,
      ),
    { timeout: 2000 },
  );
});

test('what the web server says by itself of files has the same headers', async () => {
  for (const path of ['/nothing', '/.git/config', '/vendor/']) {
    const { status, headers } = await raw(path);
    assert.ok([403, 404].includes(status), `${path}: ${status}`);
    assert.match(headers['content-security-policy'], /default-src 'self'/, path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
  }
});
