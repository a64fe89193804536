/**
 * This person's microphone, camera and screen. Nothing here is needed to be in a meeting: every device may be missing,
 * refused or taken, and the reason is kept in words' reach of the views.
 *
 * A device that was pulled out is told of; the microphone goes on with another one, a camera comes back when it is there
 * again, and so does the microphone that was chosen.
 *
 * Muting keeps the microphone open (`track.enabled`), so that speaking again is instant; a camera that is off is
 * released, so that its light goes out.
 *
 * Who wants to be seen with a blurred background is seen so or not at all: the camera does it, or this page (background-blur.js),
 * and where neither can, or it fails, the camera is off.
 */
import { createStore } from './store.js';
import { blurBackground } from './background-blur.js';
import { settings } from './settings.js';
import { canConnect } from './transport/webrtc.js';

/** @typedef {'denied' | 'none' | 'busy' | 'insecure' | 'webrtc' | 'unplugged' | 'withdrawn' | 'blur' | 'failed'} DeviceProblem */
/**
 * @typedef {object} MediaState
 * @property {MediaStreamTrack | null} microphone
 * @property {MediaStreamTrack | null} camera its picture as the others are to see it
 * @property {boolean} mirrored one sees oneself in it as in a mirror; not what a phone's other camera looks at
 * @property {MediaStream | null} screen
 * @property {boolean} microphoneOn
 * @property {boolean} cameraOn
 * @property {DeviceProblem | null} microphoneProblem
 * @property {DeviceProblem | null} cameraProblem
 * @property {MediaDeviceInfo[]} devices with names, once permission is given
 * @property {boolean} asking the browser asks the person about them now
 * @property {boolean} canBlur whether what is behind the person can be blurred, by the camera or by this page
 * @property {boolean} blurSlow this page does it, and this computer is slow at it
 */
/** @typedef {'microphone' | 'camera'} Kind */
/** @typedef {{echoCancellation?: boolean, noiseSuppression?: boolean, autoGainControl?: boolean}} Processing */

const QUALITY = {
  low: { width: { ideal: 320 }, height: { ideal: 180 }, frameRate: { ideal: 15, max: 15 } },
  standard: { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 24, max: 30 } },
  high: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
};

/** @type {Record<Kind, MediaDeviceKind>} */
const INPUT = { microphone: 'audioinput', camera: 'videoinput' };

/** Chromium's streams of pictures, which background-blur.js needs. */
const PAGE_CAN_BLUR = ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator'].every((name) => name in globalThis);

export class LocalMedia {
  store = createStore(
    /** @type {MediaState} */ ({
      microphone: null,
      camera: null,
      mirrored: true,
      screen: null,
      microphoneOn: false,
      cameraOn: false,
      microphoneProblem: null,
      cameraProblem: null,
      devices: [],
      asking: false,
      canBlur: PAGE_CAN_BLUR,
      blurSlow: false,
    }),
  );
  /** @type {Map<Kind, string>} devices that were on when they were pulled out, and which ones that were */
  #lost = new Map();
  /** @type {MediaStreamTrack | null} the camera itself */
  #camera = null;
  /** @type {ReturnType<typeof import('./background-blur.js').blurBackground> | null} what this page makes of it */
  #blurred = null;
  /** @type {Promise<unknown>} one change after the other: a switch may be pressed faster than a camera opens */
  #queue = Promise.resolve();
  #devicesChanged = () =>
    this.#inTurn(async () => {
      const before = this.store.get().devices;
      await this.#readDevices();
      await this.#recoverDevice();
      await this.#backToChosen(before);
    });

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', this.#devicesChanged);
  }

  /** Opens what the person last had on; one question of the browser where both are wanted. */
  start() {
    const { microphoneOn, cameraOn } = settings.get();
    return this.#inTurn(async () => {
      if (microphoneOn && cameraOn) await this.#openBoth();
      if (microphoneOn && !this.store.get().microphone) await this.#openMicrophone();
      if (cameraOn && !this.store.get().camera) await this.#openCamera();
      await this.#readDevices();
    });
  }

  /** @param {boolean} on */
  setMicrophone(on) {
    settings.set({ microphoneOn: on });
    return this.#inTurn(async () => {
      this.#lost.delete('microphone');
      if (on && !this.store.get().microphone) await this.#openMicrophone();
      const { microphone } = this.store.get();
      if (microphone) microphone.enabled = on;
      this.store.set({ microphoneOn: on && microphone !== null });
    });
  }

  /** @param {boolean} on */
  setCamera(on) {
    settings.set({ cameraOn: on });
    return this.#inTurn(async () => {
      this.#lost.delete('camera');
      if (on && !this.store.get().camera) await this.#openCamera();
      if (!on) this.#closeCamera();
    });
  }

  /**
   * Somebody else switched this off, or it is not allowed: nothing more is sent from this moment on. What this person
   * likes to have on in the next call is another matter and stays as it was.
   * @param {Kind} kind
   */
  silence(kind) {
    const off = () => {
      const { microphone } = this.store.get();
      if (kind === 'camera') this.#closeCamera();
      else if (microphone) microphone.enabled = false;
      if (kind === 'microphone') this.store.set({ microphoneOn: false });
    };
    off();
    return this.#inTurn(async () => {
      this.#lost.delete(kind);
      off(); // one that was being opened meanwhile
    });
  }

  /** @param {'microphone' | 'camera'} kind @param {string} deviceId */
  useDevice(kind, deviceId) {
    return this.#inTurn(async () => {
      if (kind === 'microphone') {
        settings.set({ microphoneId: deviceId });
        this.#lost.delete('microphone');
        await this.#exchangeMicrophone();
      } else {
        settings.set({ cameraId: deviceId, cameraFacing: null });
        await this.#reopenCamera();
      }
    });
  }

  /** The camera on the other side of a phone; elsewhere the next one. */
  flipCamera() {
    return this.#inTurn(async () => {
      const { facingMode, deviceId } = this.#camera?.getSettings() ?? {};
      const cameras = this.store.get().devices.filter(({ kind }) => kind === INPUT.camera);
      const next = cameras[(cameras.findIndex((one) => one.deviceId === deviceId) + 1) % cameras.length];
      settings.set(
        facingMode
          ? { cameraId: null, cameraFacing: facingMode === 'environment' ? 'user' : 'environment' }
          : { cameraId: next?.deviceId ?? null, cameraFacing: null },
      );
      await this.#reopenCamera();
    });
  }

  /** @param {import('./settings.js').Settings['videoQuality']} videoQuality of one's own picture */
  setVideoQuality(videoQuality) {
    settings.set({ videoQuality });
    return this.#inTurn(() => this.#reopenCamera());
  }

  /** Echo, noise, loudness: what the browser does to the microphone's sound. @param {Processing} wish */
  setProcessing(wish) {
    settings.set(wish);
    return this.#inTurn(async () => {
      // Browsers differ in what they change on an open microphone, so it is opened anew.
      if (this.store.get().microphone) await this.#exchangeMicrophone();
    });
  }

  /** Where it can be done (`canBlur`). @param {boolean} on */
  setBackgroundBlur(on) {
    settings.set({ backgroundBlur: on });
    return this.#showCameraAgain();
  }

  /** @param {import('./backgrounds.js').BackgroundName} background what is behind this person */
  setBackground(background) {
    settings.set({ background, backgroundBlur: true });
    return this.#showCameraAgain();
  }

  #showCameraAgain() {
    return this.#inTurn(async () => {
      if (this.#camera) await this.#showCamera(this.#camera).catch((error) => this.#cameraFailed(error));
    });
  }

  /**
   * Lets the person choose a screen, window or tab.
   * @returns {Promise<boolean>} false where they thought better of it; rejects where the browser cannot
   */
  async shareScreen() {
    if (!canConnect() || !navigator.mediaDevices?.getDisplayMedia) throw new Error('unsupported');
    let screen;
    try {
      screen = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { ideal: 15, max: 30 } },
        audio: true,
      });
    } catch (error) {
      if (/** @type {DOMException} */ (error).name === 'NotAllowedError') return false;
      throw error;
    }
    const [picture] = screen.getVideoTracks();
    picture.contentHint = 'detail';
    picture.addEventListener('ended', () => this.stopScreen()); // the browser's own "Stop sharing"
    this.stopScreen();
    this.store.set({ screen });
    return true;
  }

  stopScreen() {
    for (const track of this.store.get().screen?.getTracks() ?? []) track.stop();
    this.store.set({ screen: null });
  }

  /** Gives every device back. */
  stop() {
    return this.#inTurn(async () => {
      navigator.mediaDevices?.removeEventListener('devicechange', this.#devicesChanged);
      this.#lost.clear();
      this.stopScreen();
      this.#closeCamera();
      this.#releaseDevice('microphone');
      this.store.set({ microphoneOn: false });
    });
  }

  async #openBoth() {
    try {
      await this.#takeStream(await this.#askForDevice({ audio: this.#microphoneWish(), video: this.#cameraWish() }));
    } catch {
      // One of the two is missing or refused; each is tried alone and gets its own reason.
    }
  }

  async #openMicrophone() {
    try {
      await this.#takeStream(await this.#askForDevice({ audio: this.#microphoneWish() }));
    } catch (error) {
      this.store.set({ microphoneProblem: reason(error), microphoneOn: false });
    }
  }

  /** Another one, or the same with other wishes; muted or not as it was. */
  async #exchangeMicrophone() {
    const on = this.store.get().microphoneOn;
    this.#releaseDevice('microphone');
    await this.#openMicrophone();
    const { microphone } = this.store.get();
    if (microphone) microphone.enabled = on;
    this.store.set({ microphoneOn: on && microphone !== null });
  }

  /** With other wishes; a phone has one camera open at a time. */
  async #reopenCamera() {
    if (!this.store.get().cameraOn) return;
    this.#closeCamera();
    await this.#openCamera();
  }

  async #openCamera() {
    try {
      await this.#takeStream(await this.#askForDevice({ video: this.#cameraWish() }));
    } catch (error) {
      this.#cameraFailed(error);
    }
  }

  /** @param {unknown} error */
  #cameraFailed(error) {
    this.#closeCamera();
    this.store.set({ cameraProblem: reason(error) });
  }

  /**
   * The chosen devices, or others where these are not there. ("ideal" is not enough: Chromium then gives the system's own.)
   * @param {{audio?: MediaTrackConstraints, video?: MediaTrackConstraints}} wish
   */
  async #askForDevice(wish) {
    if (!canConnect()) throw new DOMException('', 'NoWebRtcError'); // nobody would get it
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('', 'InsecureError');
    const { microphoneId, cameraId } = settings.get();
    const chosen = (/** @type {'exact' | 'ideal'} */ how) => ({
      audio: wish.audio && microphoneId ? { ...wish.audio, deviceId: { [how]: microphoneId } } : wish.audio,
      video: wish.video && cameraId ? { ...wish.video, deviceId: { [how]: cameraId } } : wish.video,
    });
    this.store.set({ asking: await isAsked(wish) });
    try {
      return await navigator.mediaDevices.getUserMedia(chosen('exact'));
    } catch (error) {
      if (reason(error) !== 'none') throw error;
      return await navigator.mediaDevices.getUserMedia(chosen('ideal'));
    } finally {
      this.store.set({ asking: false });
    }
  }

  #microphoneWish() {
    const { echoCancellation, noiseSuppression, autoGainControl } = settings.get();
    return { echoCancellation, noiseSuppression, autoGainControl };
  }

  #cameraWish() {
    const { videoQuality, cameraFacing } = settings.get();
    return { ...QUALITY[videoQuality], ...(cameraFacing && { facingMode: { ideal: cameraFacing } }) };
  }

  /** @param {MediaStream} stream */
  async #takeStream(stream) {
    for (const track of stream.getTracks()) {
      const kind = track.kind === 'audio' ? 'microphone' : 'camera';
      this.#releaseDevice(kind);
      track.addEventListener('ended', () => this.#deviceUnplugged(kind, track));
      if (kind === 'microphone') this.store.set({ microphone: track, microphoneOn: true, microphoneProblem: null });
      else await this.#showCamera(track);
    }
  }

  /** Nothing of a camera is seen before it is blurred, where that is wished. @param {MediaStreamTrack} camera */
  async #showCamera(camera) {
    this.#camera = camera;
    const { backgroundBlur, background } = settings.get();
    const able = /** @type {{backgroundBlur?: boolean[]}} */ (camera.getCapabilities?.())?.backgroundBlur ?? [];
    this.store.set({ canBlur: PAGE_CAN_BLUR || (able.includes(true) && able.includes(false)) });
    const itself = backgroundBlur && (background === 'light' || background === 'strong');
    const obeyed = able.includes(itself) && (await this.#applyBlur(camera, itself));
    const blurred = backgroundBlur && !(itself && obeyed) ? await this.#blurHere(camera, background) : null;
    if (this.#camera !== camera) {
      // was closed meanwhile
      blurred?.close();
      return;
    }
    const before = this.#blurred;
    this.#blurred = blurred;
    this.store.set({
      camera: blurred?.track ?? camera,
      mirrored: camera.getSettings().facingMode !== 'environment',
      cameraOn: true,
      cameraProblem: null,
      blurSlow: false,
    });
    before?.close();
  }

  /** By the camera itself. @param {MediaStreamTrack} camera @param {boolean} backgroundBlur */
  #applyBlur(camera, backgroundBlur) {
    const wish = /** @type {MediaTrackConstraints} */ ({ ...this.#cameraWish(), backgroundBlur });
    return camera.applyConstraints(wish).then(
      () => /** @type {{backgroundBlur?: boolean}} */ (camera.getSettings()).backgroundBlur === backgroundBlur,
      () => false,
    );
  }

  /** @param {MediaStreamTrack} camera @param {import('./backgrounds.js').BackgroundName} background */
  async #blurHere(camera, background) {
    const unable = new DOMException('', 'BlurError');
    if (!PAGE_CAN_BLUR) throw unable;
    this.store.set({ camera: null }); // which may be seen sharp now
    try {
      const { loadBackground } = await import('./backgrounds.js'); // few have one
      const blurred = blurBackground(camera, await loadBackground(background), {
        onFailed: () => this.#blurred === blurred && this.#cameraFailed(unable),
        onSlow: (blurSlow) => this.#blurred === blurred && this.store.set({ blurSlow }),
      });
      return blurred;
    } catch {
      throw unable; // a browser may have the parts of it and forbid them
    }
  }

  /** @param {'microphone' | 'camera'} kind @param {MediaStreamTrack} track */
  #deviceUnplugged(kind, track) {
    const { microphone, microphoneOn } = this.store.get();
    if (track !== (kind === 'camera' ? this.#camera : microphone)) return;
    if (kind === 'camera' || microphoneOn) this.#lost.set(kind, track.getSettings().deviceId ?? '');
    this.#releaseDevice(kind);
    this.store.set(kind === 'microphone' ? { microphoneOn: false } : { cameraOn: false });
    this.#inTurn(async () => {
      const problem = (await isDenied(kind)) ? 'withdrawn' : 'unplugged';
      if (problem === 'withdrawn')
        this.#lost.delete(kind); // it is there, but for another word of this person
      // What was asked for together ends together, also where only one of the two is taken back.
      else if (await isDenied(kind === 'camera' ? 'microphone' : 'camera')) await this.#recoverDevice();
      if (this.store.get()[kind]) return; // opened again
      this.store.set(kind === 'microphone' ? { microphoneProblem: problem } : { cameraProblem: problem });
      if (kind === 'microphone') await this.#recoverDevice();
    });
  }

  /** Opens again what was pulled out while it was on: any microphone, but only the same camera. */
  async #recoverDevice() {
    for (const [kind, deviceId] of this.#lost) {
      const there = this.store
        .get()
        .devices.some((one) => one.kind === INPUT[kind] && (kind === 'microphone' || one.deviceId === deviceId));
      if (!there || (await isDenied(kind))) continue;
      if (kind === 'microphone') await this.#openMicrophone();
      else await this.#openCamera();
      if (this.store.get()[kind]) this.#lost.delete(kind);
      else this.store.set(kind === 'microphone' ? { microphoneProblem: 'unplugged' } : { cameraProblem: 'unplugged' });
    }
  }

  /** The microphone that was chosen is plugged in again. @param {MediaDeviceInfo[]} before */
  async #backToChosen(before) {
    const { microphoneId } = settings.get();
    const { devices, microphone } = this.store.get();
    const has = (/** @type {MediaDeviceInfo[]} */ list) =>
      list.some((one) => one.kind === INPUT.microphone && one.deviceId === microphoneId);
    if (!microphone || !microphoneId || has(before) || !has(devices)) return;
    if (microphone.getSettings().deviceId !== microphoneId) await this.#exchangeMicrophone();
  }

  #closeCamera() {
    this.#releaseDevice('camera');
    this.store.set({ cameraOn: false });
  }

  /** @param {'microphone' | 'camera'} kind */
  #releaseDevice(kind) {
    if (kind === 'microphone') {
      this.store.get().microphone?.stop();
      this.store.set({ microphone: null });
      return;
    }
    this.#camera?.stop();
    this.#camera = null;
    this.#blurred?.close();
    this.#blurred = null;
    this.store.set({ camera: null, blurSlow: false });
  }

  async #readDevices() {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    this.store.set({ devices: all.filter(({ deviceId }) => deviceId) });
  }

  /** @param {() => Promise<void>} work */
  #inTurn(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }
}

/** Whether the browser was told meanwhile to give this device to the page no more; not every browser says. @param {Kind} kind */
async function isDenied(kind) {
  try {
    return (await navigator.permissions.query({ name: /** @type {PermissionName} */ (kind) })).state === 'denied';
  } catch {
    return false;
  }
}

/** Whether the browser will ask the person first; not every browser says. @param {{audio?: unknown, video?: unknown}} wish */
async function isAsked({ audio, video }) {
  try {
    const kinds = [audio && 'microphone', video && 'camera'].filter(Boolean);
    const states = await Promise.all(
      kinds.map((name) => navigator.permissions.query({ name: /** @type {PermissionName} */ (name) })),
    );
    return states.some(({ state }) => state === 'prompt') && states.every(({ state }) => state !== 'denied');
  } catch {
    return false;
  }
}

/** @param {unknown} error @returns {DeviceProblem} */
export function reason(error) {
  switch (/** @type {DOMException} */ (error).name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    case 'InsecureError':
      return 'insecure';
    case 'NoWebRtcError':
      return 'webrtc';
    case 'BlurError':
      return 'blur';
    default:
      return 'failed';
  }
}
