/* A Redis that answers and publishes but refuses to write: after a snapshot failed (its disk is full), or at its memory's limit. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, register } from '../lib/client.mjs';
import { makeMeeting, makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({ relays: 2, workers: { api: 2, relay: 1 }, env: { ECHOMEET_RATE_PASSWORD_GUESSES: '4' } });
});
after(() => sys?.stop());

const writes = () =>
  sys.redis('SET', 'test', 'x').then(
    () => true,
    () => false,
  );

/* The ways to refuse: what begins, and what ends it. */
const refusals = {
  'after a failed snapshot': [
    async () => {
      fs.mkdirSync(`${sys.dir}/dump.rdb/in-the-way`, { recursive: true }); // no file can take this name
      await sys.redis('CONFIG', 'SET', 'save', '3600 1');
      await sys.redis('BGSAVE');
    },
    () => sys.redis('CONFIG', 'SET', 'save', ''),
  ],
  'at its memory’s limit': [
    () => sys.redis('CONFIG', 'SET', 'maxmemory', '1mb', 'maxmemory-policy', 'noeviction'),
    () => sys.redis('CONFIG', 'SET', 'maxmemory', '0'),
  ],
};

/* How many gaps each relay has found: none are where every event came by Redis. */
const gaps = async () =>
  Promise.all(
    sys.relayUrls.map(async (url) =>
      Number(
        /^echomeet_relay_gaps_found_total (\d+)$/m.exec(
          await (await fetch(`${url.replace('ws:', 'http:')}metrics`)).text(),
        )[1],
      ),
    ),
  );

for (const [name, [begin, end]] of Object.entries(refusals))
  test(`events are as fast as always ${name}, nothing old is shown, and guesses have an end`, async () => {
    const {
      meeting,
      people: [ana, ben],
    } = await makeRoom(sys, ['Ana', 'Ben'], { relayOf: (i) => i });
    await begin();
    await eventually(async () => !(await writes()));
    try {
      const before = await gaps();
      for (let i = 0; i < 40; i++) {
        // for longer than a relay goes without a sync
        await ana.socket.request('chat_message', { text: 'Hello', clientId: `${name} ${i}` });
        await ben.socket.waitFor('chat_message', (m) => m.data.message.clientId === `${name} ${i}`);
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
      }
      assert.deepEqual(await gaps(), before, 'no relay had to find out by its sync');
      const titleIs = async (title) => (await ana.client.get(`/meetings/${meeting.id}`)).body.title === title;
      for (let i = 0; i < 10; i++) {
        // what was cached before is gone by now
        assert.equal((await ana.client.patch(`/meetings/${meeting.id}`, { title: `Title ${i}` })).status, 200);
        for (let n = 0; n < 3; n++) assert.ok(await titleIs(`Title ${i}`));
      }
      const carl = await register(sys, 'Carl');
      const closed = await makeMeeting(ana, { password: 'tulip' });
      const codes = [];
      for (let i = 0; i < 20; i++)
        codes.push((await carl.client.post(`/meetings/${closed.code}/join`, { password: 'rose' })).body.code);
      assert.ok(codes.includes('wrong_password') && codes.at(-1) === 'rate_limited', `${codes}`);
      assert.equal(await writes(), false, 'it refused all the time');
    } finally {
      await end();
    }
    await eventually(writes);
    await Promise.all([ana.socket.close(), ben.socket.close()]);
  });
