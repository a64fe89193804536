/* Removed means out: off the socket at once, and refused by every way in, until the ban is lifted. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, openSocket, register } from '../lib/client.mjs';
import { joined, makeRoom, refused } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({ relays: 2, workers: { api: 2, relay: 2 } });
});
after(() => sys?.stop());

const AT_ONCE_MS = 1000; // from the answer to the removal to the end of the socket, on an idle machine
const code = ({ status, body }) => (status < 300 ? 'ok' : body.code);

/* Every way in that somebody with a good token has. */
async function tryEverything(user, meeting, invite) {
  const path = `/meetings/${meeting.id}`;
  const tries = {
    join: await user.client.post(`${path}/join`, {}),
    'join by code': await user.client.post(`/meetings/${meeting.code}/join`, {}),
    'join by invitation': await user.client.post(`${path}/join`, { invite }),
    leave: await user.client.post(`${path}/leave`, {}),
    say: await user.client.post(`${path}/messages`, { text: 'hi', clientId: `${Math.random()}` }),
    unmute: await user.client.patch(`${path}/participants/me`, { audio: true }),
    admit: await user.client.post(`${path}/lobby/admit`, { all: true }),
    events: await user.client.get(`${path}/events`),
    messages: await user.client.get(`${path}/messages`),
  };
  const codes = Object.fromEntries(Object.entries(tries).map(([name, answer]) => [name, code(answer)]));
  for (const relay of [0, 1]) {
    const socket = await openSocket(sys, user.token, { relay });
    for (const data of [
      { meetingId: meeting.id },
      { meetingId: meeting.code },
      { meetingId: meeting.id, since: 1 },
      { meetingId: meeting.id, invite },
    ])
      codes[`relay ${relay} ${Object.keys(data)}`] = await socket.request('join_room', data).then(
        () => 'ok',
        (error) => error.code,
      );
    codes[`relay ${relay} say`] = await socket
      .request('chat_message', { text: 'hi', clientId: `${Math.random()}` })
      .then(
        () => 'ok',
        (error) => error.code,
      );
    assert.deepEqual(socket.events, [], 'nothing of the room is shown');
    await socket.close();
  }
  return codes;
}

const NOT_IN = ['leave', 'say', 'unmute', 'relay 0 say', 'relay 1 say'];
const wanted = (name) => (NOT_IN.includes(name) ? 'not_joined' : name === 'admit' ? 'forbidden' : 'removed');

async function removedAndBack(sys, { meeting, people: [host, other], victim, relay }) {
  const invite = (await host.client.post(`/meetings/${meeting.id}/invites`, {})).body.token;
  const before = Date.now();
  await other.socket.request('remove_participant', { userId: victim.id });
  assert.equal((await victim.socket.closed).code, 4403);
  const took = Date.now() - before;
  for (const [name, got] of Object.entries(await tryEverything(victim, meeting, invite)))
    assert.equal(got, wanted(name), `${name}, as one who was at relay ${relay}`);
  assert.equal(
    host.socket.events.filter((m) => m.type === 'user_joined' && m.data.participant.userId === victim.id).length,
    1,
    'never in again',
  );
  await host.socket.request('lift_ban', { userId: victim.id });
  const back = await openSocket(sys, victim.token, { relay });
  assert.equal((await back.request('join_room', { meetingId: meeting.code })).me.status, 'joined');
  await back.close();
  return took;
}

async function room(options) {
  const made = await makeRoom(sys, ['Host', 'Cohost'], { relayOf: (i) => i, ...options });
  await made.people[0].socket.request('set_role', { userId: made.people[1].id, role: 'cohost' });
  return made;
}

async function comeIn(user, meeting, relay, host) {
  user.socket = await openSocket(sys, user.token, { relay });
  await user.socket.request('join_room', { meetingId: meeting.code });
  await joined(host.socket, user.id);
  return user;
}

test('somebody with an account, at the remover’s relay and at the other one', async (t) => {
  const times = [];
  for (const relay of [0, 1]) {
    const made = await room();
    const victim = await comeIn(await register(sys, 'Victim'), made.meeting, relay, made.people[0]);
    times.push(await removedAndBack(sys, { ...made, victim, relay }));
    await Promise.all(made.people.map((p) => p.socket.close()));
  }
  t.diagnostic(`off the socket after ${times.join(' and ')} ms`);
  assert.ok(Math.min(...times) < AT_ONCE_MS, `${times} ms`);
});

test('a guest, who has a second name in the pocket and asks for a third', async () => {
  const made = await room({ meeting: { allowGuests: true } });
  const {
    meeting,
    people: [host],
  } = made;
  const ask = (displayName) => api(sys).post(`/meetings/${meeting.code}/guests`, { displayName });
  const guest = async (name) => {
    const { user, accessToken } = (await ask(name)).body;
    return { id: user.id, token: accessToken, client: api(sys, accessToken) };
  };
  const victim = await comeIn(await guest('Mallory'), meeting, 1, host);
  const second = await guest('Somebody else');
  await host.socket.request('remove_participant', { userId: victim.id, banNetwork: true });
  assert.equal((await victim.socket.closed).code, 4403);
  const third = await guest('A third');
  const {
    body: { token: invite },
  } = await host.client.post(`/meetings/${meeting.id}/invites`, {});
  const socket = await openSocket(sys, second.token, { relay: 0 });
  assert.equal((await socket.request('join_room', { meetingId: meeting.code })).waiting, true);
  assert.equal((await third.client.post(`/meetings/${meeting.code}/join`, { invite })).body.waiting, true);
  for (const { id } of [second, third])
    await host.socket.waitFor('lobby_joined', (m) => m.data.participant.userId === id);
  await host.socket.request('lift_ban', { userId: victim.id });
  for (const { id } of [second, third]) // housekeeping opens the lobby, which this meeting has none of
    await joined(host.socket, id);
  await Promise.all([socket, ...made.people.map((p) => p.socket)].map((s) => s.close()));
});

test('somebody who waits, and somebody whose connection has just broken', async () => {
  const made = await room({ meeting: { waitingRoom: false } });
  const {
    meeting,
    people: [host],
  } = made;
  const gone = await comeIn(await register(sys, 'Gone'), meeting, 1, host);
  await host.socket.request('meeting_update', { waitingRoom: true });
  const waiting = await register(sys, 'Waiting');
  waiting.socket = await openSocket(sys, waiting.token, { relay: 1 });
  assert.equal((await waiting.socket.request('join_room', { meetingId: meeting.code })).waiting, true);
  gone.socket.terminate();
  await host.socket.waitFor('presence_changed', (m) => m.data.userId === gone.id && !m.data.online);
  for (const user of [waiting, gone]) await host.socket.request('remove_participant', { userId: user.id });
  assert.equal((await waiting.socket.closed).code, 4403);
  for (const user of [waiting, gone]) {
    const socket = await openSocket(sys, user.token, { relay: 0 });
    await refused(socket.request('join_room', { meetingId: meeting.code, since: 1 }), 'removed');
    await socket.close();
  }
  await Promise.all(made.people.map((p) => p.socket.close()));
});
