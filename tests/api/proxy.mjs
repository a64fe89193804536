/* A proxy between the workers and the database, for what happens at one exact moment.
 *
 *     const proxy = await startProxy(sys);      // restarts the pool, which then speaks to the database through it
 *     proxy.onQuery = (data) => 'pass';         // of bytes from a worker: 'pass', 'break' (both connections end), or
 *                                               // 'break-answer' (break when the answer comes), 'hold' (keep back the answer)
 *     await proxy.held;                         // an answer is being kept back
 *     proxy.release();                          // let it go
 *     proxy.close() */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export async function startProxy(sys) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-proxy-'));
  const database = sys.env.ECHOMEET_MYSQL_SOCKET;
  const proxy = { onQuery: () => 'pass' };
  const release = [];
  let tellHeld;
  const reset = () => {
    proxy.held = new Promise((resolve) => {
      tellHeld = resolve;
    });
  };
  reset();
  proxy.release = () => {
    release.splice(0).forEach((go) => go());
    reset();
  };

  const server = net.createServer((client) => {
    const upstream = net.connect({ path: database });
    const breakBoth = () => {
      client.destroy();
      upstream.destroy();
    };
    let fate = 'pass';
    client.on('data', (data) => {
      fate = proxy.onQuery(data);
      if (fate === 'break') breakBoth();
      else upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (fate === 'break-answer') breakBoth();
      else if (fate === 'hold') {
        release.push(() => client.write(data));
        tellHeld();
      } else client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  await new Promise((resolve) => {
    server.listen(path.join(folder, 'db.sock'), resolve);
  });
  proxy.close = () => {
    server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  sys.env.ECHOMEET_MYSQL_SOCKET = path.join(folder, 'db.sock');
  await sys.processes.pool.stop();
  await sys.processes.pool.start();
  return proxy;
}
