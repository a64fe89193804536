/* The relay knows no rule: what a message means is the workers' matter, and they can be replaced under its sockets. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../lib/client.mjs';
import { childrenOf } from '../lib/processes.mjs';
import { assertRising, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({ workers: { api: 2, signin: 1, relay: 4 }, env: { ECHOMEET_LOG_LEVEL: 'debug' } });
});
after(() => sys?.stop());

test('a message of a type that the relay never heard of reaches a worker, who answers it', async () => {
  const {
    meeting,
    people: [ana],
  } = await makeRoom(sys, ['Ana']);
  await assert.rejects(ana.socket.request('water_the_plants', { pots: [1, 2] }), (error) => {
    assert.equal(error.code, 'unknown_type');
    assert.match(error.message, /'water_the_plants'/);
    return true;
  });
  const line = sys
    .log('pool')
    .split('\n')
    .find((l) => l.includes(`path=/internal/meetings/${meeting.id}/water_the_plants `));
  assert.match(line ?? '', new RegExp(`status=400 code=unknown_type user=${ana.id}`));
  await ana.socket.close();
});

/* SIGHUP, and no worker is the one that it was. */
async function replaceWorkers() {
  const workers = () => childrenOf(sys.processes.pool.pid);
  const before = workers();
  assert.ok(before.length >= 2 + 1 + 4);
  sys.processes.pool.signal('SIGHUP');
  await eventually(() => workers().length === before.length && !workers().some((pid) => before.includes(pid)));
}

test('workers are replaced under load: no message fails, no socket is dropped, no event is lost', async () => {
  const { meeting, people } = await makeRoom(
    sys,
    Array.from({ length: 8 }, (_, i) => `Person ${i}`),
  );
  let over = false;
  let sent = 0;
  const talking = people.map(async (person, i) => {
    for (let n = 0; !over; n++, sent++)
      await person.socket.request('chat_message', { text: `${i}.${n}`, clientId: `${i}.${n}` });
  });
  for (let i = 0; i < 3; i++) await Promise.race([replaceWorkers(), Promise.all(talking)]);
  over = true;
  await Promise.all(talking);
  assert.ok(sent > 20, `${sent} messages`);
  const rows = await sys.sql('SELECT seq, type FROM room_events WHERE meeting_id = ? ORDER BY seq', [meeting.id]);
  for (const { socket, joined } of people) {
    const last = Number(rows.at(-1).seq);
    if (socket.seq < last) await socket.waitFor('chat_message', (m) => m.seq === last);
    assertRising(socket.events);
    assert.deepEqual(
      socket.events.map((m) => m.seq),
      rows.map((row) => Number(row.seq)).filter((seq) => seq > joined.seq),
    );
  }
  assert.equal(rows.filter((row) => row.type === 'chat_message').length, sent);
  assert.ok(!rows.some((row) => row.type === 'presence_changed' || row.type === 'user_left'));
  await Promise.all(people.map(({ socket }) => socket.close()));
});
