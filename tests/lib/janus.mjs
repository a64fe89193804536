/* A Janus of a test's own, as EchoMeet runs it: its configuration by scripts/janus-config, on the loopback device alone.
 * Which Janus it is ECHOMEET_MEDIA_JANUS says, as for a whole system.
 *
 *     const janus = await startJanus();
 *     janus.socket, janus.secret('api')   where its API is, and its secrets: 'api', 'admin', 'room'
 *     await janus.kill(signal)            ends it; await janus.start() starts it again in the same folder
 *     await janus.stop()                  ends it and removes the folder */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { janusPrefix, root } from './system.mjs';

const program = path.join(janusPrefix, 'bin/janus');

/** Which one it is, for a test's output: 'Janus 1.1.2'. */
export function janusVersion() {
  const help = execFileSync(program, ['--help'], { encoding: 'utf8' });
  return `Janus ${/^Janus version: .*\((.*)\)$/m.exec(help)[1]}`;
}

const build = path.join(root, 'build', process.env.ECHOMEET_TEST_BUILD || 'address');
const START_MS = 30_000;

export async function startJanus() {
  const janus = new Janus();
  await janus.start();
  return janus;
}

class Janus {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'em-janus-'));
    this.socket = path.join(this.dir, 'janus.sock');
    execFileSync(path.join(root, 'scripts/janus-config'), [this.dir], {
      env: { ...process.env, ECHOMEET_MEDIA_JANUS: janusPrefix },
    });
  }

  secret(name) {
    return fs.readFileSync(path.join(this.dir, `${name}.secret`), 'utf8');
  }

  async start() {
    fs.rmSync(this.socket, { force: true });
    const log = fs.openSync(path.join(this.dir, 'log'), 'a');
    const args = [program, `--configs-folder=${this.dir}`, `--config=${this.dir}/janus.jcfg`];
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', ...args], {
      stdio: ['ignore', log, log],
      env: { ...process.env, LD_PRELOAD: path.join(build, 'janus-loopback.so') },
    });
    fs.closeSync(log);
    const deadline = Date.now() + START_MS;
    while (!(await answers(this.socket))) {
      if (this.child.exitCode !== null || Date.now() > deadline)
        throw new Error(`Janus did not start:\n${fs.readFileSync(path.join(this.dir, 'log'), 'utf8')}`);
      await sleep(20);
    }
  }

  async kill(signal = 'SIGKILL') {
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

function answers(socket) {
  return new Promise((resolve) => {
    const connection = net
      .connect(socket, () => {
        connection.destroy();
        resolve(true);
      })
      .on('error', () => resolve(false));
  });
}
