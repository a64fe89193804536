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
 * @property {boolean} online false while the seat is kept for a connection that broke
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
  // Lines known from before are kept only where nothing can be missing between them and the new ones.
  const known = new Set(before?.messages.map(({ id }) => id));
  const overlap = ack.messages.some((/** @type {Message} */ { id }) => known.has(id));
  const present = ack.participants.filter((/** @type {Participant} */ person) => person.status === 'joined');
  return {
    meeting: ack.meeting,
    myId: ack.me.userId,
    participants: present.sort(byJoining),
    messages: mergeMessages(before && overlap ? before.messages : [], ack.messages),
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
      return change(room, data.userId, { online: data.online });
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
      return { ...room, messages: mergeMessages(room.messages, [data.message]) };
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

/** @param {Message[]} have @param {Message[]} more @returns {Message[]} each once, by id */
function mergeMessages(have, more) {
  const known = new Set(have.map(({ id }) => id));
  const added = more.filter(({ id }) => !known.has(id));
  if (added.length === 0) return have;
  return [...have, ...added].sort((a, b) => a.id - b.id);
}

/** @param {Participant[]} people */
const namesOf = (people) => Object.fromEntries(people.map(({ userId, displayName }) => [userId, displayName]));

/** @param {Participant} a @param {Participant} b */
const byJoining = (a, b) => String(a.joinedAt).localeCompare(String(b.joinedAt)) || a.userId - b.userId;
