/**
 * The room as this page knows it: a pure function of the snapshot and the events after it. No socket, no clock, no
 * view; what an event means for the screen can be tested here without a browser.
 */

/** @typedef {Rest.Role} Role */
/** @typedef {Rest.Participant & {lost?: boolean}} Participant `lost`: not online, and this page saw the connection break */
/** @typedef {Rest.Message} Message */
/**
 * @typedef {object} SystemMessage one that nobody wrote: `system.${key}`
 * @property {number} seq
 * @property {string} at
 * @property {string} key
 * @property {string} [name] @property {string} [by] @property {string} [title]
 * @property {string[]} [names] of all who came, or went, one after the other
 * @property {string} [until] when the last of them did
 */
/** @typedef {{people: Participant[], seq: number} | null} Lobby who waits, as it was after event `seq`; null where it is not known */
/**
 * @typedef {object} Room
 * @property {Rest.Meeting} meeting
 * @property {number} myId
 * @property {Participant[]} participants who is in the room, in order of joining
 * @property {Message[]} messages oldest first
 * @property {Record<number, string>} everyone the names of all who were here while this page was, by user id
 * @property {{reason: string, by: number | null} | null} ended
 * @property {Rest.Permissions} permissions what each role may do under the meeting's settings
 * @property {Lobby} lobby
 * @property {SystemMessage[]} systemMessages who came, who left, what was set; oldest first
 * @property {number} lastRead the newest message of chat that was read, as the server keeps it
 */

/** More of them would push what people wrote out of reach. */
const SYSTEM_MESSAGES_KEPT = 200;
/** Who comes, or goes, so soon after the one before stands in the same line. */
const TOGETHER_MS = 30_000;
/** Settings whose change is told in the chat. */
const TOLD_SETTINGS = /** @type {const} */ ([
  'locked',
  'waitingRoom',
  'allowUnmute',
  'allowShare',
  'allowChat',
  'allowGuests',
  'guestsWait',
  'muteOnEntry',
  'endsOnTime',
  'mediaServer',
]);

/** @param {Rest.Join} ack of join_room @param {Room | null} [before] the room before the absence @returns {Room} */
export function roomFromSnapshot(ack, before = null) {
  const present = ack.participants.filter((person) => person.status === 'joined');
  return {
    meeting: ack.meeting,
    myId: ack.me.userId,
    participants: present.sort(byJoining),
    // Messages from before are not kept: they may have been changed or deleted meanwhile. They can be fetched again.
    messages: mergeMessages([], ack.messages),
    everyone: { ...before?.everyone, ...namesOf(ack.participants) },
    ended: null,
    permissions: ack.permissions ?? {},
    lobby: null,
    systemMessages: before?.systemMessages ?? [],
    lastRead: Math.max(ack.lastReadMessageId || writtenBefore(ack), before?.lastRead ?? 0),
  };
}

/** What was written before this person came is no news to them. @param {Rest.Join} ack @returns {number} the last such message, or 0 */
const writtenBefore = ({ me: { joinedAt }, messages }) =>
  Math.max(0, ...messages.filter(({ createdAt }) => createdAt < joinedAt).map(({ id }) => id));

/** @typedef {import('./protocol.js').RoomEvent} RoomEvent */
/**
 * What happened, as the server tells it or as this page knows it from an answer.
 * @typedef {RoomEvent extends infer Event ? Event extends RoomEvent ? Pick<Event, 'type' | 'data'> & Partial<Event> : never : never} Change
 */

/** @param {Room} room @param {Change} event @returns {Room} the same object where nothing changed */
export function applyEvent(room, event) {
  const now = changed(room, event);
  const told = event.seq ? systemMessageOf(room, event) : null;
  if (!told) return now;
  const message = { seq: event.seq ?? 0, at: event.at ?? '', ...told };
  return { ...now, systemMessages: withSystemMessage(now, message) };
}

/** Those who come one after the other, or go, are one line. @param {Room} room @param {SystemMessage} message */
function withSystemMessage({ systemMessages, messages }, message) {
  const last = systemMessages.at(-1);
  const until = last?.until ?? last?.at ?? '';
  const together =
    last?.key === message.key &&
    ['joined', 'left'].includes(message.key) &&
    Date.parse(message.at) - Date.parse(until) < TOGETHER_MS &&
    !((messages.at(-1)?.createdAt ?? '') > last.at);
  if (!together) return [...systemMessages.slice(1 - SYSTEM_MESSAGES_KEPT), message];
  const names = [...(last.names ?? [last.name ?? '']), message.name ?? ''];
  return [...systemMessages.slice(0, -1), { ...last, names, until: message.at }];
}

/** @param {Room} room @param {Change} event @returns {Room} */
function changed(room, { type, data, at, seq }) {
  switch (type) {
    case 'user_joined':
      return joined(room, data.participant);
    case 'user_left':
      if (data.userId === room.myId) return room; // then this room is over for this page
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
      return updated(room, data);
    case 'participant_renamed':
      return change({ ...room, everyone: { ...room.everyone, [data.userId]: data.displayName } }, data.userId, {
        displayName: data.displayName,
      });
    case 'all_muted':
      return {
        ...room,
        participants: room.participants.map((person) => (runs(person) ? person : { ...person, audio: false })),
      };
    case 'hands_lowered':
      return {
        ...room,
        participants: room.participants.map((person) =>
          person.handRaisedAt ? { ...person, handRaisedAt: null } : person,
        ),
      };
    case 'lobby_joined':
    case 'lobby_left':
      return { ...room, lobby: lobbyChanged(room.lobby, /** @type {Change} */ ({ type, data, seq })) };
    case 'host_away':
      return withMeeting(room, { hostAway: true, hostLossPolicy: data.policy, hostAwayEndsAt: data.endsAt });
    case 'meeting_ending':
      return withMeeting(room, { endsAt: data.endsAt });
    case 'meeting_ended':
      return { ...room, ended: { reason: data.reason, by: data.by ?? null } };
    default:
      return room;
  }
}

/**
 * Who waits, from a list that was asked for: events may have overtaken it, or may still tell what is in it already.
 * @param {Room} room @param {{items: Participant[], seq: number}} list @param {Change[]} meanwhile of the lobby, since it was asked for
 * @returns {Room}
 */
export function withLobby(room, { items, seq }, meanwhile) {
  /** @type {Lobby} */
  const start = { people: items, seq };
  return { ...room, lobby: meanwhile.reduce(lobbyChanged, start) };
}

/** @param {Lobby} lobby @param {Change} event @returns {Lobby} */
function lobbyChanged(lobby, { type, data, seq = 0 }) {
  if (!lobby || seq <= lobby.seq) return lobby;
  const userId = type === 'lobby_joined' ? data.participant.userId : data.userId;
  const rest = lobby.people.filter((person) => person.userId !== userId);
  return { seq, people: type === 'lobby_joined' ? [...rest, data.participant] : rest };
}

/** What this person may do, by the server's own table. @param {Room} room @param {Rest.Permission} permission */
export const can = (room, permission) => may(room, me(room), permission);

/** @param {Room} room @param {Participant | undefined} person @param {Rest.Permission} permission */
export function may(room, person, permission) {
  if (!person) return false;
  const role = person.role === 'participant' && person.isGuest ? 'guest' : person.role;
  return Boolean(room.permissions[role]?.includes(permission));
}

/** Who made the meeting may take the host's seat back. @param {Room} room */
export const mayReclaim = (room) => room.meeting.creator?.id === room.myId && me(room)?.role !== 'host';

/** Older messages fetched later. @param {Room} room @param {Message[]} messages @returns {Room} */
export const addHistory = (room, messages) => ({ ...room, messages: mergeMessages(room.messages, messages) });

/** With so many of the newest messages, once there are some more than that. @param {Room} room @param {number} kept @param {number} slack @returns {Room} */
export const withoutFarMessages = (room, kept, slack) =>
  room.messages.length > kept + slack ? { ...room, messages: room.messages.slice(-kept) } : room;

/** @param {Room} room @returns {Participant | undefined} */
export const me = (room) => room.participants.find(({ userId }) => userId === room.myId);

/** @param {Room} room */
export const others = (room) => room.participants.filter(({ userId }) => userId !== room.myId);

/** Raised hands, the first to raise first. @param {Room} room */
export const hands = (room) =>
  room.participants
    .filter(({ handRaisedAt }) => handRaisedAt)
    .sort((a, b) => String(a.handRaisedAt).localeCompare(String(b.handRaisedAt)) || a.userId - b.userId);

/** Whether this person may delete that message. @param {Room} room @param {Message} message */
export const mayDelete = (room, message) =>
  !message.deletedAt && (message.sender.id === room.myId || (can(room, 'delete_any_message') && !message.to));

/** Whether this person may do that to another one: nobody but the host changes anything of the host's. @param {Room} room @param {Rest.Permission} permission @param {Participant} person */
export const mayDo = (room, permission, person) =>
  can(room, permission) && person.role !== 'host' && person.userId !== room.myId && !staysIn(room, permission, person);

/** The creator is not removed, and whom the lobby lets pass is not put into it. @param {Room} room @param {Rest.Permission} permission @param {Participant} person */
function staysIn(room, permission, { userId, role }) {
  const creator = userId === room.meeting.creator?.id;
  return permission === 'remove' ? creator : permission === 'use_lobby' && (creator || role === 'cohost');
}

/** Host and co-hosts, whom "mute all" leaves alone. @param {Participant} person */
const runs = (person) => person.role !== 'participant';

/** @param {Room} room @param {Participant} participant @returns {Room} */
function joined(room, participant) {
  const rest = room.participants.filter(({ userId }) => userId !== participant.userId);
  const hostIsBack = room.meeting.hostAway && room.meeting.host.id === participant.userId;
  return {
    ...(hostIsBack ? withMeeting(room, HOST_IS_HERE) : room),
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

/** @param {Room} room @param {{userId: number, previousRole?: Role}} data @returns {Room} */
function hostChanged(room, { userId, previousRole = 'participant' }) {
  const participants = room.participants.map((person) => {
    if (person.userId === userId) return { ...person, role: /** @type {Role} */ ('host') };
    return person.role === 'host' ? { ...person, role: previousRole } : person;
  });
  const host = { id: userId, displayName: room.everyone[userId] ?? '' };
  return withMeeting({ ...room, participants }, { ...HOST_IS_HERE, host });
}

/** @param {Room} room @param {{meeting: Partial<Rest.Meeting>, permissions?: Rest.Permissions}} data @returns {Room} */
function updated(room, { meeting, permissions }) {
  const now = { ...room.meeting, ...meeting };
  if (!now.hasPassword) now.password = null;
  return { ...room, meeting: now, permissions: permissions ?? room.permissions };
}

/** @param {Room} room @param {Partial<Rest.Meeting>} fields @returns {Room} */
const withMeeting = (room, fields) => ({ ...room, meeting: { ...room.meeting, ...fields } });

const HOST_IS_HERE = { hostAway: false, hostAwayEndsAt: null };

/** What is told of an event in the chat, by `room` as it was before. @param {Room} room @param {Change} event @returns {{key: string, name?: string, by?: string, title?: string} | null} */
function systemMessageOf(room, { type, data }) {
  const name = room.everyone[/** @type {{userId: number}} */ (data)?.userId] ?? '';
  const by = room.everyone[/** @type {{by: number}} */ (data)?.by] ?? '';
  switch (type) {
    case 'user_joined':
      return { key: 'joined', name: data.participant.displayName };
    case 'user_left':
      return {
        key: { removed: 'removed', lobby: 'sentBack' }[/** @type {string} */ (data.reason)] ?? 'left',
        name,
        by,
      };
    case 'participant_renamed':
      return { key: 'renamed', name, by: data.displayName };
    case 'role_changed':
      return { key: data.role === 'cohost' ? 'cohost' : 'participant', name };
    case 'host_changed':
      return { key: 'host', name };
    case 'all_muted':
      return { key: 'allMuted', name: by };
    case 'meeting_updated':
      return settingsMessage(room, data.meeting, by);
    default:
      return null;
  }
}

/** One change is told in words; several at once would fill the chat. @param {Room} room @param {Partial<Rest.Meeting>} meeting @param {string} name who did it */
function settingsMessage(room, meeting, name) {
  const others = TOLD_SETTINGS.filter((setting) => setting in meeting && meeting[setting] !== room.meeting[setting]);
  const titled = 'title' in meeting && meeting.title !== room.meeting.title;
  if (titled && others.length === 0) return { key: 'title', name, title: meeting.title };
  if (others.length === 1 && !titled) return { key: `${others[0]}.${meeting[others[0]] ? 'on' : 'off'}`, name };
  return others.length > 0 ? { key: 'settings', name } : null;
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

/** A message that is not at hand stays away: it comes as it is now when it is fetched. @param {Message[]} have @param {Message} message */
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
