/* Redis away: chat goes on, within two seconds, on one relay and from one to the other; and at full speed when it is back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePeople } from '../lib/people.mjs';
import { makeMeeting } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';
import { compare, Member, settle } from './support.mjs';

const AWAY_S = Number(process.env.ECHOMEET_FAULT_REDIS_S || 10);
const LATEST_MS = 2000;

let sys;
before(async () => {
  sys = await startSystem({ relays: 2 });
});
after(() => sys?.stop());

test(`chat arrives within ${LATEST_MS} ms while Redis is away for ${AWAY_S} s`, async (t) => {
  const people = await makePeople(sys, 12);
  const meeting = await makeMeeting(people[0], { isPublic: true });
  const times = [];
  const onEvent = (event) => {
    if (event.type === 'chat_message') times.push(Date.now() - Number(event.data.message.text));
  };
  const members = people.map((person) => new Member(sys, person, meeting.id, { onEvent }));
  for (const [i, member] of members.entries()) await member.enter(i % 2);

  let number = 0;
  const say = async (seconds) => {
    times.length = 0;
    const began = Date.now();
    for (let i = 0; i < seconds * 5; i++) {
      const text = String(Date.now());
      await members[i % members.length].ask('chat_message', { text, clientId: String(number++) });
      await sleep(began + (i + 1) * 200 - Date.now());
    }
    await settle(sys, members, 5000);
    assert.equal(times.length, seconds * 5 * members.length);
    return Math.max(...times);
  };
  const with_ = await say(1);
  await sys.processes.redis.kill();
  const without = await say(AWAY_S);
  await sys.processes.redis.start();
  await sleep(3000); // both relays look for it every second
  const again = await say(2);
  t.diagnostic(`latest arrival: ${with_} ms with Redis, ${without} ms without, ${again} ms when it was back`);
  assert.ok(without <= LATEST_MS, `${without} ms`);
  assert.ok(again <= LATEST_MS / 4, `${again} ms after Redis was back`);
  assert.deepEqual(await compare(sys, meeting.id, members), []);
  assert.ok(
    members.every((m) => m.views.length === 1),
    'nobody lost their connection',
  );
  await Promise.all(members.map((m) => m.close()));
});
