/** The call: the stage, the panel beside it, the bar below it, and the sound of everybody. */
import { html, useEffect, useLayoutEffect, useRef, useState, useStore, classes } from '../ui.js';
import { settings } from '../settings.js';
import { focusSoon } from '../focus.js';
import { lowerHandAfterSpeaking } from '../hand-lowering.js';
import { pageTitle } from '../page-title.js';
import { offerSystemControls } from '../media-session.js';
import { others } from '../room-state.js';
import { CallStatistics, MeetingInfo } from './dialogs.js';
import { actionOf, switchCamera, switchMicrophone } from '../shortcuts.js';
import { announce, toast } from '../toasts.js';
import { t } from '../i18n.js';
import { lookForUpdate, version } from '../version.js';
import { CallAlerts } from '../call-alerts.js';
import { AlertSettings } from './alert-settings.js';
import { Bar, Head, unread } from './bar.js';
import { DeviceDialog } from './devices.js';
import { WaitingCard } from './lobby.js';
import { Notices } from './notices.js';
import { PermissionHint } from './permission-hint.js';
import { Panel, togglePanel } from './panel.js';
import { ShortcutList } from './shortcut-list.js';
import { Stage } from './stage.js';
import { StageBanner } from './stage-banner.js';
import { Sound } from './video.js';
import { closePictureInPicture, toggleFullScreen, useFullScreen, useIdle } from './windows.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('./more.js').DialogName} DialogName */

/** @param {{call: MeetingSession}} props */
export function InCall({ call }) {
  const { room, connections } = useStore(call.store);
  const { panel } = useStore(settings);
  const [dialog, setDialog] = useState(/** @type {DialogName | null} */ (null));
  const full = useFullScreen();
  const idle = useIdle(full);
  useShortcuts(call, () => setDialog('shortcuts'));
  useUpdateNotification(call);
  useAlerts(call);
  useEffect(() => closePictureInPicture, []);
  const stage = useArrival();
  if (!room) return null;
  const close = () => setDialog(null);
  return html`
    <div class=${classes('call', full && 'full', idle && 'idle')} data-panel=${panel ?? 'none'}>
      <main class="call-stage" ref=${stage} tabindex="-1">
        <h1 class="visually-hidden"><bdi>${room.meeting.title}</bdi></h1>
        <div class="over-stage">
          <${PermissionHint} call=${call} />
          <${StageBanner} call=${call} room=${room} />
          <${Notices} call=${call} room=${room} openDevices=${() => setDialog('devices')} />
          <${WaitingCard} call=${call} room=${room} />
        </div>
        <${Head} call=${call} room=${room} />
        <${Stage} call=${call} room=${room} />
      </main>
      <${Panel} call=${call} room=${room} />
      <${Bar} call=${call} room=${room} openDialog=${setDialog} />
      ${dialog === 'devices' && html`<${DeviceDialog} call=${call} onClose=${close} />`}
      ${dialog === 'alerts' && html`<${AlertSettings} onClose=${close} />`}
      ${dialog === 'info' && html`<${MeetingInfo} room=${room} onClose=${close} />`}
      ${dialog === 'shortcuts' && html`<${ShortcutList} onClose=${close} />`}
      ${dialog === 'statistics' && html`<${CallStatistics} call=${call} room=${room} onClose=${close} />`}
      ${others(room).flatMap(({ userId }) => {
        const { microphone, screenAudio } = connections[userId]?.remote ?? {};
        return [
          microphone && html`<${Sound} key=${`${userId}-m`} stream=${microphone} />`,
          screenAudio && html`<${Sound} key=${`${userId}-s`} stream=${screenAudio} />`,
        ];
      })}
    </div>`;
}

/** A panel left open the last time does not cover the pictures of a small window; the keyboard starts at the stage. */
function useArrival() {
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    if (matchMedia('(max-width: 720px)').matches) settings.set({ panel: null });
    if (!settings.get().panel) stage.current?.focus();
  }, []);
  return stage;
}

/** A server that was away may have come back with other files. The call goes on with those that it has. @param {MeetingSession} call */
function useUpdateNotification(call) {
  const { reconnecting } = useStore(call.store);
  const { updated } = useStore(version);
  useEffect(() => {
    if (!reconnecting) lookForUpdate();
  }, [reconnecting]);
  useEffect(() => {
    if (!updated) return;
    toast(t('app.updatedInCall'));
    announce(t('app.updatedInCall'));
  }, [updated]);
}

/** What happens is told; the tab's title has the number of those who wait and of unread messages. @param {MeetingSession} call */
function useAlerts(call) {
  const { room, seenMessage } = useStore(call.store);
  const count = room ? unread(room, seenMessage) + (room.lobby?.people.length ?? 0) : 0;
  useEffect(() => {
    const alerts = new CallAlerts(call);
    const endLowering = lowerHandAfterSpeaking(call);
    const endControls = offerSystemControls(call);
    return () => {
      alerts.close();
      endLowering();
      endControls();
    };
  }, [call]);
  useEffect(() => pageTitle.set({ count }), [count]);
  useEffect(() => () => pageTitle.set({ count: 0 }), []);
}

/** The microphone's button; in full screen the bar comes back with it. */
const focusToolbar = () => /** @type {HTMLElement | null} */ (document.querySelector('.bar-main button'))?.focus();

/** @param {MeetingSession} call @param {() => void} showList */
function useShortcuts(call, showList) {
  useEffect(() => {
    let talking = false; // the space bar is held down
    /** @type {Record<import('../shortcuts.js').Action, () => unknown>} */
    const actions = {
      microphone: () => switchMicrophone(call, !call.media.store.get().microphoneOn),
      camera: () => switchCamera(call, !call.media.store.get().cameraOn),
      hand: () => call.toggleHand(),
      chat: () => togglePanel('chat'),
      people: () => {
        togglePanel('people');
        focusSoon('#people-title');
      },
      toolbar: focusToolbar,
      view: () => call.toggleView(),
      fullScreen: toggleFullScreen,
      list: showList,
      talk: () => {
        if (call.media.store.get().microphoneOn) return;
        talking = true;
        switchMicrophone(call, true);
      },
    };
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      const action = actionOf(event);
      if (!action) return;
      event.preventDefault();
      if (!event.repeat) actions[action]();
    };
    const silent = () => {
      if (talking) switchMicrophone(call, false);
      talking = false;
    };
    const released = (/** @type {KeyboardEvent} */ { key }) => key === ' ' && silent();
    addEventListener('keydown', pressed);
    addEventListener('keyup', released);
    addEventListener('blur', silent);
    return () => {
      removeEventListener('keydown', pressed);
      removeEventListener('keyup', released);
      removeEventListener('blur', silent);
    };
  }, [call]);
}
