/**
 * What this page receives from the media server: one connection with a fixed number of slots. The server says whom each slot
 * brings. No picture is shown under a name before it is that person's for certain: a slot is taken from its former owner as soon as
 * the server says that it will bring somebody else, and given to the new one with the first frame that came after the change.
 */
import { SfuConnection, spoken } from './sfu-connection.js';

/** @typedef {import('../media-transport.js').Role} Role */
/** @typedef {{userId: number, role: Role}} Owner */
/** @typedef {{mid: string, owner: Owner | null, given: boolean, waiting: (() => void) | null, base: {received: number, lost: number} | null}} Slot */

/** As the server calls them. @type {Record<string, Role>} */
const ROLES = { voice: 'microphone', camera: 'camera', screen: 'screen', screenAudio: 'screenAudio' };
/** Without a way to see when a frame was received, this has to do. */
const SETTLE_MS = 400;
const WANTS_REPEAT_MS = 5_000;

export class SfuReceiver extends SfuConnection {
  /** @type {Map<string, Slot>} by mid */
  #slots = new Map();
  #number = 0;
  #switched = 0;
  /** the number of the last offer */
  #offer = 0;
  /** one answer is made after the other */
  #answers = Promise.resolve();
  /** @type {Map<string, MediaStream>} of a person and role, for as long as they are here; empty while nothing comes */
  #streams = new Map();
  /** @type {Map<number, import('../media-transport.js').Remote>} as last told */
  #remotes = new Map();
  #counts;
  /** @type {[number, string, number][]} */
  #wants = [];
  #wantsTimer;

  /** @param {import('./sfu-connection.js').SfuOptions & {sounds: number, pictures: number}} options */
  constructor(options) {
    super('sub', options);
    this.#counts = { audio: options.sounds, video: options.pictures };
    this.#wantsTimer = setInterval(() => this.#sayWants(), WANTS_REPEAT_MS);
  }

  /** @override */
  open() {
    this.#forget();
    this.#offer = 0;
    this.#answers = Promise.resolve(); // what waits for a connection that is closed meanwhile waits for ever
    super.open();
  }

  /** @override */
  close() {
    clearInterval(this.#wantsTimer);
    this.#forget();
    super.close();
  }

  /** @override */
  async begin() {
    this.ask(() => ({ kind: 'receive', ...this.#counts }));
  }

  /** @override @param {import('./sfu-connection.js').SfuMessage} message */
  receive(message) {
    if (message.kind === 'offer') this.#offered(message.n, message.sdp);
    else if (message.kind === 'slots') this.#take(message.n, message.slots ?? {});
    else if (message.kind === 'switched') this.#give(message.n);
    else return super.receive(message);
    return true;
  }

  /** @override */
  wake() {
    super.wake();
    this.#sayWants();
  }

  /** The most important first. @param {[number, string, number][]} wants */
  setWants(wants) {
    if (JSON.stringify(wants) === JSON.stringify(this.#wants)) return;
    this.#wants = wants;
    this.#sayWants();
  }

  #sayWants() {
    if (this.pc) this.say({ kind: 'wants', list: this.#wants });
  }

  /**
   * What arrives of somebody. A picture has its stream before it has a track: where it is shown is seen by the stream.
   * @param {number} userId @returns {import('../media-transport.js').Remote}
   */
  remote(userId) {
    const heard = (/** @type {Role} */ role) => {
      const stream = this.#streams.get(`${userId} ${role}`);
      return stream?.getTracks().length ? stream : null;
    };
    const now = {
      microphone: heard('microphone'),
      screenAudio: heard('screenAudio'),
      camera: this.#stream(userId, 'camera'),
      screen: this.#stream(userId, 'screen'),
    };
    const before = this.#remotes.get(userId);
    if (before && Object.values(ROLES).every((role) => now[role] === before[role])) return before; // nobody is drawn anew
    this.#remotes.set(userId, now);
    return now;
  }

  /** Somebody is gone for good. @param {(userId: number) => boolean} isHere */
  keep(isHere) {
    for (const key of this.#streams.keys()) if (!isHere(parseInt(key, 10))) this.#streams.delete(key);
    for (const userId of this.#remotes.keys()) if (!isHere(userId)) this.#remotes.delete(userId);
  }

  /** @returns {Map<number, number>} how loud those are who are heard */
  levels() {
    const levels = new Map();
    for (const { mid, owner } of this.#slots.values()) {
      if (owner?.role !== 'microphone') continue;
      const [source] = this.#receiver(mid)?.getSynchronizationSources() ?? [];
      levels.set(owner.userId, source?.audioLevel ?? 0);
    }
    return levels;
  }

  /** @param {number} userId @returns {Promise<import('../media-transport.js').Sample | null>} */
  async sample(userId) {
    const mine = [...this.#slots.values()].filter(({ owner }) => owner?.userId === userId);
    const reports = mine.length ? [...((await this.pc?.getStats()?.catch(() => null))?.values() ?? [])] : [];
    const pair = reports.find(({ type, nominated }) => type === 'candidate-pair' && nominated);
    const sample = { received: 0, lost: 0, roundTripMs: (pair?.currentRoundTripTime ?? 0) * 1000 };
    for (const slot of mine) {
      const report = reports.find(({ type, mid }) => type === 'inbound-rtp' && mid === slot.mid);
      if (!report) continue;
      slot.base ??= { received: report.packetsReceived, lost: report.packetsLost };
      sample.received += report.packetsReceived - slot.base.received;
      sample.lost += report.packetsLost - slot.base.lost;
    }
    return reports.length ? sample : null;
  }

  /** What each slot brings, by the person. */
  async flowsOfPeople() {
    return (await this.flows()).flatMap((flow) => {
      const owner = this.#slots.get(flow.mid)?.owner;
      return owner && flow.direction === 'in' ? [{ ...flow, userId: owner.userId }] : [];
    });
  }

  /** All that has arrived over this connection. @returns {Promise<import('./downlink.js').Arrived | null>} null: nothing is known */
  async arrived() {
    const reports = await this.pc?.getStats().catch(() => null);
    if (!reports) return null;
    const total = { received: 0, lost: 0, freezes: 0 };
    for (const report of reports.values()) {
      if (report.type !== 'inbound-rtp') continue;
      total.received += report.packetsReceived ?? 0;
      total.lost += report.packetsLost ?? 0;
      total.freezes += report.freezeCount ?? 0;
    }
    return total;
  }

  // --- slots ------------------------------------------------------------------------------------------------------

  /** @param {number} userId @param {Role} role */
  #stream(userId, role) {
    const key = `${userId} ${role}`;
    const stream = this.#streams.get(key) ?? new MediaStream();
    this.#streams.set(key, stream);
    return stream;
  }

  /** @param {string} mid */
  #receiver(mid) {
    return this.pc?.getTransceivers().find((one) => one.mid === mid)?.receiver;
  }

  /** The server is about to bring these. What changes is taken from its former owner. @param {number} n @param {Record<string, [number, string]>} said */
  #take(n, said) {
    if (n <= this.#number) return;
    this.#number = n;
    for (const mid of new Set([...this.#slots.keys(), ...Object.keys(said)])) {
      const [userId, kind] = said[mid] ?? [];
      const owner = userId && ROLES[kind] ? { userId, role: ROLES[kind] } : null;
      const slot = this.#slots.get(mid);
      if (slot?.owner?.userId === owner?.userId && slot?.owner?.role === owner?.role) continue;
      this.#release(slot);
      this.#slots.set(mid, { mid, owner, given: false, waiting: null, base: null });
    }
    if (this.#switched >= n) this.#give(n); // the messages crossed
    this.o.changed();
  }

  /** @param {Slot | undefined} slot */
  #release(slot) {
    slot?.waiting?.();
    const key = slot?.owner && `${slot.owner.userId} ${slot.owner.role}`;
    const track = slot && this.#receiver(slot.mid)?.track;
    if (key && track && this.#streams.get(key)?.getTracks().includes(track)) this.#streams.set(key, new MediaStream());
  }

  /** It brings them. @param {number} n */
  #give(n) {
    this.#switched = Math.max(this.#switched, n);
    if (n < this.#number) return; // and others soon
    for (const slot of this.#slots.values()) {
      if (!slot.owner || slot.given || slot.waiting) continue;
      const track = this.#receiver(slot.mid)?.track;
      if (!track) continue;
      if (track.kind === 'audio') this.#hand(slot, track);
      else slot.waiting = whenFresh(track, performance.now(), () => this.#hand(slot, track));
    }
  }

  /** @param {Slot} slot @param {MediaStreamTrack} track */
  #hand(slot, track) {
    const { owner } = slot;
    slot.waiting = null;
    if (!owner || this.#slots.get(slot.mid) !== slot) return;
    slot.given = true;
    // Another stream each time: an element whose stream was without a track once does not always go on with the next.
    this.#streams.set(`${owner.userId} ${owner.role}`, new MediaStream([track]));
    this.o.changed();
  }

  #forget() {
    for (const slot of this.#slots.values()) this.#release(slot);
    this.#slots.clear();
    this.#number = this.#switched = 0;
  }

  /** The first one, or another one where a slot is used again whose sender went away. @param {number} n @param {string} sdp */
  #offered(n, sdp) {
    const { pc } = this;
    if (!pc || n < this.#offer || (n === this.#offer && n === 1)) return; // the first answer is repeated until the connection stands
    this.#offer = n;
    this.#answers = this.#answers.then(async () => {
      try {
        if (this.pc === pc && n === this.#offer) await this.#answer(pc, n, sdp);
      } catch (error) {
        console.warn('media offer', error);
        if (this.pc === pc) this.renew();
      }
    });
  }

  /** @param {RTCPeerConnection} pc @param {number} n @param {string} sdp */
  async #answer(pc, n, sdp) {
    await pc.setRemoteDescription({ type: 'offer', sdp });
    await pc.setLocalDescription();
    const answer = () => ({ kind: 'answered', n, sdp: spoken(pc) });
    if (n === 1) this.ask(answer);
    else this.say(answer());
    this.#sayWants();
  }
}

/**
 * Calls back with the first picture that was received after that time. Answers what ends the waiting.
 * @param {MediaStreamTrack} track @param {number} since by performance.now() @param {() => void} callback
 */
function whenFresh(track, since, callback) {
  const video = document.createElement('video');
  /** @type {import('../protocol.js').Timer} */
  let timer = 0;
  const end = () => {
    clearTimeout(timer);
    video.srcObject = null;
  };
  if (!('requestVideoFrameCallback' in video)) {
    timer = setTimeout(callback, SETTLE_MS);
    return end;
  }
  const look = (/** @type {number} */ now, /** @type {VideoFrameCallbackMetadata} */ { receiveTime }) => {
    if (!video.srcObject) return;
    if ((receiveTime ?? now - SETTLE_MS) < since) {
      video.requestVideoFrameCallback(look);
      return;
    }
    end();
    callback();
  };
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  video.requestVideoFrameCallback(look);
  video.play().catch(() => {});
  return end;
}
