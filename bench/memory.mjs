/* What an idle connection in a room costs the relay: the growth of its resident memory, divided by the connections. Clients are
 * bench/swarm.c.
 *
 *     node bench/memory.mjs [CONNECTIONS] [MEMBERS OF A ROOM]      (18000, 100)
 *
 * Build before: make programs benches */
import fs from 'node:fs';
process.env.ECHOMEET_TEST_BUILD ??= 'release';
const { startSystem } = await import('../tests/lib/system.mjs');
const { makePeople } = await import('../tests/lib/people.mjs');
const { makeMeeting } = await import('../tests/lib/rooms.mjs');
const { startSwarm } = await import('../tests/lib/swarm.mjs');

const connections = Number(process.argv[2] ?? 18000);
const members = Number(process.argv[3] ?? 100);
const sleep = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

const sys = await startSystem({
  workers: { api: 1, relay: 4 },
  env: { ECHOMEET_RELAY_UNAUTHENTICATED: '0', ECHOMEET_LOG_LEVEL: 'warn' },
});
const bytes = () =>
  1024 * Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${sys.processes.relay.pid}/status`, 'utf8'))[1]);
const show = (what, from) =>
  console.log(
    `${what}: ${Math.round((bytes() - from) / connections)} bytes a connection (${Math.round(bytes() / 1024)} KiB in all)`,
  );
let swarm;
try {
  const people = await makePeople(sys, connections);
  swarm = startSwarm(sys, { addresses: 8 });
  await swarm.ask('limit 32');
  const empty = bytes();
  const begun = Date.now();
  for (let at = 0; at < connections; at += members) {
    const meeting = await makeMeeting(people[at], { isPublic: true, maxParticipants: Math.max(members, 2) });
    await swarm.ask(`enter ${people[at].id} ${Math.min(members, connections - at)} ${meeting.id}`);
  }
  await swarm.until((stat) => stat.inside === connections, 600_000, 'all are in their rooms');
  console.log(`${connections} connections in rooms of ${members} after ${Date.now() - begun} ms`);
  show('just joined', empty);
  for (const wait of [30, 40]) {
    await sleep(wait * 1000);
    show(`idle for ${wait} s more`, empty);
  }
} finally {
  await swarm?.stop();
  await sys.stop();
}
