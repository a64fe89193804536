/* `make run`: starting, stopping, starting again, beside another copy, and what goes wrong. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { api, eventually, register } from '../lib/client.mjs';
import { freePorts, startSystem } from '../lib/system.mjs';
import { Run, temporaryFolder } from './support.mjs';

const mode = (...names) => (fs.statSync(path.join(...names)).mode & 0o777).toString(8);

/* Fails where the run did not come up. */
function assertReady(run) {
  assert.ok(run.isReady, `make run did not become ready:\n${run.output}`);
}

/* A start that was refused: another status than 0, one sentence, nothing left running. */
function assertRefused(run, { code }, sentence) {
  assert.notEqual(code, 0);
  assert.equal(run.complaints.length, 1, run.output);
  assert.match(run.complaints[0], sentence);
  assert.deepEqual(run.processes(), []);
}

describe('one copy, started twice', () => {
  let folder;
  let account;
  let secrets;
  const readSecrets = () =>
    ['jwt.key', 'password.key'].map((name) => fs.readFileSync(path.join(folder, 'secrets', name), 'utf8'));

  test('the first start makes secrets that only the owner can read, and serves page, API and relay', async (t) => {
    const run = await Run.start();
    t.after(() => run.stop());
    folder = run.folder;
    assertReady(run);
    assert.equal(mode(folder, 'secrets'), '700');
    assert.equal(mode(folder, 'run'), '700');
    for (const name of fs.readdirSync(path.join(folder, 'log'))) assert.equal(mode(folder, 'log', name), '600', name);
    assert.equal(mode(folder, 'secrets/jwt.key'), '600');
    assert.equal(mode(folder, 'secrets/password.key'), '600');
    secrets = readSecrets();
    assert.match(secrets[0], /^k1 [0-9a-f]{64}\n$/);
    assert.match(secrets[1], /^[0-9a-f]{64}\n$/);
    assert.equal((await api(run).get('/')).status, 200);
    assert.equal((await api(run).get('/readyz')).status, 200);
    account = await register(run, 'Ana');
    assert.match(run.output, /media +janus 1\.\d+\.\d+ on 127\.0\.0\.1, ports 20000-20999/);
    const how = await run.stop('SIGTERM');
    assert.equal(how.signal, 'SIGTERM', 'make reports the signal that ended it');
    assert.deepEqual(run.processes(), []);
    assert.deepEqual(run.leftovers(), []);
    assert.match(run.log('mariadb'), /: Shutdown complete$/m);
  });

  test('the second start takes under 3 s and has the same data and secrets; Ctrl-C ends it in order', async (t) => {
    const run = await Run.start({ folder });
    t.after(() => run.remove());
    assertReady(run);
    assert.ok(run.startMs < 3000, `the second start took ${run.startMs} ms`);
    assert.deepEqual(readSecrets(), secrets);
    const login = await api(run).post('/auth/login', { email: account.email, password: account.password });
    assert.equal(login.status, 200);
    assert.equal((await api(run, account.token).get('/users/me')).status, 200, 'an access token outlives a restart');
    const before = run.log('mariadb').match(/: Shutdown complete$/gm).length;
    await run.stop('SIGINT', { group: true });
    assert.deepEqual(run.processes(), []);
    assert.deepEqual(run.leftovers(), []);
    assert.equal(run.log('mariadb').match(/: Shutdown complete$/gm).length, before + 1);
    assert.match(run.output, /Stopping[^]*Stopped\./);
  });
});

describe('two copies', () => {
  test('a second copy runs beside the first with data of its own, but not in the same folder or on the same port', async (t) => {
    const first = await Run.start();
    t.after(() => first.remove());
    const second = await Run.start();
    t.after(() => second.remove());
    assertReady(first);
    assertReady(second);
    const { email, password } = await register(first, 'Ana');
    assert.equal((await api(first).post('/auth/login', { email, password })).status, 200);
    assert.equal((await api(second).post('/auth/login', { email, password })).status, 401);

    const sameFolder = await Run.start({ folder: first.folder });
    assert.notEqual((await sameFolder.ended).code, 0);
    assert.equal(sameFolder.complaints.length, 1, sameFolder.output);
    assert.match(sameFolder.complaints[0], /another copy runs in/);

    const samePort = await Run.start({
      folder: path.join(second.folder, 'unused'),
      ports: [first.port, second.relayPort],
    });
    assert.notEqual((await samePort.ended).code, 0);
    assert.match(samePort.complaints[0], new RegExp(`port ${first.port} is taken`));
    assert.ok(!fs.existsSync(samePort.folder), 'nothing was made');

    await second.stop();
    assert.equal((await api(first).get('/readyz')).status, 200, 'the first copy is as it was');
  });
});

describe('what goes wrong', () => {
  test('a port that another program has', async (t) => {
    const taken = net.createServer();
    await new Promise((resolve) => {
      taken.listen(0, '127.0.0.1', resolve);
    });
    t.after(() => taken.close());
    const { port } = taken.address();
    const [free] = await freePorts(1);
    const web = await Run.start({ ports: [port, free] });
    t.after(() => web.remove());
    assertRefused(web, await web.ended, new RegExp(`port ${port} is taken`));
    const relay = await Run.start({ ports: [free, port] });
    t.after(() => relay.remove());
    assertRefused(relay, await relay.ended, new RegExp(`port ${port} is taken`));
  });

  test('a port that is none', async (t) => {
    const run = await Run.start({ ports: ['http', 8081] });
    t.after(() => run.remove());
    assertRefused(run, await run.ended, /PORT must be a number from 1 to 65535, not 'http'/);
  });

  test('a folder that cannot be written to (a file stands in its place)', async (t) => {
    const place = temporaryFolder();
    t.after(() => fs.rmSync(place, { recursive: true }));
    fs.writeFileSync(path.join(place, 'file'), '');
    const run = await Run.start({ folder: path.join(place, 'file') });
    assertRefused(run, await run.ended, /the folder .*file cannot be made/);
  });

  test('a folder whose sockets would have names that are too long', async (t) => {
    const place = temporaryFolder();
    t.after(() => fs.rmSync(place, { recursive: true }));
    const run = await Run.start({ folder: path.join(place, 'x'.repeat(90)) });
    assertRefused(run, await run.ended, /107 are allowed/);
  });

  test('a database folder with a piece missing', async (t) => {
    const run = await Run.start({ folder: brokenFolder(t) });
    assertRefused(run, await run.ended, /mariadb is not a complete database folder/);
    assert.deepEqual(run.leftovers(), []);
  });

  test('a database folder with rubbish in it', async (t) => {
    const folder = brokenFolder(t);
    fs.mkdirSync(path.join(folder, 'mariadb/mysql'));
    fs.writeFileSync(path.join(folder, 'mariadb/ibdata1'), Buffer.alloc(12 << 20, 'rubbish'));
    const run = await Run.start({ folder });
    assertRefused(run, await run.ended, /the database did not start from .*mariadb \(.+\); its log is/);
    assert.deepEqual(run.leftovers(), []);
  });

  function brokenFolder(t) {
    const folder = temporaryFolder();
    t.after(() => fs.rmSync(folder, { recursive: true }));
    fs.mkdirSync(path.join(folder, 'mariadb'));
    return folder;
  }
});

describe('what ends by itself', () => {
  test('pool, relay, media node and web server are started again; without its database everything stops', async (t) => {
    const run = await Run.start();
    t.after(() => run.remove());
    assertReady(run);
    const restarts = () => run.complaints.filter((line) => /ended by itself and is started again/.test(line)).length;
    for (const [i, part] of ['echomeet-relay', 'lighttpd', 'echomeet-media', 'echomeet-api'].entries()) {
      const pid = run.daemon(part);
      process.kill(pid, 'SIGKILL');
      await eventually(() => restarts() === i + 1); // before that, its children may look like a new one
      await eventually(() => run.daemon(part) && run.daemon(part) !== pid);
      await eventually(
        async () =>
          (
            await api(run)
              .get('/readyz')
              .catch(() => ({}))
          ).status === 200,
      );
    }
    assert.equal(restarts(), 4, run.output);
    process.kill(run.daemon('mariadbd'), 'SIGKILL');
    assert.notEqual((await run.ended).code, 0);
    assert.match(run.complaints.at(-1), /the database ended by itself; its log is .*mariadb\.log/);
    assert.deepEqual(run.processes(), []);
    assert.deepEqual(run.leftovers(), []);
  });

  test('where the script itself is killed, its daemons end and the next start succeeds', async (t) => {
    const run = await Run.start();
    t.after(() => run.remove());
    assertReady(run);
    process.kill(-run.child.pid, 'SIGKILL');
    await eventually(() => run.processes().length === 0);
    const next = await Run.start({ folder: run.folder });
    t.after(() => next.stop());
    assertReady(next);
  });
});

test('servers that the environment names are used in place of private ones', async (t) => {
  const servers = await startSystem({ only: ['mariadb', 'redis'], migrated: false });
  t.after(() => servers.stop());
  const { ECHOMEET_MYSQL_SOCKET, ECHOMEET_MYSQL_USER, ECHOMEET_REDIS_SOCKET } = servers.env;
  const run = await Run.start({ env: { ECHOMEET_MYSQL_SOCKET, ECHOMEET_MYSQL_USER, ECHOMEET_REDIS_SOCKET } });
  t.after(() => run.remove());
  assertReady(run);
  assert.ok(!fs.existsSync(path.join(run.folder, 'mariadb')));
  assert.equal(run.daemon('redis-server'), undefined);
  await register(run, 'Ana');
  const [row] = await servers.sql('SELECT COUNT(*) AS n FROM echomeet.users');
  assert.equal(row.n, 1);
});
