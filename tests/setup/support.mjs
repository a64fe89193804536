/* Runs `make run` for tests of the set-up: in a folder of its own under /tmp, on free ports, with the release build. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, root } from '../lib/system.mjs';

const READY_MS = 120_000;

export function temporaryFolder() {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'em-run-'));
}

/* The environment without what the test runner or a developer has set. */
export function plainEnvironment(extra = {}) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(ECHOMEET_|MAKE|MFLAGS|NODE_TEST|PORT$|RELAY_PORT$|VAR$|BIND$|JANUS$|MEDIA$)/.test(name),
    ),
  );
  return { ...env, ...extra };
}

/* A file of /proc/PID, empty where the process has ended meanwhile. */
function read(pid, file) {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/* One `make run`. `output` is everything that it printed; `ended` a promise of {code, signal}. */
export class Run {
  static async start({ folder = temporaryFolder(), ports, env, bind } = {}) {
    const [port, relayPort] = ports ?? (await freePorts(2));
    const run = new Run(folder, port, relayPort, env, bind);
    await Promise.race([run.ready, run.ended, sleep(READY_MS, null, { ref: false })]);
    return run;
  }

  constructor(folder, port, relayPort, env, bind) {
    Object.assign(this, { folder, port, relayPort, base: `http://127.0.0.1:${port}`, output: '', isReady: false });
    const began = Date.now();
    // detached: a process group of its own, as a terminal gives it to a command
    this.child = spawn(
      'make',
      [
        '--no-print-directory',
        'run',
        `PORT=${port}`,
        `RELAY_PORT=${relayPort}`,
        `VAR=${folder}`,
        ...(bind ? [`BIND=${bind}`] : []),
      ],
      { cwd: root, env: plainEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.hasEnded = true;
        resolve({ code, signal });
      });
    });
    this.ready = new Promise((resolve) => {
      const collect = (text) => {
        this.output += text;
        if (!this.isReady && /^Ready after/m.test(this.output)) {
          this.isReady = true;
          this.startMs = Date.now() - began;
          resolve();
        }
      };
      this.child.stdout.setEncoding('utf8').on('data', collect);
      this.child.stderr.setEncoding('utf8').on('data', collect);
    });
  }

  /* The sentences that it gave on what is wrong. */
  get complaints() {
    return this.output.split('\n').filter((line) => line.startsWith('EchoMeet: '));
  }

  /* A signal to make alone, or to the whole group as Ctrl-C does; answers the exit. */
  async stop(signal = 'SIGTERM', { group = false } = {}) {
    if (!this.hasEnded) process.kill(group ? -this.child.pid : this.child.pid, signal);
    return this.ended;
  }

  /* Process ids that belong to this copy: its folder stands in their environment or command line. */
  processes() {
    return fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== this.child.pid && this.mentions(pid));
  }

  mentions(pid) {
    return ['environ', 'cmdline'].some((file) => read(pid, file).includes(this.folder));
  }

  /* The process id of one of its daemons by a part of its command line: of the supervisor, not of its workers. */
  daemon(part) {
    const found = this.processes().filter(
      (pid) => read(pid, 'comm') !== 'run\n' && read(pid, 'cmdline').includes(part),
    );
    return found.find((pid) => !found.includes(Number(read(pid, 'stat').split(') ')[1]?.split(' ')[1])));
  }

  /* Files left in its folder for sockets and process ids. */
  leftovers() {
    return fs.readdirSync(path.join(this.folder, 'run'));
  }

  log(name) {
    return fs.readFileSync(path.join(this.folder, 'log', `${name}.log`), 'utf8');
  }

  async remove() {
    await this.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
