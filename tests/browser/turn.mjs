/* A real coturn for the tests: on loopback, on a port of its own, with a secret shared with the workers. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '../lib/system.mjs';
import { until } from './support.mjs';

const RELAY_PORTS = 100;

export class Turn {
  /** What coturn has said so far. */
  log = '';

  static async start() {
    const turn = new Turn();
    turn.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-turn-'));
    turn.secret = randomBytes(16).toString('hex');
    fs.writeFileSync(turn.file('secret'), `${turn.secret}\n`, { mode: 0o600 });
    [turn.port, turn.relayPort] = await freePorts(2);
    /** the settings of the pool */
    turn.env = { ECHOMEET_TURN_URLS: `turn:127.0.0.1:${turn.port}`, ECHOMEET_TURN_SECRET_FILE: turn.file('secret') };
    await turn.again();
    return turn;
  }

  file(name) {
    return path.join(this.folder, name);
  }

  /** Also after kill(), on the same port. */
  async again() {
    const seen = this.log.length;
    this.process = spawn(
      'setpriv',
      [
        '--pdeathsig',
        'TERM',
        'turnserver',
        '-n',
        '--listening-ip=127.0.0.1',
        '--relay-ip=127.0.0.1',
        `--listening-port=${this.port}`,
        `--min-port=${this.relayPort}`,
        `--max-port=${this.relayPort + RELAY_PORTS - 1}`,
        '--use-auth-secret',
        `--static-auth-secret=${this.secret}`,
        '--realm=echomeet.test',
        '--allow-loopback-peers',
        '--no-cli',
        '--cli-password=unused',
        '--no-tls',
        '--no-dtls',
        '--fingerprint',
        '--log-file=stdout',
        '--verbose',
        `--pidfile=${this.file('pid')}`,
        `--userdb=${this.file('users')}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [this.process.stdout, this.process.stderr])
      stream.on('data', (data) => {
        this.log += data;
      });
    this.ended = new Promise((resolve) => {
      this.process.once('exit', resolve);
    });
    await until(() => /listener opened on.*127\.0\.0\.1/i.test(this.log.slice(seen)), 'coturn listens');
  }

  /** Takes nothing in and lets nothing out, and tells nobody. */
  freeze() {
    this.process.kill('SIGSTOP');
  }
  thaw() {
    this.process.kill('SIGCONT');
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  async stop() {
    await this.kill();
    fs.rmSync(this.folder, { recursive: true });
  }
}
