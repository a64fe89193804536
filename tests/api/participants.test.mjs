/* The people in a meeting: roles, hands, media, removal, and the host's seat. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, logOf, meetingOf, ok, people, refused, rowsOf, seatsOf } from './support.mjs';

let sys;
let ada, ben, cleo, dan, eve;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben, cleo, dan, eve] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Dan', 'Eve');
});
after(() => sys?.stop());

const list = async (user, meeting) => ok(await user.client.get(`/meetings/${meeting.code}/participants`)).items;
const patch = (user, meeting, whom, body) =>
  user.client.patch(`/meetings/${meeting.code}/participants/${whom.id ?? whom}`, body);
const remove = (user, meeting, whom) => user.client.delete(`/meetings/${meeting.code}/participants/${whom.id ?? whom}`);
const handOver = (user, meeting, whom) =>
  user.client.post(`/meetings/${meeting.code}/host`, { userId: whom.id ?? whom });
const join_ = (user, meeting) => user.client.post(`/meetings/${meeting.code}/join`);
const lastEvent = async (meeting) => (await logOf(sys, meeting)).at(-1);
const hostOf = async (meeting) => ok(await ada.client.get(`/meetings/${meeting.code}`)).host.id;

test('the list has everybody who is in, in the order of coming', async () => {
  const meeting = await createMeeting(ada, { isPublic: true });
  assert.deepEqual(await list(ada, meeting), []);
  for (const user of [cleo, ada, ben]) await join(user, meeting);
  const people = await list(eve, meeting);
  assert.deepEqual(
    people.map((p) => [p.userId, p.displayName, p.role, p.status]),
    [
      [cleo.id, 'Cleo', 'participant', 'joined'],
      [ada.id, 'Ada', 'host', 'joined'],
      [ben.id, 'Ben', 'participant', 'joined'],
    ],
  );
  ok(await cleo.client.post(`/meetings/${meeting.code}/leave`));
  assert.deepEqual(
    (await list(ada, meeting)).map((p) => p.userId),
    [ada.id, ben.id],
  );
  refused(await ada.client.get('/meetings/999999/participants'), 'not_found');
  refused(await api(sys).get(`/meetings/${meeting.code}/participants`), 'unauthorized');
});

test('the host makes co-hosts and takes it back', async () => {
  const meeting = await meetingOf(ada, ben);
  for (const role of ['cohost', 'participant']) {
    assert.equal(ok(await patch(ada, meeting, ben, { role })).role, role);
    const { type, data } = await lastEvent(meeting);
    assert.deepEqual([type, data], ['role_changed', { userId: ben.id, role, by: ada.id }]);
    const events = (await logOf(sys, meeting)).length;
    ok(await patch(ada, meeting, ben, { role }));
    assert.equal((await logOf(sys, meeting)).length, events, 'nothing changed, nothing is told');
    assert.equal((await list(ada, meeting)).find((p) => p.userId === ben.id).role, role);
  }
});

test('nobody else gives roles, and the host’s own does not change that way', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  ok(await patch(ada, meeting, ben, { role: 'cohost' }));
  for (const user of [ben, cleo, eve])
    for (const whom of [ada, ben, cleo])
      refused(
        await patch(user, meeting, whom, { role: 'cohost' }),
        'forbidden',
        undefined,
        `${user.displayName} → ${whom.displayName}`,
      );
  refused(await patch(ada, meeting, ada, { role: 'participant' }), 'conflict');
  refused(await patch(ada, meeting, ada, { role: 'cohost' }), 'conflict');
  assert.equal(await hostOf(meeting), ada.id);
});

test('a role is for people who are in the meeting', async () => {
  const meeting = await meetingOf(ada, ben);
  refused(await patch(ada, meeting, eve, { role: 'cohost' }), 'not_found');
  ok(await ben.client.post(`/meetings/${meeting.code}/leave`));
  refused(await patch(ada, meeting, ben, { role: 'cohost' }), 'not_found');
  for (const whom of ['999999', '0', '-1', 'x', '1.5', '99999999999999999999', '%20'])
    refused(await patch(ada, meeting, whom, { role: 'cohost' }), 'not_found', undefined, whom);
  refused(await patch(ada, { id: 999999 }, ben, { role: 'cohost' }), 'not_found');
});

test('one raises and lowers one’s own hand', async () => {
  const meeting = await meetingOf(ada, ben);
  const raised = ok(await patch(ben, meeting, ben, { handRaised: true }));
  assert.ok(raised.handRaisedAt);
  assert.deepEqual((await lastEvent(meeting)).data, { userId: ben.id, handRaisedAt: raised.handRaisedAt });
  const again = ok(await patch(ben, meeting, 'me', { handRaised: true }));
  assert.equal(again.handRaisedAt, raised.handRaisedAt, 'the place in the queue stays');
  assert.equal(ok(await patch(ben, meeting, ben, { handRaised: false })).handRaisedAt, null);
  const log = (await logOf(sys, meeting)).slice(2);
  assert.deepEqual(
    log.map((e) => [e.type, e.data.userId]),
    [
      ['hand_raised', ben.id],
      ['hand_lowered', ben.id],
    ],
  );
  refused(await patch(ada, meeting, ben, { handRaised: true }), 'forbidden');
});

test('one switches one’s own media, each alone or together', async () => {
  const meeting = await meetingOf(ada, ben);
  const media = ({ audio, video, screen }) => [audio, video, screen];
  assert.deepEqual(media(ok(await patch(ben, meeting, ben, { audio: true }))), [true, false, false]);
  assert.deepEqual(media(ok(await patch(ben, meeting, ben, { video: true, screen: true }))), [true, true, true]);
  assert.deepEqual(media(ok(await patch(ben, meeting, ben, { audio: false, screen: true }))), [false, true, true]);
  ok(await patch(ben, meeting, ben, { audio: false }));
  const log = (await logOf(sys, meeting)).slice(2);
  assert.deepEqual(
    log.map((e) => [e.type, ...media(e.data)]),
    [
      ['media_changed', true, false, false],
      ['media_changed', true, true, true],
      ['media_changed', false, true, true],
    ],
  );
  assert.deepEqual((await list(ada, meeting)).map(media), [
    [false, false, false],
    [false, true, true],
  ]);
  for (const user of [ada, eve]) refused(await patch(user, meeting, ben, { audio: true }), 'forbidden');
  refused(await patch(eve, meeting, eve, { audio: true }), 'not_joined');
  refused(await patch(eve, meeting, eve, { handRaised: true }), 'not_joined');
});

test('a wrong change of a participant is refused and named', async () => {
  const meeting = await meetingOf(ada, ben);
  for (const [body, field] of [
    [{ role: 'host' }, 'role'],
    [{ role: 'admin' }, 'role'],
    [{ role: 'cohost|participant' }, 'role'],
    [{ role: '' }, 'role'],
    [{ role: null }, 'role'],
    [{ role: 2 }, 'role'],
    [{ handRaised: 'true' }, 'handRaised'],
    [{ handRaised: null }, 'handRaised'],
    [{ audio: 1 }, 'audio'],
    [{ video: 'on' }, 'video'],
    [{ screen: {} }, 'screen'],
    [{ audio: true, mic: true }, 'mic'],
    [{ status: 'removed' }, 'status'],
    [{}, undefined],
    [{ role: 'cohost', handRaised: true }, undefined],
    [{ handRaised: true, audio: true }, undefined],
  ])
    refused(await patch(ada, meeting, ada, body), 'validation_failed', field, JSON.stringify(body));
  assert.equal((await logOf(sys, meeting)).length, 2);
});

test('who is removed is out, and stays out', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  ok(await remove(ada, meeting, ben), 204);
  const { type, data } = await lastEvent(meeting);
  assert.deepEqual([type, data], ['user_left', { userId: ben.id, reason: 'removed', by: ada.id }]);
  assert.deepEqual(
    (await list(ada, meeting)).map((p) => p.userId),
    [ada.id, cleo.id],
  );
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 2, counted: 2 });
  refused(await join_(ben, meeting), 'removed');
  refused(await ben.client.post(`/meetings/${meeting.code}/join`), 'removed');
  refused(await ben.client.post(`/meetings/${meeting.code}/leave`), 'not_joined');
  refused(await ben.client.post(`/meetings/${meeting.code}/messages`, { text: 'hi', clientId: '1' }), 'not_joined');
  refused(await ben.client.get(`/meetings/${meeting.code}/messages`), 'removed');
  refused(await ben.client.get(`/meetings/${meeting.code}/events`), 'removed');
  ok(await remove(ada, meeting, ben), 204); // again changes nothing
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 2, counted: 2 });
  refused(await join_(ben, meeting), 'removed');
});

test('who was removed from a private meeting does not see it any more', async () => {
  const meeting = await createMeeting(ada, { isPublic: false });
  await join(ada, meeting);
  await join(ben, meeting);
  ok(await remove(ada, meeting, ben), 204);
  refused(await ben.client.get(`/meetings/${meeting.code}`), 'forbidden');
  await join(cleo, meeting);
  ok(await cleo.client.post(`/meetings/${meeting.code}/leave`));
  ok(await cleo.client.get(`/meetings/${meeting.code}`)); // who was in sees it, until they are kept out
  ok(await remove(ada, meeting, cleo), 204);
  refused(await cleo.client.get(`/meetings/${meeting.code}`), 'forbidden');
  assert.ok(!ok(await ben.client.get('/meetings?pageSize=100&sort=-createdAt')).items.some((m) => m.id === meeting.id));
  assert.ok(!ok(await ben.client.get('/meetings?onlyJoined=true&pageSize=100')).items.some((m) => m.id === meeting.id));
});

test('who has left can be kept out, too', async () => {
  const meeting = await meetingOf(ada, ben);
  ok(await ben.client.post(`/meetings/${meeting.code}/leave`));
  ok(await remove(ada, meeting, ben), 204);
  ok(await remove(ada, meeting, ben), 204); // they are kept out already: nothing more is told
  refused(await join_(ben, meeting), 'removed');
  assert.deepEqual(await seatsOf(sys, meeting), { counter: 1, counted: 1 });
  const log = await logOf(sys, meeting);
  assert.deepEqual(
    log.slice(-2).map((e) => e.type),
    ['user_left', 'user_banned'],
  );
  assert.deepEqual([log.at(-1).audience, log.at(-1).data], [`${ada.id}`, { userId: ben.id, by: ada.id }]);
  assert.equal(ok(await ada.client.get(`/meetings/${meeting.code}/audit`)).items.at(-1).type, 'user_banned');
});

test('host and co-hosts remove, others do not, and nobody removes the host', async () => {
  const meeting = await meetingOf(ada, ben, cleo, dan);
  for (const user of [ben, eve]) {
    refused(await remove(user, meeting, cleo), 'forbidden');
    refused(await remove(user, meeting, ada), 'forbidden');
  }
  ok(await patch(ada, meeting, ben, { role: 'cohost' }));
  refused(await remove(ben, meeting, ada), 'forbidden');
  refused(await remove(ada, meeting, ada), 'forbidden');
  ok(await remove(ben, meeting, cleo), 204);
  ok(await remove(ada, meeting, ben), 204);
  refused(await remove(ben, meeting, dan), 'forbidden', undefined, 'who was removed is co-host no more');
  assert.equal(await hostOf(meeting), ada.id);
  for (const whom of [eve, 999999, 'x', 0]) refused(await remove(ada, meeting, whom), 'not_found');
  refused(await remove(ada, { id: 999999 }, ben), 'not_found');
});

test('a co-host who has left does nothing from outside', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  ok(await patch(ada, meeting, ben, { role: 'cohost' }));
  ok(await ben.client.post(`/meetings/${meeting.code}/leave`));
  refused(await remove(ben, meeting, cleo), 'forbidden');
  refused(await ben.client.post(`/meetings/${meeting.code}/end`), 'forbidden');
});

test('nobody removes the creator, who takes the host’s seat back; nor themselves', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  ok(await handOver(ada, meeting, ben), 204);
  refused(await remove(ben, meeting, ada), 'forbidden');
  ok(await patch(ben, meeting, cleo, { role: 'cohost' }));
  refused(await remove(cleo, meeting, cleo), 'forbidden');
  assert.deepEqual(
    (await list(ada, meeting)).map((p) => p.userId),
    [ada.id, ben.id, cleo.id],
  );
  ok(await handOver(ada, meeting, ada), 204);
  assert.equal(await hostOf(meeting), ada.id);
});

test('a co-host who was removed, in or not, comes back as a participant when that is lifted', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  for (const user of [ben, cleo]) ok(await patch(ada, meeting, user, { role: 'cohost' }));
  ok(await cleo.client.post(`/meetings/${meeting.code}/leave`));
  for (const user of [ben, cleo]) {
    ok(await remove(ada, meeting, user), 204);
    ok(await ada.client.delete(`/meetings/${meeting.code}/removed/${user.id}`), 204);
    assert.equal((await join(user, meeting)).me.role, 'participant');
  }
});

test('removing the last one inside ends the meeting', async () => {
  const meeting = await createMeeting(ada);
  await join(ben, meeting);
  ok(await remove(ada, meeting, ben), 204);
  const now = ok(await ada.client.get(`/meetings/${meeting.code}`));
  assert.deepEqual([now.status, now.participantCount], [3, 0]);
  assert.equal((await rowsOf(sys, meeting))[0].status, 3, 'and still as removed');
});

test('the host hands over', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  ok(await handOver(ada, meeting, ben), 204);
  assert.equal(await hostOf(meeting), ben.id);
  const { type, data } = await lastEvent(meeting);
  assert.deepEqual(
    [type, data],
    ['host_changed', { userId: ben.id, previousUserId: ada.id, previousRole: 'participant' }],
  );
  assert.deepEqual(
    (await list(ada, meeting)).map((p) => p.role),
    ['participant', 'host', 'participant'],
  );
  refused(await handOver(cleo, meeting, cleo), 'forbidden', undefined, 'only the creator takes it back');
  refused(await patch(ada, meeting, cleo, { role: 'cohost' }), 'forbidden');
  ok(await handOver(ben, meeting, cleo), 204);
  ok(await handOver(cleo, meeting, ada), 204);
  assert.equal(await hostOf(meeting), ada.id);
});

test('the host’s seat goes only to people in the meeting', async () => {
  const meeting = await meetingOf(ada, ben);
  for (const whom of [eve, 999999]) refused(await handOver(ada, meeting, whom), 'not_found');
  for (const user of [ben, eve]) refused(await handOver(user, meeting, ben), 'forbidden');
  const events = (await logOf(sys, meeting)).length;
  ok(await handOver(ada, meeting, ada), 204);
  assert.equal((await logOf(sys, meeting)).length, events, 'to oneself changes nothing');
  for (const [body, field] of [
    [{}, 'userId'],
    [{ userId: 0 }, 'userId'],
    [{ userId: String(ben.id) }, 'userId'],
    [{ userId: null }, 'userId'],
    [{ userId: 1.5 }, 'userId'],
    [{ userId: ben.id, force: true }, 'force'],
  ])
    refused(await ada.client.post(`/meetings/${meeting.code}/host`, body), 'validation_failed', field);
  refused(await handOver(ada, { id: 999999 }, ben), 'not_found');
  assert.equal(await hostOf(meeting), ada.id);
});

test('a meeting that is over has nobody to act on', async () => {
  const meeting = await meetingOf(ada, ben);
  ok(await ada.client.post(`/meetings/${meeting.code}/end`));
  assert.deepEqual(await list(ada, meeting), []);
  refused(await remove(ada, meeting, ben), 'meeting_ended');
  refused(await handOver(ada, meeting, ben), 'meeting_ended');
  refused(await patch(ada, meeting, ben, { role: 'cohost' }), 'meeting_ended');
  refused(await patch(ben, meeting, ben, { audio: true }), 'meeting_ended');
  const cancelled = await meetingOf(ada, ben);
  ok(await ada.client.delete(`/meetings/${cancelled.code}`), 204);
  refused(await remove(ada, cancelled, ben), 'meeting_cancelled');
  refused(await handOver(ada, cancelled, ben), 'meeting_cancelled');
});

test('those who run the meeting switch off, lower and rename, never switch on, and never the host', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  ok(await patch(ada, meeting, ben, { role: 'cohost' }));
  ok(await patch(cleo, meeting, cleo, { audio: true, video: true, screen: true }));
  ok(await patch(ben, meeting, cleo, { audio: false, screen: false }));
  let last = await lastEvent(meeting);
  assert.deepEqual(
    [last.type, last.data],
    ['media_changed', { userId: cleo.id, audio: false, video: true, screen: false, by: ben.id }],
  );
  refused(await patch(ben, meeting, cleo, { audio: true }), 'forbidden');
  ok(await patch(cleo, meeting, cleo, { handRaised: true }));
  refused(await patch(cleo, meeting, ben, { handRaised: false }), 'forbidden');
  ok(await patch(ben, meeting, cleo, { handRaised: false }));
  last = await lastEvent(meeting);
  assert.deepEqual([last.type, last.data], ['hand_lowered', { userId: cleo.id, by: ben.id }]);
  refused(await patch(ben, meeting, cleo, { handRaised: true }), 'forbidden');
  assert.equal(ok(await patch(ben, meeting, cleo, { displayName: 'Cleo B.' })).displayName, 'Cleo B.');
  ok(await patch(cleo, meeting, cleo, { displayName: 'Cleo' }));
  refused(await patch(cleo, meeting, ben, { displayName: 'Benny' }), 'forbidden');
  for (const change of [{ audio: false }, { handRaised: false }, { displayName: 'Boss' }])
    refused(await patch(ben, meeting, ada, change), 'forbidden', undefined, JSON.stringify(change));
});

test('who comes back has the name that they had in this meeting', async () => {
  const meeting = await meetingOf(ada, ben);
  ok(await patch(ada, meeting, ben, { displayName: 'Ben from Oslo' }));
  ok(await ben.client.post(`/meetings/${meeting.code}/leave`));
  assert.equal((await join(ben, meeting)).me.displayName, 'Ben from Oslo');
  const { data } = await lastEvent(meeting);
  assert.equal(data.participant.displayName, 'Ben from Oslo');
});

test('all muted but host and co-hosts, all hands down, somebody asked to unmute', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  ok(await patch(ada, meeting, ben, { role: 'cohost' }));
  for (const user of [ada, ben, cleo])
    for (const change of [{ audio: true }, { handRaised: true }]) ok(await patch(user, meeting, user, change));
  const path = `/meetings/${meeting.code}`;
  refused(await cleo.client.post(`${path}/mute-all`, {}), 'forbidden');
  ok(await ben.client.post(`${path}/mute-all`, {}), 204);
  assert.deepEqual(
    (await list(ada, meeting)).map((p) => p.audio),
    [true, true, false],
  );
  ok(await ada.client.post(`${path}/lower-hands`, {}), 204);
  assert.ok((await list(ada, meeting)).every((p) => p.handRaisedAt === null));
  const events = (await logOf(sys, meeting)).length;
  ok(await ada.client.post(`${path}/lower-hands`, {}), 204);
  ok(await ada.client.post(`${path}/participants/${ben.id}/ask-unmute`, {}), 204);
  assert.equal((await logOf(sys, meeting)).length, events, 'no hand is up, and Ben is not muted');
  ok(await ada.client.post(`${path}/participants/${cleo.id}/ask-unmute`, {}), 204);
  const asked = (await logOf(sys, meeting)).at(-1);
  assert.deepEqual([asked.type, asked.audience], ['unmute_asked', `${cleo.id}`]);
});

test('what the meeting does not allow, host and co-hosts still do', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  ok(await patch(ada, meeting, ben, { role: 'cohost' }));
  ok(await ben.client.patch(`/meetings/${meeting.code}`, { allowUnmute: false, allowShare: false, allowChat: false }));
  refused(await ben.client.patch(`/meetings/${meeting.code}`, { title: 'Mine' }), 'forbidden');
  for (const user of [ada, ben, cleo])
    for (const change of [{ audio: true }, { screen: true }])
      if (user === cleo) refused(await patch(user, meeting, user, change), 'forbidden');
      else ok(await patch(user, meeting, user, change));
  refused(await cleo.client.post(`/meetings/${meeting.code}/messages`, { text: 'hi', clientId: '1' }), 'forbidden');
  ok(await ben.client.post(`/meetings/${meeting.code}/messages`, { text: 'hi', clientId: '1' }), 201);
  ok(await patch(cleo, meeting, cleo, { video: true }));
});
