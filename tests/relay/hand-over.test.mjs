/* The host's seat, wanted by two at once through two relays, again and again: one host at every moment, the same one for everybody. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSocket } from '../lib/client.mjs';
import { randomFrom, SEED } from '../lib/random.mjs';
import { makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

const ROUNDS = 1000;

let sys;
before(async () => {
  sys = await startSystem({ relays: 2, workers: { api: 2, relay: 4 } });
});
after(() => sys?.stop());

/* Somebody who watches whose seat it is. */
class Viewer {
  constructor(person, relay, host) {
    Object.assign(this, { person, relay, host, seq: person.joined.seq, faults: [], waiting: [] });
    this.watch();
  }

  get id() {
    return this.person.id;
  }
  ask(type, data) {
    return this.person.socket.request(type, data);
  }

  watch() {
    this.person.socket.ws.on('message', (text) => this.take(JSON.parse(text)));
  }

  take({ type, seq, data }) {
    if (seq === undefined) return;
    this.seq = seq;
    if (type === 'host_changed') {
      if (data.previousUserId !== this.host || data.userId === this.host)
        this.faults.push(`event ${seq}: from ${data.previousUserId} to ${data.userId}, the host was ${this.host}`);
      this.host = data.userId;
    }
    this.waiting = this.waiting.filter(({ until, resolve }) => this.seq < until || resolve());
  }

  reach(until) {
    return this.seq >= until
      ? undefined
      : new Promise((resolve, reject) => {
          this.waiting.push({
            until,
            resolve: () => {
              clearTimeout(timer);
              resolve();
            },
          });
          const timer = setTimeout(
            () => reject(new Error(`user ${this.id} saw ${this.seq} of ${until} events`)),
            10_000,
          );
        });
  }

  /* Goes and comes back, by the other relay. */
  async comeBack(meetingId) {
    await this.ask('leave_room');
    await this.person.socket.close();
    this.relay = 1 - this.relay;
    this.person.socket = await openSocket(sys, this.person.token, { relay: this.relay });
    const { meeting, seq } = await this.ask('join_room', { meetingId });
    this.host = meeting.host.id;
    this.seq = seq;
    this.watch();
  }
}

test(`${ROUNDS} times two at once: one host, and everybody knows whom (seed ${SEED})`, async (t) => {
  const random = randomFrom(SEED);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const { meeting, people } = await makeRoom(sys, ['Creator', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn'], {
    relayOf: (i) => i % 2,
  });
  const viewers = people.map((person, i) => new Viewer(person, i % 2, people[0].id));
  const [creator] = viewers;
  const path = `/meetings/${meeting.id}`;
  const outcomes = {};
  const count = (what, code) => {
    outcomes[`${what} ${code}`] = (outcomes[`${what} ${code}`] ?? 0) + 1;
    return code;
  };
  const bySocket = (who, userId) =>
    who.ask('set_host', { userId }).then(
      () => 'ok',
      (error) => error.code,
    );
  const byRest = async (who, userId) => {
    const { status, body } = await who.person.client.post(`${path}/host`, { userId });
    return status === 204 ? 'ok' : body.code;
  };
  for (let round = 0; round < ROUNDS; round++) {
    const host = viewers.find((v) => v.id === viewers[0].host);
    const others = viewers.filter((v) => v !== host);
    const handOver = async () => count('hand over', await bySocket(host, pick(others).id));
    const second = {
      again: async () => count('again', await byRest(host, pick(others).id)),
      reclaim: async () => count('reclaim', await bySocket(creator, creator.id)),
      reclaimByRest: async () => count('reclaim', await byRest(creator, creator.id)),
      grab: async () => {
        const who = pick(others.filter((v) => v !== creator));
        return count('grab', await bySocket(who, who.id));
      },
    };
    const one =
      round % 20 === 19 && host !== creator
        ? async () => {
            await host.comeBack(meeting.id);
            return count('leave', 'ok');
          }
        : handOver;
    const two =
      second[
        host === creator ? pick(['again', 'grab']) : pick(['again', 'reclaim', 'reclaim', 'reclaimByRest', 'grab'])
      ];
    const look = async () => {
      const { items } = (await pick(viewers).person.client.get(`${path}/participants`)).body;
      assert.equal(items.filter((p) => p.role === 'host').length, 1, `round ${round}: hosts that are shown`);
    };
    const codes = await Promise.all([one(), two(), look()]);
    assert.ok(codes.includes('ok'), `round ${round}: ${codes}`);
    const [{ host_id: now, event_seq: last }] = await sys.sql('SELECT host_id, event_seq FROM meetings WHERE id = ?', [
      meeting.id,
    ]);
    await Promise.all(viewers.map((v) => v.reach(Number(last))));
    assert.deepEqual(
      viewers.map((v) => v.host),
      viewers.map(() => Number(now)),
      `round ${round}: who is the host`,
    );
    assert.deepEqual(
      viewers.flatMap((v) => v.faults),
      [],
      `round ${round}`,
    );
  }
  t.diagnostic(
    Object.entries(outcomes)
      .map(([what, n]) => `${n} ${what}`)
      .join(', '),
  );
  assert.ok(outcomes['reclaim ok'] > 50 && outcomes['leave ok'] > 10);
  assert.ok(
    outcomes['again forbidden'] + outcomes['hand over forbidden'] > 50,
    'one of two hand-overs at once comes too late',
  );
  const log = await sys.sql(
    "SELECT data FROM room_events WHERE meeting_id = ? AND type = 'host_changed' ORDER BY seq",
    [meeting.id],
  );
  log
    .map((row) => JSON.parse(row.data))
    .reduce((before, { userId, previousUserId }) => {
      assert.equal(previousUserId, before);
      return userId;
    }, people[0].id);
  await Promise.all(people.map((p) => p.socket.close()));
});
