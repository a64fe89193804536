/** Full screen, and the small window that stays above those of other programs. */
import { createStore } from '../store.js';
import { html, render, useEffect, useState, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { chooseSpeaker } from '../layout.js';
import { switchCamera, switchMicrophone } from '../shortcuts.js';
import { toast } from '../toasts.js';
import { Avatar, IconButton } from './controls.js';
import { DeviceSwitch } from './devices.js';
import { Video } from './video.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */

/** Without movement for so long the bar gets out of the way in full screen. */
const IDLE_MS = 4_000;
const SMALL = { width: 384, height: 216 };

export const canFullScreen = () => document.fullscreenEnabled === true;

export const toggleFullScreen = () =>
  (document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen({ navigationUI: 'hide' })
  ).catch(() => toast(t('more.fullScreenFailed'), 'error'));

export function useFullScreen() {
  const [full, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, []);
  return full;
}

/** Whether the person has moved nothing for a while. @param {boolean} asked false: nobody wants to know */
export function useIdle(asked) {
  const [idle, setIdle] = useState(false);
  useEffect(() => {
    if (!asked) return undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const moved = () => {
      clearTimeout(timer);
      setIdle(false);
      timer = setTimeout(() => setIdle(true), IDLE_MS);
    };
    moved();
    for (const type of ['pointermove', 'pointerdown', 'keydown']) addEventListener(type, moved);
    return () => {
      clearTimeout(timer);
      setIdle(false);
      for (const type of ['pointermove', 'pointerdown', 'keydown']) removeEventListener(type, moved);
    };
  }, [asked]);
  return asked && idle;
}

/** @typedef {{requestWindow: (size: {width: number, height: number}) => Promise<Window>}} PictureWindows */

const pictureWindows = /** @type {{documentPictureInPicture?: PictureWindows}} */ (globalThis).documentPictureInPicture;
const small = createStore({ window: /** @type {Window | null} */ (null) });

export const canPictureInPicture = () => pictureWindows !== undefined || document.pictureInPictureEnabled === true;

export const usePictureInPicture = () => useStore(small).window !== null;

/** A small window with who speaks, one's microphone and camera, and the way out; where the browser has only pictures for it, the large one. @param {MeetingSession} call */
export async function togglePictureInPicture(call) {
  try {
    if (small.get().window) small.get().window?.close();
    else if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else if (pictureWindows) openSmall(call, await pictureWindows.requestWindow(SMALL));
    else await largestVideo()?.requestPictureInPicture();
  } catch {
    toast(t('more.pictureFailed'), 'error');
  }
}

/** The call is over. */
export function closePictureInPicture() {
  small.get().window?.close();
  if (document.pictureInPictureElement) document.exitPictureInPicture().catch(() => {});
}

function largestVideo() {
  const area = (/** @type {HTMLElement} */ { clientWidth, clientHeight }) => clientWidth * clientHeight;
  return [.../** @type {NodeListOf<HTMLVideoElement>} */ (document.querySelectorAll('.stage video'))].sort(
    (a, b) => area(b) - area(a),
  )[0];
}

/** @param {MeetingSession} call @param {Window} window */
function openSmall(call, window) {
  const { document: page } = window;
  page.title = t('app.name');
  page.documentElement.lang = document.documentElement.lang;
  const style = page.createElement('link');
  style.rel = 'stylesheet';
  style.href = new URL('/style.css', location.href).href;
  page.head.append(style);
  window.addEventListener(
    'pagehide',
    () => {
      render(null, page.body);
      small.set({ window: null });
    },
    { once: true },
  );
  small.set({ window });
  render(html`<${Small} call=${call} />`, page.body);
}

/** @param {{call: MeetingSession}} props */
function Small({ call }) {
  const { room, connections } = useStore(call.store);
  const { microphoneOn, cameraOn } = useStore(call.media.store);
  const { speaking } = call.roomMedia ?? {};
  const [shown, setShown] = useState(/** @type {number | null} */ (null));
  useEffect(() => {
    const look = () =>
      setShown(
        (before) =>
          room &&
          chooseSpeaker({
            ids: room.participants.map(({ userId }) => userId),
            myId: room.myId,
            pinned: call.store.get().pinned,
            speaking: speaking?.store.get().users ?? new Set(),
            before,
          }),
      );
    look();
    return speaking?.store.subscribe(look);
  }, [room, speaking]);
  const person = room?.participants.find(({ userId }) => userId === shown);
  if (!person || !room) return null;
  const { screen, camera } = connections[person.userId]?.remote ?? {};
  const stream = (person.screen && screen) || (person.video && camera) || null;
  return html`
    <main class="call small-window">
      <div class="tile"><${Avatar} name=${person.displayName} />
        ${stream && html`<${Video} stream=${stream} whole label=${person.displayName} />`}
        <span class="tile-name"><bdi class="name" translate=${false}>${person.displayName}</bdi></span></div>
      <div class="small-bar">
        <${DeviceSwitch} kind="microphone" on=${microphoneOn} onClick=${() => switchMicrophone(call, !microphoneOn)} />
        <${DeviceSwitch} kind="camera" on=${cameraOn} onClick=${() => switchCamera(call, !cameraOn)} />
        <${IconButton} class="on-stage leave" name="phone-off" label=${t('bar.leaveMeeting')} onClick=${() => call.leave()} />
      </div>
    </main>`;
}
