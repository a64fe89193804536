/* A meeting of many over a whole system with a media node: each person has a socket of their own to the relay and light connections
 * (light.mjs), sends a picture, and looks at those who come after them.
 *
 *     const many = await startMany(sys, { counts: [50, 35], tiles: 25, kbits: 120, talkers: 3 });
 *     many.count             of these numbers of people the first that the machine carries: nearly no packet gets lost, and nobody is
 *                            without a picture for a second; if it is none, the last one
 *     many.meeting, many.people, many.crowd
 *     many.least(stats)      of crowd.stats(): the fewest pictures and voices that anybody got; 0 where somebody's connection is gone
 *     many.heard(kind)       how many signals of this kind people got
 *     await many.stop() */
import { setTimeout as sleep } from 'node:timers/promises';
import { openSocket } from '../lib/client.mjs';
import { makePeople } from '../lib/people.mjs';
import { makeMeeting } from '../lib/rooms.mjs';
import { startCrowd } from './light.mjs';

const AT_ONCE = 5;
const SOUNDS = 8;
const WINDOW_MS = 1000; // in which something of each has to come
const PATIENCE_MS = 15_000;
/** Of all packets, as the promise is. */
export const LOST_MOST = 0.01;

export const lostShare = ({ received, lost }) => lost / Math.max(received + lost, 1);

export async function startMany(sys, { counts, ...options }) {
  for (const count of counts) {
    const many = new Many(sys, { ...options, count, tiles: Math.min(options.tiles, count - 1) });
    await many.start();
    if ((await many.isCarried()) || count === counts.at(-1)) return many;
    await many.stop();
  }
}

class Many {
  #heard = {};

  constructor(sys, { count, tiles, kbits, talkers }) {
    Object.assign(this, { sys, count, tiles, kbits, talkers });
  }

  async start() {
    this.crowd = await startCrowd();
    this.people = await makePeople(this.sys, this.count);
    this.meeting = await makeMeeting(this.people[0], { isPublic: true, maxParticipants: this.count + 10 });
    for (const [i, person] of this.people.entries()) await this.#comeIn(person, i < this.talkers);
    for (let i = 0; i < this.count; i += AT_ONCE)
      await Promise.all(this.people.slice(i, i + AT_ONCE).map((person) => this.#connect(person)));
    for (const [i, { light }] of this.people.entries()) light.want(this.#after(i).map(({ id }) => [id, 'camera', 0]));
  }

  #after(i) {
    return [...this.people.slice(i + 1), ...this.people.slice(0, i)].slice(0, this.tiles);
  }

  async #comeIn(person, talks) {
    const { socket } = Object.assign(person, { socket: await openSocket(this.sys, person.token) });
    person.light = this.crowd.person(person.id, (signal) => socket.send('media_signal', signal));
    socket.ws.on('message', (text) => {
      const { type, data } = JSON.parse(text);
      const kind = type === 'media_signal' ? data.kind : type;
      this.#heard[kind] = this.heard(kind) + 1;
      if (type === 'media_signal') person.light.hear(data);
    });
    const { media } = await socket.request('join_room', { meetingId: this.meeting.code });
    person.light.begin(media.epoch);
    await socket.request('media_control', { audio: talks, video: true });
    person.talks = talks;
  }

  async #connect({ light, talks }) {
    await Promise.all([light.publish({ sound: talks, kbits: this.kbits }), light.receive(SOUNDS, this.tiles)]);
  }

  /** For two seconds one after the other, within a while. */
  async isCarried() {
    let good = 0;
    await this.crowd.stats();
    for (const end = Date.now() + PATIENCE_MS; good < 2 && Date.now() < end; ) {
      await sleep(WINDOW_MS);
      const stats = await this.crowd.stats();
      good = this.least(stats) >= this.tiles && lostShare(stats) < LOST_MOST ? good + 1 : 0;
    }
    return good === 2;
  }

  heard(kind) {
    return this.#heard[kind] ?? 0;
  }

  least({ streams }) {
    const each = this.people.flatMap(({ light }) => [
      streams.has(light.number('pub')) ? Infinity : 0,
      streams.get(light.number('sub')) ?? 0,
    ]);
    return Math.min(...each);
  }

  async stop() {
    for (const { socket } of this.people) socket.ws.terminate();
    await this.crowd.stop();
  }
}
