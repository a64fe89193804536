/** The bar of controls below the stage. */
import { html, useStore, useTick } from '../ui.js';
import { icon } from '../icons.js';
import { errorText, runningClock, t } from '../i18n.js';
import { REACTIONS } from '../session-chat.js';
import { settings } from '../settings.js';
import { can, me } from '../room-state.js';
import { serverNow } from '../server-clock.js';
import { SHORTCUTS, switchCamera, switchMicrophone } from '../shortcuts.js';
import { toast } from '../toasts.js';
import { Code, IconButton, useMenu } from './controls.js';
import { WithDeviceMenu } from './device-menu.js';
import { DeviceSwitch, problemText } from './devices.js';
import { More, canShare } from './more.js';
import { MutedHint } from './muted-hint.js';
import { togglePanel } from './panel.js';

/** @typedef {import('../room-state.js').Room} Room */

/** Messages of others that came after the last one looked at. @param {Room} room @param {number} seen */
export const unread = (room, seen) =>
  room.messages.filter(({ id, sender, deletedAt }) => id > seen && sender.id !== room.myId && !deletedAt).length;

/** @param {unknown} on */
const lit = (on) => (on ? 'on-stage active' : 'on-stage');

/** @param {{call: import('../meeting-session.js').MeetingSession, room: Room, openDialog: (name: import('./more.js').DialogName) => void}} props */
export function Bar({ call, room, openDialog }) {
  const { seenMessage } = useStore(call.store);
  const media = useStore(call.media.store);
  const { panel, view } = useStore(settings);
  const self = me(room);
  const raised = Boolean(self?.handRaisedAt);
  const waiting = room.lobby?.people.length ?? 0;
  const count = room.participants.length;
  const news = panel === 'chat' ? 0 : unread(room, seenMessage);
  const deviceProblem = (/** @type {'microphone' | 'camera'} */ kind) => {
    const problem = call.media.store.get()[`${kind}Problem`];
    if (!problem || call.media.store.get()[`${kind}On`]) return;
    const again = () => (kind === 'microphone' ? switchMicrophone(call, true) : switchCamera(call, true));
    toast(problemText(kind, problem), 'error', {
      label: t('app.retry'),
      run: () => again().then(() => deviceProblem(kind)),
    });
  };
  return html`
    <footer class="bar" aria-label=${t('bar.label')}>
      <${Info} call=${call} room=${room} onOpen=${() => openDialog('info')} />
      <div class="bar-main">
        <${MutedHint} call=${call} />
        <${WithDeviceMenu} call=${call} kind="microphone" openDevices=${() => openDialog('devices')}>
          <${DeviceSwitch} kind="microphone" on=${media.microphoneOn} shortcut=${SHORTCUTS.microphone}
            onClick=${() => switchMicrophone(call, !media.microphoneOn).then(() => deviceProblem('microphone'))} /><//>
        <${WithDeviceMenu} call=${call} kind="camera" openDevices=${() => openDialog('devices')}>
          <${DeviceSwitch} kind="camera" on=${media.cameraOn} shortcut=${SHORTCUTS.camera}
            onClick=${() => switchCamera(call, !media.cameraOn).then(() => deviceProblem('camera'))} /><//>
        ${
          canShare() &&
          html`<${IconButton} class=${`${lit(media.screen)} wide-only`} name=${media.screen ? 'monitor-off' : 'monitor-up'}
          label=${t(media.screen ? 'bar.stopShare' : 'bar.share')} onClick=${() => call.mediaControl.toggleScreen()} />`
        }
        <${IconButton} class=${`${lit(raised)} roomy-only`} name="hand" aria-pressed=${raised} shortcut=${SHORTCUTS.hand}
          label=${t(raised ? 'bar.lowerHand' : 'bar.raiseHand')} onClick=${() => call.toggleHand()} />
        <${Reactions} call=${call} />
        <${IconButton} class=${lit(panel === 'chat')} name="message-square" badge=${news} aria-pressed=${panel === 'chat'}
          data-opens="chat" shortcut=${SHORTCUTS.chat} label=${news ? t('bar.chatUnread', { count: news }) : t('bar.chat')} onClick=${() => togglePanel('chat')} />
        <${IconButton} class=${lit(panel === 'people')} name="users" badge=${waiting || (count > 1 && count)} quiet=${waiting === 0} aria-pressed=${panel === 'people'}
          data-opens="people" shortcut=${SHORTCUTS.people} label=${waiting ? t('bar.peopleWaiting', { count: waiting }) : t(count > 1 ? 'bar.peopleCount' : 'bar.people', { count })} onClick=${() => togglePanel('people')} />
        <${IconButton} class=${`${lit(view === 'speaker')} wide-only`} name="gallery-thumbnails" aria-pressed=${view === 'speaker'}
          shortcut=${SHORTCUTS.view} label=${t('bar.speakerView')} onClick=${() => call.toggleView()} />
        <${More} call=${call} openDialog=${openDialog} />
      </div>
      <${Leave} call=${call} hosting=${can(room, 'end_meeting')} />
    </footer>`;
}

/** @param {{call: import('../meeting-session.js').MeetingSession}} props */
function Reactions({ call }) {
  const { open, setOpen, root, onEscape } = useMenu();
  return html`
    <div class="bar-reactions" ref=${root} onKeyDown=${onEscape}>
      <${IconButton} class=${lit(open)} name="face-slightly-smiling" label=${t('bar.react')} aria-expanded=${open} onClick=${() => setOpen(!open)} />
      ${
        open &&
        html`
        <div class="menu reactions" role="group" aria-label=${t('bar.react')}>
          ${REACTIONS.map(
            (reaction) => html`
            <button type="button" key=${reaction} aria-label=${t(`reaction.${reaction}`)}
              onClick=${() => call.chat.react(reaction)}>${reaction}</button>`,
          )}
        </div>`
      }
    </div>`;
}

/** @param {{call: import('../meeting-session.js').MeetingSession, room: Room, onOpen: () => void}} props */
function Info({ call, room, onOpen }) {
  const { code } = room.meeting;
  return html`
    <div class="bar-info">
      <${Elapsed} call=${call} room=${room} />
      <bdi class="bar-title name" translate=${false}>${room.meeting.title}</bdi>
      <button type="button" class="text-button" data-tip=${t('info.title')} aria-haspopup="dialog" onClick=${onOpen}>
        <${Code} code=${code} /> ${icon('info', 18)}<span class="visually-hidden">${t('info.title')}</span>
      </button>
    </div>`;
}

/** @param {{call: import('../meeting-session.js').MeetingSession, room: Room}} props */
function Elapsed({ call, room }) {
  useTick(1000);
  const began = Date.parse(/** @type {string} */ (room.meeting.actualStartTime));
  const elapsedMs = began ? serverNow() - began : performance.now() - call.store.get().startedAt;
  return html`<span class="elapsed" translate=${false} data-tip=${t('bar.elapsed')}>${runningClock(elapsedMs / 1000)}</span>`;
}

/** What the bar of a phone has no room for, above the stage. @param {{call: import('../meeting-session.js').MeetingSession, room: Room}} props */
export const Head = ({ call, room }) => html`
  <div class="call-head"><bdi class="name" translate=${false}>${room.meeting.title}</bdi>
    <${Elapsed} call=${call} room=${room} />
    <span class="head-people" role="img" aria-label=${t('people.count', { count: room.participants.length })}>${icon('users', 16)} ${room.participants.length}</span></div>`;

/** Who hosts is asked whether the others go on. @param {{call: import('../meeting-session.js').MeetingSession, hosting: boolean}} props */
function Leave({ call, hosting }) {
  const { open, setOpen, root, onEscape } = useMenu();
  const end = async () => {
    try {
      await call.endForAll();
    } catch (error) {
      toast(errorText(error), 'error');
    }
  };
  return html`
    <div class="bar-leave" ref=${root} onKeyDown=${onEscape}>
      <button type="button" class="danger" aria-label=${t('bar.leaveMeeting')} aria-haspopup=${hosting ? 'true' : undefined}
        aria-expanded=${hosting ? open : undefined} onClick=${() => (hosting ? setOpen(!open) : call.leave())}>
        ${icon('phone-off', 20)} <span>${t('bar.leave')}</span>
      </button>
      ${
        open &&
        html`
        <div class="menu">
          <button type="button" onClick=${() => call.leave()}>${icon('log-out', 18)} ${t('bar.leaveMeeting')}</button>
          <button type="button" class="danger-text" onClick=${end}>${icon('circle-stop', 18)} ${t('bar.endForAll')}</button>
        </div>`
      }
    </div>`;
}
