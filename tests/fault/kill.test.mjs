/* The kill test. Many people in several rooms on two relays talk, mute, raise hands, break off, leave and come back at random, and those
 * who run the rooms do to others whatever they may (actions.mjs), while workers are killed every second, a relay every ten, Redis is restarted empty twice and the database once. At the end
 * everybody was shown exactly the log of their room, every message that was acknowledged is in it once, and nobody is shown
 * who is not there.
 *
 * `make test` runs it small; `make soak MINUTES=2` with 200 people in 10 rooms. ECHOMEET_SEED repeats a run's choices. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePeople } from '../lib/people.mjs';
import { workersOf } from '../lib/processes.mjs';
import { randomFrom, SEED } from '../lib/random.mjs';
import { makeMeeting } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';
import { Attendee, act, compareAll, reopen } from './actions.mjs';
import { settle } from './support.mjs';

const PEOPLE = Number(process.env.ECHOMEET_FAULT_PEOPLE || 60);
const ROOMS = Number(process.env.ECHOMEET_FAULT_ROOMS || 6);
const SECONDS = Number(process.env.ECHOMEET_FAULT_SECONDS || 30);
const PAUSE_MS = 2 * PEOPLE; // on average so many messages a second come in however many people there are: 500
const REJOIN_MS = 90_000; // on a machine that is busy elsewhere; else it takes a second or two
const IMPOSSIBLE = [
  'meeting_ended',
  'meeting_full',
  'already_joined',
  'validation_failed',
  'bad_request',
  'unknown_type',
];

let sys;
let rooms;
const done = {}; // what happened, by name

before(async () => {
  sys = await startSystem({
    relays: 2,
    workers: { api: 2, relay: 4 },
    // short enough that seats run out within the test, too
    env: {
      ECHOMEET_GRACE_CLOSED_MS: '1500',
      ECHOMEET_GRACE_LOST_MS: '6000',
      ECHOMEET_RELAY_UNAUTHENTICATED: '0',
      ECHOMEET_LOG_LEVEL: 'debug',
    },
  });
  const people = await makePeople(sys, PEOPLE);
  rooms = [];
  for (let r = 0; r < ROOMS; r++) {
    const own = people.filter((_, i) => i % ROOMS === r);
    const meeting = await makeMeeting(own[0], { isPublic: true, maxParticipants: own.length + 2, emptyMinutes: 60 });
    const members = own.map((person) => new Attendee(sys, person, meeting.id));
    rooms.push({ id: meeting.id, members, stays: members[0] });
  }
});
after(() => sys?.stop());

function count(what) {
  done[what] = (done[what] ?? 0) + 1;
}

/* One person at random: an endless row of actions. The first one of a room breaks off but never leaves, so that somebody can open it. */
class Actor {
  constructor(member, room, random) {
    Object.assign(this, { member, room, random });
    this.sent = 0;
    this.acked = [];
    this.unacked = null; // a message that was sent and not acknowledged: it is sent again
  }

  async run(isOver) {
    while (!isOver())
      try {
        if (this.member.present) await this.act();
        else if (!this.member.waiting || this.random() < 0.05)
          // else somebody's word is waited for
          await this.enter();
        await sleep(this.random() * PAUSE_MS);
      } catch (error) {
        await this.recover(error);
      }
  }

  async enter() {
    const { member } = this;
    const since = member.left || !member.view ? null : member.seen;
    if (member.connected && this.random() < 0.3) await member.close(); // else by the same connection, of which a join without an answer may have a seat
    await member.enter(this.random() < 0.5 ? 0 : 1, { since });
    member.left = false;
    count(member.waits ? 'had to wait' : since === null ? 'joined' : 'came back');
  }

  async act() {
    const { member, random } = this;
    const dice = random();
    if (!this.unacked && random() < (member.runs ? 0.5 : 0.05)) count(await act(member, this.room, random));
    else if (this.unacked || dice < 0.55) await this.chat();
    else if (dice < 0.72) await member.ask('media_control', { audio: random() < 0.5 });
    else if (dice < 0.85) await member.ask(random() < 0.5 ? 'raise_hand' : 'lower_hand');
    else if (dice < 0.92) await member.break();
    else if (dice < 0.95) await member.close();
    else if (dice < 0.97 && member !== this.room.stays) await this.leave();
    else await sleep(random() * 2500);
  }

  async chat() {
    this.unacked ??= this.newMessage();
    const message = await this.member.ask('chat_message', this.unacked);
    assert.equal(message.clientId, this.unacked.clientId);
    this.acked.push(this.unacked.clientId);
    this.unacked = null;
    count('messages');
  }

  newMessage() {
    const clientId = `${this.member.person.id}-${this.sent++}`;
    const others = this.room.members.filter((m) => m !== this.member && m.inside);
    const toOne = others.length && this.random() < 0.1;
    return {
      clientId,
      text: `text ${clientId}`,
      ...(toOne ? { to: others[Math.floor(this.random() * others.length)].person.id } : {}),
    };
  }

  async leave() {
    await this.member.leave();
    count('left');
    await sleep(this.random() * 3000);
  }

  async recover(error) {
    count(`error ${error.code ?? error.message}`);
    if (error.code === 'validation_failed' && this.unacked?.to)
      this.unacked = null; // whom it was for has left
    else assert.ok(!IMPOSSIBLE.includes(error.code), error.message);
    if (['not_joined', 'conflict'].includes(error.code) && this.member.connected) await this.member.close();
    if (error.code === 'no_answer') this.member.faults.push(error.message);
    if (error.code === 'removed' || error.code === 'meeting_locked') await sleep(this.random() * 1000);
    await sleep(50 + this.random() * 200);
  }
}

/* The faults of second t of `seconds`. */
async function harm(t, random) {
  const { relays, redis, mariadb } = sys.processes;
  const workers = workersOf(sys);
  if (workers.length) {
    process.kill(workers[Math.floor(random() * workers.length)], 'SIGKILL');
    count('workers killed');
  }
  if (t % 10 === 5) {
    const relay = relays[Math.floor(t / 10) % relays.length];
    await relay.kill();
    await relay.start();
    count('relays killed');
  }
  if (t === Math.round(SECONDS * 0.3) || t === Math.round(SECONDS * 0.7)) {
    await redis.kill();
    await sleep(random() * 1500);
    await redis.start();
    count('Redis restarted');
  }
  if (t === Math.round(SECONDS * 0.5)) {
    await mariadb.kill();
    await mariadb.start();
    count('database restarted');
  }
}

async function harmAll(random) {
  const began = Date.now();
  for (let t = 1; t < SECONDS; t++) {
    await sleep(began + t * 1000 - Date.now());
    await harm(t, random);
  }
}

/* Whoever stays comes first, and opens the room for all the others. */
async function openAll(actors) {
  await comeTogether(actors.filter(({ member, room }) => member === room.stays));
  for (const actor of actors.filter(({ member, room }) => member === room.stays)) await reopen(actor.room);
}

/* Everybody who did not leave is in the room and has no message under way. */
async function comeTogether(actors) {
  const deadline = Date.now() + REJOIN_MS;
  await Promise.all(
    actors
      .filter((a) => !a.member.left)
      .map(async (actor) => {
        const { member } = actor;
        while (!(member.present && !actor.unacked) && Date.now() < deadline)
          try {
            if (!member.present) await actor.enter();
            if (actor.unacked) await actor.chat();
          } catch (error) {
            await actor.recover(error);
          }
        assert.ok(member.present, `user ${member.person.id} did not come back`);
      }),
  );
}

test(`${PEOPLE} people in ${ROOMS} rooms, ${SECONDS} s of faults, seed ${SEED}`, async (t) => {
  let over = false;
  const random = randomFrom(SEED);
  const actors = rooms.flatMap((room) =>
    room.members.map((member) => new Actor(member, room, randomFrom(SEED + member.person.id))),
  );
  await Promise.all(rooms.map(async ({ members: [first] }) => first.enter(0)));
  const running = actors.map((actor) => actor.run(() => over));
  await Promise.race([harmAll(random), Promise.all(running)]).finally(() => {
    over = true;
  });
  await Promise.all(running);
  await openAll(actors);
  const late = Date.now() + REJOIN_MS;
  do {
    await comeTogether(actors);
    await settle(
      sys,
      actors.map((a) => a.member),
      20_000,
    );
  } while (actors.some(({ member }) => !member.left && !member.present) && Date.now() < late);
  t.diagnostic(
    `seed ${SEED}: ${Object.entries(done)
      .map(([what, n]) => `${n} ${what}`)
      .join(', ')}`,
  );

  const wrong = [];
  for (const { id, members } of rooms)
    wrong.push(
      ...(await compareAll(sys, id, members)),
      ...(await compareMessages(
        id,
        actors.filter((a) => a.member.meetingId === id),
      )),
    );
  if (wrong.length) t.diagnostic(`logs: ${sys.keepLogs()}`);
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} things are wrong, seed ${SEED}`);
  await Promise.all(actors.filter((a) => a.member.connected).map((a) => a.member.close()));
});

/* Acknowledged means stored, once, and in the log, once. */
async function compareMessages(meetingId, actors) {
  const stored = (await sys.sql('SELECT client_id FROM messages WHERE meeting_id = ?', [meetingId])).map(
    (row) => row.client_id,
  );
  const logged = (
    await sys.sql("SELECT data FROM room_events WHERE meeting_id = ? AND type = 'chat_message'", [meetingId])
  ).map((row) => JSON.parse(row.data).message.clientId);
  const wrong = [];
  for (const id of actors.flatMap((a) => a.acked)) {
    const times = [stored, logged].map((list) => list.filter((x) => x === id).length);
    if (times[0] !== 1 || times[1] !== 1)
      wrong.push(`room ${meetingId}: message ${id} is stored ${times[0]} times and in the log ${times[1]} times`);
  }
  if (new Set(stored).size !== logged.length || new Set(logged).size !== logged.length)
    wrong.push(`room ${meetingId}: ${stored.length} messages stored, ${logged.length} in the log`);
  return wrong;
}
