/* `make bench`: what EchoMeet costs, as ratios of CPU time within one run. Each figure is measured in six rounds, what is compared in
 * turn, so that a machine that is slower for a while is slower for both. Prints medians and ranges, and writes build/bench.json.
 *
 *     node bench/run.mjs [requests] [joins] [signins] [reads] [relay] [media] [page]     with the release build; programs of this folder do the work */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

process.env.ECHOMEET_TEST_BUILD = 'release';
const { startSystem, root } = await import('../tests/lib/system.mjs');
const { makePeople } = await import('../tests/lib/people.mjs');
const { childrenOf, workersOf } = await import('../tests/lib/processes.mjs');
const { makeMeeting, makeRoom } = await import('../tests/lib/rooms.mjs');
const { startSwarm } = await import('../tests/lib/swarm.mjs');
const run = promisify(execFile);

const ROUNDS = 6;
const PRIORITY = -18; // what else runs on the machine is to take no part; only root may

try {
  os.setPriority(PRIORITY); // and so what is started from here
} catch {
  /* then the machine had better be idle */
}

const figures = [];
const children = new Set();

/* --- numbers ----------------------------------------------------------------------------------------------- */

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

/* A figure of six values. `atMost` or `atLeast`: what must hold of the median; neither: it is only shown. */
function figure(name, unit, values, { atMost, atLeast } = {}) {
  const middle = median(values);
  const ok = (atMost === undefined || middle <= atMost) && (atLeast === undefined || middle >= atLeast);
  figures.push({
    name,
    unit,
    median: middle,
    least: Math.min(...values),
    most: Math.max(...values),
    values,
    atMost,
    atLeast,
    ok,
  });
  show(figures.at(-1));
}

const digits = (x) => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(3));

function show({ name, unit, median: middle, least, most, atMost, atLeast, ok }) {
  const limit = atMost !== undefined ? `at most ${atMost}` : atLeast !== undefined ? `at least ${atLeast}` : '';
  console.log(
    `  ${name.padEnd(58)} ${digits(middle).padStart(8)} ${unit.padEnd(6)} ${`${digits(least)} - ${digits(most)}`.padEnd(20)} ${limit.padEnd(14)} ${ok ? '' : 'MISSED'}`.trimEnd(),
  );
}

/* Milliseconds of CPU time that these processes have used, all threads that they have. (utime and stime are counted in ticks, too
 * coarse for work that comes in pieces of microseconds.) */
function cpuMs(...pids) {
  return pids
    .flat()
    .reduce(
      (sum, pid) =>
        fs
          .readdirSync(`/proc/${pid}/task`)
          .reduce(
            (all, task) =>
              all + Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
            sum,
          ),
      0,
    );
}

async function spent(read, work) {
  const before = read();
  const result = await work();
  return { ms: read() - before, result };
}

const rssKb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

async function rounds(body) {
  for (let i = 0; i < ROUNDS; i++) await body(i);
}

function start(program, args, options = {}) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...options,
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/* Something that gives way to everything else runs on each processor: waking one that sleeps costs more than the work in question here,
 * and whoever wakes it pays. */
const keepAwake = () => os.cpus().map(() => start('chrt', ['--idle', '0', 'sh', '-c', 'while :; do :; done']));

const stopChildren = () =>
  Promise.all(
    [...children].map((child) => {
      child.kill('SIGKILL');
      return once(child, 'exit');
    }),
  );

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function until(check) {
  for (let i = 0; i < 500; i++) {
    try {
      if (await check()) return;
    } catch {
      /* not yet */
    }
    await sleep(20);
  }
  throw new Error('something did not start');
}

/* --- the API ------------------------------------------------------------------------------------------------- */

const DETAILS = 5000,
  LISTS = 2500,
  CONNECTIONS = 8,
  LONG_CHAT = 10000;
/* Workers, empty programs and loops at once: enough that both processors have work all the time. One whose twin is idle is faster, and waking
 * somebody on one that is idle is dearer, so nothing may be measured alone. */
const BUSY = 4;

class ApiBench {
  constructor(sys) {
    this.sys = sys;
  }

  get workers() {
    return workersOf(this.sys);
  }

  async load(port, target, token, amount, connections = CONNECTIONS) {
    const { stdout } = await run(this.sys.program('bench/http_load'), [
      `127.0.0.1:${port}`,
      target,
      token,
      String(connections),
      String(amount),
    ]);
    const result = JSON.parse(stdout);
    if (result.wrong) throw new Error(`${result.wrong} of ${result.requests} answers to ${target} were wrong`);
    return result;
  }

  async prepare() {
    this.people = await makePeople(this.sys, 400);
    [this.host] = this.people;
    this.meeting = await makeMeeting(this.host, { isPublic: true });
    for (const { client } of this.people.slice(0, 8)) await client.post(`/meetings/${this.meeting.code}/join`, {});
    for (let i = 0; i < 10; i++) await makeMeeting(this.people[1], { isPublic: true, title: `Meeting ${i}` });
  }

  /* The statements of one request from the server's own log, each with the values for its "?", which the log leaves out. */
  async statementsOf(target, valuesOf) {
    const file = this.sys.file('general.log');
    await this.host.client.get(target);
    await this.sys.sql(`SET GLOBAL general_log_file = '${file}'`);
    await this.sys.sql('SET GLOBAL general_log = 1');
    await this.host.client.get(target);
    await this.sys.sql('SET GLOBAL general_log = 0');
    const all = [...fs.readFileSync(file, 'utf8').matchAll(/(\d+) Execute\t(SELECT .*)$/gm)].map(
      ([, connection, sql]) => ({ connection, sql }),
    );
    fs.rmSync(file);
    const own = all.find(({ sql }) => sql.includes('FROM meetings m '))?.connection; // housekeeping asks over another one
    const found = all.filter(({ connection }) => connection === own);
    if (!found.length || found.length > 3)
      throw new Error(`${found.length} statements were logged for ${target}: ${JSON.stringify(all)}`);
    const signIn = [this.host.id, this.host.id]; // makePeople gives both one number
    return found.map(
      ({ sql }) => `${sql}\t${(sql.includes('FROM sessions ') ? signIn : valuesOf(sql.split('?').length - 1)).join()}`,
    );
  }

  /* A second web server of the same configuration in front of a program that answers at once. */
  async startEmpty(bytes) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'em-empty-'));
    for (const folder of ['run', 'log']) fs.mkdirSync(path.join(dir, folder));
    const socket = path.join(dir, 'run/empty.sock');
    const first = start(this.sys.program('bench/empty_fcgi'), [socket, String(bytes), String(BUSY)]);
    await until(() => fs.existsSync(socket));
    const port = await freePort();
    const web = start('/usr/sbin/lighttpd', ['-D', '-f', path.join(root, 'lighttpd.conf')], {
      cwd: root,
      env: {
        ...process.env,
        ...this.sys.env,
        ECHOMEET_API_SOCKET: socket,
        ECHOMEET_WEB_BIND: '127.0.0.1',
        ECHOMEET_WEB_PORT: String(port),
        ECHOMEET_WEB_MAX_FDS: '1024',
        ECHOMEET_WEB_ROOT: path.join(root, 'www'),
        ECHOMEET_WEB_VAR: dir,
        ECHOMEET_RELAY_HOST: '127.0.0.1',
        ECHOMEET_RELAY_PORT: '1',
      },
    });
    await until(
      () =>
        new Promise((resolve) => {
          const socket_ = net
            .connect(port, '127.0.0.1', () => {
              socket_.destroy();
              resolve(true);
            })
            .on('error', () => resolve(false));
        }),
    );
    return {
      port,
      pids: [first.pid, ...childrenOf(first.pid), web.pid],
      stop: async () => {
        for (const child of [first, web]) {
          child.kill('SIGKILL');
          await once(child, 'exit');
        }
        fs.rmSync(dir, { recursive: true });
      },
    };
  }

  /* A request against an empty one through the same web server and its statements in a bare loop. */
  async request(name, target, amount, valuesOf) {
    const { sys } = this;
    const { mariadb, web } = sys.processes;
    const file = sys.file('statements.sql');
    const statements = await this.statementsOf(target, valuesOf);
    fs.writeFileSync(file, `${statements.join('\n')}\n`);
    const size = Buffer.byteLength(JSON.stringify((await this.host.client.get(target)).body));
    const empty = await this.startEmpty(size);
    const ratios = [],
      ours = [],
      plain = [],
      bare = [],
      parts = { workers: [], lighttpd: [], MariaDB: [] };
    await this.load(sys.port, `/api/v1${target}`, this.host.token, 500);
    await rounds(async () => {
      const a = await spent(
        () => cpuMs(empty.pids),
        () => this.load(empty.port, `/api/v1${target}`, this.host.token, amount),
      );
      const b = await spent(
        () => cpuMs(mariadb.pid),
        () =>
          Promise.all(
            Array.from({ length: BUSY }, () =>
              run('sh', [
                '-c',
                `exec "$0" "$1" echomeet ${amount} <"$2"`,
                sys.program('bench/sql_loop'),
                sys.env.ECHOMEET_MYSQL_SOCKET,
                file,
              ]),
            ),
          ),
      );
      const read = {
        workers: () => cpuMs(this.workers),
        lighttpd: () => cpuMs(web.pid),
        MariaDB: () => cpuMs(mariadb.pid),
      };
      const before = Object.entries(read).map(([name_, now]) => [name_, now()]);
      const c = await spent(
        () => cpuMs(this.workers, web.pid, mariadb.pid),
        () => this.load(sys.port, `/api/v1${target}`, this.host.token, amount),
      );
      for (const [name_, ms] of before) parts[name_].push(((read[name_]() - ms) / amount) * 1000);
      plain.push((a.ms / amount) * 1000);
      bare.push((b.result.reduce((ms, { stdout }) => ms + JSON.parse(stdout).cpuMs, b.ms) / (BUSY * amount)) * 1000);
      ours.push((c.ms / amount) * 1000);
      ratios.push(ours.at(-1) / (plain.at(-1) + bare.at(-1)));
    });
    await empty.stop();
    figure(`${name} / (empty request + bare loop)`, 'x', ratios, { atMost: 1.5 });
    figure('  the request', 'us', ours);
    for (const [name_, values] of Object.entries(parts)) figure(`    of it ${name_}`, 'us', values);
    figure('  an empty request', 'us', plain);
    figure(`  its ${statements.length} statement${statements.length > 1 ? 's' : ''} in a bare loop`, 'us', bare);
  }

  /* Joins of one meeting, in which so many are already. By SQL the room is full at once. */
  async hotJoin(present) {
    const processes = 8,
      each = 120;
    const people = await makePeople(this.sys, present + processes * each);
    const env = { ...process.env, ...this.sys.env };
    const join = async (mode) => {
      const meeting = await makeMeeting(this.host, { isPublic: true, maxParticipants: 10000 });
      await this.sys.sql(
        `INSERT INTO participants (meeting_id, user_id, display_name, role, status, joined_at)
                SELECT ?, id, display_name, 3, 1, created_at FROM users WHERE id >= ? AND id < ?`,
        [meeting.id, people[0].id, people[0].id + present],
      );
      await this.sys.sql(
        'UPDATE meetings SET participant_count = ?, status = 2, actual_start_time = created_at WHERE id = ?',
        [present, meeting.id],
      );
      const {
        ms,
        result: { stdout },
      } = await spent(
        () => cpuMs(this.sys.processes.mariadb.pid),
        () =>
          run(
            this.sys.program('bench/hot_join'),
            [mode, String(meeting.id), String(people[present].id), String(processes), String(each)],
            { env, cwd: root },
          ),
      );
      const { joins, seconds, cpuMs: own } = JSON.parse(stdout);
      costs[mode].push(((ms + own) / joins) * 1000);
      return joins / seconds;
    };
    const rates = { counter: [], lock: [], since: [], bare: [] },
      costs = { counter: [], lock: [], since: [], bare: [] };
    await join('counter'); // the first one finds everything cold
    costs.counter.pop();
    await rounds(async () => {
      for (const [mode, values] of Object.entries(rates)) values.push(await join(mode));
    });
    figure(
      `CPU time of a hot join of a room of ${present} / of its three rows, unchecked, in one round trip`,
      'x',
      costs.counter.map((cost, i) => cost / costs.bare[i]),
      { atMost: 1.5 },
    );
    figure(
      `hot join of a room of ${present} / FOR UPDATE + COUNT(*)`,
      'x',
      rates.counter.map((rate, i) => rate / rates.lock[i]),
      present ? { atLeast: 4 } : {},
    );
    figure(`  joins of one meeting, ${processes} at once`, '1/s', rates.counter);
    figure('  the same by SELECT ... FOR UPDATE + COUNT(*)', '1/s', rates.lock);
    figure('  the same three rows, unchecked, in one round trip', '1/s', rates.bare);
    figure(
      '  these / FOR UPDATE + COUNT(*): more cannot be had',
      'x',
      rates.bare.map((rate, i) => rate / rates.lock[i]),
    );
    figure('  whole calls: checks, the join, news, the reply', '1/s', rates.since);
    figure('  CPU time of a join', 'us', costs.counter);
    figure('  of one by SELECT ... FOR UPDATE + COUNT(*)', 'us', costs.lock);
    figure('  of the three rows alone', 'us', costs.bare);
    figure('  of a whole call', 'us', costs.since);
  }

  async signIns() {
    const { sys } = this;
    const email = 'bench@example.org',
      password = 'correct horse 1';
    await this.host.client.post('/auth/register', { email, password, displayName: 'B', client: 'api' });
    const file = sys.file('sign-in.json');
    fs.writeFileSync(file, JSON.stringify({ email, password, client: 'api' }));
    const detail = (seconds) => this.load(sys.port, `/api/v1/meetings/${this.meeting.id}`, this.host.token, -seconds);
    const rates = [],
      late = [];
    await rounds(async () => {
      const alone = await detail(2);
      const signIns = this.load(sys.port, '/api/v1/auth/login', `@${file}`, 3, 32);
      await sleep(300);
      const beside = await detail(2);
      await signIns;
      rates.push((beside.requests / beside.seconds / (alone.requests / alone.seconds)) * 100);
      late.push(beside.p99 / alone.p99);
    });
    figure('rate of the detail beside 32 sign-ins at once', '%', rates, { atLeast: 70 });
    figure('  its p99 beside them / alone', 'x', late, { atMost: 2 });
  }

  /* One person reads the largest pages there are of a long chat over eight connections, as fast as they come. What is refused is asked for
   * again after the time that the answer says. */
  async heavyReads() {
    const [reader, other] = this.people.slice(-2);
    const meeting = await makeMeeting(reader, { isPublic: true });
    await reader.client.post(`/meetings/${meeting.code}/join`, {});
    await this.sys.sql(
      `INSERT INTO messages (meeting_id, sender_id, body, client_id, created_at)
            SELECT ?, ?, REPEAT('\u{1F600}', 4000), CONCAT('long-', seq), NOW(3) FROM seq_1_to_${LONG_CHAT}`,
      [meeting.id, reader.id],
    );
    const addresses = ['messages?limit=1', 'messages?limit=100', 'transcript', 'attendance'].map(
      (what) => `/meetings/${meeting.id}/${what}`,
    );
    let reading = true,
      read = 0,
      refused = 0;
    const readAll = async (first) => {
      for (let i = first; reading; i++) {
        const { status, headers } = await reader.client.get(addresses[i % addresses.length]);
        read += status === 200;
        refused += status === 429;
        if (status === 429) await sleep(1000 * Number(headers.get('retry-after')));
      }
    };
    const detail = () => this.load(this.sys.port, `/api/v1/meetings/${this.meeting.id}`, other.token, -2, 1);
    await detail();
    const late = [];
    await rounds(async () => {
      const alone = await detail();
      reading = true;
      const readers = Array.from({ length: 8 }, (_, i) => readAll(i));
      await sleep(500);
      const beside = await detail();
      reading = false;
      await Promise.all(readers);
      late.push(beside.p50 / alone.p50);
    });
    figure("others' median beside heavy reads of one person / alone", 'x', late, { atMost: 2 });
    figure('  heavy reads answered', '1/s', [read / ROUNDS / 2.5]);
    figure('  and refused', '1/s', [refused / ROUNDS / 2.5]);
  }

  async requests() {
    const { redis } = this.sys.processes;
    await redis.kill(); // without the cache
    const spinners = keepAwake();
    await this.request('detail of a meeting without cache', `/meetings/${this.meeting.id}`, DETAILS, (n) =>
      Array(n).fill(this.meeting.id),
    );
    await this.request('list of ten meetings', '/meetings?pageSize=10', LISTS, (n) =>
      n === 8 ? [10, this.host.id, 10, this.host.id, this.host.id, 10, 10, 0] : Array(n).fill(this.host.id),
    );
    spinners.forEach((spinner) => spinner.kill('SIGKILL'));
    await redis.start();
    await sleep(1500); // workers look for it every second
    figure(
      'memory of the largest worker after that',
      'MB',
      [Math.max(...this.workers.map((pid) => rssKb(pid) / 1024))],
      { atMost: 8 },
    );
  }

  async run() {
    await this.prepare();
    if (wants('requests')) await this.requests();
    if (wants('signins')) await this.signIns();
    if (wants('reads')) await this.heavyReads();
    if (wants('joins')) {
      await this.hotJoin(9000);
      await this.hotJoin(0);
    }
  }
}

/* --- the relay ----------------------------------------------------------------------------------------------- */

const HANDSHAKES = 3000,
  LARGE = 10000,
  SMALL = 50,
  IDLE = ROUNDS * HANDSHAKES,
  SMALL_ROOMS = (IDLE - LARGE) / SMALL,
  BURST = 64;

function frameOf(meetingId, seq) {
  return JSON.stringify({
    type: 'chat_message',
    meetingId,
    seq,
    at: '2026-01-31T10:00:00.000Z',
    data: {
      message: {
        id: 4711,
        sender: { id: 3, displayName: 'Ada Lovelace' },
        to: null,
        text: 'Shall we begin? The agenda is in the notes.',
        clientId: 'd2f7c9b0-5b7e-4d0e-9f1a',
        createdAt: '2026-01-31T10:00:00.000Z',
      },
    },
  });
}

/* Commands to Redis on one connection, as many as wanted in one write. */
class Publisher {
  constructor(socketPath) {
    this.socket = net.connect(socketPath);
    this.socket.resume(); // the replies do not matter
    this.seqs = new Map();
  }

  /* The next event of each of these meetings. */
  publish(meetings) {
    this.socket.write(
      meetings
        .map((id) => {
          const seq = (this.seqs.get(id) ?? 0) + 1;
          this.seqs.set(id, seq);
          const parts = ['PUBLISH', `echomeet:room:${id}`, `${id} ${seq} * - ${frameOf(id, seq)}`];
          return `*3\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
        })
        .join(''),
    );
  }
}

/* A swarm that is told how many events will come, and waits for them. */
class Receivers {
  constructor(swarm) {
    Object.assign(this, { swarm, expected: 0 });
  }

  async receive(events, send) {
    this.expected += events;
    const came = this.swarm.ask(`await ${this.expected}`);
    await send();
    // the stand-in for the workers has no log: what Redis lost while the relay connected to it anew does not come any more
    let timer;
    const late = new Promise((resolve, reject) => {
      timer = setTimeout(reject, 60_000, new Error('events did not arrive within a minute; run it again'));
    });
    await Promise.race([came, late]).finally(() => clearTimeout(timer));
  }

  async inside(count, timeoutMs = 60_000) {
    return this.swarm.until((stat) => stat.inside === count && stat.opening === 0, timeoutMs, `${count} are connected`);
  }
}

class RelayBench {
  constructor(sys) {
    this.sys = sys;
    this.relay = sys.processes.relay.pid;
    this.cpu = () => cpuMs(this.relay);
  }

  async prepare() {
    start(this.sys.program('bench/stub_worker'), [this.sys.env.ECHOMEET_RELAY_SOCKET]);
    this.publisher = new Publisher(this.sys.env.ECHOMEET_REDIS_SOCKET);
    this.crowd = new Receivers(startSwarm(this.sys, { addresses: 4 }));
    await sleep(4000); // the relay has found its workers
  }

  async handshakes() {
    const { swarm } = this.crowd;
    await swarm.ask('enter 900001 200 0'); // the code itself has been loaded
    await this.crowd.inside(200);
    this.emptyKb = rssKb(this.relay);
    const costs = [];
    await rounds(async (i) => {
      const { ms } = await spent(this.cpu, async () => {
        await swarm.ask(`enter ${1 + i * HANDSHAKES} ${HANDSHAKES} 0`);
        await this.crowd.inside(200 + (i + 1) * HANDSHAKES);
      });
      costs.push((ms / HANDSHAKES) * 1000);
    });
    figure('handshake with token check', 'us', costs, { atMost: 60 });
    figure(`  the last ${HANDSHAKES} of ${IDLE} / the first`, 'x', [costs.at(-1) / costs[0]], { atMost: 1.25 });
  }

  async idle() {
    const { swarm } = this.crowd;
    for (let at = 0; at < LARGE; at += 500) {
      // all at once, memory for the queue would be measured, and not that of idle connections
      await swarm.ask(`move ${1 + at} 500 1`);
      await swarm.until((stat) => stat.opening === 0, 20_000, 'they have joined');
    }
    for (let room = 0; room < SMALL_ROOMS; room++) {
      await swarm.ask(`move ${1 + LARGE + room * SMALL} ${SMALL} ${2 + room}`);
      await swarm.until((stat) => stat.opening === 0, 20_000, 'they have joined');
    }
    await this.crowd.inside(200 + IDLE);
    await sleep(2000);
    figure(
      `memory of a connection in a room (${IDLE})`,
      'bytes',
      [((rssKb(this.relay) - this.emptyKb) * 1024) / IDLE],
      { atMost: 1024 },
    );
  }

  async startBare() {
    const port = await freePort();
    const bare = start(this.sys.program('bench/bare_send'), [String(port)]);
    const answers = readline.createInterface({ input: bare.stdout });
    this.bare = {
      cpu: () => cpuMs(bare.pid),
      ask: async (command) => {
        bare.stdin.write(`${command}\n`);
        return JSON.parse((await once(answers, 'line'))[0]);
      },
    };
    await this.bare.ask(`frame ${frameOf(1, 4711).replace('"seq":4711', '"seq":#')}`);
    this.audience = new Receivers(
      startSwarm({ ...this.sys, program: (n) => this.sys.program(n), relayUrls: [`ws://127.0.0.1:${port}/`] }),
    );
    await this.audience.swarm.ask(`enter 1 ${LARGE} 1`);
    await this.audience.inside(LARGE);
  }

  /* One event after the other, each when the last one has reached everybody. Microseconds of CPU time a delivery. */
  async byRelay(meetings, members, events) {
    const { ms } = await spent(this.cpu, async () => {
      for (let i = 0; i < events; i++)
        await this.crowd.receive(meetings.length * members, () => this.publisher.publish(meetings));
    });
    return (ms * 1000) / (events * meetings.length * members);
  }

  async byLoop(rooms, members, events) {
    const { ms } = await spent(this.bare.cpu, async () => {
      for (let i = 0; i < events; i++)
        await this.audience.receive(rooms * members, () => this.bare.ask(`send ${rooms} 0 ${members}`));
    });
    return (ms * 1000) / (events * rooms * members);
  }

  async deliveries() {
    const small = Array.from({ length: SMALL_ROOMS }, (_, i) => 2 + i);
    const large = { relay: [], loop: [] },
      rooms = { relay: [], loop: [] },
      burst = [];
    await this.byRelay([1], LARGE, 2);
    await this.byLoop(1, LARGE, 2);
    await rounds(async () => {
      large.loop.push(await this.byLoop(1, LARGE, 15));
      large.relay.push(await this.byRelay([1], LARGE, 15));
      rooms.loop.push(await this.byLoop(SMALL_ROOMS, SMALL, 15));
      rooms.relay.push(await this.byRelay(small, SMALL, 15));
      burst.push(await this.byRelay(Array(BURST).fill(1), LARGE, 1));
    });
    figure(
      `room of ${LARGE} / bare loop of send()`,
      'x',
      large.relay.map((x, i) => x / large.loop[i]),
      { atMost: 1.15 },
    );
    figure('  a delivery', 'us', large.relay);
    figure('  a bare send()', 'us', large.loop);
    figure(
      `rooms of ${SMALL} / bare loop of send()`,
      'x',
      rooms.relay.map((x, i) => x / rooms.loop[i]),
      { atMost: 2.5 },
    );
    figure(
      `burst of ${BURST} events / ${BURST} single ones`,
      'x',
      burst.map((x, i) => x / large.relay[i]),
      { atMost: 0.15 },
    );
    const stat = await this.crowd.swarm.ask('stat');
    if (stat.gaps || stat.repeats) throw new Error(`events went missing or came twice: ${JSON.stringify(stat)}`);
  }

  async run() {
    await this.prepare();
    await this.handshakes();
    await this.idle();
    await this.startBare();
    await this.deliveries();
    await Promise.all([this.crowd.swarm.stop(), this.audience.swarm.stop()]);
    this.publisher.socket.destroy();
  }
}

/* --- the page ------------------------------------------------------------------------------------------------ */

/* From the navigation to the first button that can be pressed, in Chromium, against a picture from the same web server. */
class PageBench {
  constructor(sys) {
    this.base = `http://127.0.0.1:${sys.port}`;
  }

  async run() {
    const { Person, startBrowser, usableAfter } = await import('../tests/browser/support.mjs');
    const browser = await startBrowser();
    const ana = await Person.arrive(browser, this.base, 'Ana');
    await ana.signUp('ana@example.org');
    const code = await ana.page.evaluate(
      async () => (await window.echomeet.api.post('/meetings', { title: 'Bench' })).code,
    );
    await ana.page.close();
    const nobody = await browser.newContext();
    const visits = {
      'signed out': [nobody, ''],
      'signed in': [ana.context, ''],
      "a meeting's link": [ana.context, `#/m/${code}`],
      'the same for a guest': [nobody, `#/m/${code}`],
    };
    const nothing = [],
      times = Object.fromEntries(Object.keys(visits).map((what) => [what, []]));
    await usableAfter(nobody, this.base); // everything is cold
    await rounds(async () => {
      nothing.push(await usableAfter(nobody, `${this.base}/icon.svg`, { inert: true }));
      for (const [what, [context, hash]] of Object.entries(visits))
        times[what].push(await usableAfter(context, `${this.base}/${hash}`));
    });
    await browser.close();
    for (const [what, values] of Object.entries(times)) {
      figure(
        `page usable, ${what} / a picture is drawn`,
        'x',
        values.map((ms, i) => ms / nothing[i]),
      );
      figure('  milliseconds', 'ms', values);
    }
    figure('  the picture', 'ms', nothing);
  }
}

/* --- media --------------------------------------------------------------------------------------------------------- */

const VIEWERS = 12,
  FORWARD_MS = 4000,
  BARE_PACKETS = 200_000;

/* What it costs at least to send a packet of so many bytes. */
async function bareSendUs(sys, bytes) {
  const { stdout } = await run(sys.program('bench/bare_sendto'), [String(BARE_PACKETS), String(bytes)]);
  const bare = JSON.parse(stdout);
  return bare.cpuUs / bare.packets;
}

/* Two pages: of one person who sends, and of all who watch, each over a connection of their own. */
class MediaBench {
  constructor(sys) {
    this.sys = sys;
  }

  async run() {
    const { startBrowser } = await import('../tests/browser/support.mjs');
    const { startBench } = await import('../tests/media/bench.mjs');
    const [browser, pages] = await Promise.all([startBrowser(), startBench()]);
    const names = Array.from({ length: VIEWERS + 1 }, (_, i) => `P${i}`);
    const { people } = await makeRoom(this.sys, names);
    const [sender, ...viewers] = people;
    const page = await this.open(browser, pages, [sender]);
    await sender.socket.request('media_control', { audio: true, video: true });
    const { epoch } = people.at(-1).joined.media;
    await page.evaluate((e) => window.start(e), epoch);
    this.audience = await this.open(browser, pages, viewers, sender.id);
    await this.audience.evaluate(watchAll, { ids: viewers.map(({ id }) => id), sender: sender.id, epoch });
    await this.measure();
    await browser.close();
    pages.close();
  }

  /* A page of these people: what each says goes over their socket, and what they hear to it. */
  async open(browser, pages, people, other = people[0].id) {
    const page = await (await browser.newContext()).newPage();
    await page.exposeFunction('tellServer', (json, id = people[0].id) =>
      people.find((one) => one.id === id).socket.send('media_signal', JSON.parse(json)),
    );
    await pages.open(page, { id: people[0].id, people: [people[0].id, other] });
    for (const { id, socket } of people)
      socket.ws.on('message', (text) => {
        const { type, data } = JSON.parse(text);
        if (type === 'media_signal') page.evaluate(([s, i]) => window.hear?.(s, i), [data, id]).catch(() => {});
      });
    return page;
  }

  received() {
    return this.audience.evaluate(async () => {
      const flows = (await Promise.all(window.all.map((sfu) => sfu.flows()))).flat();
      const of = flows.filter(({ direction }) => direction === 'in');
      const sum = (what) => of.reduce((total, flow) => total + flow[what], 0);
      return { packets: sum('packets'), bytes: sum('bytes'), people: of.filter(({ kind }) => kind === 'video').length };
    });
  }

  async measure() {
    while ((await this.received()).people < VIEWERS) await sleep(200);
    const ratios = [],
      forwarded = [],
      rates = [];
    await rounds(async () => {
      const before = await this.received();
      const { ms } = await spent(
        () => cpuMs(this.sys.janusPid()),
        () => sleep(FORWARD_MS),
      );
      const now = await this.received();
      const packets = now.packets - before.packets;
      const bytes = Math.round((now.bytes - before.bytes) / packets);
      const bareUs = await bareSendUs(this.sys, bytes);
      forwarded.push((ms * 1000) / packets);
      ratios.push((ms * 1000) / packets / bareUs);
      rates.push(packets / (FORWARD_MS / 1000));
    });
    figure('CPU of a packet forwarded by the media server / sendto()', 'x', ratios);
    figure(`  of a packet, ${VIEWERS} who watch one`, 'us', forwarded); // with so few each wakes it
    figure('  packets', '1/s', rates);
  }
}

/* In the page of those who watch. */
async function watchAll({ ids, sender, epoch }) {
  const { Sfu } = await import('/js/transport/sfu.js');
  const one = (id) => {
    const sfu = new Sfu(
      { myId: id, relayOnly: false, send: (_, data) => window.tellServer(JSON.stringify(data), id) },
      { epoch },
    );
    sfu.setPeople([{ userId: sender, online: true }]);
    sfu.setWants(new Map([[sender, { camera: 'large', screen: 'none' }]]));
    return [id, sfu];
  };
  const byId = new Map(ids.map(one));
  window.all = [...byId.values()];
  window.hear = (signal, id) => byId.get(id)?.receive(0, signal);
}

const MANY = { counts: [50, 35, 25, 15], tiles: 25, kbits: 120, talkers: 3 },
  MANY_BYTES = 750, // of a packet, as they are sent
  LOST_MOST = 1, // per cent
  MANY_MS = 5000;

/* Each of so many people sends, and sees so many others. Their connections are light ones, and cost about as much as Janus. */
class ManyBench {
  constructor(sys) {
    this.sys = sys;
  }

  async run() {
    const { startMany } = await import('../tests/media/many.mjs');
    const many = await startMany(this.sys, MANY);
    await this.measure(many);
    await many.stop();
    await this.page(await startMany(this.sys, { ...MANY, counts: [MANY.tiles] }));
  }

  /* A page that shows them all. */
  async page(many) {
    const { Computer, Person, until } = await import('../tests/browser/support.mjs');
    const computer = await Computer.start();
    const page = await Person.arrive(computer.browser, `http://127.0.0.1:${this.sys.port}`, 'Ana', {
      viewport: { width: 1920, height: 1080 },
      settings: { cameraOn: false },
    });
    await page.signUp('page@example.org');
    await page.join(many.meeting.code);
    const moving = () =>
      page.page.evaluate(() => {
        const videos = [...document.querySelectorAll('.tile video')];
        return videos.filter((video) => video.getVideoPlaybackQuality().totalVideoFrames > 0).length;
      });
    await until(async () => (await moving()) > many.tiles / 2, 'most of them move', 60_000);
    await sleep(MANY_MS); // the rest comes, and what comes late has come
    const count = await moving();
    const session = await page.context.newCDPSession(page.page);
    await session.send('Performance.enable');
    const scriptMs = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'ScriptDuration').value * 1000;
    };
    const browserMs = () => computer.processes().reduce((sum, pid) => sum + cpuMs(pid), 0);
    const found = { browser: [], script: [] };
    await rounds(async () => {
      const [began, scriptBefore, browserBefore] = [performance.now(), await scriptMs(), browserMs()];
      await sleep(MANY_MS);
      const share = 100 / (performance.now() - began);
      found.browser.push((browserMs() - browserBefore) * share);
      found.script.push(((await scriptMs()) - scriptBefore) * share);
    });
    figure(`a page that shows ${count} pictures: its browser, of one core`, '%', found.browser);
    figure('  its script', '%', found.script);
    await computer.close();
    await many.stop();
  }

  async measure({ crowd, count, tiles }) {
    if (count < MANY.counts[0]) console.log(`  this machine does not carry ${MANY.counts[0]} people and their clients`);
    const node = this.sys.processes.media.pid;
    const found = { ratio: [], us: [], janus: [], node: [], packets: [], lost: [] };
    await rounds(async () => {
      await crowd.stats();
      const began = performance.now();
      const nodeBefore = cpuMs(node);
      const { ms } = await spent(
        () => cpuMs(this.sys.janusPid()),
        () => sleep(MANY_MS),
      );
      const nodeMs = cpuMs(node) - nodeBefore;
      const { received, lost } = await crowd.stats();
      const lasted = performance.now() - began;
      found.us.push((ms * 1000) / received);
      found.ratio.push((ms * 1000) / received / (await bareSendUs(this.sys, MANY_BYTES)));
      found.janus.push((ms / lasted) * 100);
      found.node.push((nodeMs / lasted) * 100);
      found.packets.push((received * 1000) / lasted);
      found.lost.push((lost / (received + lost)) * 100);
    });
    figure(`${count} people with ${tiles} pictures each: CPU of a packet / sendto()`, 'x', found.ratio);
    figure('  of a packet', 'us', found.us);
    figure('  packets', '1/s', found.packets);
    figure('  packets lost', '%', found.lost, { atMost: LOST_MOST });
    figure('  Janus, of one core', '%', found.janus);
    figure('  echomeet-media, of one core', '%', found.node);
    figure('  memory of Janus', 'MB', [rssKb(this.sys.janusPid()) / 1024]);
    figure('  memory of echomeet-media', 'MB', [rssKb(node) / 1024]);
  }
}

const SETTLED_MS = 4000;

/* In a page: the longest pauses so far, in ms, of the one voice that it plays and of this person's picture. The voice is looked at as samples,
 * so that a busy page is not taken for a pause. */
function watchPauses({ userId, loud }) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 32768 });
  const samples = new Float32Array(analyser.fftSize);
  const pauses = { voice: 0, picture: 0 };
  let [source, video, frames] = [null, null, 0];
  let heardAt = performance.now(),
    drawnAt = heardAt;
  const listen = (stream) => {
    source?.disconnect();
    source = stream && context.createMediaStreamSource(stream);
    source?.connect(analyser);
  };
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    get,
    set(stream) {
      set.call(this, stream);
      if (this instanceof HTMLAudioElement) listen(stream);
    },
  });
  listen(document.querySelector('audio')?.srcObject ?? null);
  const look = (now) => {
    analyser.getFloatTimeDomainData(samples);
    let last = -1;
    let longest = 0;
    samples.forEach((sample, at) => {
      if (Math.abs(sample) < loud) return;
      longest = last < 0 ? 0 : Math.max(longest, at - last);
      last = at;
    });
    const ms = (count) => (count * 1000) / context.sampleRate;
    if (last >= 0) heardAt = now - ms(samples.length - last);
    pauses.voice = Math.max(pauses.voice, ms(longest), now - heardAt);
  };
  window.pauses = pauses;
  setInterval(() => {
    const now = performance.now();
    look(now);
    const shown = document.querySelector(`.tile[data-user="${userId}"] video`);
    const drawn = shown?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
    pauses.picture = Math.max(pauses.picture, now - drawnAt);
    if (drawn > 0 && (shown !== video || drawn !== frames)) [drawnAt, video, frames] = [now, shown, drawn];
  }, 20);
}

/* How long one does not hear and see somebody who talks without a pause: when a meeting goes from a mesh to the media server, when that is
 * killed, and when its machine is gone (nobody answers, and nobody says so). */
class PausesBench {
  constructor(sys) {
    this.sys = sys;
  }

  async run() {
    const { startBrowser } = await import('../tests/browser/support.mjs');
    const file = this.sys.file('voice.wav');
    fs.writeFileSync(file, voice());
    const browser = await startBrowser([
      '--use-fake-device-for-media-stream=fps=30',
      `--use-file-for-fake-audio-capture=${file}`,
    ]);
    const asItIs = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    this.ana = await this.arrive(browser, 'Ana', asItIs);
    this.ben = await this.arrive(browser, 'Ben', { microphoneOn: false });
    this.cleo = await this.arrive(browser, 'Cleo', { microphoneOn: false, cameraOn: false });
    const toServer = [],
      killed = [],
      gone = [];
    await rounds(async () => {
      toServer.push(await this.toServer());
      killed.push(await this.janusKilled());
      gone.push(await this.machineGone());
      for (const person of [this.ana, this.ben, this.cleo]) await person.leave();
    });
    await browser.close();
    const show = (name, found, limits) => {
      for (const kind of ['voice', 'picture'])
        figure(
          `${name}: pause of a ${kind}`,
          'ms',
          found.map((pauses) => pauses[kind]),
          { atMost: limits[kind] },
        );
    };
    show('mesh to media server', toServer, { voice: 300, picture: 1000 });
    show('media server killed', killed, { voice: 3000, picture: 3000 });
    show('its machine gone', gone, { voice: 12_000, picture: 12_000 });
  }

  async arrive(browser, name, settings) {
    const { Person } = await import('../tests/browser/support.mjs');
    const person = await Person.arrive(browser, `http://127.0.0.1:${this.sys.port}`, name, { settings });
    await person.signUp(`${name}@example.org`);
    return person;
  }

  /* The longest pauses from the act until voice and picture have gone on for a while. */
  async pauses(act) {
    const { page } = this.ben;
    const now = () => page.evaluate(() => ({ ...window.pauses }));
    await page.evaluate(() => Object.assign(window.pauses, { voice: 0, picture: 0 }));
    await act();
    for (let before = null; ; ) {
      await sleep(SETTLED_MS);
      const pauses = await now();
      if (before?.voice === pauses.voice && before.picture === pauses.picture) return pauses;
      before = pauses;
    }
  }

  async toServer() {
    const { ana, ben, cleo } = this;
    const code = await ana.page.evaluate(
      async () => (await window.echomeet.api.post('/meetings', { title: 'Bench', isPublic: true })).code,
    );
    await ana.join(code);
    await ben.page.reload(); // the watch of the round before ends
    await ben.join(code);
    await ben.page.evaluate(watchPauses, { userId: await ana.myId(), loud: 0.01 });
    await sleep(SETTLED_MS); // the mesh is there, and full of sound
    return this.pauses(() => cleo.join(code));
  }

  /* The number of the node that carries the meeting. */
  async node() {
    const [{ name }] = await this.sys.sql(
      `SELECT media_nodes.name FROM meetings JOIN media_nodes ON media_nodes.id = media_node
       WHERE status = 2 ORDER BY meetings.id DESC LIMIT 1`,
    );
    return Number(name.slice(1));
  }

  async janusKilled() {
    const janus = this.sys.janusPid(await this.node());
    return this.pauses(() => process.kill(janus, 'SIGKILL'));
  }

  async machineGone() {
    const number = await this.node();
    const node = this.sys.processes.medias[number];
    const janus = this.sys.janusPid(number);
    const found = await this.pauses(() => {
      node.signal('SIGSTOP');
      process.kill(janus, 'SIGSTOP');
    });
    process.kill(janus, 'SIGKILL');
    await node.kill();
    await node.start();
    return found;
  }
}

/* A second of sound that is never still, as a WAV file (RIFF, PCM of 16 bits, mono, 48 kHz). */
function voice() {
  const rate = 48_000;
  const file = Buffer.alloc(44 + rate * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(rate * 2, 40);
  for (let i = 0; i < rate; i++)
    file.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / rate)), 44 + i * 2);
  return file;
}

/* --------------------------------------------------------------------------------------------------------------- */

async function bench(options, make) {
  const sys = await startSystem(options);
  try {
    await make(sys).run();
  } catch (error) {
    console.error(error.message);
    process.exit(1); // what was started goes with us
  } finally {
    await stopChildren();
    await sys.stop();
  }
}

const parts = process.argv.slice(2);
const wants = (part) => !parts.length || parts.includes(part);
console.log(`  ${''.padEnd(58)} ${'median'.padStart(8)} ${''.padEnd(6)} ${'range'.padEnd(20)} wanted`);
if (['requests', 'signins', 'reads', 'joins'].some(wants))
  await bench(
    {
      only: ['mariadb', 'redis', 'pool', 'web'],
      workers: { api: BUSY, signin: 2, relay: 1 },
      env: { ECHOMEET_PASSWORD_HASH_KIB: '65536', ECHOMEET_PASSWORD_HASH_PASSES: '2' }, // as it is where nothing is set
    },
    (sys) => new ApiBench(sys),
  );
if (wants('relay'))
  await bench(
    { only: ['redis', 'relay'], env: { ECHOMEET_RELAY_UNAUTHENTICATED: '0', ECHOMEET_LOG_LEVEL: 'warn' } },
    (sys) => new RelayBench(sys),
  );
for (const Bench of wants('media') ? [MediaBench, ManyBench] : [])
  await bench(
    { media: 1, env: { ECHOMEET_MESH_MAX: '0', ECHOMEET_MEDIA_CAPACITY_PPS: '1000000' } },
    (sys) => new Bench(sys),
  );
if (wants('media')) await bench({ media: 2, env: { ECHOMEET_MESH_MAX: '2' } }, (sys) => new PausesBench(sys));
if (wants('page')) await bench({}, (sys) => new PageBench(sys));
fs.mkdirSync(path.join(root, 'build'), { recursive: true });
fs.writeFileSync(
  path.join(root, 'build/bench.json'),
  `${JSON.stringify({ at: new Date().toISOString(), rounds: ROUNDS, figures }, null, 1)}\n`,
);
const missed = figures.filter((f) => !f.ok);
console.log(
  missed.length ? `\n${missed.length} missed: ${missed.map((f) => f.name.trim()).join('; ')}` : '\nall as wanted',
);
