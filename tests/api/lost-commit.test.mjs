/* The connection to the database breaks while a transaction is being committed: nobody can know whether it was saved. The caller is told
 * just that, nothing is tried again blindly, and sending again with the same client id makes it right. A small proxy between
 * workers and database breaks connections at that moment. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { startProxy } from './proxy.mjs';
import { logOf, meetingOf, ok, people, refused, seatsOf } from './support.mjs';

let sys, proxy;
let ada, ben;
let mode = 'pass'; // what happens to the next COMMIT

before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben] = await people(sys, 'Ada', 'Ben');
  proxy = await startProxy(sys);
  proxy.onQuery = (data) => (data.includes('COMMIT') ? mode : 'pass');
});
after(async () => {
  await sys?.stop();
  proxy?.close();
});

async function whileBreaking(how, call) {
  mode = how === 'before' ? 'break' : 'break-answer';
  try {
    return await call(api(sys, ada.token, { may: [503] }));
  } finally {
    mode = 'pass';
  }
}

for (const [how, saved] of [
  ['before', false],
  ['after', true],
])
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
    mode = how === 'before' ? 'break' : 'break-answer';
    const answer = await api(sys, guest.token, { may: [503] }).post(`/meetings/${meeting.code}/join`);
    mode = 'pass';
    refused(answer, 'outcome_unknown');
    const seats = how === 'after' ? 2 : 1;
    assert.deepEqual(await seatsOf(sys, meeting), { counter: seats, counted: seats });
    assert.equal((await guest.client.post(`/meetings/${meeting.code}/join`)).status, how === 'after' ? 400 : 200);
    assert.deepEqual(await seatsOf(sys, meeting), { counter: 2, counted: 2 });
    assert.deepEqual(
      (await logOf(sys, meeting)).map((e) => e.seq),
      [1, 2],
    );
  }
});

test('reading goes on at once', async () => {
  await whileBreaking('before', (calm) => calm.post('/meetings', { title: 'x' }));
  for (let i = 0; i < 10; i++) ok(await ada.client.get('/meetings'));
});
