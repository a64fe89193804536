/* The herd: the only relay is killed under all of its clients and started again. All are back in their rooms with nothing missed
 * in under half a minute, and the database never refuses a connection. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePeople } from '../lib/people.mjs';
import { makeMeeting } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';
import { startSwarm, untilAllSeen } from '../lib/swarm.mjs';

const PEOPLE = Number(process.env.ECHOMEET_FAULT_HERD || 500);
const ROOM = 50;
const BACK_MS = 30_000;

let sys, swarm;
before(async () => {
  sys = await startSystem({ workers: { api: 1, relay: 4 }, env: { ECHOMEET_RELAY_UNAUTHENTICATED: '0' } });
});
after(async () => {
  await swarm?.stop();
  await sys?.stop();
});

async function refusedConnections() {
  const rows = await sys.sql(
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Connection_errors_max_connections', 'Connection_errors_internal', 'Aborted_connects')",
  );
  return rows.reduce((sum, row) => sum + Number(row.Value), 0);
}

test(`${PEOPLE} clients of a relay that is killed`, async (t) => {
  const people = await makePeople(sys, PEOPLE);
  swarm = startSwarm(sys);
  for (let at = 0; at < PEOPLE; at += ROOM) {
    const meeting = await makeMeeting(people[at], { isPublic: true, maxParticipants: ROOM });
    await swarm.ask(`enter ${people[at].id} ${Math.min(ROOM, PEOPLE - at)} ${meeting.id}`);
  }
  await swarm.until((stat) => stat.inside === PEOPLE, 120_000, 'all are in their rooms');
  await untilAllSeen(sys, swarm, 20_000);

  await swarm.ask(`limit ${PEOPLE}`); // this time they come all at once
  await sys.processes.relay.kill();
  await swarm.until((stat) => stat.inside === 0, 20_000, 'all have noticed');
  await sleep(200);
  const began = Date.now();
  await sys.processes.relay.start();
  const stat = await swarm.until((now) => now.inside === PEOPLE, BACK_MS, 'all are back');
  await untilAllSeen(sys, swarm, BACK_MS - (Date.now() - began));
  t.diagnostic(
    `${PEOPLE} were back after ${Date.now() - began} ms: ${stat.resumes} with what they missed, ${stat.snapshots - PEOPLE} with a new picture`,
  );
  assert.equal(stat.gaps + stat.repeats, 0);
  assert.equal(stat.snapshots, PEOPLE, 'nobody had to start over');
  const [{ seated }] = await sys.sql(
    'SELECT COUNT(*) AS seated FROM participants WHERE status = 1 AND offline_at IS NULL',
  );
  assert.equal(Number(seated), PEOPLE);
  assert.equal(await refusedConnections(), 0);
  assert.doesNotMatch(sys.log('pool'), /Too many connections|event=database_connect_failed/);
});
