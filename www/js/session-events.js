/**
 * What a room event does beside changing the room that is shown (that is in room-state.js): media, notifications, the
 * end. One row for each type; a type that is not here does nothing more.
 */
import { t } from './i18n.js';
import { me } from './room-state.js';
import { settings } from './settings.js';
import { announce, notify } from './toasts.js';

/** @typedef {import('./meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('./protocol.js').RoomEvent} RoomEvent */
/**
 * The room is as it is after the event.
 * @template {RoomEvent['type']} Type
 * @typedef {(call: MeetingSession, event: Extract<RoomEvent, {type: Type}>, room: import('./room-state.js').Room) => void} Effect
 */

/** How it is told that somebody is gone. @type {Record<string, import('./i18n.js').Key>} */
const LEFT = { removed: 'notification.removed', lobby: 'notification.sentBack' };

/** @type {{[Type in RoomEvent['type']]?: Effect<Type>}} */
export const EFFECTS = {
  user_joined({ mediaControl }, { data: { participant } }, room) {
    mediaControl.peopleChanged(participant);
    if (participant.userId !== room.myId) notify('notification.joined', participant.displayName);
  },
  user_left({ mediaControl, chat }, { data: { userId, by, reason } }, room) {
    mediaControl.peopleChanged();
    chat.left(userId);
    // Who sent them away has been told already.
    if (userId !== room.myId && by !== room.myId) notify(LEFT[reason] ?? 'notification.left', room.everyone[userId]);
  },
  presence_changed({ mediaControl }, { data }) {
    mediaControl.peopleChanged(data);
  },
  chat_message({ chat }, { data }) {
    chat.arrived(data.message);
  },
  hand_raised(_call, { data: { userId } }, room) {
    if (userId !== room.myId) notify('notification.hand', room.everyone[userId]);
  },
  role_changed(_call, { data: { userId, role } }, room) {
    if (userId === room.myId) notify(role === 'cohost' ? 'notification.cohostNow' : 'notification.cohostNoLonger');
  },
  host_changed(_call, { data: { userId } }, room) {
    notify(userId === room.myId ? 'notification.hostNow' : 'notification.newHost', room.everyone[userId]);
  },
  unmute_asked({ store }, { data: { by } }, room) {
    store.set({ unmuteAsked: { by } });
    announce(t('unmute.question', { name: room.everyone[by] ?? '' }));
  },
  all_muted({ mediaControl }, { data: { by } }, room) {
    if (me(room)?.role === 'participant' && by !== room.myId)
      mediaControl.applyRemoteMute({ audio: false }, room.everyone[by]);
  },
  media_changed({ mediaControl }, { data: { userId, by, audio, video, screen } }, room) {
    if (userId === room.myId && by && by !== room.myId)
      mediaControl.applyRemoteMute({ audio, video, screen }, room.everyone[by]);
  },
  media_moved({ roomMedia }, { data }) {
    roomMedia?.move(data);
  },
  lobby_joined({ lobby }, event) {
    lobby.changed(event);
    // Who has the list of them open sees it there.
    notify('notification.waits', event.data.participant.displayName, settings.get().panel !== 'people');
  },
  lobby_left({ lobby }, event) {
    lobby.changed(event);
  },
  meeting_ended({ client }) {
    client?.close('ended');
  },
};
