/**
 * The room as this page knows it: a pure function of the snapshot and the events after it. No socket, no clock, no
 * view; what an event means for the screen can be tested here without a browser.
 */

/** @typedef {'host' | 'cohost' | 'participant'} Role */
/**
 * @typedef {object} Participant
 * @property {number} userId
 * @property {string} displayName
 * @property {Role} role
 * @property {'joined' | 'left' | 'removed'} status
 * @property {boolean} online false while the seat is kept for a connection that broke, or that never was (a join by REST)
 * @property {boolean} [lost] not online, and this page saw the connection break
 * @property {boolean} audio
 * @property {boolean} video
 * @property {boolean} screen
 * @property {string | null} handRaisedAt
 * @property {string} joinedAt
 * @property {string | null} leftAt
 */
/**
 * @typedef {object} Message
 * @property {number} id
 * @property {{id: number, displayName: string}} sender
 * @property {{id: number, displayName: string} | null} to
 * @property {string} text
 * @property {string} clientId
 * @property {string} createdAt
 * @property {string | null} [editedAt]
 * @property {string | null} [deletedAt] when it was deleted; its text is empty then
 */
/**
 * @typedef {object} Room
 * @property {any} meeting
 * @property {number} myId
 * @property {Participant[]} participants who is in the room, in order of joining
 * @property {Message[]} messages oldest first
 * @property {Record<number, string>} everyone the names of all who were here while this page was, by user id
 * @property {{reason: string, by: number | null} | null} ended
 */

/** @param {any} ack the ack of join_room @param {Room | null} [before] the room before the absence @returns {Room} */
export function roomFromSnapshot(ack, before = null) {
  const present = ack.participants.filter((/** @type {Participant} */ person) => person.status === 'joined');
  return {
    meeting: ack.meeting,
    myId: ack.me.userId,
    participants: present.sort(byJoining),
    // Lines from before are not kept: they may have been changed or deleted meanwhile. They can be fetched again.
    messages: mergeMessages([], ack.messages),
    everyone: { ...before?.everyone, ...namesOf(ack.participants) },
    ended: null,
  };
}

/**
 * @param {Room} room @param {{type: string, data: any, at?: string}} event
 * @returns {Room} the same object where nothing changed
 */
export function applyEvent(room, { type, data, at }) {
  switch (type) {
    case 'user_joined':
      return joined(room, data.participant);
    case 'user_left':
      return { ...room, participants: room.participants.filter(({ userId }) => userId !== data.userId) };
    case 'presence_changed':
      return change(room, data.userId, { online: data.online, lost: !data.online });
    case 'media_changed':
      return change(room, data.userId, { audio: data.audio, video: data.video, screen: data.screen });
    case 'hand_raised':
      return change(room, data.userId, { handRaisedAt: data.handRaisedAt ?? at ?? null });
    case 'hand_lowered':
      return change(room, data.userId, { handRaisedAt: null });
    case 'role_changed':
      return change(room, data.userId, { role: data.role });
    case 'host_changed':
      return hostChanged(room, data);
    case 'chat_message':
      return withMessages(room, mergeMessages(room.messages, [data.message]));
    case 'message_edited':
    case 'message_deleted':
      return withMessages(room, replaceMessage(room.messages, data.message));
    case 'meeting_updated':
      return { ...room, meeting: { ...room.meeting, ...data.meeting } };
    case 'meeting_ended':
      return { ...room, ended: { reason: data.reason, by: data.by ?? null } };
    default:
      return room;
  }
}

/** Older lines fetched later. @param {Room} room @param {Message[]} messages @returns {Room} */
export const addHistory = (room, messages) => ({ ...room, messages: mergeMessages(room.messages, messages) });

/** @param {Room} room @returns {Participant | undefined} */
export const me = (room) => room.participants.find(({ userId }) => userId === room.myId);

/** @param {Room} room */
export const others = (room) => room.participants.filter(({ userId }) => userId !== room.myId);

/** Raised hands, the first to raise first. @param {Room} room */
export const hands = (room) => room.participants
  .filter(({ handRaisedAt }) => handRaisedAt)
  .sort((a, b) => String(a.handRaisedAt).localeCompare(String(b.handRaisedAt)) || a.userId - b.userId);

/** Whether this person may delete that line. @param {Room} room @param {Message} message */
export const mayDelete = (room, message) => !message.deletedAt
  && (message.sender.id === room.myId || (isHosting(me(room)) && !message.to));

/** Whether this person may keep that one out. @param {Room} room @param {Participant} person */
export const mayRemove = (room, person) => isHosting(me(room)) && person.role !== 'host' && person.userId !== room.myId;

/** @param {Participant | undefined} person may end the meeting, remove people … */
export const isHosting = (person) => person?.role === 'host' || person?.role === 'cohost';

/** @param {Room} room @param {Participant} participant @returns {Room} */
function joined(room, participant) {
  const rest = room.participants.filter(({ userId }) => userId !== participant.userId);
  return {
    ...room,
    participants: [...rest, participant].sort(byJoining),
    everyone: { ...room.everyone, ...namesOf([participant]) },
  };
}

/** @param {Room} room @param {number} userId @param {Partial<Participant>} fields @returns {Room} */
function change(room, userId, fields) {
  if (!room.participants.some((person) => person.userId === userId)) return room;
  return {
    ...room,
    participants: room.participants.map((person) => (person.userId === userId ? { ...person, ...fields } : person)),
  };
}

/** @param {Room} room @param {{userId: number, previousUserId?: number | null}} data @returns {Room} */
function hostChanged(room, { userId }) {
  const participants = room.participants.map((person) => {
    if (person.userId === userId) return { ...person, role: /** @type {Role} */ ('host') };
    return person.role === 'host' ? { ...person, role: /** @type {Role} */ ('participant') } : person;
  });
  const host = { id: userId, displayName: room.everyone[userId] ?? '' };
  return { ...room, participants, meeting: { ...room.meeting, host } };
}

/** @param {Room} room @param {Message[]} messages @returns {Room} */
const withMessages = (room, messages) => (messages === room.messages ? room : { ...room, messages });

/** @param {Message[]} have @param {Message[]} more @returns {Message[]} each once, by id, as it was last */
function mergeMessages(have, more) {
  const known = new Set(have.map(({ id }) => id));
  const added = more.filter(({ id }) => !known.has(id));
  const updated = more.filter(({ id }) => known.has(id)).reduce(replaceMessage, have);
  if (added.length === 0) return updated;
  return [...updated, ...added].sort((a, b) => a.id - b.id);
}

/** A line that is not at hand stays away: it comes as it is now when it is fetched. @param {Message[]} have @param {Message} message */
function replaceMessage(have, message) {
  const known = have.find(({ id }) => id === message.id);
  if (!known || !isNewer(message, known)) return have;
  return have.map((one) => (one.id === message.id ? message : one));
}

/** An answer may be older than an event that overtook it. @param {Message} a @param {Message} b */
function isNewer(a, b) {
  if (a.deletedAt || b.deletedAt) return !b.deletedAt;
  return String(a.editedAt ?? '') > String(b.editedAt ?? '');
}

/** @param {Participant[]} people */
const namesOf = (people) => Object.fromEntries(people.map(({ userId, displayName }) => [userId, displayName]));

/** @param {Participant} a @param {Participant} b */
const byJoining = (a, b) => String(a.joinedAt).localeCompare(String(b.joinedAt)) || a.userId - b.userId;
