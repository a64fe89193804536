/* The room as the page knows it: what every event does to it. No browser, no socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addHistory,
  applyEvent,
  can,
  hands,
  may,
  mayDelete,
  mayDo,
  mayReclaim,
  me,
  others,
  roomFromSnapshot,
  withLobby,
  withoutFarMessages,
} from '../../../www/js/room-state.js';

const person = (userId, fields = {}) => ({
  userId,
  displayName: `P${userId}`,
  role: 'participant',
  status: 'joined',
  online: true,
  audio: true,
  video: true,
  screen: false,
  handRaisedAt: null,
  joinedAt: `2026-01-31T10:00:0${userId}.000Z`,
  leftAt: null,
  ...fields,
});
const line = (id, text = `line ${id}`, senderId = 2) => ({
  id,
  sender: { id: senderId, displayName: `P${senderId}` },
  to: null,
  text,
  clientId: `c${id}`,
  createdAt: '2026-01-31T10:00:00.000Z',
});
const RUNS = ['chat', 'delete_any_message', 'remove', 'mute_others', 'use_lobby'];
const permissions = { host: [...RUNS, 'edit_meeting'], cohost: RUNS, participant: ['chat'], guest: [] };
const snapshot = (fields = {}) => ({
  meeting: { id: 7, title: 'Plan', host: { id: 1, displayName: 'P1' } },
  me: person(1, { role: 'host' }),
  participants: [person(2), person(1, { role: 'host' }), person(3, { status: 'left' })],
  messages: [line(1), line(2)],
  permissions,
  lastReadMessageId: 1,
  seq: 5,
  ...fields,
});
const ids = (list) => list.map(({ userId, id }) => userId ?? id);

test('a snapshot shows who is present, in order of joining, and remembers the names of all', () => {
  const room = roomFromSnapshot(snapshot());
  assert.deepEqual(ids(room.participants), [1, 2]);
  assert.deepEqual(room.everyone, { 1: 'P1', 2: 'P2', 3: 'P3' });
  assert.equal(me(room)?.userId, 1);
  assert.deepEqual(ids(others(room)), [2]);
  assert.equal(can(room, 'edit_meeting'), true);
  assert.equal(room.lastRead, 1);
});

test('what was read is what the server keeps; else what was there before one came', () => {
  const lastRead = (lastReadMessageId, joinedAt) =>
    roomFromSnapshot(snapshot({ lastReadMessageId, me: person(1, { joinedAt }) })).lastRead;
  assert.equal(lastRead(1, '2026-01-31T11:00:00.000Z'), 1);
  assert.equal(lastRead(0, '2026-01-31T11:00:00.000Z'), 2, 'lines of 10:00 are no news to somebody of 11:00');
  assert.equal(lastRead(0, '2026-01-31T09:00:00.000Z'), 0);
});

test('of a long chat the newest lines are kept, and some more before any is dropped', () => {
  const room = roomFromSnapshot(snapshot({ messages: Array.from({ length: 13 }, (_, n) => line(n + 1)) }));
  assert.equal(withoutFarMessages(room, 10, 3), room);
  assert.deepEqual(
    ids(withoutFarMessages(addHistory(room, [line(14)]), 10, 3).messages),
    [5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  );
});

test('people come, come again and go', () => {
  let room = roomFromSnapshot(snapshot());
  room = applyEvent(room, { type: 'user_joined', data: { participant: person(4) } });
  room = applyEvent(room, { type: 'user_joined', data: { participant: person(4, { displayName: 'Neu' }) } });
  assert.deepEqual(ids(room.participants), [1, 2, 4]);
  assert.equal(room.everyone[4], 'Neu');
  room = applyEvent(room, { type: 'user_left', data: { userId: 4, reason: 'timeout' } });
  assert.deepEqual(ids(room.participants), [1, 2]);
  assert.equal(room.everyone[4], 'Neu', 'who was there is remembered');
});

test('who was never connected is not taken for somebody who is coming back', () => {
  let room = applyEvent(roomFromSnapshot(snapshot()), {
    type: 'user_joined',
    data: { participant: person(9, { online: false }) },
  });
  assert.ok(!room.participants.find(({ userId }) => userId === 9).lost);
  room = applyEvent(room, { type: 'presence_changed', data: { userId: 9, online: true } });
  room = applyEvent(room, { type: 'presence_changed', data: { userId: 9, online: false } });
  assert.equal(room.participants.find(({ userId }) => userId === 9).lost, true);
});

test('presence, devices, roles and hands change one person', () => {
  let room = roomFromSnapshot(snapshot());
  room = applyEvent(room, { type: 'presence_changed', data: { userId: 2, online: false } });
  room = applyEvent(room, { type: 'media_changed', data: { userId: 2, audio: false, video: false, screen: true } });
  room = applyEvent(room, { type: 'role_changed', data: { userId: 2, role: 'cohost' } });
  room = applyEvent(room, { type: 'hand_raised', data: { userId: 2, handRaisedAt: '2026-01-31T10:05:00.000Z' } });
  assert.deepEqual(
    room.participants[1],
    person(2, {
      online: false,
      lost: true,
      audio: false,
      video: false,
      screen: true,
      role: 'cohost',
      handRaisedAt: '2026-01-31T10:05:00.000Z',
    }),
  );
  room = applyEvent(room, { type: 'hand_raised', data: { userId: 1, handRaisedAt: '2026-01-31T10:04:00.000Z' } });
  assert.deepEqual(ids(hands(room)), [1, 2], 'the first to raise comes first');
  room = applyEvent(room, { type: 'hand_lowered', data: { userId: 1 } });
  assert.deepEqual(ids(hands(room)), [2]);
});

test('the host hands over', () => {
  const room = applyEvent(roomFromSnapshot(snapshot()), {
    type: 'host_changed',
    data: { userId: 2, previousUserId: 1, previousRole: 'cohost' },
  });
  assert.deepEqual(
    room.participants.map(({ role }) => role),
    ['cohost', 'host'],
  );
  assert.deepEqual(room.meeting.host, { id: 2, displayName: 'P2' });
});

test('a line of chat stands once, however it came, and in order', () => {
  let room = roomFromSnapshot(snapshot());
  room = applyEvent(room, { type: 'chat_message', data: { message: line(4) } });
  room = addHistory(room, [line(4), line(3)]);
  room = applyEvent(room, { type: 'chat_message', data: { message: line(4) } });
  assert.deepEqual(ids(room.messages), [1, 2, 3, 4]);
});

test('a fresh snapshot after a long absence brings the chat as it is now', () => {
  const before = roomFromSnapshot(snapshot());
  const now = roomFromSnapshot(snapshot({ messages: [line(2, 'changed meanwhile'), line(3)] }), before);
  assert.deepEqual(
    now.messages.map(({ text }) => text),
    ['changed meanwhile', 'line 3'],
    'line 1 may have been deleted',
  );
});

const EARLY = '2026-01-31T10:01:00.000Z';
const LATE = '2026-01-31T10:02:00.000Z';

test('a line that is edited or deleted changes in its place, and never back', () => {
  let room = roomFromSnapshot(snapshot());
  const change = (type, message) => {
    room = applyEvent(room, { type, data: { message } });
    return room.messages.map(({ text }) => text);
  };
  assert.deepEqual(change('message_edited', { ...line(1, 'second'), editedAt: LATE }), ['second', 'line 2']);
  assert.deepEqual(
    change('message_edited', { ...line(1, 'first'), editedAt: EARLY }),
    ['second', 'line 2'],
    'an old answer comes late',
  );
  assert.deepEqual(change('chat_message', line(1)), ['second', 'line 2']);
  assert.deepEqual(change('message_deleted', { ...line(1, ''), editedAt: LATE, deletedAt: EARLY }), ['', 'line 2']);
  assert.deepEqual(
    change('message_edited', { ...line(1, 'third'), editedAt: LATE }),
    ['', 'line 2'],
    'what is deleted stays so',
  );
  const same = room;
  change('message_edited', { ...line(77, 'never seen'), editedAt: LATE });
  assert.equal(room, same, 'a line that is not at hand does not appear');
});

test('older lines that are fetched again come as they are now', () => {
  const room = addHistory(roomFromSnapshot(snapshot()), [line(0), { ...line(1, 'changed'), editedAt: LATE }]);
  assert.deepEqual(
    room.messages.map(({ text }) => text),
    ['line 0', 'changed', 'line 2'],
  );
});

test('who may delete a line, and who may remove whom', () => {
  const room = roomFromSnapshot(snapshot()); // as the host, user 1
  const as = (role) => ({
    ...room,
    participants: [person(1, { role }), person(2), person(3, { role: 'host' }), person(4, { role: 'cohost' })],
  });
  const secret = { ...line(5), to: { id: 1, displayName: 'P1' } };
  assert.deepEqual(
    ['cohost', 'participant'].map((role) => mayDelete(as(role), line(1))),
    [true, false],
  );
  assert.deepEqual(
    ['cohost', 'participant'].map((role) => mayDelete(as(role), line(1, 'own', 1))),
    [true, true],
  );
  assert.equal(mayDelete(as('cohost'), secret), false, 'what two people write to each other is theirs');
  assert.equal(mayDelete(as('cohost'), { ...line(1), deletedAt: EARLY }), false);
  assert.deepEqual(
    as('cohost').participants.map((one) => mayDo(as('cohost'), 'remove', one)),
    [false, true, false, true],
  );
  assert.deepEqual(
    as('participant').participants.map((one) => mayDo(as('participant'), 'remove', one)),
    [false, false, false, false],
  );
  const made = { ...as('cohost'), meeting: { ...as('cohost').meeting, creator: { id: 2, displayName: 'P2' } } };
  const may2 = (permission) => made.participants.map((one) => mayDo(made, permission, one));
  assert.deepEqual(
    [may2('remove'), may2('mute_others')],
    [
      [false, false, false, true],
      [false, true, false, true],
    ],
    'the creator is not removed',
  );
});

test('the end, updates, and what is not known', () => {
  const room = roomFromSnapshot(snapshot());
  assert.equal(applyEvent(room, { type: 'something_new', data: {} }), room);
  assert.equal(
    applyEvent(room, { type: 'media_changed', data: { userId: 99, audio: true, video: true, screen: true } }),
    room,
  );
  assert.equal(
    applyEvent(room, { type: 'meeting_updated', data: { meeting: { title: 'Other' } } }).meeting.title,
    'Other',
  );
  assert.deepEqual(applyEvent(room, { type: 'meeting_ended', data: { reason: 'ended', by: 2 } }).ended, {
    reason: 'ended',
    by: 2,
  });
});

test('permissions are asked for, by the role that one has now; a guest is a participant without an account', () => {
  let room = roomFromSnapshot(snapshot());
  assert.equal(may(room, person(9), 'chat'), true);
  assert.equal(may(room, person(9, { isGuest: true }), 'chat'), false);
  assert.equal(can(room, 'something_new'), false);
  room = applyEvent(room, {
    type: 'meeting_updated',
    data: { meeting: { allowChat: false }, permissions: { ...permissions, participant: [] }, by: 2 },
  });
  assert.equal(may(room, person(9), 'chat'), false);
  assert.equal(can(room, 'chat'), true);
  room = applyEvent(room, {
    type: 'host_changed',
    data: { userId: 2, previousUserId: 1, previousRole: 'participant' },
  });
  assert.equal(can(room, 'remove'), false);
  assert.equal(mayReclaim({ ...room, meeting: { ...room.meeting, creator: { id: 1 } } }), true);
  assert.equal(mayReclaim({ ...room, meeting: { ...room.meeting, creator: { id: 2 } } }), false);
});

test('who runs the meeting is not muted with all the others; hands go down together; names change', () => {
  let room = roomFromSnapshot(
    snapshot({ participants: [person(1, { role: 'host' }), person(2), person(3, { role: 'cohost' })] }),
  );
  room = applyEvent(room, { type: 'hand_raised', data: { userId: 2, handRaisedAt: EARLY } });
  room = applyEvent(room, { type: 'all_muted', data: { by: 3 } });
  assert.deepEqual(
    room.participants.map(({ audio }) => audio),
    [true, false, true],
  );
  room = applyEvent(room, { type: 'hands_lowered', data: { by: 3 } });
  assert.deepEqual(hands(room), []);
  room = applyEvent(room, { type: 'participant_renamed', data: { userId: 2, displayName: 'Bo, Oslo' } });
  assert.deepEqual([room.participants[1].displayName, room.everyone[2]], ['Bo, Oslo', 'Bo, Oslo']);
});

test('the lobby: a list that was asked for, and the events before, in and after it', () => {
  const joined = (userId, seq) => ({
    type: 'lobby_joined',
    seq,
    data: { participant: person(userId, { status: 'waiting' }) },
  });
  const left = (userId, seq) => ({ type: 'lobby_left', seq, data: { userId, outcome: 'admitted' } });
  let room = roomFromSnapshot(snapshot());
  room = applyEvent(room, joined(5, 6));
  assert.equal(room.lobby, null, 'nothing is known of it yet');
  room = withLobby(room, { items: [person(5), person(6)], seq: 8 }, [left(5, 7), joined(7, 9), left(6, 10)]);
  assert.deepEqual(ids(room.lobby.people), [5, 7], 'what is in the list already is not applied again');
  room = applyEvent(room, joined(6, 8));
  assert.deepEqual(ids(room.lobby.people), [5, 7]);
  room = applyEvent(room, joined(8, 11));
  room = applyEvent(room, left(5, 12));
  assert.deepEqual(ids(room.lobby.people), [7, 8]);
});

test('the host is away until they, or another host, are there', () => {
  const away = applyEvent(roomFromSnapshot(snapshot()), {
    type: 'host_away',
    data: { userId: 1, policy: 'end', endsAt: LATE },
  });
  const is = (room, hostAway, hostAwayEndsAt) =>
    assert.deepEqual(
      [room.meeting.hostAway, room.meeting.hostLossPolicy, room.meeting.hostAwayEndsAt],
      [hostAway, 'end', hostAwayEndsAt],
    );
  is(away, true, LATE);
  is(applyEvent(away, { type: 'user_joined', data: { participant: person(4) } }), true, LATE);
  is(applyEvent(away, { type: 'user_joined', data: { participant: person(1, { role: 'host' }) } }), false, null);
  is(applyEvent(away, { type: 'host_changed', data: { userId: 2, previousUserId: 1 } }), false, null);
  const ending = applyEvent(away, { type: 'meeting_ending', data: { endsAt: LATE } });
  assert.equal(ending.meeting.endsAt, LATE);
  is(ending, true, LATE);
});

test('those who come one after the other, or go, are one line of the chat', () => {
  let room = roomFromSnapshot(snapshot());
  const at = (second) => new Date(Date.parse(EARLY) + second * 1000).toISOString();
  const comes = (seq, n, second) => {
    room = applyEvent(room, { type: 'user_joined', seq, at: at(second), data: { participant: person(n) } });
  };
  for (let n = 0; n < 25; n += 1) comes(6 + n, 10 + n, n);
  assert.equal(room.systemMessages.length, 1);
  assert.deepEqual([room.systemMessages[0].at, room.systemMessages[0].names.length], [at(0), 25]);
  comes(40, 50, 70);
  assert.deepEqual(
    room.systemMessages.map(({ name }) => name),
    ['P10', 'P50'],
    'who comes later has a line of their own',
  );
  room = applyEvent(room, { type: 'user_left', seq: 41, at: at(71), data: { userId: 50, reason: 'left' } });
  room = applyEvent(room, {
    type: 'chat_message',
    seq: 42,
    at: at(72),
    data: { message: { id: 99, sender: { id: 1, displayName: 'P1' }, text: 'x', to: null, createdAt: at(72) } },
  });
  room = applyEvent(room, { type: 'user_left', seq: 43, at: at(73), data: { userId: 11, reason: 'left' } });
  assert.deepEqual(
    room.systemMessages.map(({ key, name }) => `${name} ${key}`),
    ['P10 joined', 'P50 joined', 'P50 left', 'P11 left'],
    'a message stands between what was before it and after',
  );
});

test('what happened is told in the chat: who came, who went, what was set', () => {
  let room = roomFromSnapshot(
    snapshot({ meeting: { id: 7, title: 'Plan', locked: false, allowChat: true, host: { id: 1, displayName: 'P1' } } }),
  );
  const happens = (seq, type, data) => {
    room = applyEvent(room, { type, seq, at: EARLY, data });
  };
  happens(6, 'user_joined', { participant: person(4) });
  happens(7, 'meeting_updated', { meeting: { locked: true }, by: 1 });
  happens(8, 'meeting_updated', { meeting: { locked: false, allowChat: false }, by: 1 });
  happens(9, 'meeting_updated', { meeting: { title: 'Plan B' }, by: 1 });
  happens(10, 'user_left', { userId: 4, reason: 'removed', by: 1 });
  happens(11, 'presence_changed', { userId: 2, online: false });
  assert.deepEqual(
    room.systemMessages.map(({ key }) => key),
    ['joined', 'locked.on', 'settings', 'title', 'removed'],
  );
  assert.deepEqual(room.systemMessages[4], { seq: 10, at: EARLY, key: 'removed', name: 'P4', by: 'P1' });
  applyEvent(room, { type: 'user_left', data: { userId: 2, reason: 'left' } });
  assert.equal(roomFromSnapshot(snapshot(), room).systemMessages.length, 5, 'they outlast an absence');
});
