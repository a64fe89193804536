/* How many open or planned meetings one person may have made. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { createMeeting, join, ok, people, refused } from './support.mjs';

let sys;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], env: { ECHOMEET_MEETINGS_PER_PERSON: '3' } });
});
after(() => sys?.stop());

const create = (user) => user.client.post('/meetings', { title: 'One more' });

test('beyond the quota a meeting has to end or be cancelled first', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  const [first, second] = [
    await createMeeting(ada),
    await createMeeting(ada, { startTime: new Date(Date.now() + 86_400_000).toISOString() }),
    await createMeeting(ada),
  ];
  refused(await create(ada), 'too_many_meetings');
  ok(await create(ben), 201);
  await join(ada, first);
  refused(await create(ada), 'too_many_meetings', undefined, 'one that goes on counts');
  ok(await ada.client.post(`/meetings/${first.id}/end`, {}));
  ok(await create(ada), 201);
  refused(await create(ada), 'too_many_meetings');
  ok(await ada.client.delete(`/meetings/${second.id}`), 204);
  ok(await create(ada), 201);
});

test('many at once make no more than the quota', async () => {
  for (let round = 0; round < 5; round++) {
    const [ada] = await people(sys, 'Ada');
    const answers = await Promise.all(Array.from({ length: 12 }, () => create(ada)));
    assert.deepEqual(answers.map((a) => a.status).sort(), [...Array(3).fill(201), ...Array(9).fill(409)]);
  }
});
