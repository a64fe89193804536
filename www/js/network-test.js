/**
 * Tries everything that a call needs, without a meeting: the browser, microphone, camera, the server's two doors (HTTP and
 * WebSocket), STUN and TURN servers, and media themselves, sent from one connection to another in this page. Each step ends
 * with a state and a reason; the words for them are the views' matter.
 */
import { reason as deviceReason } from './media.js';
import { settings } from './settings.js';
import { Meter } from './speaking.js';
import { createStore } from './store.js';
import { gather, sendToMyself } from './transport/probe.js';
import { canConnect } from './transport/webrtc.js';
import { sleep, within } from './waiting.js';

/** @typedef {'browser' | 'microphone' | 'camera' | 'server' | 'socket' | 'media' | 'stun' | 'turn'} StepName */
/** `warning`: a call is possible, but something is not as it should be. @typedef {'waiting' | 'running' | 'ok' | 'warning' | 'problem' | 'skipped'} StepState */
/**
 * @typedef {object} Step
 * @property {StepName} name
 * @property {StepState} state
 * @property {string} reason what the words are chosen by: "ok", "denied", "unreachable", …
 * @property {number | null} ms how long an answer took, where that says something
 */

/** @type {StepName[]} */
export const STEPS = ['browser', 'microphone', 'camera', 'server', 'socket', 'media', 'stun', 'turn'];
const SOUND_MS = 2_000;
const PICTURE_MS = 5_000;
const SOCKET_MS = 8_000;
/** A browser asks a STUN server several times over some ten seconds before it gives up. */
const GATHER_MS = 15_000;
const ANSWERED_MS = 5_000;
const MEDIA_MS = 12_000;
const SLOW_MS = 400;
/** So many pictures must come through. */
const FRAMES = 5;

/** @param {string} reason @param {number | null} [ms] @returns {Pick<Step, 'state' | 'reason' | 'ms'>} */
const ok = (reason = 'ok', ms = null) => ({ state: 'ok', reason, ms });
/** @param {string} reason @param {number | null} [ms] @returns {Pick<Step, 'state' | 'reason' | 'ms'>} */
const warning = (reason, ms = null) => ({ state: 'warning', reason, ms });
/** @param {string} reason @returns {Pick<Step, 'state' | 'reason' | 'ms'>} */
const problem = (reason) => ({ state: 'problem', reason, ms: null });
/** @param {string} reason @returns {Pick<Step, 'state' | 'reason' | 'ms'>} */
const skipped = (reason) => ({ state: 'skipped', reason, ms: null });

export class NetworkTest {
  store = createStore({ running: false, done: false, steps: fresh() });
  #api;
  #url;
  /** @type {RTCIceServer[] | null} null: the server has not said */
  #servers = null;
  #stopped = false;

  /** @param {import('./api.js').Api} api @param {string} url of the WebSocket */
  constructor(api, url) {
    this.#api = api;
    this.#url = url;
  }

  async run() {
    if (this.store.get().running) return;
    this.#servers = null;
    this.store.set({ running: true, done: false, steps: fresh() });
    for (const name of STEPS) {
      if (this.#stopped) return;
      this.#setStep(name, { state: 'running', reason: '', ms: null });
      // a test that breaks is a result, too
      this.#setStep(name, await this.#runStep(name).catch(() => problem('failed')));
    }
    this.store.set({ running: false, done: true });
  }

  /** The page goes elsewhere. */
  stop() {
    this.#stopped = true;
  }

  /** @param {StepName} name @param {Pick<Step, 'state' | 'reason' | 'ms'>} result */
  #setStep(name, result) {
    this.store.set(({ steps }) => ({
      steps: steps.map((step) => (step.name === name ? { ...step, ...result } : step)),
    }));
  }

  /** @param {StepName} name @returns {Promise<Pick<Step, 'state' | 'reason' | 'ms'>>} */
  async #runStep(name) {
    switch (name) {
      case 'browser':
        return tryBrowser();
      case 'microphone':
        return tryMicrophone();
      case 'camera':
        return tryCamera();
      case 'server':
        return this.#tryServer();
      case 'socket':
        return this.#trySocket();
      case 'media':
        return tryMedia([], false);
      case 'stun':
        return this.#servers ? tryStun(this.#servers.filter((one) => isOf('stun', one))) : skipped('failed');
      case 'turn':
        return this.#servers ? tryTurn(this.#servers.filter((one) => isOf('turn', one))) : skipped('failed');
    }
  }

  async #tryServer() {
    const begun = performance.now();
    try {
      const { iceServers } = await this.#api.get('/media?for=test');
      this.#servers = iceServers;
    } catch (error) {
      return problem(/** @type {import('./api.js').Problem} */ (error).code === 'network' ? 'unreachable' : 'failed');
    }
    return timed(begun);
  }

  /** Opens a socket of its own, waits for the server's hello and asks for a sign of life. */
  async #trySocket() {
    const { token } = await this.#api.token();
    const socket = new WebSocket(this.#url, ['echomeet.v1', `bearer.${token}`]);
    let asked = 0;
    try {
      return await within(
        SOCKET_MS,
        new Promise((resolve) => {
          socket.onclose = () => resolve(problem(asked ? 'broken' : 'blocked'));
          socket.onmessage = ({ data }) => {
            const { type } = JSON.parse(data);
            if (type === 'hello') {
              asked = performance.now();
              socket.send(JSON.stringify({ id: 1, type: 'ping', data: {} }));
            } else if (type === 'pong') resolve(timed(asked));
          };
        }),
        problem('silent'),
      );
    } finally {
      socket.onclose = null;
      socket.close();
    }
  }
}

/** @returns {Step[]} */
function fresh() {
  return STEPS.map((name) => ({ name, state: 'waiting', reason: '', ms: null }));
}

/** @param {number} begun by performance.now() */
function timed(begun) {
  const ms = Math.round(performance.now() - begun);
  return ms > SLOW_MS ? warning('slow', ms) : ok('ok', ms);
}

/** @param {'stun' | 'turn'} scheme @param {RTCIceServer} server */
const isOf = (scheme, { urls }) => [urls].flat().some((url) => url.startsWith(scheme));

// --- the browser and its devices ------------------------------------------------------------------------------------

function tryBrowser() {
  if (!isSecureContext) return problem('insecure');
  return canConnect() && navigator.mediaDevices ? ok() : problem('old');
}

/** Opens it and listens: a microphone that is switched off in hardware gives nothing but zeros. */
async function tryMicrophone() {
  const { microphoneId } = settings.get();
  const stream = await open({ audio: microphoneId ? { deviceId: { ideal: microphoneId } } : true });
  if (typeof stream === 'string') return stream === 'none' ? warning('none') : problem(stream);
  const meter = new Meter();
  try {
    const [track] = stream.getAudioTracks();
    meter.listen(track);
    for (const end = performance.now() + SOUND_MS; performance.now() < end; await sleep(50))
      if (meter.level() > 0) return ok();
    return warning('silent');
  } finally {
    meter.close();
    close(stream);
  }
}

async function tryCamera() {
  const { cameraId } = settings.get();
  const stream = await open({ video: cameraId ? { deviceId: { ideal: cameraId } } : true });
  if (typeof stream === 'string') return stream === 'none' ? warning('none') : problem(stream);
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = stream;
  const pictures = new Promise((resolve) => {
    video.onloadeddata = () => resolve(ok());
    video.play().catch(() => {});
  });
  try {
    return await within(PICTURE_MS, pictures, warning('dark'));
  } finally {
    video.srcObject = null;
    close(stream);
  }
}

/** @param {MediaStreamConstraints} wish @returns {Promise<MediaStream | string>} the stream, or why there is none */
async function open(wish) {
  if (!navigator.mediaDevices) return 'insecure';
  try {
    return await navigator.mediaDevices.getUserMedia(wish);
  } catch (error) {
    return deviceReason(error);
  }
}

/** @param {MediaStream} stream */
function close(stream) {
  for (const track of stream.getTracks()) track.stop();
}

// --- ways for media -------------------------------------------------------------------------------------------------

/** @param {RTCIceServer[]} servers */
async function tryStun(servers) {
  if (servers.length === 0) return skipped('none');
  const begun = performance.now();
  const { types, errors } = await gather(servers, { ms: GATHER_MS });
  const ms = Math.round(performance.now() - begun);
  if (types.has('srflx')) return ok('ok', ms);
  // Without address translation the server tells nothing new, and browsers are silent about that. About a server that does not
  // answer, too: but then they ask again for some ten seconds.
  return errors.length > 0 || ms > ANSWERED_MS ? problem('unreachable') : ok('direct');
}

/** @param {RTCIceServer[]} servers */
async function tryTurn(servers) {
  if (servers.length === 0) return skipped('none');
  const { types, errors } = await gather(servers, { relayOnly: true, ms: GATHER_MS });
  if (!types.has('relay')) return problem(errors.includes(401) ? 'refused' : 'unreachable');
  return tryMedia(servers, true);
}

/** @param {RTCIceServer[]} servers @param {boolean} relayOnly */
async function tryMedia(servers, relayOnly) {
  const { frames, connected, roundTripMs } = await sendToMyself(servers, { relayOnly, frames: FRAMES, ms: MEDIA_MS });
  if (frames >= FRAMES) return ok('ok', roundTripMs);
  return problem(connected ? 'dark' : 'blocked');
}
