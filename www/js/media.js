/**
 * This person's microphone, camera and screen. Nothing here is needed to be in a meeting: every device may be missing,
 * refused or taken, and the reason is kept in words' reach of the views.
 *
 * Muting keeps the microphone open (`track.enabled`), so that speaking again is instant; a camera that is off is
 * released, so that its light goes out.
 */
import { createStore } from './store.js';
import { settings } from './settings.js';

/** @typedef {'denied' | 'none' | 'busy' | 'insecure' | 'unplugged' | 'failed'} DeviceProblem */
/**
 * @typedef {object} MediaState
 * @property {MediaStreamTrack | null} microphone
 * @property {MediaStreamTrack | null} camera
 * @property {MediaStream | null} screen
 * @property {boolean} microphoneOn
 * @property {boolean} cameraOn
 * @property {DeviceProblem | null} microphoneProblem
 * @property {DeviceProblem | null} cameraProblem
 * @property {MediaDeviceInfo[]} devices with names, once permission is given
 */

const QUALITY = {
  low: { width: { ideal: 320 }, height: { ideal: 180 }, frameRate: { ideal: 15, max: 15 } },
  standard: { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 24, max: 30 } },
  high: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
};

export class LocalMedia {
  store = createStore(/** @type {MediaState} */ ({
    microphone: null, camera: null, screen: null, microphoneOn: false, cameraOn: false,
    microphoneProblem: null, cameraProblem: null, devices: [],
  }));
  /** @type {Promise<unknown>} one change after the other: a switch may be pressed faster than a camera opens */
  #queue = Promise.resolve();
  #listDevices = () => this.#readDevices();

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', this.#listDevices);
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
      if (on && !this.store.get().camera) await this.#openCamera();
      if (!on) this.#closeCamera();
    });
  }

  /** @param {'microphone' | 'camera'} kind @param {string} deviceId */
  useDevice(kind, deviceId) {
    return this.#inTurn(async () => {
      if (kind === 'microphone') {
        settings.set({ microphoneId: deviceId });
        this.#release('microphone');
        const on = this.store.get().microphoneOn;
        await this.#openMicrophone();
        const { microphone } = this.store.get();
        if (microphone) microphone.enabled = on;
        this.store.set({ microphoneOn: on && microphone !== null });
      } else {
        settings.set({ cameraId: deviceId });
        if (!this.store.get().cameraOn) return;
        this.#closeCamera();
        await this.#openCamera();
      }
    });
  }

  /**
   * Lets the person choose a screen, window or tab.
   * @returns {Promise<boolean>} false where they thought better of it; rejects where the browser cannot
   */
  async shareScreen() {
    if (!navigator.mediaDevices?.getDisplayMedia) throw new Error('unsupported');
    let screen;
    try {
      screen = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: true });
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
      navigator.mediaDevices?.removeEventListener('devicechange', this.#listDevices);
      this.stopScreen();
      this.#closeCamera();
      this.#release('microphone');
      this.store.set({ microphoneOn: false });
    });
  }

  async #openBoth() {
    try {
      this.#take(await this.#ask({ audio: this.#microphoneWish(), video: this.#cameraWish() }));
    } catch {
      // One of the two is missing or refused; each is tried alone and gets its own reason.
    }
  }

  async #openMicrophone() {
    try {
      this.#take(await this.#ask({ audio: this.#microphoneWish() }));
    } catch (error) {
      this.store.set({ microphoneProblem: reason(error), microphoneOn: false });
    }
  }

  async #openCamera() {
    try {
      this.#take(await this.#ask({ video: this.#cameraWish() }));
    } catch (error) {
      this.store.set({ cameraProblem: reason(error), cameraOn: false });
    }
  }

  /** @param {MediaStreamConstraints} wish */
  #ask(wish) {
    if (!navigator.mediaDevices?.getUserMedia) return Promise.reject(new DOMException('', 'InsecureError'));
    return navigator.mediaDevices.getUserMedia(wish);
  }

  #microphoneWish() {
    const { microphoneId } = settings.get();
    return {
      echoCancellation: true, noiseSuppression: true, autoGainControl: true,
      ...(microphoneId ? { deviceId: { ideal: microphoneId } } : {}),
    };
  }

  #cameraWish() {
    const { cameraId, videoQuality } = settings.get();
    return { ...QUALITY[videoQuality], ...(cameraId ? { deviceId: { ideal: cameraId } } : {}) };
  }

  /** @param {MediaStream} stream */
  #take(stream) {
    for (const track of stream.getTracks()) {
      const kind = track.kind === 'audio' ? 'microphone' : 'camera';
      this.#release(kind);
      track.addEventListener('ended', () => this.#unplugged(kind, track));
      if (kind === 'microphone') this.store.set({ microphone: track, microphoneOn: true, microphoneProblem: null });
      else this.store.set({ camera: track, cameraOn: true, cameraProblem: null });
    }
  }

  /** @param {'microphone' | 'camera'} kind @param {MediaStreamTrack} track */
  #unplugged(kind, track) {
    if (this.store.get()[kind] !== track) return;
    if (kind === 'microphone') this.store.set({ microphone: null, microphoneOn: false, microphoneProblem: 'unplugged' });
    else this.store.set({ camera: null, cameraOn: false, cameraProblem: 'unplugged' });
  }

  #closeCamera() {
    this.#release('camera');
    this.store.set({ cameraOn: false });
  }

  /** @param {'microphone' | 'camera'} kind */
  #release(kind) {
    this.store.get()[kind]?.stop();
    this.store.set(kind === 'microphone' ? { microphone: null } : { camera: null });
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

/** @param {unknown} error @returns {DeviceProblem} */
function reason(error) {
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
    default:
      return 'failed';
  }
}
