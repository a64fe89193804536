/**
 * What tells a person in a call that something happened: notifications, sounds, the system's own notifications while the
 * tab is in the background, and what a screen reader says. What an event changes is in room-state.js and session-events.js.
 */
import { crowdText } from './crowd.js';
import { t } from './i18n.js';
import { settings } from './settings.js';
import { playSound } from './sounds.js';
import { notifySystem } from './system-notifications.js';
import { announce, dismissGroup, notify, toast } from './toasts.js';

/** @typedef {import('./meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('./protocol.js').RoomEvent} RoomEvent */
/** @typedef {import('./room-state.js').Message} Message */
/** @typedef {import('./room-state.js').Room} Room */

/** Who comes within this time of the one before is told in one line with them. */
const BURST_MS = 5_000;
/** That line is read out when it has been the same for so long. */
const SETTLED_MS = 700;
/** A preview is not the place to read a letter. */
const PREVIEW_LETTERS = 140;
/** How it is told that somebody is gone who did not just leave. @type {Record<string, import('./i18n.js').Key>} */
const SENT_AWAY = { removed: 'notification.removed', lobby: 'notification.sentBack' };

/** @typedef {'joined' | 'left'} Move */

export class CallAlerts {
  #call;
  #unsubscribe;
  /** Who came or went lately. @type {Record<Move, {names: string[], at: number, timer?: ReturnType<typeof setTimeout>}>} */
  #crowds = { joined: { names: [], at: 0 }, left: { names: [], at: 0 } };

  /** @param {MeetingSession} call in its room */
  constructor(call) {
    this.#call = call;
    this.#unsubscribe = [
      call.events.on('event', ({ event, room }) => this.#happened(event, room)),
      settings.subscribe(() => settings.get().panel === 'chat' && dismissGroup('message')),
    ];
  }

  close() {
    for (const end of this.#unsubscribe) end();
    for (const { timer } of Object.values(this.#crowds)) clearTimeout(timer);
  }

  /** @param {RoomEvent} event @param {Room} room as it is after the event */
  #happened({ type, data }, room) {
    const other = (/** @type {number} */ userId) => userId !== room.myId;
    switch (type) {
      case 'user_joined':
        if (other(data.participant.userId)) this.#moved('joined', data.participant.displayName);
        break;
      case 'user_left':
        this.#left(data, room);
        break;
      case 'hand_raised':
        if (!other(data.userId)) return;
        notify('notification.hand', room.everyone[data.userId]);
        playSound('hand');
        break;
      case 'chat_message':
        if (other(data.message.sender.id)) this.#written(data.message, room);
        break;
      case 'lobby_joined':
        this.#waits(data.participant);
        break;
      case 'unmute_asked': {
        const text = t('unmute.question', { name: room.everyone[data.by] ?? '' });
        announce(text);
        notifySystem('unmute', room.meeting.title, text);
        break;
      }
      default:
    }
  }

  /** @param {Extract<RoomEvent, {type: 'user_left'}>['data']} data @param {Room} room */
  #left({ userId, by, reason }, room) {
    // Who sent them away has been told already.
    if (userId === room.myId || by === room.myId) return;
    if (reason in SENT_AWAY) notify(SENT_AWAY[reason], room.everyone[userId]);
    else this.#moved('left', room.everyone[userId]);
  }

  /** Twenty-five people who come at once are one line, and one sound. @param {Move} move @param {string} name */
  #moved(move, name) {
    const crowd = this.#crowds[move];
    const now = performance.now();
    if (now - crowd.at > BURST_MS) crowd.names = [];
    crowd.at = now;
    crowd.names.push(name);
    const text = crowdText(move, crowd.names);
    toast(text, 'info', undefined, { group: move });
    clearTimeout(crowd.timer);
    crowd.timer = setTimeout(() => announce(text), SETTLED_MS);
    playSound(move);
  }

  /** @param {Message} message @param {Room} room */
  #written(message, room) {
    const { displayName: name } = message.sender;
    const text = [...message.text.slice(0, 4 * PREVIEW_LETTERS)].slice(0, PREVIEW_LETTERS).join('');
    announce(t(message.to ? 'notification.chatPrivate' : 'notification.chat', { name, text: message.text }));
    if (isFor(message, room))
      notifySystem('message', t(message.to ? 'alerts.privateFrom' : 'alerts.messageFrom', { name }), text);
    if (settings.get().panel === 'chat' && document.visibilityState === 'visible') return;
    playSound('message');
    if (settings.get().panel === 'chat') return;
    toast(text, 'info', undefined, {
      group: 'message',
      title: message.to ? t('alerts.privately', { name }) : name,
      locked: Boolean(message.to),
      open: () => settings.set({ panel: 'chat' }),
    });
  }

  /** The list, or the card over the stage, shows them for as long as they wait. @param {import('./room-state.js').Participant} person */
  #waits({ displayName: name }) {
    const text = t('notification.waits', { name });
    announce(text);
    playSound('waiting');
    notifySystem('waiting', this.#call.store.get().room?.meeting.title ?? '', text);
  }
}

/** Whether a message is meant for this person before all others: private, an answer to them, or it names them. @param {Message} message @param {Room} room */
function isFor({ to, replyTo, text }, room) {
  const name = room.everyone[room.myId];
  return Boolean(to) || replyTo?.sender.id === room.myId || Boolean(name && text.includes(`@${name}`));
}
