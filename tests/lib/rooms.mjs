/* Rooms with people in them, and what their members see. */
import assert from 'node:assert/strict';
import { openSocket, register } from './client.mjs';

/* A meeting of the first user. */
export async function makeMeeting(owner, extra = {}) {
  const { status, body } = await owner.client.post('/meetings', { title: 'Room test', ...extra });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

/* New users with a socket each, all in one new meeting: {meeting, people: [{...user, socket, joined}]}. Everybody has seen
 * everybody. */
export async function makeRoom(sys, names, { relayOf = () => 0, meeting: extra } = {}) {
  const people = await Promise.all(names.map((name) => register(sys, name)));
  const meeting = await makeMeeting(people[0], extra);
  for (const [i, person] of people.entries()) {
    person.socket = await openSocket(sys, person.token, { relay: relayOf(i) });
    person.joined = await person.socket.request('join_room', { meetingId: meeting.code });
  }
  const last = people.at(-1);
  await Promise.all(people.slice(0, -1).map((p) => joined(p.socket, last.id)));
  return { meeting, people };
}

export function joined(socket, userId) {
  return socket.waitFor('user_joined', (m) => m.data.participant.userId === userId);
}

/* Fails unless the code is the one that was expected. */
export async function refused(promise, code, field) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message);
    if (field) assert.equal(error.field, field);
    return true;
  });
}

/* The order and number of a client's events: each once, rising. */
export function assertRising(events) {
  for (let i = 1; i < events.length; i++)
    assert.ok(events[i].seq > events[i - 1].seq, `event ${events[i].seq} came behind ${events[i - 1].seq}`);
}
