/**
 * What a room event does beside changing the room that is shown (that is in room-state.js) and being told
 * (call-alerts.js): media, this person's own role, the end. One row for each type; a type that is not here does nothing more.
 */
import { me } from './room-state.js';
import { notify } from './toasts.js';

/** @typedef {import('./meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('./protocol.js').RoomEvent} RoomEvent */
/**
 * The room is as it is after the event.
 * @template {RoomEvent['type']} Type
 * @typedef {(call: MeetingSession, event: Extract<RoomEvent, {type: Type}>, room: import('./room-state.js').Room) => void} Effect
 */

/** @type {{[Type in RoomEvent['type']]?: Effect<Type>}} */
export const EFFECTS = {
  user_joined({ mediaControl }, { data: { participant } }) {
    mediaControl.peopleChanged(participant);
  },
  user_left({ mediaControl, chat }, { data: { userId } }) {
    mediaControl.peopleChanged();
    chat.left(userId);
  },
  presence_changed({ mediaControl }, { data }) {
    mediaControl.peopleChanged(data);
  },
  chat_message({ chat }, { data }) {
    chat.arrived(data.message);
  },
  role_changed(_call, { data: { userId, role } }, room) {
    if (userId === room.myId) notify(role === 'cohost' ? 'notification.cohostNow' : 'notification.cohostNoLonger');
  },
  host_changed(_call, { data: { userId } }, room) {
    notify(userId === room.myId ? 'notification.hostNow' : 'notification.newHost', room.everyone[userId]);
  },
  unmute_asked({ store }, { data: { by } }) {
    store.set({ unmuteAsked: { by } });
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
  },
  lobby_left({ lobby }, event) {
    lobby.changed(event);
  },
  meeting_ended({ client }) {
    client?.close('ended');
  },
};
