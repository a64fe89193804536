/* A room of the media server by itself: room_driver (C) stands for the meeting's log and for the relay.
 *
 *     const driver = startDriver(janus, { dir, kbits, say: (userId, signal) => … });   // userId 0: to all
 *     driver.tell('member 1 1 1 0')    driver.signal(userId, signal)    driver.lines    driver.pid
 *     await driver.stop()              fails where a sanitizer complained */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { root } from '../lib/system.mjs';

export const startDriver = (janus, options) => new Driver(janus, options);

class Driver {
  lines = [];
  #child;

  constructor(janus, { dir = janus.dir, kbits = 2000, say }) {
    const program = path.join(root, 'build', process.env.ECHOMEET_TEST_BUILD || 'address', 'tests/media/room_driver');
    const secrets = ['api', 'admin', 'room'].map((name) => janus.secret(name));
    this.#child = spawn(program, [dir, ...secrets, kbits], { stdio: ['pipe', 'pipe', 'inherit'] });
    readline.createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const [, to, json] = /^say (\d+) (.*)$/s.exec(line) ?? [];
      this.lines.push(line);
      if (json) say(Number(to), JSON.parse(json));
    });
  }

  get pid() {
    return this.#child.pid;
  }

  tell(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  signal(userId, signal) {
    this.tell(`signal ${userId} ${JSON.stringify(signal)}`);
  }

  async stop() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    assert.equal(this.#child.exitCode, 0, 'the driver ended well, and no sanitizer complained');
  }
}
