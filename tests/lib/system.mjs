/* A whole EchoMeet system for one test file: its own MariaDB, Redis, worker pool, relays and web server, in a
 * temporary folder, on free ports, built with AddressSanitizer (ECHOMEET_TEST_BUILD=release takes another build).
 *
 *     import { after, before, test } from 'node:test';
 *     import { startSystem } from '../lib/system.mjs';
 *     import { api, openSocket, register } from '../lib/client.mjs';
 *
 *     let sys;
 *     before(async () => { sys = await startSystem(); });
 *     after(() => sys?.stop());
 *
 * startSystem({
 *     relays: 1,           how many relays; /ws of the web server leads to the first one
 *     workers: 2,          of the main pool and of the relay's pool; or {api, signin, relay}
 *     env: {},             more environment for pool and relays, e.g. {ECHOMEET_GRACE_LOST_MS: '500'}
 *     relayEnv: [],        more environment for single relays, by number
 *     only: [...],         start just these of 'mariadb', 'redis', 'pool', 'relay', 'web' (default: all)
 *     media: 0,            how many media nodes, each with a Janus of its own, on the loopback device
 *     web: 'lighttpd',     or 'apache' (default: what ECHOMEET_TEST_WEB says)
 *     migrated: true,      false: a database server without the database `echomeet`
 *     webRoot: www,        folder of the page's files; one of a test's own may be changed while it is served
 * }) answers:
 *
 *     sys.base             'http://127.0.0.1:PORT', the web server
 *     sys.ws               'ws://127.0.0.1:PORT/ws', the relay through the web server
 *     sys.relayUrls        ['ws://127.0.0.1:PORT/', …], each relay spoken to directly
 *     sys.dir              its folder: run/ (sockets), log/, secrets/, mariadb/
 *     sys.env              the ECHOMEET_* variables that its daemons have, to start a program of one's own with
 *     sys.program(name)    path of 'echomeet-api' or 'echomeet-relay' in the build under test
 *     sys.jwtKey           the key of access tokens as a Buffer (key id "k1"), to make tokens by hand
 *     await sys.sql(text, values)   rows as objects (or the driver's result of a write); `?` takes a value
 *     await sys.redis('PUBLISH', …)  the reply of one Redis command
 *     sys.log(name)        what a process has logged so far: 'mariadb', 'redis', 'pool', 'relay0', 'relay1', 'media0', 'web'
 *     sys.janusPid(0)      the process id of a media node's Janus; null where none runs at the moment (0 would be one's own group). What it says is in media0/janus.log
 *     sys.processes        {mariadb, redis, pool, relay, relays: [], media, medias: [], web}, relay being relays[0], media medias[0]; each has
 *         .pid, .running
 *         await .stop()         SIGTERM, waits for the end; answers {code, signal}; fails on a wrong exit status
 *         await .kill(signal)   that signal (default SIGKILL) and waits for the end
 *         .signal(signal)       only sends it (SIGSTOP, SIGCONT, SIGHUP …)
 *         await .start()        starts it again and waits until it answers
 *     await sys.stop()     ends everything, removes the folder. Throws where a daemon ended that nobody stopped, exited
 *                          with another status than 0, or where a sanitizer wrote a report.
 *
 * No process outlives the test: each one gets SIGTERM from the kernel when the test process is gone.
 * ECHOMEET_MEDIA_JANUS=build/janus gives media nodes the Janus of `make janus` in the place of Debian's.
 * ECHOMEET_TEST_WEB=apache puts Apache in the place of lighttpd. ECHOMEET_TEST_MEDIA=1 gives each whole system a media node, and every
 * meeting goes over it. ECHOMEET_TEST_KEEP=1 keeps the folders; the logs of a failed system are kept under build/test-logs in any case. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/* Where Janus is installed: Debian's, or another one. */
export const janusPrefix = path.resolve(root, process.env.ECHOMEET_MEDIA_JANUS || '/usr');
const build = path.join(root, 'build', process.env.ECHOMEET_TEST_BUILD || 'address');

/* Media go over a media server in every meeting. */
const byServer = Boolean(process.env.ECHOMEET_TEST_MEDIA);

/* slower machines get more time; nothing waits longer than it must */
const START_MS = 30_000;
const STOP_MS = 15_000;

/* Small files and no waiting for the disk: a test's database outlives its server, not the machine. */
const MARIADB_OPTIONS = [
  '--no-defaults',
  '--skip-networking',
  '--innodb-log-file-size=8M',
  '--innodb-buffer-pool-size=32M',
  '--innodb-flush-method=nosync',
  '--performance-schema=OFF',
  '--skip-name-resolve',
  '--max-connections=200',
  ...(process.getuid?.() === 0 ? ['--user=root'] : []),
];

export async function startSystem(options = {}) {
  const system = new System(options);
  try {
    await system.start();
  } catch (error) {
    const logs = system.tails();
    await system.abandon();
    throw new Error(`the system did not start: ${error.message}\n${logs}`, { cause: error });
  }
  return system;
}

class System {
  constructor({
    relays = 1,
    workers = 2,
    env = {},
    relayEnv = [],
    migrated = true,
    webRoot = path.join(root, 'www'),
    media = 0,
    web = process.env.ECHOMEET_TEST_WEB || 'lighttpd',
    only = ['mariadb', 'redis', 'pool', 'relay', 'web'],
  }) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'em-'));
    this.migrated = migrated;
    this.webRoot = webRoot;
    this.only = only;
    this.server = web;
    this.media =
      media || (byServer && ['mariadb', 'redis', 'pool', 'relay'].every((name) => only.includes(name)) ? 1 : 0);
    this.relayEnv = relayEnv;
    this.relayCount = only.includes('relay') ? relays : 0;
    this.extraEnv = env;
    this.workers = typeof workers === 'number' ? { api: workers, relay: workers } : workers;
    this.faults = [];
    this.stopping = false;
    this.processes = { relays: [], medias: [] };
    this.reap = () => this.killAll();
    process.once('exit', this.reap);
    for (const folder of ['run', 'log', 'secrets', 'san', 'tmp'])
      fs.mkdirSync(path.join(this.dir, folder), { mode: 0o700 });
  }

  program(name) {
    return path.join(build, name);
  }
  file(...names) {
    return path.join(this.dir, ...names);
  }

  async start() {
    const ports = await freePorts(1 + this.relayCount);
    this.port = ports[0];
    this.relayPorts = ports.slice(1);
    this.base = `http://127.0.0.1:${this.port}`;
    this.ws = `ws://127.0.0.1:${this.port}/ws`;
    this.relayUrls = this.relayPorts.map((port) => `ws://127.0.0.1:${port}/`);
    this.makeSecrets();
    this.env = this.environment();
    this.mediaEnvs = [];
    for (let i = 0; i < this.media; i += 1) this.mediaEnvs.push(await this.prepareMedia(i));
    this.describeProcesses();
    const { mariadb, redis, pool, relays, medias, web } = this.processes;
    await all(mariadb?.start(), redis?.start());
    await all(pool?.start(), web?.start());
    await all(...[...relays, ...medias].map((one) => one.start()));
  }

  makeSecrets() {
    this.jwtKey = randomBytes(32);
    fs.writeFileSync(this.file('secrets/jwt.key'), `k1 ${this.jwtKey.toString('hex')}\n`, { mode: 0o600 });
    fs.writeFileSync(this.file('secrets/password.key'), `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  }

  environment() {
    const { api = 2, signin = 1, relay = 2 } = this.workers;
    return {
      ...(byServer && { ECHOMEET_MESH_MAX: '0' }),
      ECHOMEET_MYSQL_SOCKET: this.file('run/mariadb.sock'),
      ECHOMEET_MYSQL_USER: 'root',
      ECHOMEET_MYSQL_DATABASE: 'echomeet',
      ECHOMEET_REDIS_SOCKET: this.file('run/redis.sock'),
      ECHOMEET_API_SOCKET: this.file('run/api.sock'),
      ECHOMEET_SIGNIN_SOCKET: this.file('run/signin.sock'),
      ECHOMEET_RELAY_SOCKET: this.file('run/relay.sock'),
      ECHOMEET_API_WORKERS: String(api),
      ECHOMEET_SIGNIN_WORKERS: String(signin),
      ECHOMEET_RELAY_WORKERS: String(relay),
      /* all of a test's users come from one address; a test of the limits sets them */
      ECHOMEET_PASSWORD_HASH_KIB: '1024', // or half of the processor's time goes into sign-ins
      ECHOMEET_PASSWORD_HASH_PASSES: '1',
      ECHOMEET_RATE_READ: '0',
      ECHOMEET_RATE_WRITE: '0',
      ECHOMEET_RATE_CHAT: '0',
      ECHOMEET_RATE_GUESTS: '0',
      ECHOMEET_RATE_SIGN_IN_ACCOUNT: '0',
      ECHOMEET_RATE_SIGN_IN_ADDRESS: '0',
      ECHOMEET_RATE_REFRESH: '0',
      ECHOMEET_RATE_PASSWORD_GUESSES: '0',
      ECHOMEET_RATE_WRONG_CODES: '0',
      ECHOMEET_RELAY_RATE_CALLS: '0',
      ECHOMEET_RELAY_SOCKETS: '0',
      ECHOMEET_RELAY_SOCKETS_NETWORK: '0',
      ECHOMEET_SLOW_READ_MS: '60000', // with a sanitizer on a busy machine any may take its time
      ECHOMEET_HOUSEKEEPING_MS: '100', // tests wait for what it does
      ECHOMEET_GRACE_UNCONNECTED_MS: '0', // people of tests sit without a connection
      ECHOMEET_JWT_KEY_FILE: this.file('secrets/jwt.key'),
      ECHOMEET_PASSWORD_KEY_FILE: this.file('secrets/password.key'),
      ...this.extraEnv,
    };
  }

  describeProcesses() {
    const p = this.processes;
    if (this.only.includes('mariadb'))
      p.mariadb = new Daemon(this, 'mariadb', {
        prepare: () => this.prepareDatabase(),
        command: () => [
          '/usr/sbin/mariadbd',
          ...MARIADB_OPTIONS,
          `--datadir=${this.file('mariadb')}`,
          `--socket=${this.file('run/mariadb.sock')}`,
          `--pid-file=${this.file('run/mariadb.pid')}`,
          `--tmpdir=${this.file('tmp')}`,
        ], // at its start a server deletes all #sql* files there, also those of others
        ready: () => this.databaseAnswers(),
      });
    if (this.only.includes('redis'))
      p.redis = new Daemon(this, 'redis', {
        command: () => [
          'redis-server',
          '--port',
          '0',
          '--unixsocket',
          this.file('run/redis.sock'),
          '--save',
          '',
          '--appendonly',
          'no',
          '--dir',
          this.dir,
          '--daemonize',
          'no',
        ],
        ready: () => this.redis('PING'),
      });
    if (this.only.includes('pool'))
      p.pool = new Daemon(this, 'pool', {
        command: () => [this.program('echomeet-api')],
        ready: async () => {
          await Promise.all(['api', 'signin', 'relay'].map((n) => connects({ path: this.file(`run/${n}.sock`) })));
          if (this.server === 'apache') this.openSockets();
        },
        ours: true,
      });
    this.relayPorts.forEach((port, i) =>
      p.relays.push(
        new Daemon(this, `relay${i}`, {
          command: () => [this.program('echomeet-relay')],
          env: { ECHOMEET_RELAY_LISTEN: `127.0.0.1:${port}`, ECHOMEET_RELAY_ID: `r${i}`, ...this.relayEnv[i] },
          ready: () => connects({ host: '127.0.0.1', port }),
          ours: true,
        }),
      ),
    );
    p.relay = p.relays[0];
    this.mediaEnvs.forEach((env, i) => {
      const name = `media${i}`;
      let from = 0;
      p.medias.push(
        new Daemon(this, name, {
          prepare: () => {
            from = this.log(name).length;
          },
          command: () => [this.program('echomeet-media')],
          env,
          ready: () => assert.match(this.log(name).slice(from), /event=active/),
          ours: true,
        }),
      );
    });
    if (this.media) [p.media] = p.medias;
    if (this.only.includes('web'))
      p.web = new Daemon(this, 'web', {
        prepare: () => this.server === 'apache' && this.openFolders(),
        command: () =>
          this.server === 'apache'
            ? ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', path.join(root, 'scripts/apache/standalone.conf')]
            : ['/usr/sbin/lighttpd', '-D', '-f', path.join(root, 'lighttpd.conf')],
        env: {
          ECHOMEET_WEB_CONF: path.join(root, 'scripts/apache'),
          ECHOMEET_WEB_USER: process.getuid?.() === 0 ? 'www-data' : os.userInfo().username,
          ECHOMEET_WEB_BIND: '127.0.0.1',
          ECHOMEET_WEB_PORT: String(this.port),
          ECHOMEET_WEB_MAX_FDS: '1024',
          ECHOMEET_WEB_ROOT: this.webRoot,
          ECHOMEET_WEB_VAR: this.dir,
          ECHOMEET_RELAY_HOST: '127.0.0.1',
          ECHOMEET_RELAY_PORT: String(this.relayPorts[0] ?? 1),
        },
        ready: () => connects({ host: '127.0.0.1', port: this.port }),
      });
  }

  /* Its Janus has UDP ports of its own, so that systems do not meet. */
  async prepareMedia(i) {
    let ports;
    do ports = await freeUdpPorts(200);
    while (this.mediaEnvs.some(({ ECHOMEET_MEDIA_PORTS: taken }) => taken === ports)); // ranges are the same or apart
    const env = {
      ECHOMEET_MEDIA_NODE: `m${i}`,
      ECHOMEET_MEDIA_FOLDER: this.file(`media${i}`),
      ECHOMEET_MEDIA_JANUS: janusPrefix,
      ECHOMEET_MEDIA_PORTS: ports,
      ECHOMEET_MEDIA_LOOPBACK: this.program('janus-loopback.so'),
    };
    run(path.join(root, 'scripts/janus-config'), [env.ECHOMEET_MEDIA_FOLDER], {
      ...plainEnvironment(),
      ...this.env,
      ...env,
    });
    return env;
  }

  janusPid(i = 0) {
    const { pid, running } = this.processes.medias[i];
    if (!running) return null;
    return Number(fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]) || null;
  }

  /* Apache's processes are never root: let its user reach the sockets and the page. */
  openFolders() {
    for (const name of ['.', 'run', 'log']) fs.chmodSync(this.file(name), 0o711);
  }

  openSockets() {
    for (const name of ['run/api.sock', 'run/signin.sock']) fs.chmodSync(this.file(name), 0o666);
  }

  prepareDatabase() {
    if (fs.existsSync(this.file('mariadb'))) return; // started before: its data stay
    copyFolder(databaseTemplate(this.migrated), this.file('mariadb'));
  }

  async databaseAnswers() {
    const connection = await mysql.createConnection({ socketPath: this.file('run/mariadb.sock'), user: 'root' });
    await connection.end();
  }

  async sql(text, values) {
    this.sqlPool ??= mysql.createPool({
      socketPath: this.env.ECHOMEET_MYSQL_SOCKET,
      user: 'root',
      connectionLimit: 8,
      dateStrings: true,
      ...(this.migrated ? { database: this.env.ECHOMEET_MYSQL_DATABASE } : {}),
    });
    const [rows] = await this.sqlPool.query(text, values);
    return rows;
  }

  redis(...args) {
    return redisCommand(this.env.ECHOMEET_REDIS_SOCKET, args);
  }

  log(name) {
    const files = name === 'web' ? ['web.out', 'web.log'] : [`${name}.log`];
    return files
      .map((f) => this.file('log', f))
      .filter((f) => fs.existsSync(f))
      .map((f) => fs.readFileSync(f, 'utf8'))
      .join('');
  }

  all() {
    const { mariadb, redis, pool, relays, medias, web } = this.processes;
    return [web, ...relays, ...medias, pool, redis, mariadb].filter(Boolean); // in the order in which they end
  }

  /* For a test process that ends without stop(). */
  killAll() {
    for (const daemon of this.all()) if (daemon.running) process.kill(daemon.pid, 'SIGKILL');
    this.clean();
  }

  async stop() {
    if (this.stopped) return;
    this.stopped = true;
    this.stopping = true;
    await this.sqlPool?.end().catch(() => {});
    const { mariadb, redis, pool, relays, medias, web } = this.processes;
    for (const daemon of [web, ...relays, ...medias, pool].filter((d) => d?.running)) {
      daemon.signal('SIGCONT');
      if (medias.includes(daemon)) daemon.signal('SIGTERM'); // with a second one it does not wait until its rooms have moved
      await daemon.stop().catch((error) => this.faults.push(error.message));
    }
    // their data are thrown away
    await Promise.all([redis, mariadb].filter((d) => d?.running).map((d) => d.kill()));
    this.faults.push(...this.sanitizerReports());
    const logs = this.faults.length ? `\n${this.tails()}\nlogs: ${this.keepLogs()}` : '';
    this.clean();
    if (this.faults.length) {
      process.exitCode = 1;
      throw new Error(`the system did not run cleanly:\n${this.faults.join('\n')}${logs}`);
    }
  }

  /* Ends everything after a failed start. */
  async abandon() {
    this.stopped = this.stopping = true;
    await this.sqlPool?.end().catch(() => {});
    await Promise.all(
      this.all()
        .filter((d) => d.running)
        .map((d) => d.kill()),
    );
    this.clean();
  }

  clean() {
    process.removeListener('exit', this.reap);
    if (!process.env.ECHOMEET_TEST_KEEP) fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  sanitizerReports() {
    const reports = fs
      .readdirSync(this.file('san'))
      .map((name) => `sanitizer report ${name}:\n${fs.readFileSync(this.file('san', name), 'utf8').slice(0, 8000)}`);
    // what is undefined is told beside AddressSanitizer's file, in the program's log
    const undefineds = fs
      .readdirSync(this.file('log'))
      .flatMap(
        (name) =>
          fs.readFileSync(this.file('log', name), 'utf8').match(/^\S+\.[ch]:\d+:\d+: runtime error: .*$/gm) ?? [],
      );
    return [...reports, ...undefineds];
  }

  tails() {
    return this.all()
      .map((d) => d.name)
      .map((name) => [name, this.log(name).split('\n').slice(-12).join('\n')])
      .filter(([, text]) => text)
      .map(([name, text]) => `--- ${name}\n${text}`)
      .join('\n');
  }

  keepLogs() {
    const kept = path.join(root, 'build/test-logs', path.basename(this.dir));
    fs.mkdirSync(kept, { recursive: true });
    copyFolder(this.file('log'), kept);
    copyFolder(this.file('san'), kept);
    return kept;
  }
}

/* One process of the system. `ours`: built here, so that its exit status counts. */
class Daemon {
  constructor(system, name, { command, env = {}, ready, prepare, ours = false }) {
    Object.assign(this, { system, name, command, env, ready, prepare, ours });
    this.running = false;
  }

  async start() {
    if (this.running) return;
    this.prepare?.();
    const [program, ...args] = this.command();
    const out = fs.openSync(this.system.file('log', this.name === 'web' ? 'web.out' : `${this.name}.log`), 'a');
    // setpriv: the kernel ends the daemon when the test process is gone, however it went
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], {
      cwd: root,
      stdio: ['ignore', out, out],
      env: { ...plainEnvironment(), ...this.sanitizerEnv(), ...this.system.env, ...this.env },
    });
    fs.closeSync(out);
    this.child = child;
    this.pid = child.pid;
    this.running = true;
    this.wanted = true;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => this.onEnd(resolve, { code: null, signal: null, error }));
      child.once('exit', (code, signal) => this.onEnd(resolve, { code, signal }));
    });
    await this.untilReady();
  }

  onEnd(resolve, how) {
    this.running = false;
    if (this.wanted && !this.system.stopping)
      this.system.faults.push(`${this.name} ended by itself (${describe(how)})`);
    resolve(how);
  }

  /* The sanitizers of one program share their log. */
  sanitizerEnv() {
    const log = `log_path=${this.system.file('san', this.name)}`;
    return {
      ASAN_OPTIONS: `${log}:detect_leaks=1:handle_abort=1:detect_stack_use_after_return=1`,
      LSAN_OPTIONS: `${log}:suppressions=${path.join(root, 'tests/lib/lsan.supp')}:print_suppressions=0`,
      UBSAN_OPTIONS: `${log}:print_stacktrace=1`,
    };
  }

  async untilReady() {
    const deadline = Date.now() + START_MS;
    for (;;) {
      if (!this.running) throw new Error(`${this.name} ended at its start (${describe(await this.ended)})`);
      try {
        await this.ready();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`${this.name} is not ready after ${START_MS} ms: ${error.message}`);
        await sleep(10);
      }
    }
  }

  signal(name) {
    if (this.running) process.kill(this.pid, name);
  }

  async stop() {
    if (!this.running) return this.ended;
    this.wanted = false;
    this.signal('SIGTERM');
    const how = await Promise.race([this.ended, sleep(STOP_MS, null, { ref: false })]);
    if (!how) {
      await this.kill();
      throw new Error(`${this.name} did not end within ${STOP_MS} ms after SIGTERM`);
    }
    if (this.ours && how.code !== 0) throw new Error(`${this.name} ended wrongly after SIGTERM (${describe(how)})`);
    return how;
  }

  async kill(signal = 'SIGKILL') {
    if (!this.running) return this.ended;
    this.wanted = false;
    this.signal(signal);
    return this.ended;
  }
}

function describe({ code, signal, error }) {
  return error ? error.message : signal ? `signal ${signal}` : `exit status ${code}`;
}

async function all(...promises) {
  for (const result of await Promise.allSettled(promises)) if (result.status === 'rejected') throw result.reason;
}

/* The environment without a developer's own ECHOMEET_* settings. */
function plainEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ECHOMEET_')));
}

/* --- the prepared database --------------------------------------------------------------------------------- */

/* A database folder is made once for a state of the migrations and copied for each system. Two tests may make it at
 * the same time; the first one to rename its own into place wins. */
function databaseTemplate(migrated) {
  const migrations = path.join(root, 'db/migrations');
  const hash = createHash('sha256').update(MARIADB_OPTIONS.join(' '));
  hash.update(spawnSync('/usr/sbin/mariadbd', ['--version']).stdout);
  if (migrated)
    for (const name of fs.readdirSync(migrations).sort())
      hash.update(name).update(fs.readFileSync(path.join(migrations, name)));
  const place = path.join(root, 'build/test-database', hash.digest('hex').slice(0, 16));
  if (!fs.existsSync(place)) {
    fs.mkdirSync(path.dirname(place), { recursive: true });
    const work = fs.mkdtempSync(path.join(os.tmpdir(), 'em-db-'));
    try {
      makeTemplate(work, migrated);
      const near = fs.mkdtempSync(`${place}.`);
      copyFolder(path.join(work, 'data'), near);
      try {
        fs.renameSync(near, place);
      } catch (error) {
        fs.rmSync(near, { recursive: true, force: true });
        if (!fs.existsSync(place)) throw error;
      }
    } finally {
      fs.rmSync(work, { recursive: true, force: true });
    }
  }
  return place;
}

function makeTemplate(work, migrated) {
  const data = path.join(work, 'data');
  const socket = path.join(work, 's');
  const tmp = path.join(work, 'tmp');
  fs.mkdirSync(tmp);
  run('mariadb-install-db', [
    ...MARIADB_OPTIONS,
    `--datadir=${data}`,
    `--tmpdir=${tmp}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  const log = fs.openSync(path.join(work, 'log'), 'w');
  const server = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'TERM',
      '/usr/sbin/mariadbd',
      ...MARIADB_OPTIONS,
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${work}/pid`,
      `--tmpdir=${tmp}`,
    ],
    { stdio: ['ignore', log, log] },
  );
  try {
    run('sh', [
      '-c',
      'for i in $(seq 300); do mariadb --no-defaults -u root -S "$0" -e "DO 1" 2>/dev/null && exit; sleep 0.1; done; exit 1',
      socket,
    ]);
    if (migrated)
      run(path.join(build, 'echomeet-api'), ['migrate', path.join(root, 'db/migrations')], {
        ...plainEnvironment(),
        ECHOMEET_MYSQL_SOCKET: socket,
        ECHOMEET_MYSQL_USER: 'root',
      });
  } finally {
    // a clean end, so that the copies need no recovery
    spawnSync('sh', [
      '-c',
      'kill "$0"; while kill -0 "$0" 2>/dev/null && [ "$(ps -o state= -p "$0")" != Z ]; do sleep 0.02; done',
      String(server.pid),
    ]);
  }
}

function run(program, args, env = process.env) {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env, cwd: root });
  if (status !== 0)
    throw new Error(`${program} failed (${describe({ code: status, signal, error })}): ${stdout}${stderr}`);
}

function copyFolder(from, to) {
  run('cp', ['-a', '--reflink=auto', `${from}/.`, to]);
}

/* --- ports and sockets ------------------------------------------------------------------------------------- */

/* Free ports below the range that the kernel hands out to connections, so that nobody takes them meanwhile. */
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

/* "first-last": UDP ports that nobody has, as far as looking at some of them tells. */
async function freeUdpPorts(count) {
  for (;;) {
    const first = 20_000 + count * Math.floor((Math.random() * 12_000) / count);
    const free = await Promise.all([0, count / 2, count - 1].map((i) => isFreeUdp(first + i)));
    if (free.every(Boolean)) return `${first}-${first + count - 1}`;
  }
}

function isFreeUdp(port) {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, () => socket.close(() => resolve(true)));
  });
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function connects(address) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

/* --- Redis: one command on a connection of its own (RESP2) ------------------------------------------------- */

function redisCommand(socketPath, args) {
  return new Promise((resolve, reject) => {
    let input = Buffer.alloc(0);
    const socket = net.connect({ path: socketPath });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('Redis closed the connection')));
    socket.on('data', (chunk) => {
      input = Buffer.concat([input, chunk]);
      const reply = readReply(input, 0);
      if (!reply) return;
      socket.removeAllListeners('close');
      socket.destroy();
      if (reply.value instanceof Error) reject(reply.value);
      else resolve(reply.value);
    });
    const parts = args.map((arg) => Buffer.from(String(arg)));
    socket.write(
      Buffer.concat([
        Buffer.from(`*${parts.length}\r\n`),
        ...parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from('\r\n')]),
      ]),
    );
  });
}

/* {value, next} of the reply that starts at `at`, or null where it is not complete. */
function readReply(input, at) {
  const end = input.indexOf('\r\n', at);
  if (end < 0) return null;
  const text = input.toString('utf8', at + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(input[at])) {
    case '+':
      return { value: text, next };
    case '-':
      return { value: new Error(text), next };
    case ':':
      return { value: Number(text), next };
    case '$': {
      const length = Number(text);
      if (length < 0) return { value: null, next };
      return input.length < next + length + 2
        ? null
        : { value: input.toString('utf8', next, next + length), next: next + length + 2 };
    }
    case '*':
      return readArray(input, next, Number(text));
    default:
      return { value: new Error(`no Redis reply: ${text}`), next };
  }
}

function readArray(input, at, count) {
  if (count < 0) return { value: null, next: at };
  const value = [];
  for (let i = 0; i < count; i++) {
    const item = readReply(input, at);
    if (!item) return null;
    value.push(item.value);
    at = item.next;
  }
  return { value, next: at };
}
