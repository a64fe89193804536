/* `echomeet-api migrate`: safe to run twice, and from two starters at once. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root, startSystem } from '../lib/system.mjs';

const migrations = path.join(root, 'db/migrations');

let sys;
before(async () => { sys = await startSystem({ only: ['mariadb', 'redis'], migrated: false }); });
after(() => sys?.stop());

function migrate(folder, database) {
    return new Promise((resolve) => {
        execFile(sys.program('echomeet-api'), ['migrate', folder], { env: { ...process.env, ...sys.env, ECHOMEET_MYSQL_DATABASE: database } },
            (error, stdout, stderr) => resolve({ code: error ? error.code : 0, output: stdout + stderr }));
    });
}

const tables = (database) => sys.sql('SELECT table_name AS name, create_time AS made FROM information_schema.tables WHERE table_schema = ? ORDER BY 1', [database]);

test('four starters at once make one database', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => migrate(migrations, 'together')));
    for (const { code, output } of results)
        assert.equal(code, 0, output);
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
