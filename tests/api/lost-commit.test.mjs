/* The connection to the database breaks while a transaction is being committed: nobody can know whether it was saved. The caller is told
 * just that, nothing is tried again blindly, and sending again with the same client id makes it right. A small proxy between
 * workers and database breaks connections at that moment. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { logOf, meetingOf, ok, people, refused, seatsOf } from './support.mjs';

let sys, proxy, folder;
let ada, ben;
let mode = 'pass'; // 'before': breaks when a COMMIT comes, 'after': breaks when the database has answered it

function startProxy(listenPath, databasePath) {
    const server = net.createServer((client) => {
        const database = net.connect({ path: databasePath });
        const breakBoth = () => { client.destroy(); database.destroy(); };
        let hold = false;
        client.on('data', (data) => {
            const commit = mode !== 'pass' && data.includes('COMMIT');
            if (commit && mode === 'before')
                return breakBoth();
            hold = commit;
            return database.write(data);
        });
        database.on('data', (data) => (hold ? breakBoth() : client.write(data)));
        for (const [one, other] of [[client, database], [database, client]]) {
            one.on('error', () => {});
            one.on('close', () => other.destroy());
        }
    });
    return new Promise((resolve) => { server.listen(listenPath, () => resolve(server)); });
}

before(async () => {
    sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
    [ada, ben] = await people(sys, 'Ada', 'Ben');
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-proxy-'));
    proxy = await startProxy(path.join(folder, 'db.sock'), sys.env.ECHOMEET_MYSQL_SOCKET);
    sys.env.ECHOMEET_MYSQL_SOCKET = path.join(folder, 'db.sock');
    await sys.processes.pool.stop();
    await sys.processes.pool.start();
});
after(async () => {
    await sys?.stop();
    proxy?.close();
    fs.rmSync(folder, { recursive: true, force: true });
});

async function whileBreaking(how, call) {
    mode = how;
    try {
        return await call(api(sys, ada.token, { may: [503] }));
    } finally {
        mode = 'pass';
    }
}

for (const [how, saved] of [['before', false], ['after', true]])
    test(`a connection that breaks ${how} the commit: the outcome is unknown, and asking again settles it`, async () => {
        const meeting = await meetingOf(ada, ben);
        const message = { text: `broken ${how}`, clientId: how };
        const target = `/meetings/${meeting.id}/messages`;
        refused(await whileBreaking(how, (calm) => calm.post(target, message)), 'outcome_unknown');
        const stored = (await sys.sql('SELECT COUNT(*) AS n FROM messages WHERE meeting_id = ?', [meeting.id]))[0].n;
        assert.equal(stored, saved ? 1 : 0, 'it was tried once and no more');
        ok(await ada.client.post(target, message), saved ? 200 : 201);
        const log = (await logOf(sys, meeting)).filter((e) => e.type === 'chat_message');
        assert.equal(log.length, 1);
        assert.equal(ok(await ben.client.get(target)).items.length, 1);
    });

test('a join whose commit broke took one seat or none, and never two', async () => {
    for (const how of ['before', 'after', 'after', 'before']) {
        const [guest] = await people(sys, 'Guest');
        const meeting = await meetingOf(ben);
        mode = how;
        const answer = await api(sys, guest.token, { may: [503] }).post(`/meetings/${meeting.id}/join`);
        mode = 'pass';
        refused(answer, 'outcome_unknown');
        const seats = how === 'after' ? 2 : 1;
        assert.deepEqual(await seatsOf(sys, meeting), { counter: seats, counted: seats });
        assert.equal((await guest.client.post(`/meetings/${meeting.id}/join`)).status, how === 'after' ? 400 : 200);
        assert.deepEqual(await seatsOf(sys, meeting), { counter: 2, counted: 2 });
        assert.deepEqual((await logOf(sys, meeting)).map((e) => e.seq), [1, 2]);
    }
});

test('reading goes on at once', async () => {
    await whileBreaking('before', (calm) => calm.post('/meetings', { title: 'x' }));
    for (let i = 0; i < 10; i++)
        ok(await ada.client.get('/meetings'));
});
