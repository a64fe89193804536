/* Media nodes as the workers see them: heartbeats, which meetings they carry, and when a meeting moves. The node is
 * played here, by its calls on the relays' socket. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, afterEach, before, test } from 'node:test';
import { internal, mediaNode } from '../lib/internal.mjs';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, crowd, join, logOf, ok, people, sleep, until } from './support.mjs';

const LEASE_MS = 1500;
const KNOWN_MS = 1000; // that a worker goes by what it knew of nodes (LIMIT_MEDIA_KNOWN_MS)

let sys;
before(async () => {
  sys = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    workers: { api: 1, signin: 1, relay: 1 },
    env: {
      ECHOMEET_MEDIA_SYNC_MS: '500',
      ECHOMEET_MEDIA_LEASE_MS: String(LEASE_MS),
      ECHOMEET_ICE_SERVERS: 'stun:a.example.org',
    },
  });
});
after(() => sys?.stop());

/* Each test begins without nodes and without meetings that might move. */
let beating = [];
afterEach(async () => {
  for (const stop of beating) await stop();
  beating = [];
  await sys.sql('UPDATE meetings SET status = 3, media_node = 0, due_at = NULL');
  await sys.sql('UPDATE participants SET status = 2');
  await sys.sql('DELETE FROM media_nodes');
  await sleep(KNOWN_MS);
});

/* A node that lives until the test's end, and holds what it is told to hold. */
async function liveNode(name, options = {}) {
  const node = mediaNode(sys, name, options);
  const rooms = new Map(); // number → epoch
  let over = false;
  const live = {
    ...node,
    rooms,
    state: 'active',
    load: options.load ?? 0,
    lost: [],
    async beat(state = live.state) {
      const lost = live.lost.splice(0);
      const lines = [
        ...[...rooms].map((room) => `room ${room.join(' ')}`),
        ...lost.map((room) => `lost ${room.join(' ')}`),
      ];
      const answer = await node.sync(state, { load: live.load, lines });
      for (const line of answer) {
        const [word, id, epoch] = line.split(' ');
        if (word === 'take') rooms.set(Number(id), Number(epoch));
        if (word === 'leave') rooms.delete(Number(id));
      }
      return answer;
    },
  };
  await live.beat('starting');
  await sleep(KNOWN_MS);
  const run = (async () => {
    while (!over) {
      await live.beat();
      await sleep(200);
    }
  })();
  live.stop = () => {
    over = true;
    return run;
  };
  beating.push(live.stop);
  return live;
}

const rowOf = async (meeting) => {
  const [row] = await sys.sql(
    `SELECT m.media_mode AS mode, m.media_epoch AS epoch, n.name AS node FROM meetings m
       LEFT JOIN media_nodes n ON n.id = m.media_node WHERE m.id = ?`,
    [meeting.id],
  );
  return { mode: ['mesh', 'sfu'][Number(row.mode)], epoch: Number(row.epoch), node: row.node };
};
const moves = async (meeting) => (await logOf(sys, meeting)).filter((e) => e.type === 'media_moved').map((e) => e.data);

/* A meeting with so many people in it; *views are the replies to their joins. */
async function meetingWith(count, input = {}) {
  const [host, ...others] = await crowd(sys, count);
  const meeting = await createMeeting(host, input);
  const views = [];
  for (const person of [host, ...others]) views.push(await join(person, meeting));
  return { meeting, host, others, views };
}

test('without a node a meeting stays in mesh, whatever it wants, and nobody is told anything', async () => {
  const { meeting, host, views } = await meetingWith(6, { mediaServer: true });
  for (const { media } of views)
    assert.deepEqual(media, { mode: 'mesh', epoch: 0, iceServers: [{ urls: 'stun:a.example.org' }] });
  ok(await host.client.patch(`/meetings/${meeting.id}`, { mediaServer: true }));
  assert.deepEqual(await moves(meeting), []);
  assert.deepEqual(await rowOf(meeting), { mode: 'mesh', epoch: 0, node: null });
});

test('the fifth one in moves the meeting: one event, and their own reply says it already', async () => {
  const node = await liveNode('n1');
  const { meeting, host, others, views } = await meetingWith(5);
  assert.deepEqual(
    views.map(({ media }) => [media.mode, media.epoch]),
    [...Array(4).fill(['mesh', 0]), ['sfu', 1]],
  );
  assert.deepEqual(views[4].media.iceServers, [{ urls: 'stun:a.example.org' }]);
  assert.deepEqual(await moves(meeting), [{ mode: 'sfu', epoch: 1 }]);
  const log = await logOf(sys, meeting);
  assert.equal(log.at(-1).type, 'media_moved');
  assert.equal(Number(log.at(-1).seq), views[4].seq, 'the reply is as it was after the move');
  assert.equal(log.at(-1).audience, '*');
  const media = ok(await host.client.get(`/meetings/${meeting.id}/media`));
  assert.deepEqual([media.mode, media.epoch], ['sfu', 1]);
  assert.ok(!('epoch' in ok(await host.client.get('/media'))), 'the ways through firewalls are of no meeting');
  await until('the node takes it', () => node.rooms.get(meeting.id) === 1);
  // it stays there, whoever comes and goes
  const [late] = await people(sys, 'Late');
  assert.equal((await join(late, meeting)).media.epoch, 1);
  for (const person of [late, ...others.slice(1)]) ok(await person.client.post(`/meetings/${meeting.id}/leave`, {}));
  assert.deepEqual(await rowOf(meeting), { mode: 'sfu', epoch: 1, node: 'n1' });
  ok(await host.client.post(`/meetings/${meeting.id}/end`, {}));
  await until('the node leaves it', () => !node.rooms.has(meeting.id));
  assert.equal((await moves(meeting)).length, 1);
});

test('of several who come at once the meeting moves once', async () => {
  await liveNode('n1');
  const [host, ...others] = await crowd(sys, 9);
  const meeting = await createMeeting(host);
  await Promise.all([host, ...others].map((person) => join(person, meeting)));
  assert.deepEqual(await moves(meeting), [{ mode: 'sfu', epoch: 1 }]);
});

test('a meeting that is to go over a node does so with the first one in, or at once', async () => {
  await liveNode('n1');
  const { meeting, host, views } = await meetingWith(1, { mediaServer: true });
  assert.equal(views[0].media.mode, 'sfu');
  assert.equal(ok(await host.client.get(`/meetings/${meeting.id}`)).mediaServer, true);
  const other = await meetingWith(2);
  assert.equal(other.views[1].media.mode, 'mesh');
  assert.equal(
    ok(await other.host.client.patch(`/meetings/${other.meeting.id}`, { mediaServer: true })).mediaServer,
    true,
  );
  assert.deepEqual(
    (await logOf(sys, other.meeting)).slice(-2).map((e) => e.type),
    ['meeting_updated', 'media_moved'],
  );
  ok(await other.host.client.patch(`/meetings/${other.meeting.id}`, { mediaServer: false }));
  assert.deepEqual(await rowOf(other.meeting), { mode: 'sfu', epoch: 1, node: 'n1' });
});

test('what a node is told: rooms to take and to leave, logs that are further', async () => {
  const node = mediaNode(sys, 'n1');
  assert.deepEqual(await node.sync('starting'), []);
  await sleep(KNOWN_MS);
  const { meeting } = await meetingWith(5);
  const seq = (await logOf(sys, meeting)).length;
  const { id } = meeting;
  assert.deepEqual(await node.sync('active'), [`take ${id} 1`]);
  assert.deepEqual(await node.sync('active'), [`take ${id} 1`], 'until it names it');
  assert.deepEqual(await node.sync('active', { lines: [`room ${id} 1`, `${id} ${seq}`] }), []);
  assert.deepEqual(await node.sync('active', { lines: [`room ${id} 1`, `${id} ${seq - 1}`] }), [`${id} ${seq}`]);
  assert.deepEqual(await node.sync('active', { lines: [`room ${id} 7`, 'room 99999999 1'] }), [
    `take ${id} 1`,
    'leave 99999999',
  ]);
  const { members, ...rest } = await node.members(id);
  assert.deepEqual(rest, { seq });
  assert.equal(members.length, 5);
});

test('a room whose media are lost gets a new epoch, once', async () => {
  const node = mediaNode(sys, 'n1');
  await node.sync('starting');
  await sleep(KNOWN_MS);
  const { meeting } = await meetingWith(5);
  const { id } = meeting;
  assert.deepEqual(await node.sync('active', { lines: [`lost ${id} 1`] }), [`take ${id} 2`]);
  assert.deepEqual(await node.sync('active', { lines: [`lost ${id} 1`] }), [`take ${id} 2`], 'said again: it has one');
  assert.deepEqual(await moves(meeting), [
    { mode: 'sfu', epoch: 1 },
    { mode: 'sfu', epoch: 2 },
  ]);
  assert.deepEqual(await mediaNode(sys, 'n2').sync('active', { lines: [`lost ${id} 2`] }), [`leave ${id}`]);
  assert.equal((await rowOf(meeting)).epoch, 2, 'another node loses nothing for it');
});

test('a node that starts again gives all its rooms a new epoch, though it is full', async () => {
  const node = mediaNode(sys, 'n1', { capacity: 5000 });
  await node.sync('starting');
  await sleep(KNOWN_MS);
  const one = await meetingWith(5);
  await sleep(KNOWN_MS);
  await node.sync('active');
  const two = await meetingWith(5);
  const answer = await node.sync('starting', { load: 4900 });
  assert.deepEqual(answer.sort(), [`take ${one.meeting.id} 2`, `take ${two.meeting.id} 2`].sort());
  assert.deepEqual(await rowOf(two.meeting), { mode: 'sfu', epoch: 2, node: 'n1' });
});

test('the node with most room is chosen, and none above 80 % of what it can', async () => {
  await liveNode('small', { capacity: 10_000, load: 5000 });
  const big = await liveNode('big', { capacity: 20_000, load: 12_000 });
  assert.equal((await rowOf((await meetingWith(5)).meeting)).node, 'big');
  big.load = 14_001;
  await until(
    'it reports',
    async () => Number((await sys.sql("SELECT load_pps AS n FROM media_nodes WHERE name = 'big'"))[0].n) > 14_000,
  );
  assert.equal((await rowOf((await meetingWith(5)).meeting)).node, 'small');
  await sys.sql('UPDATE media_nodes SET load_pps = 20000');
  for (const stop of beating.splice(0)) await stop();
  await sys.sql('UPDATE media_nodes SET load_pps = capacity_pps, lease_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR');
  await sleep(KNOWN_MS);
  const { meeting } = await meetingWith(6);
  assert.deepEqual(await rowOf(meeting), { mode: 'mesh', epoch: 0, node: null });
  assert.deepEqual(await moves(meeting), []);
});

test('a node that drains loses its rooms to another one, or they go on in mesh', async () => {
  const first = await liveNode('n1');
  const { meeting } = await meetingWith(5);
  assert.equal((await rowOf(meeting)).node, 'n1');
  const second = await liveNode('n2');
  first.state = 'draining';
  await until('it moves', async () => (await rowOf(meeting)).node === 'n2');
  await until(
    'one leaves it, the other one takes it',
    () => !first.rooms.has(meeting.id) && second.rooms.get(meeting.id) === 2,
  );
  second.state = 'draining';
  await until('mesh', async () => (await rowOf(meeting)).mode === 'mesh');
  assert.deepEqual(await rowOf(meeting), { mode: 'mesh', epoch: 3, node: null });
  assert.deepEqual((await moves(meeting)).at(-1), { mode: 'mesh', epoch: 3 });
  // a node comes up: what wants one goes there
  await liveNode('n3');
  assert.deepEqual(await rowOf(meeting), { mode: 'sfu', epoch: 4, node: 'n3' });
});

/* echomeet-api media …: {status, stdout, stderr} */
const admin = (...words) =>
  spawnSync(sys.program('echomeet-api'), ['media', ...words], {
    env: { ...process.env, ...sys.env },
    encoding: 'utf8',
  });

test('an administrator lists nodes, and drains one until told otherwise', async () => {
  const first = await liveNode('n1');
  const { meeting } = await meetingWith(5);
  const list = () =>
    admin('list')
      .stdout.split('\n')
      .slice(1, -1)
      .map((line) => line.split('\t').slice(0, 3));
  assert.deepEqual(list(), [['n1', 'active', '1']]);
  assert.equal(admin('drain', 'n1').status, 0);
  assert.equal(admin('drain', 'n1').status, 0, 'said again');
  await until('mesh', async () => (await rowOf(meeting)).mode === 'mesh');
  await until('it leaves', () => !first.rooms.has(meeting.id));
  await first.beat('starting');
  assert.deepEqual(list(), [['n1', 'drained', '0']]);
  assert.equal((await rowOf(meeting)).mode, 'mesh', 'it stays drained');
  assert.equal(admin('undrain', 'n1').status, 0);
  await first.beat('starting'); // the next one in would move it as well
  await until('it takes it', async () => (await rowOf(meeting)).node === 'n1');
  const unknown = admin('drain', 'n2');
  assert.deepEqual([unknown.status, /not_found/.test(unknown.stderr)], [1, true]);
  assert.equal(admin('water').status, 2);
});

test('the meetings of a dead node move once its lease is over', async () => {
  const dead = await liveNode('n1');
  const { meeting } = await meetingWith(5);
  const second = await liveNode('n2');
  await dead.stop();
  const { n } = (await sys.sql("SELECT lease_until > UTC_TIMESTAMP(3) AS n FROM media_nodes WHERE name = 'n1'"))[0];
  assert.equal(Number(n), 1);
  assert.equal((await rowOf(meeting)).node, 'n1');
  await until('it moves', async () => (await rowOf(meeting)).node === 'n2');
  const [{ past }] = await sys.sql("SELECT lease_until < UTC_TIMESTAMP(3) AS past FROM media_nodes WHERE name = 'n1'");
  assert.equal(Number(past), 1);
  await until('the other one takes it', () => second.rooms.get(meeting.id) === 2);
  assert.deepEqual(await dead.beat(), [`leave ${meeting.id}`], 'it comes back to a meeting that is not its own');
});

test('a meeting that is left before its time begins anew in mesh', async () => {
  const node = await liveNode('n1');
  const { meeting, host, others } = await meetingWith(5, {
    startTime: new Date(Date.now() + 3_600_000).toISOString(),
    keepUntilEnd: true,
  });
  await until('it is there', () => node.rooms.has(meeting.id));
  for (const person of [host, ...others]) ok(await person.client.post(`/meetings/${meeting.id}/leave`, {}));
  assert.deepEqual(await rowOf(meeting), { mode: 'mesh', epoch: 2, node: null });
  await until('the node leaves it', () => !node.rooms.has(meeting.id));
  const { media } = await join(host, meeting);
  assert.deepEqual([media.mode, media.epoch], ['mesh', 2]);
});

test('who is in, with what is on: those with a seat, not those who wait', async () => {
  const [ada, bo, cy] = await people(sys, 'Ada', 'Bo', 'Cy');
  const meeting = await createMeeting(ada, { waitingRoom: true });
  await join(ada, meeting);
  assert.equal((await join(bo, meeting)).waiting, true);
  ok(await ada.client.patch(`/meetings/${meeting.id}/participants/me`, { audio: true, screen: true }));
  const node = mediaNode(sys, 'n1');
  const log = await logOf(sys, meeting);
  assert.deepEqual(await node.members(meeting.id), {
    seq: Number(log.at(-1).seq),
    members: [{ userId: ada.id, audio: true, video: false, screen: true }],
  });
  const unknown = await internal(sys, 'GET', '/internal/meetings/99999999/media', { as: 'n1' });
  assert.deepEqual([unknown.status, JSON.parse(unknown.body).code], [404, 'not_found']);
  const nobody = await internal(sys, 'GET', `/internal/meetings/${meeting.id}/media`);
  assert.equal(nobody.status, 400);
  assert.equal((await api(sys, cy.token).get(`/internal/meetings/${meeting.id}/media`)).status, 404);
});

test('what is no such call changes nothing', async () => {
  const good = 'node active 50000 0 1.1.2\n';
  const bad = {
    nothing: ['n1', ''],
    'no name': ['', good],
    'a name with other characters': ['n.1', good],
    'a name that is too long': ['n'.repeat(25), good],
    'a room first': ['n1', `room 1 1\n${good}`],
    'a node twice': ['n1', `${good}${good}`],
    'an unknown state': ['n1', 'node asleep 1 1 1\n'],
    'a number below zero': ['n1', 'node active -1 1 1\n'],
    'half a line': ['n1', `${good}room 7\n`],
    'an epoch of zero': ['n1', `${good}room 7 0\n`],
    'an unknown line': ['n1', `${good}take 7 1\n`],
    'a byte that is no character': ['n1', `${good}room 7 1\x01\n`],
    'a bad line behind good ones': ['n1', `${good}room 7 1\n7 1\nlost 7\n`],
  };
  for (const [what, [as, body]] of Object.entries(bad)) {
    const answer = await internal(sys, 'POST', '/internal/media/sync', { as, body });
    assert.equal(answer.status, 400, what);
    assert.equal(JSON.parse(answer.body).code, 'bad_request', what);
  }
  assert.deepEqual(await sys.sql('SELECT * FROM media_nodes'), []);
  const large = await internal(sys, 'POST', '/internal/media/sync', { as: 'n1', body: good + '7 1\n'.repeat(41_000) });
  assert.deepEqual([large.status, JSON.parse(large.body).code], [413, 'payload_too_large']);
  assert.deepEqual(await sys.sql('SELECT * FROM media_nodes'), []);
});

test('a node that says it can send more than anything can does no harm', async () => {
  const huge = '9223372036854775807';
  const answer = await internal(sys, 'POST', '/internal/media/sync', {
    as: 'n1',
    body: `node active ${huge} ${huge} 1.1.2\n`,
  });
  assert.deepEqual([answer.status, answer.body], [200, '']);
  await sleep(KNOWN_MS);
  assert.equal((await meetingWith(5)).views[4].media.mode, 'mesh');
});
