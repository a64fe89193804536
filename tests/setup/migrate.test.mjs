/* `echomeet-api migrate`: safe to run twice, and from two starters at once. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import mysql from 'mysql2/promise';
import { root, startSystem } from '../lib/system.mjs';

const migrations = path.join(root, 'db/migrations');

let sys;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis'], migrated: false });
});
after(() => sys?.stop());

function migrate(folder, database) {
  return new Promise((resolve) => {
    execFile(
      sys.program('echomeet-api'),
      ['migrate', folder],
      { env: { ...process.env, ...sys.env, ECHOMEET_MYSQL_DATABASE: database } },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    );
  });
}

const tables = (database) =>
  sys.sql(
    'SELECT table_name AS name, create_time AS made FROM information_schema.tables WHERE table_schema = ? ORDER BY 1',
    [database],
  );

test('four starters at once make one database', async () => {
  const results = await Promise.all([1, 2, 3, 4].map(() => migrate(migrations, 'together')));
  for (const { code, output } of results) assert.equal(code, 0, output);
  assert.ok((await tables('together')).length > 3);
});

test('a second time changes nothing', async () => {
  const before = await tables('together');
  const { code, output } = await migrate(migrations, 'together');
  assert.equal(code, 0, output);
  assert.deepEqual(await tables('together'), before);
});

test('a new file is applied to a database that has the others; a file that changed afterwards is refused', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-migrate-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const write = (name, text) => fs.writeFileSync(path.join(folder, name), text);
  write('0001_one.sql', 'CREATE TABLE one (id INT PRIMARY KEY);\n');
  assert.equal((await migrate(folder, 'growing')).code, 0);
  write('0002_two.sql', 'CREATE TABLE two (id INT PRIMARY KEY);\nINSERT INTO two (id) VALUES (1);\n');
  assert.equal((await migrate(folder, 'growing')).code, 0);
  assert.deepEqual(await sys.sql('SELECT id FROM growing.two'), [{ id: 1 }]);
  write('0001_one.sql', 'CREATE TABLE one (id BIGINT PRIMARY KEY);\n');
  const changed = await migrate(folder, 'growing');
  assert.notEqual(changed.code, 0);
  assert.match(changed.output, /0001_one/);
});

test('a file with a fault is named, and exits with another status than 0', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-migrate-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  fs.writeFileSync(path.join(folder, '0001_wrong.sql'), 'CREATE TABEL one (id INT);\n');
  const { code, output } = await migrate(folder, 'faulty');
  assert.notEqual(code, 0);
  assert.match(output, /0001_wrong/);
});

function folderOf(t, files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-migrate-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

// Longer than a statement of a request may take (10 s), and than such a connection waits for an answer (20 s).
test('a migration takes as long as it takes, and a second starter waits for it and says so', async (t) => {
  const folder = folderOf(t, { '0001_slow.sql': 'CREATE TABLE one (id INT);\nINSERT INTO one SELECT SLEEP(21);\n' });
  const [first, second] = await Promise.all([migrate(folder, 'slow'), migrate(folder, 'slow')]);
  assert.equal(first.code, 0, first.output);
  assert.equal(second.code, 0, second.output);
  assert.match(first.output + second.output, /migration_waits/);
  assert.deepEqual(await sys.sql('SELECT id FROM slow.one'), [{ id: 0 }]);
});

const connections = (database) => sys.sql('SELECT info FROM information_schema.processlist WHERE db = ?', [database]);

async function until(what) {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 20));
}

// Kills a migration while the server works at a statement, which the server goes on with.
async function killAt(statement, folder, database) {
  const child = spawn(sys.program('echomeet-api'), ['migrate', folder], {
    env: { ...process.env, ...sys.env, ECHOMEET_MYSQL_DATABASE: database },
    stdio: 'ignore',
  });
  await until(async () => (await connections(database)).some(({ info }) => info?.startsWith(statement)));
  child.kill('SIGKILL');
  await until(async () => (await connections(database)).length === 0);
}

test('a migration that was killed goes on: rows are written once, and a table that the server made meanwhile is recognized', async (t) => {
  const folder = folderOf(t, {
    '0001_killed.sql': `-- it's one; of several
        CREATE TABLE one (id INT);
        INSERT INTO one VALUES (1);
        INSERT INTO one SELECT 2 + SLEEP(1);
        CREATE TABLE two AS SELECT SLEEP(1) AS id;
        INSERT INTO one VALUES (3);`,
  });
  await killAt('INSERT INTO one SELECT', folder, 'killed');
  assert.deepEqual(await sys.sql('SELECT id FROM killed.one'), [{ id: 1 }]);
  await killAt('CREATE TABLE two', folder, 'killed');
  assert.deepEqual(await sys.sql('SELECT id FROM killed.two'), [{ id: 0 }]);
  const { code, output } = await migrate(folder, 'killed');
  assert.equal(code, 0, output);
  assert.match(output, /migration_statement_was_done/);
  assert.deepEqual(await sys.sql('SELECT id FROM killed.one'), [{ id: 1 }, { id: 2 }, { id: 3 }]);
});

const statementsOf = (file) =>
  fs
    .readFileSync(path.join(migrations, file), 'utf8')
    .replace(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .filter((s) => s.trim());

async function runIn(database, statements) {
  const connection = await mysql.createConnection({
    socketPath: sys.env.ECHOMEET_MYSQL_SOCKET,
    user: 'root',
    database,
  });
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

const schemaOf = (database) =>
  sys.sql(
    `SELECT table_name AS t, column_name AS c, column_type AS type, is_nullable AS n, column_key AS k
    FROM information_schema.columns WHERE table_schema = ? AND table_name <> 'schema_migrations' ORDER BY 1, ordinal_position`,
    [database],
  );

// The former program kept no count of statements, and could not go on after 0009 broke off in the middle (a large table).
test('a migration that the former program left half done is brought through, wherever it broke off', async (t) => {
  const broken = '0009_running_a_meeting.sql';
  const files = fs.readdirSync(migrations).filter((name) => name.endsWith('.sql') && name < broken);
  const before = folderOf(
    t,
    Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(migrations, name))])),
  );
  const statements = statementsOf(broken);
  assert.equal((await migrate(migrations, 'whole')).code, 0);
  const [{ checksum }] = await sys.sql('SELECT checksum FROM whole.schema_migrations WHERE version = 9');
  for (let done = 0; done <= statements.length; done++) {
    const database = `half_${done}`;
    assert.equal((await migrate(before, database)).code, 0);
    await sys.sql(
      `ALTER TABLE ${database}.schema_migrations DROP COLUMN statements_done, DROP COLUMN statement_started_at`,
    );
    await sys.sql(`INSERT INTO ${database}.schema_migrations VALUES (9, ?, ?, NOW(), NULL)`, [broken, checksum]);
    await runIn(database, statements.slice(0, done));
    const { code, output } = await migrate(migrations, database);
    assert.equal(code, 0, output);
    assert.deepEqual(await schemaOf(database), await schemaOf('whole'));
  }
});

test('messages and events of before are found by the columns that 0010 adds', async (t) => {
  const files = fs.readdirSync(migrations).filter((name) => name.endsWith('.sql') && name < '0010');
  const before = folderOf(
    t,
    Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(migrations, name))])),
  );
  assert.equal((await migrate(before, 'filled')).code, 0);
  await runIn('filled', [
    `INSERT INTO messages (id, meeting_id, sender_id, to_id, body, client_id, created_at) VALUES (7, 1, 2, NULL, 'a', 'a', NOW()), (8, 1, 2, 3, 'b', 'b', NOW())`,
    `INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at) VALUES
            (1, 1, 'user_joined', '*', '', '{"participant":{"userId":2}}', '', NOW()), (1, 2, 'chat_message', '*', '', '{"message":{"id":7,"text":"a"}}', '', NOW()),
            (1, 3, 'message_edited', '2,3', '', '{"message":{"id":8,"text":"b"}}', '', NOW())`,
  ]);
  const { code, output } = await migrate(migrations, 'filled');
  assert.equal(code, 0, output);
  assert.deepEqual(await sys.sql('SELECT id, private_from AS f FROM filled.messages ORDER BY id'), [
    { id: 7, f: null },
    { id: 8, f: 2 },
  ]);
  assert.deepEqual(await sys.sql('SELECT seq, message_id AS m FROM filled.room_events ORDER BY seq'), [
    { seq: 1, m: null },
    { seq: 2, m: 7 },
    { seq: 3, m: 8 },
  ]);
});
