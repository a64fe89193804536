/* The room as the page knows it: what every event does to it. No browser, no socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addHistory, applyEvent, hands, isHosting, mayDelete, mayRemove, me, others, roomFromSnapshot } from '../../../www/js/room-state.js';

const person = (userId, fields = {}) => ({
  userId, displayName: `P${userId}`, role: 'participant', status: 'joined', online: true, audio: true, video: true, screen: false,
  handRaisedAt: null, joinedAt: `2026-01-31T10:00:0${userId}.000Z`, leftAt: null, ...fields,
});
const line = (id, text = `line ${id}`, senderId = 2) => ({
  id, sender: { id: senderId, displayName: `P${senderId}` }, to: null, text, clientId: `c${id}`, createdAt: '2026-01-31T10:00:00.000Z',
});
const snapshot = (fields = {}) => ({
  meeting: { id: 7, title: 'Plan', host: { id: 1, displayName: 'P1' } }, me: person(1, { role: 'host' }),
  participants: [person(2), person(1, { role: 'host' }), person(3, { status: 'left' })], messages: [line(1), line(2)], seq: 5, ...fields,
});
const ids = (list) => list.map(({ userId, id }) => userId ?? id);

test('a snapshot shows who is present, in order of joining, and remembers the names of all', () => {
  const room = roomFromSnapshot(snapshot());
  assert.deepEqual(ids(room.participants), [1, 2]);
  assert.deepEqual(room.everyone, { 1: 'P1', 2: 'P2', 3: 'P3' });
  assert.equal(me(room)?.userId, 1);
  assert.deepEqual(ids(others(room)), [2]);
  assert.equal(isHosting(me(room)), true);
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
  let room = applyEvent(roomFromSnapshot(snapshot()), { type: 'user_joined', data: { participant: person(9, { online: false }) } });
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
  assert.deepEqual(room.participants[1], person(2, {
    online: false, lost: true, audio: false, video: false, screen: true, role: 'cohost', handRaisedAt: '2026-01-31T10:05:00.000Z',
  }));
  room = applyEvent(room, { type: 'hand_raised', data: { userId: 1, handRaisedAt: '2026-01-31T10:04:00.000Z' } });
  assert.deepEqual(ids(hands(room)), [1, 2], 'the first to raise comes first');
  room = applyEvent(room, { type: 'hand_lowered', data: { userId: 1 } });
  assert.deepEqual(ids(hands(room)), [2]);
});

test('the host hands over', () => {
  const room = applyEvent(roomFromSnapshot(snapshot()), { type: 'host_changed', data: { userId: 2, previousUserId: 1 } });
  assert.deepEqual(room.participants.map(({ role }) => role), ['participant', 'host']);
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
  assert.deepEqual(now.messages.map(({ text }) => text), ['changed meanwhile', 'line 3'], 'line 1 may have been deleted');
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
  assert.deepEqual(change('message_edited', { ...line(1, 'first'), editedAt: EARLY }), ['second', 'line 2'], 'an old answer comes late');
  assert.deepEqual(change('chat_message', line(1)), ['second', 'line 2']);
  assert.deepEqual(change('message_deleted', { ...line(1, ''), editedAt: LATE, deletedAt: EARLY }), ['', 'line 2']);
  assert.deepEqual(change('message_edited', { ...line(1, 'third'), editedAt: LATE }), ['', 'line 2'], 'what is deleted stays so');
  const same = room;
  change('message_edited', { ...line(77, 'never seen'), editedAt: LATE });
  assert.equal(room, same, 'a line that is not at hand does not appear');
});

test('older lines that are fetched again come as they are now', () => {
  const room = addHistory(roomFromSnapshot(snapshot()), [line(0), { ...line(1, 'changed'), editedAt: LATE }]);
  assert.deepEqual(room.messages.map(({ text }) => text), ['line 0', 'changed', 'line 2']);
});

test('who may delete a line, and who may remove whom', () => {
  const room = roomFromSnapshot(snapshot()); // as the host, user 1
  const as = (role) => ({ ...room, participants: [person(1, { role }), person(2), person(3, { role: 'host' }), person(4, { role: 'cohost' })] });
  const secret = { ...line(5), to: { id: 1, displayName: 'P1' } };
  assert.deepEqual(['cohost', 'participant'].map((role) => mayDelete(as(role), line(1))), [true, false]);
  assert.deepEqual(['cohost', 'participant'].map((role) => mayDelete(as(role), line(1, 'own', 1))), [true, true]);
  assert.equal(mayDelete(as('cohost'), secret), false, 'what two people write to each other is theirs');
  assert.equal(mayDelete(as('cohost'), { ...line(1), deletedAt: EARLY }), false);
  assert.deepEqual(as('cohost').participants.map((one) => mayRemove(as('cohost'), one)), [false, true, false, true]);
  assert.deepEqual(as('participant').participants.map((one) => mayRemove(as('participant'), one)), [false, false, false, false]);
});

test('the end, updates, and what is not known', () => {
  const room = roomFromSnapshot(snapshot());
  assert.equal(applyEvent(room, { type: 'something_new', data: {} }), room);
  assert.equal(applyEvent(room, { type: 'media_changed', data: { userId: 99, audio: true, video: true, screen: true } }), room);
  assert.equal(applyEvent(room, { type: 'meeting_updated', data: { meeting: { title: 'Other' } } }).meeting.title, 'Other');
  assert.deepEqual(applyEvent(room, { type: 'meeting_ended', data: { reason: 'ended', by: 2 } }).ended, { reason: 'ended', by: 2 });
});
