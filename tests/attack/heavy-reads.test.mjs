/* What one person's heavy reads may take: no more than half of the workers, and no memory that stays. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import mysql from 'mysql2/promise';
import { meetingOf, ok, people, refused, sleep } from '../api/support.mjs';
import { api as plainApi } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    workers: 4,
    // AddressSanitizer keeps freed memory for a while to find its use; here it is to be seen that it is free
    env: {
      ECHOMEET_SLOW_READ_MS: '100',
      ASAN_OPTIONS:
        'quarantine_size_mb=0:thread_local_quarantine_size_kb=0:allocator_release_to_os_interval_ms=0:detect_leaks=1:handle_abort=1',
    },
  });
});
after(() => sys?.stop());

/* Holds the table of messages, so that whoever reads it waits, for as long as work takes. */
async function withoutMessages(work) {
  const holder = await mysql.createConnection({
    socketPath: sys.env.ECHOMEET_MYSQL_SOCKET,
    user: 'root',
    database: sys.env.ECHOMEET_MYSQL_DATABASE,
  });
  try {
    await holder.query('LOCK TABLES messages WRITE');
    await work();
  } finally {
    await holder.query('UNLOCK TABLES');
    await holder.end();
  }
}

async function untilWaiting(count) {
  for (;;) {
    const [{ n }] = await sys.sql(
      `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE state LIKE '%table metadata lock%'`,
    );
    if (n === count) return sleep(200); // longer than a read may be short
    await sleep(10);
  }
}

test('whose slow reads hold half of the workers gets no more, and others get all they ask for', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  const meeting = await meetingOf(ada, ben);
  const slow = [];
  await withoutMessages(async () => {
    slow.push(ada.client.get(`/meetings/${meeting.id}/messages`));
    await untilWaiting(1);
    for (let i = 0; i < 6; i++) ok(await ada.client.get('/users/me')); // one slow read is nobody's business
    slow.push(ada.client.get(`/meetings/${meeting.id}/messages`));
    await untilWaiting(2);
    const more = await Promise.all(Array.from({ length: 6 }, () => ada.client.get(`/meetings/${meeting.id}/messages`)));
    for (const answer of more) {
      refused(answer, 'rate_limited');
      assert.equal(answer.headers.get('retry-after'), '1');
    }
    for (let i = 0; i < 10; i++) {
      ok(await ben.client.get('/users/me'));
      ok(await ben.client.get(`/meetings/${meeting.id}`));
    }
    ok(await ada.client.patch('/users/me', { locale: 'en' })); // writes are counted elsewhere
  });
  for (const answer of await Promise.all(slow)) ok(answer);
  ok(await ada.client.get(`/meetings/${meeting.id}/messages`));
});

/* The workers of the main pool: "echomeet-api worker PLACE 0 COUNT". */
const workers = () =>
  fs.readdirSync('/proc').filter((pid) => {
    try {
      const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return (
        words[1] === 'worker' &&
        words[3] === '0' &&
        fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(sys.processes.pool.pid)
      );
    } catch {
      return false;
    }
  });

const megabytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

test('a worker that made a large answer gives its memory back', async () => {
  const [ada, ben] = await people(sys, 'Ada', 'Ben');
  const meeting = await meetingOf(ada, ben);
  await sys.sql(
    `INSERT INTO room_events (meeting_id, seq, type, audience, effect, data, request_id, at, subject_id)
        SELECT ?, 100 + seq, IF(seq % 2, 'user_joined', 'user_left'), '*', '', '{}', '', NOW(3), ? FROM seq_1_to_150000`,
    [meeting.id, ben.id],
  );
  for (let i = 0; i < 8; i++) ok(await ada.client.get('/users/me'));
  const small = Math.max(...workers().map(megabytes));
  for (let i = 0; i < 3; i++) {
    const answer = await plainApi(sys, ada.token).get(`/api/v1/meetings/${meeting.id}/attendance`); // no schema is held against so much
    assert.equal(ok(answer).items.length, 75001 + 1);
  }
  const after = workers().map(megabytes);
  assert.ok(Math.max(...after) < small + 8, `${small} MB before, ${after} after`);
});
