/**
 * The media connection to one other participant: an RTCPeerConnection under the "perfect negotiation" pattern of the
 * W3C WebRTC specification (section 10.7), made proof against lost signals.
 *
 * - One side is polite (the smaller user id, see mesh.js): when offers cross it takes its own back. The impolite side
 *   makes the first offer, so that offers do not cross as a rule.
 * - Microphone and camera have one transceiver each from the start, whether there is a device or not: muting, a camera
 *   switched off or exchanged never needs a new negotiation. A screen gets transceivers of its own while it is shared.
 * - Every description says what each of its sender's transceivers carries (`tracks`: mid -> role), so the receiver knows the
 *   screen from the camera.
 * - Descriptions are numbered. An offer is sent again until it is answered; an offer that comes again gets the same
 *   answer; an answer to an older offer is ignored.
 * - `instance` names this connection and `for` the one it is meant for; mesh.js reads them.
 * - Each side tells the other how large it shows their pictures (`wants`), and is sent no more than that.
 * - What is not connected is tried again for as long as the connection lives: ICE restarts, then a new connection, after
 *   pauses that grow. Restarts are offered by the impolite side; the polite one asks for them, so that offers do not cross.
 */
import { EVERYTHING, cameraPlan, readWants, screenPlan } from '../video-policy.js';
import { flowsOf, isRelayed, sampleOf } from './stats.js';

/** @typedef {import('../media-transport.js').Role} Role */
/** @typedef {import('../media-transport.js').Local} Local */
/** @typedef {import('../media-transport.js').Remote} Remote */
/** @typedef {import('../media-transport.js').ConnectionState} ConnectionState */
/** @typedef {import('../video-policy.js').Wants} Wants */
/** @typedef {{kind: 'description', n: number, description: RTCSessionDescriptionInit | null, tracks: Record<string, Role>, wants: unknown}} Description */
/**
 * What a signal says.
 * @typedef {{kind: 'hello', restart?: boolean} | Description | {kind: 'candidate', candidate: RTCIceCandidateInit} | {kind: 'wants', wants: unknown, ask?: boolean}} Content
 */
/** `instance`: the connection that it comes from; `for`: the one that it is meant for. @typedef {Content & {instance: string, for?: string}} Signal */
/**
 * @typedef {object} PeerOptions
 * @property {number} id the other's user id
 * @property {boolean} polite
 * @property {string} instance
 * @property {string | null} remoteInstance
 * @property {RTCIceServer[]} iceServers
 * @property {RTCIceTransportPolicy} iceTransportPolicy
 * @property {boolean} blocked an earlier one with the same person never connected
 * @property {number} tries how often has been tried since one was connected
 * @property {Local} local
 * @property {number} others how many people the camera goes to
 * @property {Wants} wants how large the other's pictures are shown here
 * @property {(message: Signal) => void} send
 * @property {() => void} changed the remote streams or the state are others than before
 * @property {(hopeless: boolean) => void} renew a new connection is wanted; `hopeless`: restarting did not help
 */

/** An offer that got no answer is sent again after this, then after twice as long, and so on. */
const RESEND_MS = 2_500;
const RESEND_LONGEST_MS = 20_000;
/** "disconnected" often mends itself; after this it is helped. */
const DISCONNECTED_MS = 3_000;
/** What is not connected after this is restarted; after so many restarts a new one is made, and each try is given longer. */
const CONNECT_MS = 12_000;
const CONNECT_LONGEST_MS = 30_000;
const CONNECT_GROWTH = 1.5;
const RESTARTS = 2;
const KEPT_CANDIDATES = 64;

export class Peer {
  /** @type {RTCPeerConnection} */
  pc;
  /** @type {ConnectionState} */
  state;
  /** @type {Remote} what the other sends */
  remote = { microphone: null, camera: null, screen: null, screenAudio: null };
  /** @type {string | null} */
  remoteInstance;
  /** Whether a description of the other was applied: then this connection cannot serve another instance of it. */
  negotiated = false;
  /** Whether it ever was connected. */
  wasConnected = false;
  /** How often was tried since one was connected, also with earlier connections. */
  tries;

  #options;
  /** @type {Local} */
  #local;
  /** @type {Map<RTCRtpTransceiver, Role>} what we send on which transceiver */
  #roles = new Map();
  /** @type {Record<string, Role>} what the other sends on which transceiver, by mid */
  #remoteRoles = {};
  /** how large the other shows ours */
  #wanted = EVERYTHING;
  #ignoreOffer = false;
  #offerNumber = 0;
  #remoteOffer = 0;
  /** @type {Description | null} */
  #lastAnswer = null;
  /** @type {RTCIceCandidateInit[]} that came before the description they belong to */
  #candidates = [];
  /** @type {Promise<void>} signals and offers of our own, one after the other */
  #negotiationQueue = Promise.resolve();
  #closed = false;
  #triedAt = performance.now();
  #restarts = 0;
  #resendDelay = RESEND_MS;
  /** `try` runs whenever it is not connected. @type {Record<'resend' | 'try', import('../protocol.js').Timer>} */
  #timers = { resend: 0, try: 0 };

  /** @param {PeerOptions} options */
  constructor(options) {
    this.#options = options;
    this.#local = options.local;
    this.remoteInstance = options.remoteInstance;
    this.state = options.blocked ? 'blocked' : 'connecting';
    this.tries = options.tries;
    this.pc = new RTCPeerConnection(this.#configuration());
    this.pc.onnegotiationneeded = () => this.#makeOffer();
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate) this.#sendSignal({ kind: 'candidate', candidate: candidate.toJSON() });
    };
    this.pc.onconnectionstatechange = () => this.#connectionChanged();
    this.#tryAfter(this.#tryTimeout());
    if (options.polite) this.introduce();
    else this.#addOwnTransceivers();
  }

  get polite() {
    return this.#options.polite;
  }

  get instance() {
    return this.#options.instance;
  }

  close() {
    this.#closed = true;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.pc.onnegotiationneeded = this.pc.onicecandidate = this.pc.onconnectionstatechange = null;
    this.pc.close();
  }

  /** Says which connection this is; the impolite side answers with its offer. Repeated until something comes back. */
  introduce(repeated = false) {
    if (this.#closed) return;
    this.#sendSignal({ kind: 'hello' });
    if (this.#options.polite && !this.negotiated) this.#resendLater(() => this.introduce(true), repeated);
  }

  /** The way to the other is open again (either side's socket is back): repeat what may have been lost. */
  wake() {
    if (this.#closed) return;
    this.#sendWants(true);
    if (this.pc.connectionState === 'connected') {
      if (this.pc.signalingState === 'have-local-offer') this.#sendOffer(true);
      return;
    }
    this.tries = this.#restarts = 0;
    this.#restartConnection();
  }

  restartIce() {
    if (!this.#closed) this.pc.restartIce();
  }

  /** A fresh offer without need, for tests and diagnosis. */
  renegotiate() {
    return this.#makeOffer();
  }

  /** @param {Signal} message from the same instance of the other as before */
  receive(message) {
    return this.#inTurn(() => this.#handleSignal(message));
  }

  /** @param {Local} local what we have now */
  async setLocal(local) {
    this.#local = local;
    await this.#sendTracks();
    this.#syncScreen();
    await this.#inTurn(() => this.#limitEncodings());
  }

  /** @param {number} others how many people the camera goes to */
  setOthers(others) {
    if (this.#options.others === others) return;
    this.#options.others = others;
    this.#inTurn(() => this.#limitEncodings());
  }

  /** @param {Wants} wants how large the other's pictures are shown here */
  setWants(wants) {
    if (this.#options.wants.camera === wants.camera && this.#options.wants.screen === wants.screen) return;
    this.#options.wants = wants;
    this.#sendWants();
  }

  /**
   * Other servers, or fresh credentials. Where media run over a relay server, the way there was opened with the old
   * credentials and ends with them: a new one is opened beside it.
   * @param {RTCIceServer[]} iceServers
   */
  async setIceServers(iceServers) {
    this.#options.iceServers = iceServers;
    if (this.#closed) return;
    this.pc.setConfiguration(this.#configuration());
    if (isRelayed(await this.pc.getStats())) this.restartIce();
  }

  /** @returns {RTCConfiguration} */
  #configuration() {
    const { iceServers, iceTransportPolicy } = this.#options;
    return { iceServers, iceTransportPolicy, bundlePolicy: 'max-bundle' };
  }

  /** How loud the other is at this moment, 0 to 1: the levels that come with the sound's packets. */
  level() {
    const sources = this.pc
      .getReceivers()
      .flatMap((receiver) => (receiver.track.kind === 'audio' ? receiver.getSynchronizationSources() : []));
    return Math.max(0, ...sources.map(({ audioLevel }) => audioLevel ?? 0));
  }

  /** @returns {Promise<import('../media-transport.js').Sample | null>} null: not known */
  async sample() {
    const reports = await this.pc.getStats().catch(() => null);
    return reports && sampleOf(reports.values());
  }

  async flows() {
    const stats = await this.pc.getStats().catch(() => null);
    return stats ? flowsOf(stats) : [];
  }

  // --- what we send -----------------------------------------------------------------------------------------------

  /** The impolite side's first offer is made of these. */
  #addOwnTransceivers() {
    const { microphone, camera } = this.#local;
    this.#roles.set(this.pc.addTransceiver(microphone ?? 'audio', { direction: 'sendrecv' }), 'microphone');
    this.#roles.set(
      this.pc.addTransceiver(camera ?? 'video', { direction: 'sendrecv', sendEncodings: [this.#cameraPlan()] }),
      'camera',
    );
  }

  /** The polite side sends on the transceivers that the first offer opened. */
  async #takeOfferedTransceivers() {
    const taken = new Set(this.#roles.values());
    for (const transceiver of this.pc.getTransceivers()) {
      const role = transceiver.mid === null ? undefined : this.#remoteRoles[transceiver.mid];
      if ((role !== 'microphone' && role !== 'camera') || taken.has(role)) continue;
      transceiver.direction = 'sendrecv';
      this.#roles.set(transceiver, role);
    }
    await this.#sendTracks();
  }

  async #sendTracks() {
    for (const [transceiver, role] of this.#roles) {
      if (role !== 'microphone' && role !== 'camera') continue;
      if (transceiver.sender.track !== this.#local[role]) await transceiver.sender.replaceTrack(this.#local[role]);
    }
  }

  /**
   * Chromium 150 (Debian 12 has it) forgets what a video sender sends when an offer is taken back: the sender keeps its track,
   * and not one picture goes out. It learns it anew where the track is another one than before.
   */
  async #attachAgain() {
    for (const [transceiver, role] of this.#roles) {
      const { sender } = transceiver;
      const { track } = sender;
      if (!track || (role !== 'camera' && role !== 'screen')) continue;
      await sender.replaceTrack(null);
      if (role === 'screen' && this.#roles.has(transceiver)) await sender.replaceTrack(track);
    }
    await this.#sendTracks(); // the camera, which may be another one by now
  }

  /** Adds and removes the screen's transceivers; the browser then asks for a negotiation. */
  #syncScreen() {
    if (this.#closed || !this.pc.currentRemoteDescription) return; // after the first negotiation
    const wanted = new Set(this.#local.screen?.getTracks() ?? []);
    for (const [transceiver, role] of this.#roles) {
      if (role !== 'screen' && role !== 'screenAudio') continue;
      const track = transceiver.sender.track;
      if (track && wanted.delete(track)) continue;
      this.#roles.delete(transceiver);
      transceiver.stop();
    }
    for (const track of wanted) {
      const video = track.kind === 'video';
      const encodings = video ? [screenPlan(this.#wanted.screen)] : undefined;
      const transceiver = this.pc.addTransceiver(track, { direction: 'sendonly', sendEncodings: encodings });
      this.#roles.set(transceiver, video ? 'screen' : 'screenAudio');
    }
  }

  #cameraPlan() {
    const height = this.#local.camera?.getSettings().height ?? 0;
    return cameraPlan({ others: this.#options.others, want: this.#wanted.camera, height });
  }

  /** Sends as large as is of use there. */
  async #limitEncodings() {
    for (const [{ sender }, role] of this.#roles) {
      if (role !== 'camera' && role !== 'screen') continue;
      const plan = role === 'camera' ? this.#cameraPlan() : screenPlan(this.#wanted.screen);
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings ?? [];
      if (
        !encoding ||
        Object.entries(plan).every(
          ([name, value]) => /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (encoding))[name] === value,
        )
      )
        continue;
      Object.assign(encoding, plan);
      await sender.setParameters(parameters).catch(() => {}); // a limit is a wish
    }
  }

  /** @param {boolean} [ask] the other's wishes may have been lost while this page was away */
  #sendWants(ask = false) {
    if (this.negotiated) this.#sendSignal({ kind: 'wants', wants: this.#options.wants, ...(ask ? { ask } : {}) }); // else the description brings them
  }

  // --- negotiation ------------------------------------------------------------------------------------------------

  /** @param {() => Promise<void>} work */
  #inTurn(work) {
    this.#negotiationQueue = this.#negotiationQueue.then(work).catch((error) => {
      if (!this.#closed) console.warn('media negotiation with', this.#options.id, error);
    });
    return this.#negotiationQueue;
  }

  /**
   * In turn with the other's signals. Between their offer and our answer setLocalDescription() would make that answer,
   * the one that was to make it then an offer that nobody waits for, and both sides would wait for each other for ever.
   */
  #makeOffer() {
    return this.#inTurn(async () => {
      if (this.#roles.size === 0 || this.#closed) return; // polite, and the first offer has not come yet
      if (this.pc.signalingState !== 'stable') return; // the browser asks again once it is, where there is need
      await this.pc.setLocalDescription();
      this.#offerNumber += 1;
      this.#sendOffer(false);
    });
  }

  /** @param {boolean} repeated the description then holds the candidates found since */
  #sendOffer(repeated) {
    const number = this.#offerNumber;
    this.#sendDescription(number);
    this.#resendLater(() => {
      if (this.#offerNumber === number && this.pc.signalingState === 'have-local-offer') this.#sendOffer(true);
    }, repeated);
  }

  /** @param {number} n */
  #sendDescription(n) {
    this.#sendSignal({
      kind: 'description',
      n,
      description: this.pc.localDescription,
      tracks: this.#ownTracks(),
      wants: this.#options.wants,
    });
  }

  /** @param {Signal} message */
  async #handleSignal(message) {
    if (this.#closed) return;
    if (message.kind === 'hello') this.#handleHello(message.restart === true);
    else if (message.kind === 'description') await this.#handleDescription(message);
    else if (message.kind === 'candidate') await this.#handleCandidate(message.candidate);
    else if (message.kind === 'wants') {
      if (message.ask === true) this.#sendWants();
      await this.#applyWants(message.wants);
    }
  }

  /** @param {unknown} wants the other's */
  async #applyWants(wants) {
    this.#wanted = readWants(wants);
    await this.#limitEncodings();
  }

  /** The polite side asks: our offer was lost, or nothing is connected. @param {boolean} restart it is not connected there, whatever is seen here */
  #handleHello(restart) {
    const connected = this.pc.connectionState === 'connected' && !restart;
    if (this.pc.signalingState === 'have-local-offer') this.#sendOffer(true);
    else if (
      !this.#options.polite &&
      this.negotiated &&
      !connected &&
      performance.now() - this.#triedAt > DISCONNECTED_MS
    )
      this.#restartConnection();
  }

  /** @param {Description} message */
  async #handleDescription({ n, description, tracks, wants }) {
    const { pc } = this;
    const isOffer = /** @type {RTCSessionDescriptionInit} */ (description).type === 'offer';
    if (isOffer && n <= this.#remoteOffer) {
      if (this.#lastAnswer?.n === n) this.#answerAgain();
      return;
    }
    if (!isOffer && (n !== this.#offerNumber || pc.signalingState !== 'have-local-offer')) return;

    const collision = isOffer && pc.signalingState !== 'stable';
    this.#ignoreOffer = !this.#options.polite && collision;
    if (this.#ignoreOffer) return;
    if (collision && this.wasConnected && pc.connectionState !== 'connected') {
      // Chromium 150 never sends a picture again where an offer is taken back while the way is broken.
      this.#options.renew(false);
      return;
    }

    await pc.setRemoteDescription(/** @type {RTCSessionDescriptionInit} */ (description)); // takes our own offer back when offers crossed
    this.negotiated = true;
    this.#remoteRoles = tracks ?? {};
    clearTimeout(this.#timers.resend);
    if (isOffer) {
      this.#remoteOffer = n;
      await this.#takeOfferedTransceivers();
      await pc.setLocalDescription();
      this.#lastAnswer = {
        kind: 'description',
        n,
        description: pc.localDescription,
        tracks: this.#ownTracks(),
        wants: this.#options.wants,
      };
      this.#sendSignal(/** @type {Description} */ (this.#lastAnswer));
    }
    if (collision) await this.#attachAgain();
    await this.#applyWants(wants);
    this.#collectRemote();
    await this.#lateCandidates();
    this.#syncScreen();
  }

  /** It was lost, and what was found since may be too. */
  #answerAgain() {
    const { currentLocalDescription: description } = this.pc;
    this.#sendSignal({
      .../** @type {Description} */ (this.#lastAnswer),
      ...(description?.type === 'answer' ? { description } : {}),
      wants: this.#options.wants,
    });
  }

  /** @param {RTCIceCandidateInit} candidate */
  async #handleCandidate(candidate) {
    if (!this.pc.remoteDescription) {
      this.#keepCandidate(candidate);
      return;
    }
    try {
      await this.pc.addIceCandidate(candidate);
    } catch {
      if (!this.#ignoreOffer) this.#keepCandidate(candidate); // of a description that is still on its way
    }
  }

  /** @param {RTCIceCandidateInit} candidate */
  #keepCandidate(candidate) {
    if (this.#candidates.length < KEPT_CANDIDATES) this.#candidates.push(candidate);
  }

  async #lateCandidates() {
    for (const candidate of this.#candidates.splice(0)) await this.pc.addIceCandidate(candidate).catch(() => {});
  }

  /** @returns {Record<string, Role>} */
  #ownTracks() {
    /** @type {Record<string, Role>} */
    const tracks = {};
    for (const [transceiver, role] of this.#roles) if (transceiver.mid !== null) tracks[transceiver.mid] = role;
    return tracks;
  }

  /** Reads off what the other sends now. */
  #collectRemote() {
    /** @type {Partial<Record<Role, MediaStreamTrack>>} */
    const found = {};
    for (const { mid, receiver, currentDirection } of this.pc.getTransceivers()) {
      const role = mid === null ? undefined : this.#remoteRoles[mid];
      if (role && (currentDirection === 'sendrecv' || currentDirection === 'recvonly')) found[role] = receiver.track;
    }
    const next = { ...this.remote };
    for (const name of Object.keys(next)) {
      const role = /** @type {Role} */ (name);
      const track = found[role] ?? null;
      if ((next[role]?.getTracks()[0] ?? null) !== track) next[role] = track && new MediaStream([track]);
    }
    this.remote = next;
    this.#options.changed();
  }

  // --- keeping it up ----------------------------------------------------------------------------------------------

  #connectionChanged() {
    const { connectionState } = this.pc;
    if (connectionState === 'connected') {
      this.tries = this.#restarts = 0;
      this.wasConnected = true;
      clearTimeout(this.#timers.try);
      this.#timers.try = 0;
      this.#setState('connected');
      return;
    }
    if (connectionState !== 'connecting') this.#setState('trouble');
    if (this.#timers.try) return; // one is under way: it is given its time, whatever the browser says of the way that broke
    this.#tryAfter({ failed: 0, disconnected: DISCONNECTED_MS }[/** @type {string} */ (connectionState)] ?? CONNECT_MS);
  }

  /** @param {ConnectionState} state */
  #setState(state) {
    if (this.state === state || (this.state === 'blocked' && state !== 'connected')) return;
    this.state = state;
    this.#options.changed();
  }

  /** The impolite side tries first; the polite one only when that did not come. @param {number} ms */
  #tryAfter(ms) {
    clearTimeout(this.#timers.try);
    this.#timers.try = setTimeout(() => this.#tryAgain(), ms + (this.#options.polite ? DISCONNECTED_MS : 0));
  }

  #tryAgain() {
    this.#timers.try = 0;
    if (this.#closed || this.pc.connectionState === 'connected') return;
    this.#setState('trouble');
    this.tries += 1;
    this.#restarts += 1;
    if (this.#restarts > RESTARTS) this.#options.renew(true);
    else this.#restartConnection();
  }

  /** How long a try may take: at first all alike, then longer and longer. */
  #tryTimeout() {
    return Math.min(CONNECT_LONGEST_MS, CONNECT_MS * CONNECT_GROWTH ** Math.max(0, this.tries - RESTARTS));
  }

  /** Also where one is under way: another one follows its answer, for what it found may be of no use any more. */
  #restartConnection() {
    this.#triedAt = performance.now();
    this.#tryAfter(this.#tryTimeout());
    if (this.pc.signalingState === 'have-local-offer') this.#sendOffer(true);
    if (!this.negotiated) {
      if (this.#options.polite) this.introduce();
    } else if (this.#options.polite) this.#askForRestart();
    else this.restartIce();
  }

  #askForRestart(repeated = false) {
    if (this.pc.connectionState === 'connected') return;
    this.#sendSignal({ kind: 'hello', restart: true });
    if (this.pc.signalingState === 'stable') this.#resendLater(() => this.#askForRestart(true), repeated);
  }

  /** @param {() => void} action @param {boolean} [repeated] wait longer than the time before */
  #resendLater(action, repeated = false) {
    this.#resendDelay = repeated ? Math.min(RESEND_LONGEST_MS, this.#resendDelay * 2) : RESEND_MS;
    clearTimeout(this.#timers.resend);
    this.#timers.resend = setTimeout(() => !this.#closed && action(), this.#resendDelay);
  }

  /** @param {Content} message */
  #sendSignal(message) {
    this.#options.send({ ...message, instance: this.#options.instance, for: this.remoteInstance ?? undefined });
  }
}
