/* A crowded lobby with three hosts on two relays who admit, refuse and send back at random: nobody is admitted twice or forgotten, the
 * hosts see the same, and who waits is shown nothing but what names them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, openSocket } from '../lib/client.mjs';
import { makePeople } from '../lib/people.mjs';
import { randomFrom, SEED } from '../lib/random.mjs';
import { makeMeeting } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

const VISITORS = 200;
const SECONDS = 12;
const UNNUMBERED = ['webrtc_signal', 'typing', 'reaction'];

let sys;
before(async () => {
  sys = await startSystem({ relays: 2, workers: { api: 2, relay: 4 } });
});
after(() => sys?.stop());

const code = (promise) =>
  promise.then(
    () => 'ok',
    (error) => error.code,
  );

/* Somebody who wants to come in. `place`: out, waiting, admitted (told so, and not yet back by join_room), in. */
class Visitor {
  constructor(person, relay, meetingId, random) {
    Object.assign(this, { person, relay, meetingId, random, place: 'out', seen: [], heard: 0, faults: [] });
  }

  get id() {
    return this.person.id;
  }

  async open() {
    this.socket = await openSocket(sys, this.person.token, { relay: this.relay });
    this.socket.ws.on('message', (text) => this.take(JSON.parse(text)));
  }

  take({ type, seq, data }) {
    if (seq !== undefined) this.seen.push({ type, seq });
    if (UNNUMBERED.includes(type) && (this.place !== 'in' || data.waits))
      this.faults.push(`${type} came while ${this.place}, ${JSON.stringify(data)}`);
    this.heard += UNNUMBERED.includes(type);
    if (type === 'lobby_admitted') this.place = 'admitted';
    if (type === 'lobby_refused') this.place = 'out';
    if (type === 'user_left' && data.userId === this.id) this.place = data.reason === 'lobby' ? 'waiting' : 'out';
    if (type === 'ack' && data?.waiting) this.place = 'waiting';
    if (type === 'ack' && data?.participants) this.place = 'in';
  }

  /* Comes to the door, goes in when admitted, asks again when refused, gives up and comes back at times. */
  async run(isOver) {
    while (!isOver()) {
      if (this.place === 'out' || this.place === 'admitted') await this.knock();
      else if (this.place === 'waiting' && this.random() < 0.02)
        await code(this.socket.request('leave_room')).then(() => {
          this.place = 'out';
        });
      else if (this.place === 'in' && this.random() < 0.1) this.socket.send('typing', { active: true });
      else if (this.place === 'waiting' && this.random() < 0.1) this.socket.send('reaction', { waits: true });
      await sleep(100 + this.random() * 400);
    }
  }

  async knock() {
    const got = await code(this.socket.request('join_room', { meetingId: this.meetingId }));
    if (got !== 'ok' && got !== 'conflict')
      // in already: admitted, and sent back and admitted again meanwhile
      this.faults.push(`join_room: ${got}`);
  }
}

/* One of those who run the meeting. The list is what GET told, and what the events after its number changed. */
class Host {
  constructor(person, relay, random) {
    Object.assign(this, { person, relay, random, waiting: new Map(), events: [], done: {} });
  }

  async open(meetingId) {
    this.path = `/meetings/${meetingId}`;
    this.socket = await openSocket(sys, this.person.token, { relay: this.relay });
    this.socket.ws.on('message', (text) => this.take(JSON.parse(text)));
    await this.socket.request('join_room', { meetingId });
  }

  async look() {
    const { body } = await this.person.client.get(`${this.path}/lobby`);
    this.from = body.seq;
    this.waiting = new Map(body.items.map((p) => [p.userId, p]));
    for (const event of this.events) this.apply(event);
  }

  take(event) {
    if (event.type !== 'lobby_joined' && event.type !== 'lobby_left') return;
    this.events.push(event);
    if (this.from !== undefined) this.apply(event);
  }

  apply({ type, seq, data }) {
    if (seq <= this.from) return;
    if (type === 'lobby_joined') this.waiting.set(data.participant.userId, data.participant);
    else this.waiting.delete(data.userId);
  }

  get list() {
    return [...this.waiting.keys()].sort((a, b) => a - b);
  }

  async act(visitors) {
    const dice = this.random();
    const pick = (list) => list[Math.floor(this.random() * list.length)];
    const waiting = this.list;
    const inside = visitors.filter((v) => v.place === 'in').map((v) => v.id);
    if (dice < 0.5 && waiting.length) return this.try('lobby_admit', { userId: pick(waiting) });
    if (dice < 0.65 && waiting.length) return this.try('lobby_refuse', { userId: pick(waiting) });
    if (dice < 0.95 && inside.length) return this.try('lobby_return', { userId: pick(inside) });
    if (dice < 0.98) return this.try('lobby_admit', { all: true });
    this.socket.send('typing', { active: true });
    this.socket.send('reaction', { reaction: '👍' });
    if (waiting.length)
      // nobody there, as far as the room goes
      this.socket.send('webrtc_signal', { to: pick(waiting), kind: 'offer' });
    return undefined;
  }

  async try(type, data) {
    const got = await code(this.socket.request(type, data));
    assert.ok(got === 'ok' || (got === 'not_found' && !data.all), `${type}: ${got}`);
    const what = `${data.all ? 'all' : type} ${got}`;
    this.done[what] = (this.done[what] ?? 0) + 1;
  }
}

/* Where everybody was after each event of the log; fails where somebody goes a way that there is not. */
function follow(log, visitors) {
  const ways = {
    lobby_joined: { out: 'waiting' },
    'lobby_left admitted': { waiting: 'coming' },
    lobby_left: { waiting: 'out' },
    user_joined: { coming: 'in' },
    user_left: { in: 'out' },
  };
  const places = new Map(visitors.map((v) => [v.id, [{ seq: 0, place: 'out' }]]));
  for (const { seq, type, data } of log) {
    const id = data.participant?.userId ?? data.userId;
    const way = ways[type === 'lobby_left' && data.outcome === 'admitted' ? `${type} admitted` : type];
    if (!way || !places.has(id)) continue;
    const before = places.get(id).at(-1).place;
    assert.ok(way[before], `event ${seq}: ${type} of user ${id}, who was ${before}`);
    places.get(id).push({ seq, place: way[before] });
  }
  return places;
}

const placeAt = (places, seq) => places.findLast((p) => p.seq <= seq).place;

/* A busy machine takes longer for so much. */
const ENOUGH = { 'lobby_admit ok': 50, 'lobby_return ok': 20, 'lobby_refuse ok': 10, 'all ok': 10 };
const AT_MOST_MS = 300_000;

test(`${VISITORS} people wait, three hosts decide for ${SECONDS} s (seed ${SEED})`, async (t) => {
  const everybody = await makePeople(sys, VISITORS + 3);
  const hosts = everybody.slice(0, 3).map((person, i) => new Host(person, i % 2, randomFrom(SEED + i)));
  const meeting = await makeMeeting(everybody[0], { maxParticipants: 1000, isPublic: true });
  for (const host of hosts) await host.open(meeting.id);
  for (const cohost of hosts.slice(1))
    await hosts[0].socket.request('set_role', { userId: cohost.person.id, role: 'cohost' });
  await hosts[0].socket.request('meeting_update', { waitingRoom: true });
  const visitors = everybody
    .slice(3)
    .map((person, i) => new Visitor(person, i % 2, meeting.id, randomFrom(SEED + 100 + i)));

  let over = false;
  const running = visitors.map(async (visitor) => {
    await sleep(visitor.random() * 3000);
    await visitor.open();
    await visitor.run(() => over);
  });
  const deciding = hosts.map(async (host, i) => {
    await sleep(i * 1000); // into what goes on already
    await host.look();
    while (!over) {
      await host.act(visitors);
      await sleep(host.random() * 30);
    }
  });
  const done = () => {
    const sum = {};
    for (const host of hosts) for (const [what, n] of Object.entries(host.done)) sum[what] = (sum[what] ?? 0) + n;
    return sum;
  };
  const enough = () => Object.entries(ENOUGH).every(([what, n]) => done()[what] > n);
  const long = Promise.all([sleep(SECONDS * 1000), eventually(enough, { timeout: AT_MOST_MS })]);
  await Promise.race([long, ...deciding]).finally(() => {
    over = true;
  });
  await Promise.all([...running, ...deciding]);

  /* the lists, once everything that was told has come */
  const rows = await sys.sql('SELECT user_id, status FROM participants WHERE meeting_id = ? ORDER BY user_id', [
    meeting.id,
  ]);
  const withStatus = (status) => rows.filter((row) => row.status === status).map((row) => Number(row.user_id));
  const waiting = withStatus(4);
  await eventually(() => hosts.every((h) => h.list.join() === waiting.join())).catch(() =>
    assert.deepEqual(
      hosts.map((h) => h.list),
      hosts.map(() => waiting),
    ),
  );
  const [{ seats, lobby }] = await sys.sql(
    'SELECT participant_count AS seats, waiting_count AS lobby FROM meetings WHERE id = ?',
    [meeting.id],
  );
  assert.deepEqual([Number(seats), Number(lobby)], [withStatus(1).length, waiting.length]);

  /* nobody is forgotten: all that wait are let in, and come in */
  for (let i = 0; i < 5; i++) await Promise.all(hosts.map((host) => host.try('lobby_admit', { all: true })));
  over = false;
  const arriving = visitors.map((v) =>
    v.run(() => over || v.place === 'in' || (v.place === 'out' && !withStatus(4).includes(v.id))),
  );
  await eventually(() => waiting.every((id) => visitors.find((v) => v.id === id).place === 'in')).finally(() => {
    over = true;
  });
  await Promise.all(arriving);

  const log = (
    await sys.sql('SELECT seq, type, audience, data FROM room_events WHERE meeting_id = ? ORDER BY seq', [meeting.id])
  ).map((row) => ({ ...row, seq: Number(row.seq), data: JSON.parse(row.data) }));
  const places = follow(log, visitors);
  t.diagnostic(
    `seed ${SEED}: ${log.length} events; ${Object.entries(done())
      .map(([what, n]) => `${n} ${what}`)
      .join(', ')}`,
  );
  assert.ok(
    visitors.some((v) => v.heard > 10),
    'who is in hears the others',
  );
  for (const visitor of visitors) {
    assert.deepEqual(visitor.faults, [], `user ${visitor.id}`);
    for (const { seq, type } of visitor.seen) {
      const event = log[seq - 1];
      const named = event.audience.split(',').includes(String(visitor.id));
      const there = placeAt(places.get(visitor.id), seq - 1) === 'in' || placeAt(places.get(visitor.id), seq) === 'in';
      assert.ok(
        named || (event.audience === '*' && there),
        `user ${visitor.id} was shown ${type} #${seq} while ${placeAt(places.get(visitor.id), seq)}`,
      );
    }
  }

  /* the end of the meeting is the end for who waits, too */
  const back = visitors.filter((v) => v.place === 'in').slice(0, 5);
  for (const visitor of back) await hosts[0].socket.request('lobby_return', { userId: visitor.id });
  hosts[0].socket.send('end_meeting', {});
  for (const { socket } of [...hosts, ...back]) assert.equal((await socket.closed).code, 4410);
  await Promise.all(
    visitors.filter((v) => v.socket.closeCode === undefined && v.place === 'out').map((v) => v.socket.close()),
  );
});
