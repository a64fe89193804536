/* Guests without an account, and invitations. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, ok, people, refused } from './support.mjs';

let sys;
let ada, ben, cleo;
before(async () => {
  sys = await startSystem();
  [ada, ben, cleo] = await people(sys, 'Ada', 'Ben', 'Cleo');
});
after(() => sys?.stop());

const ask = (meeting, body) => api(sys).post(`/meetings/${meeting.code}/guests`, body);

async function guest(meeting, displayName, extra = {}) {
  const answer = ok(await ask(meeting, { displayName, ...extra }), 201);
  assert.equal(answer.user.meetingId, meeting.id);
  return { id: answer.user.id, displayName, token: answer.accessToken, client: api(sys, answer.accessToken) };
}

const invite = async (meeting, input = {}, host = ada) =>
  ok(await host.client.post(`/meetings/${meeting.id}/invites`, input), 201);

test('a guest takes part like anybody else, in this one meeting', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true });
  const other = await createMeeting(ada, { allowGuests: true });
  await join(ada, meeting);
  const grace = await guest(meeting, 'Grace');
  const view = await join(grace, meeting);
  assert.equal(view.me.isGuest, true);
  assert.equal(view.me.displayName, 'Grace');
  assert.ok(view.permissions.guest.includes('chat'));
  ok(await grace.client.post(`/meetings/${meeting.id}/messages`, { text: 'hello', clientId: '1' }), 201);
  ok(await grace.client.patch(`/meetings/${meeting.id}/participants/me`, { audio: true }));
  assert.equal(ok(await grace.client.get(`/meetings/${meeting.code}`)).id, meeting.id);
  for (const request of [
    () => grace.client.get('/users/me'),
    () => grace.client.get('/meetings'),
    () => grace.client.post('/meetings', { title: 'Mine' }),
    () => grace.client.get(`/meetings/${other.code}`),
    () => grace.client.post(`/meetings/${other.code}/join`, {}),
  ])
    refused(await request(), 'forbidden');
  ok(await grace.client.post(`/meetings/${meeting.id}/leave`, {}));
});

test('a meeting that does not allow guests has none, nor one that is over', async () => {
  const meeting = await createMeeting(ada);
  refused(await ask(meeting, { displayName: 'Grace' }), 'guests_not_allowed');
  refused(await ask(meeting, { displayName: '' }), 'validation_failed', 'displayName');
  refused(await ask(meeting, {}), 'validation_failed', 'displayName');
  refused(await ask({ code: 'ZZZZZ2' }, { displayName: 'Grace' }), 'not_found');
  await join(ada, meeting);
  ok(await ada.client.post(`/meetings/${meeting.id}/end`, {}));
  refused(await ask(meeting, { displayName: 'Grace' }), 'meeting_ended');
});

test('whoever has the code and no account learns whether guests can come before giving a name', async () => {
  const look = (meeting, query) =>
    api(sys).get(`/meetings/${meeting.code}/guests${query ? `?${new URLSearchParams(query)}` : ''}`);
  const open = await createMeeting(ada, { allowGuests: true, maxParticipants: 2 });
  const closed = await createMeeting(ada);
  assert.deepEqual(ok(await look(open)), { allowed: true });
  refused(await look(closed), 'guests_not_allowed');
  refused(await look({ code: 'ZZZZZ2' }), 'not_found');
  const { token } = await invite(closed);
  assert.deepEqual(ok(await look(closed, { invite: token })), { allowed: true });
  refused(await look(closed, { invite: 'made-up' }), 'invite_invalid');
  refused(await look(open, { name: 'x' }), 'validation_failed', 'name');
  await join(ada, open);
  await join(ben, open);
  refused(await look(open), 'meeting_full');
  ok(await ada.client.post(`/meetings/${open.id}/end`, {}));
  refused(await look(open), 'meeting_ended');
});

test('a password is asked of guests too, and a lobby waits for them', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true, password: 'tulip', waitingRoom: true });
  await join(ada, meeting);
  const grace = await guest(meeting, 'Grace');
  refused(await grace.client.post(`/meetings/${meeting.code}/join`, {}), 'wrong_password', 'password');
  assert.equal(ok(await grace.client.post(`/meetings/${meeting.code}/join`, { password: 'tulip' })).waiting, true);
});

test('guests wait for a word where that is set; an account or an invitation comes in at once', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true, guestsWait: true });
  const asks = (who, body = {}) => who.client.post(`/meetings/${meeting.code}/join`, body);
  await join(ada, meeting);
  await join(ben, meeting);
  const [grace, heidi, ivan] = [
    await guest(meeting, 'Grace'),
    await guest(meeting, 'Heidi'),
    await guest(meeting, 'Ivan', { invite: (await invite(meeting)).token }),
  ];
  for (const one of [grace, heidi]) assert.equal(ok(await asks(one)).waiting, true);
  await join(ivan, meeting);
  ok(await ada.client.patch(`/meetings/${meeting.id}`, { title: 'Another change lets nobody in' }));
  ok(await ada.client.post(`/meetings/${meeting.id}/lobby/admit`, { userId: grace.id }), 204);
  const names = async () =>
    ok(await ada.client.get(`/meetings/${meeting.id}/participants`))
      .items.filter(({ status }) => status === 'joined')
      .map(({ displayName }) => displayName);
  assert.deepEqual((await names()).sort(), ['Ada', 'Ben', 'Grace', 'Ivan']);
  ok(await grace.client.post(`/meetings/${meeting.id}/leave`, {}));
  assert.equal(ok(await asks(grace)).waiting, true, 'who left asks again, as in any lobby');
  ok(await ada.client.patch(`/meetings/${meeting.id}`, { guestsWait: false }));
  assert.deepEqual((await names()).sort(), ['Ada', 'Ben', 'Grace', 'Heidi', 'Ivan']);
});

test('who was removed does not come back, and nobody else is kept out with them', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true });
  await join(ada, meeting);
  const mallory = await guest(meeting, 'Mallory');
  await join(mallory, meeting);
  ok(await ada.client.delete(`/meetings/${meeting.id}/participants/${mallory.id}`), 204);
  refused(await mallory.client.post(`/meetings/${meeting.code}/join`, {}), 'removed');
  refused(
    await mallory.client.post(`/meetings/${meeting.code}/join`, { invite: (await invite(meeting)).token }),
    'removed',
  );
  await join(await guest(meeting, 'Innocent'), meeting);
  assert.deepEqual(
    ok(await ada.client.get(`/meetings/${meeting.id}/removed`)).items.map((p) => p.userId),
    [mallory.id],
  );
  ok(await ada.client.delete(`/meetings/${meeting.id}/removed/${mallory.id}`), 204);
  refused(await ada.client.delete(`/meetings/${meeting.id}/removed/${mallory.id}`), 'not_found');
  await join(mallory, meeting);
  await guest(meeting, 'Somebody');
});

test('an invitation stands in the place of the password and of an account', async () => {
  const meeting = await createMeeting(ada, { password: 'tulip' });
  await join(ada, meeting);
  const link = await invite(meeting);
  assert.deepEqual([link.role, link.expiresAt, link.maxUses, link.uses], ['participant', null, null, 0]);
  const view = ok(await ben.client.post(`/meetings/${meeting.code}/join`, { invite: link.token }));
  assert.equal(view.me.role, 'participant');
  const grace = await guest(meeting, 'Grace', { invite: link.token });
  ok(await grace.client.post(`/meetings/${meeting.code}/join`, { invite: link.token }));
  assert.equal(ok(await ada.client.get(`/meetings/${meeting.id}/invites`)).items[0].uses, 2);
  ok(await ben.client.post(`/meetings/${meeting.id}/leave`, {}));
  ok(await ben.client.post(`/meetings/${meeting.code}/join`, { invite: link.token }));
  assert.equal(
    ok(await ada.client.get(`/meetings/${meeting.id}/invites`)).items[0].uses,
    2,
    'coming back is no new use',
  );
});

test('an invitation for co-hosts passes lock and lobby; only the host makes one', async () => {
  const meeting = await createMeeting(ada, { waitingRoom: true, locked: true });
  await join(ada, meeting);
  const link = await invite(meeting, { role: 'cohost' });
  assert.equal(ok(await ben.client.post(`/meetings/${meeting.code}/join`, { invite: link.token })).me.role, 'cohost');
  refused(await ben.client.post(`/meetings/${meeting.id}/invites`, { role: 'cohost' }), 'forbidden', 'role');
  ok(await ben.client.post(`/meetings/${meeting.id}/invites`, {}), 201);
  refused(await cleo.client.post(`/meetings/${meeting.code}/invites`, {}), 'forbidden');
  refused(await cleo.client.get(`/meetings/${meeting.code}/invites`), 'forbidden');
});

test('what is no good any more is refused: used up, run out, revoked, made up, of another meeting', async () => {
  const meeting = await createMeeting(ada);
  const other = await createMeeting(ada);
  const knock = (user, token, where = meeting) => user.client.post(`/meetings/${where.code}/join`, { invite: token });
  const once = await invite(meeting, { maxUses: 1 });
  ok(await knock(ben, once.token));
  refused(await knock(cleo, once.token), 'invite_invalid');
  const short = await invite(meeting, { expiresAt: new Date(Date.now() + 60_000).toISOString() });
  await sys.sql('UPDATE invites SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [short.id]);
  refused(await knock(cleo, short.token), 'invite_invalid');
  refused(
    await ada.client.post(`/meetings/${meeting.id}/invites`, { expiresAt: '2020-01-01T00:00:00Z' }),
    'validation_failed',
    'expiresAt',
  );
  const revoked = await invite(meeting);
  ok(await ada.client.delete(`/meetings/${meeting.id}/invites/${revoked.id}`), 204);
  refused(await ada.client.delete(`/meetings/${meeting.id}/invites/${revoked.id}`), 'not_found');
  refused(await knock(cleo, revoked.token), 'invite_invalid');
  const good = await invite(meeting);
  refused(await knock(cleo, good.token, other), 'invite_invalid');
  for (const token of [
    'x',
    '1',
    '1.',
    `${good.id}.AAAAAAAAAAAAAAAAAAAAAA`,
    `${good.id}.${good.token.split('.')[1]}A`,
    good.token.toUpperCase(),
  ])
    refused(await knock(cleo, token), 'invite_invalid', undefined, token);
  ok(await knock(cleo, good.token));
});

test('many take the last places of an invitation at once: no more than it is good for', async () => {
  const meeting = await createMeeting(ada, { maxParticipants: 50 });
  const link = await invite(meeting, { maxUses: 5 });
  const many = await people(sys, ...Array.from({ length: 20 }, (_, i) => `Visitor ${i}`));
  const answers = await Promise.all(
    many.map((user) => user.client.post(`/meetings/${meeting.code}/join`, { invite: link.token })),
  );
  assert.equal(answers.filter((a) => a.status === 200).length, 5);
  assert.ok(answers.every((a) => a.status === 200 || a.body.code === 'invite_invalid'));
  assert.equal(ok(await ada.client.get(`/meetings/${meeting.id}/invites`)).items[0].uses, 5);
});

test('guests are limited by address', async () => {
  const limited = await startSystem({ env: { ECHOMEET_RATE_GUESTS: '3' } });
  try {
    const [host] = await people(limited, 'Host');
    const meeting = await createMeeting(host, { allowGuests: true });
    const codes = [];
    for (let i = 0; i < 5; i++)
      codes.push((await api(limited).post(`/meetings/${meeting.code}/guests`, { displayName: `G${i}` })).status);
    assert.deepEqual(codes, [201, 201, 201, 429, 429]);
  } finally {
    await limited.stop();
  }
});
