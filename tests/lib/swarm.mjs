/* Thousands of clients: bench/swarm.c, driven by lines of text. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/* Starts a swarm that speaks to one relay. swarm.ask('stat') answers that command's object. */
export function startSwarm(sys, { relay = 0, addresses = 0 } = {}) {
  const child = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      sys.program('bench/swarm'),
      new URL(sys.relayUrls[relay]).host,
      path.join(sys.dir, 'secrets/jwt.key'),
      String(addresses),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const waiting = [];
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  readline.createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()(JSON.parse(line)));
  return {
    pid: child.pid,
    ask(command) {
      return new Promise((resolve, reject) => {
        waiting.push((answer) => {
          if (answer.error) reject(new Error(`${command}: ${answer.error}`));
          else resolve(answer);
        });
        child.stdin.write(`${command}\n`);
      });
    },
    /* Waits until check(stat) is true; answers that stat. */
    async until(check, timeoutMs, what) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const stat = await this.ask('stat');
        if (check(stat)) return stat;
        assert.ok(Date.now() < deadline, `not within ${timeoutMs} ms: ${what}; ${JSON.stringify(stat)}`);
        await sleep(50);
      }
    },
    async stop() {
      child.stdin.end('quit\n');
      assert.equal(await ended, 0);
    },
  };
}

/* Waits until every member of every room has seen the last event of the log. */
export async function untilAllSeen(sys, swarm, timeoutMs) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const ends = await sys.sql('SELECT id, event_seq FROM meetings WHERE participant_count > 0');
    const seen = await swarm.ask('seqs');
    const behind = ends.filter(({ id, event_seq: end }) => seen[id].some((seq) => seq !== Number(end)));
    if (!behind.length) return;
    assert.ok(
      Date.now() < deadline,
      `${behind.length} rooms are behind: ${JSON.stringify(behind.map((m) => [m.event_seq, seen[m.id]]).slice(0, 5))}`,
    );
    await sleep(100);
  }
}
