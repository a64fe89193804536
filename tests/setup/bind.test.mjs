/* `make run BIND=…`: the address that it listens on, IPv4 or IPv6, with brackets or without. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { after, test } from 'node:test';
import { Run, temporaryFolder } from './support.mjs';

const folder = temporaryFolder(); // one for all: only the first start makes a database
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const connects = (host, port) =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/* what is given, the address printed, where it answers, where it does not */
const cases = [
  ['0.0.0.0', 'localhost', ['127.0.0.1', '127.0.0.2'], ['::1']],
  ['127.0.0.2', '127.0.0.2', ['127.0.0.2'], ['127.0.0.1', '::1']],
  ['::1', '[::1]', ['::1'], ['127.0.0.1']],
  ['[::1]', '[::1]', ['::1'], ['127.0.0.1']],
  ['::', '[::1]', ['::1'], []],
  ['[::]', '[::1]', ['::1'], []],
];

for (const [bind, shown, answering, silent] of cases)
  test(`BIND=${bind}`, async (t) => {
    const run = await Run.start({ bind, folder });
    t.after(() => run.stop());
    assert.ok(run.isReady, run.output);
    assert.ok(run.output.includes(`http://${shown}:${run.port}/ `), run.output);
    for (const host of answering) {
      const { status } = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${run.port}/readyz`);
      assert.equal(status, 200, host);
    }
    for (const host of silent) assert.equal(await connects(host, run.port), false, `it listens on ${host} as well`);
  });
