/* The documented installation: what scripts/install puts in place, started as it is there; ports and folders alone are the test's own. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, test } from 'node:test';
import { eventually, openSocket, register } from '../lib/client.mjs';
import { freePorts, root, startSystem } from '../lib/system.mjs';

let sys, folder, place, web, port, tlsPort, log;

const run = (program, args, options = {}) => spawnSync(program, args, { cwd: root, encoding: 'utf8', ...options });
const mode = (file) => (fs.statSync(file).mode & 0o777).toString(8);

/* A file of NAME=value lines. */
const settings = (file) =>
  Object.fromEntries(
    fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^[A-Z_]+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

function makeCertificate(into) {
  fs.mkdirSync(into, { recursive: true });
  const { status, stderr } = run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-keyout',
    path.join(into, 'privkey.pem'),
    '-out',
    path.join(into, 'fullchain.pem'),
  ]);
  assert.equal(status, 0, stderr);
}

const installed = (...names) => path.join(folder, ...names);

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-deploy-'));
  const { status, stdout, stderr } = run('scripts/install', [], { env: { ...process.env, DESTDIR: folder } });
  assert.equal(status, 0, stdout + stderr);
  makeCertificate(installed('etc/echomeet/tls'));
  for (const name of ['run', 'log', 'acme/.well-known/acme-challenge'])
    fs.mkdirSync(installed('var', name), { recursive: true });
  fs.writeFileSync(installed('var/acme/.well-known/acme-challenge/token'), 'proof');
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'relay'] });
  [port, tlsPort] = await freePorts(2);
  place = settings(installed('etc/echomeet/web.environment'));
  const own = {
    ECHOMEET_WEB_PORT: String(port),
    ECHOMEET_WEB_TLS_PORT: String(tlsPort),
    ECHOMEET_WEB_MAX_FDS: '1024',
    ECHOMEET_WEB_TLS: installed(place.ECHOMEET_WEB_TLS),
    ECHOMEET_WEB_ROOT: installed(place.ECHOMEET_WEB_ROOT),
    ECHOMEET_WEB_VAR: installed('var'),
    ECHOMEET_API_SOCKET: sys.env.ECHOMEET_API_SOCKET,
    ECHOMEET_SIGNIN_SOCKET: sys.env.ECHOMEET_SIGNIN_SOCKET,
    ECHOMEET_RELAY_PORT: new URL(sys.relayUrls[0]).port,
  };
  const out = fs.openSync(installed('web.out'), 'a');
  web = spawn(
    'setpriv',
    ['--pdeathsig', 'TERM', '/usr/sbin/lighttpd', '-D', '-f', installed('etc/echomeet/web.conf')],
    { stdio: ['ignore', out, out], env: { PATH: process.env.PATH, ...place, ...own } },
  );
  log = () => fs.readFileSync(installed('web.out'), 'utf8');
  await eventually(async () => {
    assert.equal(web.exitCode, null, log());
    return (await get('/healthz').catch(() => ({}))).status === 200;
  });
});

after(async () => {
  if (web?.exitCode === null) {
    web.kill();
    await new Promise((resolve) => {
      web.once('exit', resolve);
    });
  }
  await sys?.stop();
  if (folder) fs.rmSync(folder, { recursive: true, force: true });
});

/* Over TLS: {status, headers, body}. */
function get(target, { host = '127.0.0.1' } = {}) {
  return new Promise((resolve, reject) => {
    const request = https.get({ host, port: tlsPort, path: target, rejectUnauthorized: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.once('error', reject);
  });
}

const HSTS = 'max-age=31536000';

test('over TLS every answer has its headers: none takes the place of another', async () => {
  const page = await get('/');
  assert.equal(page.status, 200);
  assert.equal(page.headers['strict-transport-security'], HSTS);
  assert.equal(page.headers['cache-control'], 'no-cache');
  assert.match(page.headers['content-security-policy'], /default-src 'self'.*frame-ancestors 'none'/);
  for (const name of [
    'x-content-type-options',
    'referrer-policy',
    'permissions-policy',
    'x-frame-options',
    'cross-origin-opener-policy',
  ])
    assert.ok(page.headers[name], name);
  for (const file of ['/js/main.js', '/style.css', '/vendor/preact.mjs']) {
    const { status, headers } = await get(file);
    assert.deepEqual(
      [status, headers['cache-control'], headers['x-content-type-options'], headers['strict-transport-security']],
      [200, 'no-cache', 'nosniff', HSTS],
      file,
    );
  }
  const worker = await get('/js/blur-worker.js');
  assert.equal(
    worker.headers['content-security-policy'],
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
  );
  assert.deepEqual([worker.headers['cache-control'], worker.headers['strict-transport-security']], ['no-cache', HSTS]);
  const call = await get('/api/v1/users/me');
  assert.deepEqual(
    [
      call.status,
      call.headers['cache-control'],
      call.headers['strict-transport-security'],
      call.headers['content-type'],
    ],
    [401, 'no-store', HSTS, 'application/problem+json'],
  );
});

test('so has what the web server refuses', async () => {
  const answer = await new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false }, () =>
      socket.write('BREW /api/v1/meetings HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  assert.match(
    answer,
    /^HTTP\/1\.1 501 [^]*Strict-Transport-Security: max-age=31536000\r\n[^]*"code":"not_implemented"/,
  );
  assert.equal((await get('/.git/config')).status, 403);
});

test('plain HTTP leads to TLS, but for the proof that a certificate is renewed by', async () => {
  const { status, headers } = await fetch(`http://127.0.0.1:${port}/page?x=1`, { redirect: 'manual' });
  assert.equal(status, 301);
  assert.match(headers.get('location'), /^https:\/\/127\.0\.0\.1.*\/page\?x=1$/);
  const proof = await fetch(`http://127.0.0.1:${port}/.well-known/acme-challenge/token`);
  assert.deepEqual([proof.status, await proof.text()], [200, 'proof']);
});

test('IPv6 is served as well', async () => {
  assert.equal((await get('/healthz', { host: '::1' })).status, 200);
  assert.equal((await fetch(`http://[::1]:${port}/`, { redirect: 'manual' })).status, 301);
});

test('a WebSocket through TLS, and one within HTTP/2, carry more than a mebibyte', async () => {
  const here = { base: sys.relayUrls[0], ws: `wss://127.0.0.1:${tlsPort}/ws` };
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // this process alone
  const ana = await register({ base: `https://127.0.0.1:${tlsPort}` }, 'Ana');
  const socket = await openSocket(here, ana.token, { options: { rejectUnauthorized: false } });
  for (let i = 0; i < 70; i++)
    socket.sendText(JSON.stringify({ type: 'ping', id: i, data: {}, rest: 'x'.repeat(16_000) }));
  await socket.waitFor('pong');
  assert.equal(socket.hello.userId, ana.id);
  const session = http2.connect(`https://127.0.0.1:${tlsPort}`, { rejectUnauthorized: false });
  await new Promise((resolve) => {
    session.once('remoteSettings', resolve);
  });
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/ws',
    ':scheme': 'https',
    ':authority': `127.0.0.1:${tlsPort}`,
    'sec-websocket-version': '13',
    'sec-websocket-protocol': `echomeet.v1, bearer.${ana.token}`,
  });
  const [headers] = await new Promise((resolve, reject) => {
    stream.once('response', (...all) => resolve(all));
    stream.once('error', reject);
  });
  assert.equal(headers[':status'], 200);
  session.destroy();
  await socket.close();
});

/* --- the other files --- */

test('an update keeps what the administrator changed, takes new programs, and works while the old ones run', async () => {
  const [free] = await freePorts(1);
  const running = spawn('setpriv', ['--pdeathsig', 'TERM', installed('usr/local/lib/echomeet/echomeet-relay')], {
    env: { ...process.env, ...sys.env, ECHOMEET_RELAY_LISTEN: `127.0.0.1:${free}` },
    stdio: 'ignore',
  });
  await eventually(() =>
    fetch(`http://127.0.0.1:${free}/metrics`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  try {
    fs.appendFileSync(installed('etc/echomeet/environment'), '# mine\nECHOMEET_MEDIA_ADDRESS=192.0.2.1\n');
    fs.writeFileSync(installed('usr/local/lib/echomeet/www/gone.js'), '');
    const { status, stdout, stderr } = run('scripts/install', [], { env: { ...process.env, DESTDIR: folder } });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /kept as it is.*environment/);
    assert.match(stdout, /^move what the media server reads .*media\.environment/m);
    assert.match(fs.readFileSync(installed('etc/echomeet/environment'), 'utf8'), /# mine/);
    fs.writeFileSync(installed('etc/echomeet/environment'), fs.readFileSync(path.join(root, 'deploy/environment')));
    assert.equal((await fetch(`http://127.0.0.1:${free}/metrics`)).status, 200, 'the old one runs on');
    assert.ok(!fs.existsSync(installed('usr/local/lib/echomeet/www/gone.js')));
  } finally {
    running.kill();
  }
});

test('the settings of workers and relay are not for everybody, and name what the units make', () => {
  const env = settings(installed('etc/echomeet/environment'));
  const ofMedia = settings(installed('etc/echomeet/media.environment'));
  for (const name of ['environment', 'media.environment']) assert.equal(mode(installed('etc/echomeet', name)), '640');
  const { stdout } = run(path.join(root, 'build/release/echomeet-api'), ['--help']);
  for (const name of Object.keys({ ...env, ...ofMedia })) assert.ok(stdout.includes(name), `${name} is no setting`);
  assert.deepEqual({ ...env, ...ofMedia }, env, 'the media server is where the workers are');
  const redis = fs.readFileSync(installed('etc/echomeet/redis.conf'), 'utf8');
  assert.match(redis, new RegExp(`^unixsocket ${env.ECHOMEET_REDIS_SOCKET}$`, 'm'));
  for (const name of ['API', 'SIGNIN']) assert.equal(env[`ECHOMEET_${name}_SOCKET`], place[`ECHOMEET_${name}_SOCKET`]);
});

test('Redis listens on no port, and on a socket for its group', async (t) => {
  const socket = installed('redis.sock');
  const here = installed('redis.conf');
  fs.writeFileSync(
    here,
    fs.readFileSync(installed('etc/echomeet/redis.conf'), 'utf8').replaceAll('/run/echomeet-redis', folder),
  );
  const redis = spawn('setpriv', ['--pdeathsig', 'TERM', 'redis-server', here], { stdio: 'ignore' });
  t.after(() => redis.kill());
  await eventually(() => fs.existsSync(socket) && mode(socket) === '770');
  const { stdout } = run('redis-cli', ['-s', socket, 'CONFIG', 'GET', 'port']);
  assert.match(stdout, /^port\n0$/m);
});

test('the units are closed: systemd rates each as well protected', (t) => {
  const units = fs.readdirSync(installed('etc/systemd/system')).filter((name) => name.endsWith('.service'));
  assert.equal(units.length, 5);
  for (const name of units) {
    const text = fs.readFileSync(installed('etc/systemd/system', name), 'utf8');
    for (const line of [
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'PrivateDevices=yes',
      'LimitCORE=0',
      'StartLimitIntervalSec=0',
      'Restart=always',
    ])
      assert.match(text, new RegExp(`^${line}$`, 'm'), `${name}: ${line}`);
    assert.match(text, /^UMask=00[07]7$/m, name);
    assert.match(text, /^User=(echomeet|echomeet-web|echomeet-media|redis)$/m, name);
  }
  if (run('systemd-analyze', ['--version']).status !== 0)
    return t.diagnostic('no systemd-analyze: the rating is left out');
  for (const name of units) {
    const { status, stdout, stderr } = run('systemd-analyze', [
      'security',
      '--offline=yes',
      '--threshold=25',
      '--no-pager',
      installed('etc/systemd/system', name),
    ]);
    assert.equal(status, 0, `${name}: ${stdout.split('\n').slice(-3).join('\n')}${stderr}`);
  }
  return undefined;
});

test('the key of the certificate is for the web server alone', () => {
  const { ECHOMEET_WEB_TLS: folderOfKey } = place;
  for (const name of ['api', 'relay', 'redis', 'media']) {
    const text = fs.readFileSync(installed(`etc/systemd/system/echomeet-${name}.service`), 'utf8');
    assert.match(text, new RegExp(`^InaccessiblePaths=.*-${folderOfKey}( |$)`, 'm'), name);
  }
  const coturn = fs.readFileSync(path.join(root, 'deploy/turnserver.conf'), 'utf8'); // an account of its own
  assert.doesNotMatch(coturn, new RegExp(`^pkey=${folderOfKey}/`, 'm'));
});

test('logrotate understands its file', () => {
  const here = installed('logrotate'); // without the account, which is not here
  fs.writeFileSync(here, fs.readFileSync(installed('etc/logrotate.d/echomeet'), 'utf8').replace(/^ *su .*\n/m, ''), {
    mode: 0o644,
  });
  const { status, stderr } = run('logrotate', ['--debug', '--state', '/dev/null', here]);
  assert.equal(status, 0, stderr);
});

/* --- backup --- */

test('a backup is complete and for nobody else’s eyes', () => {
  const into = installed('backup');
  const env = { ...process.env, VAR: sys.dir, ECHOMEET_MYSQL_SOCKET: sys.env.ECHOMEET_MYSQL_SOCKET };
  const { status, stdout, stderr } = run('scripts/backup', [into], { env });
  assert.equal(status, 0, stderr);
  const files = stdout.trim().split('\n');
  assert.equal(files.length, 2);
  for (const file of files) assert.equal(mode(file), '600');
  assert.match(run('zcat', [files[0]]).stdout, /CREATE TABLE `meetings`[^]*-- Dump completed/);
  assert.match(run('tar', ['tzf', files[1]]).stdout, /secrets\/jwt\.key\nsecrets\/password\.key/);
});

test('a restored backup is all that there is: nothing of a later version stands beside it', async () => {
  const into = installed('backup-before');
  const env = { ...process.env, VAR: sys.dir, ECHOMEET_MYSQL_SOCKET: sys.env.ECHOMEET_MYSQL_SOCKET };
  const [dump] = run('scripts/backup', [into], { env }).stdout.split('\n');
  await sys.sql('CREATE TABLE of_later (id INT)');
  const { status, stderr } = run('sh', [
    '-c',
    `zcat ${dump} | mariadb --no-defaults --socket=${sys.env.ECHOMEET_MYSQL_SOCKET} --user=root`,
  ]);
  assert.equal(status, 0, stderr);
  const names = (
    await sys.sql("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'echomeet'")
  ).map(({ name }) => name);
  assert.ok(names.includes('meetings') && !names.includes('of_later'), names.join(' '));
});

test('one that cannot be made says so and leaves nothing', () => {
  const into = installed('backup-failed');
  const attempt = (env) =>
    run('bash', ['scripts/backup', into], {
      env: { ...process.env, VAR: sys.dir, ECHOMEET_MYSQL_SOCKET: sys.env.ECHOMEET_MYSQL_SOCKET, ...env },
    });
  const left = () => (fs.existsSync(into) ? fs.readdirSync(into) : []);
  const tools = installed('tools'); // all but mariadb-dump
  fs.mkdirSync(tools);
  for (const name of ['bash', 'date', 'mkdir', 'gzip', 'zcat', 'tail', 'grep', 'tar', 'mv', 'rm', 'dirname'])
    fs.symlinkSync(run('sh', ['-c', `command -v ${name}`]).stdout.trim(), path.join(tools, name));
  for (const [env, why] of [
    [{ PATH: tools }, /no mariadb-dump/],
    [{ ECHOMEET_MYSQL_SOCKET: installed('nothing.sock') }, /nothing was saved/],
    [{ ECHOMEET_MYSQL_DATABASE: 'nothing' }, /nothing was saved/],
    [{ VAR: folder }, /nothing was saved/],
  ]) {
    const { status, stderr } = attempt(env);
    assert.notEqual(status, 0);
    assert.match(stderr, why);
    assert.deepEqual(left(), []);
  }
});
