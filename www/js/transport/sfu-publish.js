/**
 * What this page sends to the media server: microphone and camera over one connection, a shared screen with its sound over another.
 * The camera goes out in three sizes; the server forwards to each of the others the one that is shown there.
 *
 * Each size is sent with one temporal layer (L1T1). Janus before 1.1.4 loses count of more of them when it switches between
 * people, and their picture then stands still for seconds. A browser that cannot be told so sends one size.
 */
import { SMALL_FRAMERATE } from '../video-policy.js';
import { SfuConnection, spoken } from './sfu-connection.js';

/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks */
/** @typedef {RTCRtpEncodingParameters & {scalabilityMode: string}} Layered */

/** From the largest to the smallest, of a picture of 720 lines; bits a second. */
const SIZES = [
  { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
  { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 400_000 },
  { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
];
/**
 * A browser leaves out the smallest sizes of a picture with few lines, and Janus waits for them for ever where somebody asked for the
 * smallest. So no more are offered than the browser sends: the smallest is there always.
 * @type {[lines: number, sizes: number][]}
 */
const SIZES_OF_LINES = [
  [540, 3],
  [270, 2],
  [0, 1],
];
const SCREEN = { maxBitrate: 2_500_000, maxFramerate: 30, scalabilityMode: 'L1T1' };

export class SfuPublisher extends SfuConnection {
  #camera;
  /** @type {Tracks} */
  #tracks = { audio: null, video: null };
  /** @type {{audio: RTCRtpSender, video: RTCRtpSender} | null} */
  #senders = null;
  /** the largest size that anybody wants; -1: none */
  #size = 2;
  /** how many the connection was made with */
  #sizes = 0;
  /** of one connection: of two limits at once a browser forgets the second one */
  #limits = Promise.resolve();
  /** @type {RTCPeerConnection | null} the connection that has its answer, though taking it may last */
  #answeredPc = null;

  /** @param {'pub' | 'screen'} name @param {import('./sfu-connection.js').SfuOptions} options */
  constructor(name, options) {
    super(name, options);
    this.#camera = name === 'pub';
  }

  /** What is sent from now on. With nothing at all there is no connection. @param {Tracks} tracks */
  async setTracks(tracks) {
    this.#tracks = tracks;
    const any = tracks.audio !== null || tracks.video !== null;
    const otherSizes = this.#camera && tracks.video !== null && sizesOf(tracks.video) !== this.#sizes;
    if (any && (!this.pc || otherSizes)) this.open();
    else if (!any && this.pc && !this.#camera) this.close();
    else await this.#attach();
  }

  /** @override @param {RTCPeerConnection} pc */
  async begin(pc) {
    const { audio, video } = this.#tracks;
    this.#limits = Promise.resolve();
    const lines = {
      audio: pc.addTransceiver(audio ?? 'audio', { direction: 'sendonly' }),
      video: pc.addTransceiver(video ?? 'video', { direction: 'sendonly', sendEncodings: this.#encodings() }),
    };
    this.#senders = { audio: lines.audio.sender, video: lines.video.sender };
    await pc.setLocalDescription();
    this.ask(() => ({ kind: 'publish', sdp: spoken(pc) }));
  }

  /** @override @param {import('./sfu-connection.js').SfuMessage} message */
  receive(message) {
    if (message.kind === 'answer') this.#answer(message.sdp);
    else if (message.kind === 'layers') this.#setSize(Number(message.size));
    else return super.receive(message);
    return true;
  }

  /** @param {string} sdp */
  async #answer(sdp) {
    const { pc } = this;
    if (!pc || pc === this.#answeredPc) return; // repeated
    this.#answeredPc = pc;
    this.answered();
    try {
      await pc.setRemoteDescription({ type: 'answer', sdp });
      await this.#attach();
      await this.#limit();
    } catch (error) {
      console.warn('media answer', error);
      if (this.pc === pc) this.renew();
    }
  }

  async #attach() {
    for (const kind of /** @type {const} */ (['audio', 'video'])) {
      const sender = this.pc && this.#senders?.[kind];
      if (sender && sender.track !== this.#tracks[kind]) await sender.replaceTrack(this.#tracks[kind]);
    }
  }

  /** @returns {RTCRtpEncodingParameters[]} */
  #encodings() {
    if (!this.#camera) return [SCREEN];
    this.#sizes = sizesOf(this.#tracks.video);
    if (this.#sizes === 1) return [SIZES[0]];
    return SIZES.slice(0, this.#sizes).map((size) => /** @type {Layered} */ ({ ...size, scalabilityMode: 'L1T1' }));
  }

  /** @param {number} size */
  #setSize(size) {
    if (!Number.isInteger(size) || size === this.#size) return;
    this.#size = size;
    this.#limit();
  }

  /**
   * Nothing larger than is shown anywhere leaves this page. All sizes share one frame rate limit, since Chromium applies the lowest
   * one to all of them.
   */
  #limit() {
    this.#limits = this.#limits.then(() => this.#limitNow());
    return this.#limits;
  }

  async #limitNow() {
    const sender = this.#senders?.video;
    const parameters = sender?.getParameters();
    if (!sender || !parameters?.encodings?.length) return;
    const { encodings } = parameters;
    encodings.forEach((encoding, i) => {
      encoding.active = this.#size >= (encodings.length === 1 ? 0 : encodings.length - 1 - i);
      if (this.#camera) encoding.maxFramerate = this.#size <= 0 ? SMALL_FRAMERATE : undefined;
    });
    await sender.setParameters(parameters).catch(() => {}); // a limit is a wish
  }
}

/** In how many sizes a camera goes out; one that comes later is taken for a good one. @param {MediaStreamTrack | null} track */
function sizesOf(track) {
  if (!hasSingleLayers()) return 1;
  const { height = SIZES_OF_LINES[0][0] } = track?.getSettings() ?? {};
  return /** @type {[number, number]} */ (SIZES_OF_LINES.find(([lines]) => height >= lines))[1];
}

/** @type {boolean | undefined} */
let singleLayers;

/** Whether the browser can send several sizes with one temporal layer each. */
function hasSingleLayers() {
  if (singleLayers !== undefined) return singleLayers;
  const pc = new RTCPeerConnection();
  try {
    const encodings = /** @type {Layered[]} */ (['a', 'b'].map((rid) => ({ rid, scalabilityMode: 'L1T1' })));
    const { sender } = pc.addTransceiver('video', { direction: 'sendonly', sendEncodings: encodings });
    const said = /** @type {Layered[]} */ (sender.getParameters().encodings);
    singleLayers = said.length === 2 && said.every(({ scalabilityMode }) => scalabilityMode === 'L1T1');
  } catch {
    singleLayers = false;
  } finally {
    pc.close();
  }
  return singleLayers;
}
