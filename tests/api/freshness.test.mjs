/* The detail of a meeting comes from a cache. Nobody may notice: a reading that begins after a change was answered shows that change,
 * whichever worker answers, also while many read and write, workers die, or Redis restarts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { startProxy } from './proxy.mjs';
import { createMeeting, crowd, join, meetingOf, ok, people, sleep, workerPids } from './support.mjs';

const WORKERS = 9; // with the one that runs housekeeping, and two for jobs
let sys;
let ada, ben, cleo;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], workers: { api: 4, signin: 1, relay: 1 } });
  [ada, ben, cleo] = await people(sys, 'Ada', 'Ben', 'Cleo');
});
after(() => sys?.stop());

const look = async (user, meeting) => ok(await user.client.get(`/meetings/${meeting.id}`));

/* Reads by several people at once, so often that every worker has answered from the cache. */
async function lookAround(meeting) {
  const all = [];
  for (let i = 0; i < 3; i++) all.push(...(await Promise.all([ada, ben, cleo].map((user) => look(user, meeting)))));
  return all.map(({ password, ...rest }) => rest); // only the host has that
}

test('what comes from the cache is what came from the database', async () => {
  const meeting = await createMeeting(ada, {
    title: '会议 😀',
    description: 'a\nb',
    password: 'tülip',
    isPublic: true,
    isRecorded: true,
    startTime: '2031-01-01T00:00:00.123Z',
  });
  for (const user of await crowd(sys, 20)) await join(user, meeting, 'tülip');
  await sys.redis('FLUSHALL');
  const first = await look(ada, meeting);
  assert.equal(first.participants.length, 20);
  for (let i = 0; i < 8; i++) assert.deepEqual(await look(ada, meeting), first);
  const { password, ...rest } = first;
  assert.equal(password, 'tülip');
  for (let i = 0; i < 4; i++) assert.deepEqual(await look(ben, meeting), rest);
});

test('each change shows at once, whoever looks', async () => {
  const meeting = await meetingOf(ada, ben);
  ok(await ada.client.patch(`/meetings/${meeting.id}`, { isPublic: true }));
  const here = `/meetings/${meeting.id}`;
  const of = (detail, user) => detail.participants.find((p) => p.userId === user.id);
  const changes = [
    [() => ada.client.patch(here, { title: 'New' }), (d) => d.title === 'New'],
    [() => ada.client.patch(here, { password: 'x' }), (d) => d.hasPassword],
    [() => ada.client.patch(here, { password: null }), (d) => !d.hasPassword],
    [() => cleo.client.post(`/meetings/${meeting.code}/join`), (d) => d.participantCount === 3 && of(d, cleo)],
    [() => ben.client.patch(`${here}/participants/me`, { audio: true }), (d) => of(d, ben).audio],
    [() => ben.client.patch(`${here}/participants/me`, { handRaised: true }), (d) => of(d, ben).handRaisedAt],
    [() => ada.client.patch(`${here}/participants/${ben.id}`, { role: 'cohost' }), (d) => of(d, ben).role === 'cohost'],
    [
      () => ada.client.patch('/users/me', { displayName: 'Countess' }),
      (d) => d.host.displayName === 'Countess' && d.creator.displayName === 'Countess',
    ],
    [
      () => ada.client.post(`${here}/host`, { userId: ben.id }),
      (d) => d.host.id === ben.id && of(d, ben).role === 'host',
    ],
    [() => ben.client.delete(`${here}/participants/${cleo.id}`), (d) => d.participantCount === 2 && !of(d, cleo)],
    [() => ada.client.post(`${here}/leave`), (d) => d.participantCount === 1 && !of(d, ada)],
    [() => ben.client.post(`${here}/end`), (d) => d.status === 3 && d.participantCount === 0],
  ];
  for (const [change, shows] of changes) {
    await lookAround(meeting);
    const { status, body } = await change();
    assert.ok(status < 300, JSON.stringify(body));
    const seen = await lookAround(meeting);
    seen.forEach((detail, i) => assert.ok(shows(detail), `reading ${i} after ${change}: ${JSON.stringify(detail)}`));
  }
});

/* Changes the title to a rising number while others read, until `during` is done and there were `enough` readings. Each must show at least
 * the number that had been answered when it began. */
async function race(meeting, during, enough = 0, may = []) {
  let answered = 0,
    running = true,
    readings = 0;
  const host = api(sys, ada.token, { may });
  const writer = async () => {
    for (let n = 1; running; n++) {
      const { status } = await host.patch(`/meetings/${meeting.id}`, { title: String(n) });
      if (status === 200) answered = n;
    }
  };
  const reader = async (user) => {
    const client = api(sys, user.token, { may });
    while (running) {
      const least = answered;
      const { status, body } = await client.get(`/meetings/${meeting.id}`);
      if (status !== 200) continue;
      readings++;
      assert.ok(Number(body.title) >= least, `a reading that began after ${least} was answered shows ${body.title}`);
    }
  };
  const stop = async () => {
    await during();
    while (running && readings < enough) await sleep(50); // a busy machine takes longer for them
    running = false;
  };
  await Promise.all(
    [writer(), ...[ada, ben, cleo, ben, cleo].map(reader), stop()].map((work) =>
      work.catch((error) => {
        running = false;
        throw error;
      }),
    ),
  );
}

test('while many read and one writes, no reading is older than the last answer', async () => {
  const meeting = await createMeeting(ada, { title: '0', isPublic: true });
  await race(meeting, () => sleep(2500), 100);
});

test('coming and going while many look: the count is never older than one’s own step', async () => {
  const meeting = await meetingOf(ada);
  const guests = await crowd(sys, 6);
  await Promise.all(
    guests.map(async (guest) => {
      for (let i = 0; i < 12; i++) {
        await join(guest, meeting);
        assert.ok(
          (await look(guest, meeting)).participants.some((p) => p.userId === guest.id),
          'who came in is not shown',
        );
        ok(await guest.client.post(`/meetings/${meeting.id}/leave`));
        assert.ok(
          !(await look(guest, meeting)).participants.some((p) => p.userId === guest.id),
          'who left is still shown',
        );
      }
    }),
  );
  assert.equal((await look(ada, meeting)).participantCount, 1);
});

test('when Redis restarts in between, too', async () => {
  const meeting = await createMeeting(ada, { title: '0', isPublic: true });
  const restart = async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(300);
      await sys.processes.redis.stop();
      await sleep(300);
      await sys.processes.redis.start();
    }
    await sleep(300);
  };
  await race(meeting, restart, 50);
});

/* After a failure each worker leaves Redis alone for a while of its own. One that writes in that time must not let the others, who have
 * found it again, go on with what they cached. */
test('when Redis is found again by one worker before another', async () => {
  const meeting = await createMeeting(ada, { title: '0', isPublic: true });
  let n = 0;
  const writeAndLook = async () => {
    const title = String(++n);
    ok(await ada.client.patch(`/meetings/${meeting.id}`, { title }));
    for (const seen of await Promise.all([ada, ben, cleo, ben, cleo, ben].map((user) => look(user, meeting))))
      assert.equal(seen.title, title);
  };
  for (let round = 0; round < 4; round++) {
    await sys.processes.redis.stop();
    for (const end = Date.now() + 1100 + round * 200; Date.now() < end; ) {
      await writeAndLook(); // each worker notices in its own time
      await sleep(20);
    }
    await sys.processes.redis.start();
    for (const end = Date.now() + 1200; Date.now() < end; ) await writeAndLook();
  }
});

test('when workers die in between, what a dead one was changing shows soon, and everything else at once', async () => {
  const meeting = await createMeeting(ada, { title: '0', isPublic: true });
  const plain = (method, target, body) =>
    fetch(`${sys.base}/api/v1${target}`, {
      method,
      headers: { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
  let running = true;
  const writers = Array.from({ length: 4 }, async (_, w) => {
    for (let n = 0; running; n++)
      await plain('PATCH', `/meetings/${meeting.id}`, { title: `${w}.${n}` }).then(
        (a) => a.text(),
        () => '',
      );
  });
  const reader = (async () => {
    while (running)
      await plain('GET', `/meetings/${meeting.id}`).then(
        (a) => a.text(),
        () => '',
      );
  })();
  for (let i = 0; i < 8; i++) {
    await sleep(150);
    const pids = await workerPids(sys);
    process.kill(pids[i % 4], 'SIGKILL');
  }
  running = false;
  await Promise.all([...writers, reader]);
  await eventually(async () => (await workerPids(sys)).length === WORKERS);
  await eventually(async () => {
    const [{ title }] = await sys.sql('SELECT title FROM meetings WHERE id = ?', [meeting.id]);
    return (await look(ben, meeting)).title === title;
  });
  await race(meeting, () => sleep(500));
});

/* The one who reads is held up between database and cache while a change is made, answered, and looked at. */
test('a slow reader does not put its old picture into the cache', async () => {
  const proxy = await startProxy(sys);
  try {
    const meeting = await createMeeting(ada, { title: 'Old', isPublic: true });
    for (let round = 0; round < 5; round++) {
      await sys.redis('FLUSHALL');
      let wanted = true;
      proxy.onQuery = (data) => {
        const fate = wanted && data[4] === 0x17 ? 'hold' : 'pass'; // COM_STMT_EXECUTE
        wanted &&= fate === 'pass';
        return fate;
      };
      const slow = look(ben, meeting);
      await proxy.held;
      ok(await ada.client.patch(`/meetings/${meeting.id}`, { title: `New ${round}` }));
      proxy.release();
      await slow;
      for (const { title } of await lookAround(meeting)) assert.equal(title, `New ${round}`);
    }
  } finally {
    proxy.close();
  }
});
