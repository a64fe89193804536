/* Ways in that are closed must be closed to everybody who did not come in by them before: invitations of guests, roles that a
 * link gave, networks of removed people, more guests than seats. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMeeting, join, ok, people, refused } from '../api/support.mjs';
import { api, openSocket } from '../lib/client.mjs';
import { callFrom } from '../lib/front.mjs';
import { startSystem } from '../lib/system.mjs';

let sys, ada, ben, cleo, dan;
before(async () => {
  sys = await startSystem({ workers: { api: 4, relay: 2 } });
  [ada, ben, cleo, dan] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Dan');
});
after(() => sys?.stop());

const at = (meeting, tail = '') => `/meetings/${meeting.id}${tail}`;
const invite = async (meeting, input = {}) => ok(await ada.client.post(at(meeting, '/invites'), input), 201);
const uses = async (meeting, link) =>
  ok(await ada.client.get(at(meeting, '/invites'))).items.find((i) => i.id === link.id).uses;
const leave = async (user, meeting) => ok(await user.client.post(at(meeting, '/leave'), {}));
const change = async (meeting, settings) => ok(await ada.client.patch(at(meeting), settings));
const knock = (user, meeting, body = {}) => user.client.post(`/meetings/${meeting.code}/join`, body);
const seated = async (meeting) =>
  (await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ? AND status = 1', [meeting.id]))[0].n;

async function guest(meeting, link, address = '127.0.0.1') {
  const {
    body: { user, accessToken },
  } = await callFrom(address, sys.base)('POST', `/meetings/${meeting.code}/guests`, {
    displayName: 'G',
    ...(link ? { invite: link.token } : {}),
  });
  const call = callFrom(address, sys.base);
  return {
    id: user.id,
    token: accessToken,
    address,
    client: api(sys, accessToken),
    join: (body = {}) => call('POST', `/meetings/${meeting.code}/join`, body, { token: accessToken }),
  };
}

/* --- how a guest came belongs to the guest ------------------------------------------------------------------ */

test('a guest made by an invitation needs it still when they come in', async () => {
  const meeting = await createMeeting(ada);
  await join(ada, meeting);
  const once = await invite(meeting, { maxUses: 1 });
  const guests = [await guest(meeting, once), await guest(meeting, once), await guest(meeting, once)];
  assert.equal(await uses(meeting, once), 0, 'making a guest is no use of it yet');
  ok(await guests[0].join());
  refused(await guests[1].join(), 'invite_invalid');
  assert.equal(await uses(meeting, once), 1);
  await leave(guests[0], meeting);
  ok(await guests[0].join()); // who came by it comes back by it
  assert.equal(await uses(meeting, once), 1);

  const revoked = await invite(meeting),
    short = await invite(meeting, { expiresAt: new Date(Date.now() + 60_000).toISOString() });
  const late = [await guest(meeting, revoked), await guest(meeting, short)];
  ok(await ada.client.delete(at(meeting, `/invites/${revoked.id}`)), 204);
  await sys.sql('UPDATE invites SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [short.id]);
  for (const g of late) refused(await g.join(), 'invite_invalid');

  await change(meeting, { allowGuests: true });
  const [seat, no] = [await guest(meeting), await guest(meeting)];
  ok(await seat.join());
  await change(meeting, { allowGuests: false });
  refused(await no.join(), 'guests_not_allowed');
  refused(await seat.join(), 'already_joined');
  await leave(seat, meeting);
  refused(await seat.join(), 'guests_not_allowed');
  await change(meeting, { allowGuests: true });
  ok(await late[0].join());
  ok(await no.join());
});

test('twenty guests at once by an invitation for one: one is in', async () => {
  const meeting = await createMeeting(ada);
  await join(ada, meeting);
  const once = await invite(meeting, { maxUses: 1 });
  const guests = [];
  for (let i = 0; i < 20; i++) guests.push(await guest(meeting, once));
  const codes = (await Promise.all(guests.map((g) => g.join())))
    .map(({ status, body }) => (status === 200 ? 'ok' : body.code))
    .sort();
  assert.deepEqual(codes, [...Array(19).fill('invite_invalid'), 'ok']);
  assert.equal(await seated(meeting), 2);
  assert.equal(await uses(meeting, once), 1);
});

test('each person counts once for each invitation, when they take a seat', async () => {
  const meeting = await createMeeting(ada, { password: 'tulip' });
  await join(ada, meeting);
  const [q, j] = [await invite(meeting), await invite(meeting)];
  for (const link of [q, j, q, j]) {
    ok(await knock(ben, meeting, { invite: link.token }));
    await leave(ben, meeting);
  }
  assert.deepEqual([await uses(meeting, q), await uses(meeting, j)], [1, 1]);

  const one = await invite(meeting, { maxUses: 1 });
  await change(meeting, { waitingRoom: true });
  assert.equal(ok(await knock(cleo, meeting, { invite: one.token })).waiting, true);
  ok(await ada.client.post(at(meeting, '/lobby/refuse'), { userId: cleo.id }), 204);
  assert.equal(await uses(meeting, one), 0, 'who was refused has not come');
  assert.equal(ok(await knock(dan, meeting, { invite: one.token })).waiting, true);
  ok(await ada.client.post(at(meeting, '/lobby/admit'), { userId: dan.id }), 204);
  assert.equal(await uses(meeting, one), 1);
  refused(await knock(cleo, meeting, { invite: one.token }), 'invite_invalid');
});

test('who waits by an invitation that is used up meanwhile waits for a word when the lobby opens by itself', async () => {
  const meeting = await createMeeting(ada);
  await join(ada, meeting);
  await change(meeting, { waitingRoom: true });
  const one = await invite(meeting, { maxUses: 1 });
  const [first, second] = [await guest(meeting, one), await guest(meeting, one)];
  for (const g of [first, second]) assert.equal(ok(await g.join()).waiting, true);
  await change(meeting, { waitingRoom: false });
  assert.deepEqual(
    ok(await ada.client.get(at(meeting, '/lobby'))).items.map((p) => p.userId),
    [second.id],
  );
  assert.equal(await uses(meeting, one), 1);
  ok(await ada.client.post(at(meeting, '/lobby/admit'), { userId: second.id }), 204);
  assert.equal(await seated(meeting), 3);
  assert.equal(await uses(meeting, one), 1, 'a word is no use of the invitation');
});

test('a kept seat is resumed, whatever became of the invitation', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true });
  await join(ada, meeting);
  const link = await invite(meeting);
  const g = await guest(meeting, link);
  const socket = await openSocket(sys, g.token, { relay: 0 });
  await socket.request('join_room', { meetingId: meeting.code, invite: link.token });
  socket.terminate();
  ok(await ada.client.delete(at(meeting, `/invites/${link.id}`)), 204);
  await change(meeting, { allowGuests: false });
  const back = await openSocket(sys, g.token, { relay: 0 });
  assert.equal((await back.request('join_room', { meetingId: meeting.code, invite: link.token })).me.userId, g.id);
  await back.close();
});

/* --- co-hosts by link ---------------------------------------------------------------------------------------- */

test('a link makes somebody a co-host once: not again after they were demoted, or removed and forgiven', async () => {
  for (const undo of [
    (m) => ada.client.patch(at(m, `/participants/${ben.id}`), { role: 'participant' }),
    async (m) => {
      await ada.client.delete(at(m, `/participants/${ben.id}`));
      return ada.client.delete(at(m, `/removed/${ben.id}`));
    },
  ]) {
    const meeting = await createMeeting(ada);
    await join(ada, meeting);
    const [link, other] = [await invite(meeting, { role: 'cohost', maxUses: 1 }), await invite(meeting)];
    assert.equal(ok(await knock(ben, meeting, { invite: link.token })).me.role, 'cohost');
    await leave(ben, meeting);
    assert.equal(ok(await knock(ben, meeting)).me.role, 'cohost', 'the role stays');
    assert.ok((await undo(meeting)).status < 300);
    await ben.client.post(at(meeting, '/leave'), {});
    for (const token of [link.token, other.token, link.token]) {
      assert.equal(ok(await knock(ben, meeting, { invite: token })).me.role, 'participant');
      await leave(ben, meeting);
    }
    await change(meeting, { locked: true });
    refused(await knock(ben, meeting, { invite: link.token }), 'meeting_locked');
    await change(meeting, { locked: false, waitingRoom: true });
    assert.equal(ok(await knock(ben, meeting, { invite: link.token })).waiting, true);
    await leave(ben, meeting);
    const anew = await invite(meeting, { role: 'cohost' });
    assert.equal(
      ok(await knock(ben, meeting, { invite: anew.token })).me.role,
      'cohost',
      'a new link is the host’s new word',
    );
  }
});

test('links make no more than a hundred co-hosts, also many at once', async () => {
  const meeting = await createMeeting(ada, { maxParticipants: 1000 });
  await join(ada, meeting);
  const link = await invite(meeting, { role: 'cohost' });
  const row = ([user]) => [meeting.id, user.id, user.displayName, 2, 2, new Date(), new Date()];
  const before = await people(sys, ...Array(97).fill('Cohost'));
  await sys.sql(
    'INSERT INTO participants (meeting_id, user_id, display_name, role, status, joined_at, left_at) VALUES ?',
    [before.map((user) => row([user]))],
  );
  const more = await people(sys, ...Array(12).fill('More'));
  const answers = await Promise.all(more.map((user) => knock(user, meeting, { invite: link.token })));
  assert.equal(answers.filter(({ status }) => status === 200).length, 3);
  const problem = answers.find(({ status }) => status !== 200);
  assert.match(refused(problem, 'invite_invalid').detail, /100 co-hosts/);
  assert.equal(await uses(meeting, link), 3);
  const [{ n }] = await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ? AND role = 2', [
    meeting.id,
  ]);
  assert.equal(n, 100);
  const one = more[answers.indexOf(problem)];
  assert.equal(ok(await knock(one, meeting)).me.role, 'participant', 'without it they come in like anybody');
});

test('however many co-hosts with however large ids a meeting has, its lobby works', async () => {
  const meeting = await createMeeting(ada, { maxParticipants: 5000, waitingRoom: true });
  await join(ada, meeting);
  const rows = Array.from({ length: 1200 }, (_, i) => [
    meeting.id,
    `1000000000000000${String(i).padStart(3, '0')}`,
    'Old',
    2,
    2,
    new Date(),
    new Date(),
  ]);
  await sys.sql(
    'INSERT INTO participants (meeting_id, user_id, display_name, role, status, joined_at, left_at) VALUES ?',
    [rows],
  );
  const socket = await openSocket(sys, ada.token, { relay: 0 });
  await socket.request('join_room', { meetingId: meeting.id });
  assert.equal(ok(await knock(ben, meeting)).waiting, true);
  await socket.waitFor('lobby_joined', (m) => m.data.participant.userId === ben.id);
  ok(await ada.client.delete(at(meeting, `/participants/${ben.id}`)), 204);
  ok(await ada.client.delete(at(meeting, `/removed/${ben.id}`)), 204);
  await socket.waitFor('ban_lifted');
  await socket.close();
});

/* --- networks of removed people ------------------------------------------------------------------------------ */

const lobby = async (meeting) =>
  ok(await ada.client.get(at(meeting, '/lobby')))
    .items.map((p) => p.userId)
    .sort();
const joinFrom = (address, user, meeting, body = {}) =>
  callFrom(address, sys.base)('POST', `/meetings/${meeting.code}/join`, body, { token: user.token });

test('removing one guest keeps nobody else of their network out', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true });
  await join(ada, meeting);
  const bad = await guest(meeting, null, '127.0.0.9');
  ok(await bad.join());
  ok(await ada.client.delete(at(meeting, `/participants/${bad.id}`)), 204);
  refused(await bad.join(), 'removed');
  const innocent = await guest(meeting, null, '127.0.0.9');
  assert.equal(ok(await innocent.join()).me.status, 'joined');
  assert.deepEqual(
    ok(await ada.client.get(at(meeting, '/removed'))).items.map((p) => [p.userId, p.banNetwork]),
    [[bad.id, false]],
  );
});

test('where it is asked for, new people of that network wait for a word, and are not told why', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true, hostLossPolicy: 'lock' });
  const socket = await openSocket(sys, ada.token, { relay: 0 });
  await socket.request('join_room', { meetingId: meeting.id });
  const [bad, friend, early] = [
    await guest(meeting, null, '127.0.0.9'),
    await guest(meeting, null, '127.0.0.9'),
    await guest(meeting, null, '127.0.0.9'),
  ];
  ok(await bad.join());
  ok(await friend.join());
  await socket.request('remove_participant', { userId: bad.id, banNetwork: true });
  assert.deepEqual(
    ok(await ada.client.get(at(meeting, '/removed'))).items.map((p) => [p.userId, p.banNetwork]),
    [[bad.id, true]],
  );
  await leave(friend, meeting);
  assert.equal(ok(await friend.join()).me.status, 'joined', 'who was in before is no stranger');

  const anew = await guest(meeting, null, '127.0.0.9');
  const cohost = await invite(meeting, { role: 'cohost' });
  for (const [name, way] of Object.entries({
    'made before': () => early.join(),
    'a new guest': () => anew.join(),
    'an account': () => joinFrom('127.0.0.9', ben, meeting),
    'by a co-host’s link': () => joinFrom('127.0.0.9', cleo, meeting, { invite: cohost.token }),
  })) {
    const view = ok(await way());
    assert.deepEqual([view.waiting, view.me.status], [true, 'waiting'], name);
    assert.ok(!JSON.stringify(view).includes('emoved'), name);
  }
  const held = [early.id, anew.id, ben.id, cleo.id].sort();
  assert.equal(ok(await joinFrom('127.0.0.10', dan, meeting)).me.status, 'joined', 'other networks are none of it');
  // nothing but a word lets them in
  await change(meeting, { waitingRoom: true });
  await change(meeting, { waitingRoom: false, joinBeforeHost: true });
  await socket.request('leave_room');
  await socket.request('join_room', { meetingId: meeting.id });
  assert.deepEqual(await lobby(meeting), held);
  ok(await ben.client.post(at(meeting, '/leave'), {}));
  assert.equal(ok(await joinFrom('127.0.0.9', ben, meeting)).waiting, true, 'nor does coming again');
  ok(await ada.client.post(at(meeting, '/lobby/admit'), { userId: cleo.id }), 204);
  assert.equal(ok(await cleo.client.get(at(meeting, '/participants/me'))).role, 'participant');
  ok(await cleo.client.post(at(meeting, '/leave'), {}));
  assert.equal(ok(await joinFrom('127.0.0.9', cleo, meeting)).me.status, 'joined', 'who was let in once is known');

  // forgiving the one forgives the network
  await socket.request('lift_ban', { userId: bad.id });
  for (const g of [early, anew]) await socket.waitFor('user_joined', (m) => m.data.participant.userId === g.id);
  assert.deepEqual(await lobby(meeting), []);
  ok(await (await guest(meeting, null, '127.0.0.9')).join());
  await socket.close();
});

test('the network is the one that somebody came from last, and those who wait there already are held', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true });
  await join(ada, meeting);
  const bad = await guest(meeting, null, '127.0.0.9');
  ok(await bad.join());
  const socket = await openSocket(sys, bad.token, { relay: 0, options: { localAddress: '127.0.0.11' } });
  await socket.request('join_room', { meetingId: meeting.id });
  await change(meeting, { waitingRoom: true });
  const waits = await guest(meeting, null, '127.0.0.11');
  assert.equal(ok(await waits.join()).waiting, true);
  ok(await ada.client.delete(at(meeting, `/participants/${bad.id}?banNetwork=true`)), 204);
  await change(meeting, { waitingRoom: false });
  assert.deepEqual(await lobby(meeting), [waits.id]);
  assert.equal(ok(await (await guest(meeting, null, '127.0.0.9')).join()).me.status, 'joined');
  // a second word about somebody who is out already
  ok(await ada.client.delete(at(meeting, `/participants/${bad.id}`)), 204);
  assert.deepEqual(
    ok(await ada.client.get(at(meeting, '/removed'))).items.map((p) => p.banNetwork),
    [true],
  );
  refused(
    await ada.client.delete(at(meeting, `/participants/${bad.id}?banNetwork=maybe`)),
    'validation_failed',
    'banNetwork',
  );
});

/* --- guests and seats ---------------------------------------------------------------------------------------- */

test('no more guests are made than seats are left; those who never come keep nobody out', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true, maxParticipants: 5 });
  await join(ada, meeting);
  const make = () => api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'G' });
  const inside = await guest(meeting);
  ok(await inside.join());
  for (let i = 0; i < 3; i++) ok(await make(), 201);
  const late = await guest(meeting);
  ok(await late.join());
  for (const g of [await guest(meeting), await guest(meeting)]) assert.equal((await g.join()).status, 200);
  refused(await make(), 'meeting_full');
  const link = await invite(meeting, { role: 'cohost' });
  ok(await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'G', invite: link.token }), 201); // who runs it gets in
  await leave(late, meeting);
  await sys.sql('UPDATE users SET created_at = created_at - INTERVAL 26 HOUR WHERE guest_of = ?', [meeting.id]);
  ok(await make(), 201);
  const rows = await sys.sql('SELECT id FROM users WHERE guest_of = ? ORDER BY id', [meeting.id]);
  assert.equal(rows.length, 5, 'who never came while the token was good is forgotten');
  assert.equal(Number(rows[0].id), inside.id, 'who did is not');
});

test('how many guests may be on their way has an end as well, for a minute', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true, maxParticipants: 5 });
  const make = () => api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'G' });
  for (let i = 0; i < 5; i++) ok(await make(), 201);
  refused(await make(), 'meeting_full');
  await sys.sql('UPDATE users SET created_at = created_at - INTERVAL 61 SECOND WHERE guest_of = ?', [meeting.id]);
  ok(await make(), 201);
});
