/**
 * What this person sends, kept in step with the room: it is told what is on, and what others switch off, or the meeting
 * does not allow, stops here. Holds the room's media while one is in it.
 */
import { browserKind } from './browser.js';
import { errorText, t } from './i18n.js';
import { LocalMedia } from './media.js';
import { can } from './room-state.js';
import { settings } from './settings.js';
import { announce, notify, toast } from './toasts.js';
import { fetchModule } from './version.js';
import { sleep } from './waiting.js';

/** @typedef {import('./room-state.js').Room} Room */
/** @typedef {{audio: boolean, video: boolean, screen: boolean}} MediaState what of a person is on, in the words of the wire */
/** @typedef {import('./media-transport.js').MediaAccess} MediaAccess */

const RETRY_MS = 2_000;

export class MediaControl {
  /** one's own devices */
  local = new LocalMedia();
  /** @type {import('./room-media.js').RoomMedia | null} while in the room */
  room = null;

  #session;
  /** What nobody needs at the door. @type {typeof import('./room-media.js') | null} */
  #roomMediaModule = null;
  /** What the room was last told of our devices. @type {MediaState | null} */
  #sharedState = null;
  #syncing = false;
  /** @type {{microphone: string | false, camera: string | false}} what was told of a device */
  #missing = { microphone: false, camera: false };

  /** @param {import('./session-core.js').SessionCore} session */
  constructor(session) {
    this.#session = session;
    this.local.store.subscribe(() => this.#localChanged());
  }

  // --- in and out of the room -------------------------------------------------------------------------------------

  /** Before this person is live: without it there is no way in. */
  async prepare() {
    this.#roomMediaModule = await fetchModule(() => import('./room-media.js'));
  }

  /** The whole room is known, for the first time or again. @param {Room} room @param {MediaAccess} access */
  enter(room, access) {
    if (this.room) {
      this.room.setPeople(room.participants);
      this.wake(access);
      return;
    }
    if (!this.#roomMediaModule) throw new Error('enter() without prepare()');
    this.#applyMuteOnEntry(room);
    this.room = new this.#roomMediaModule.RoomMedia({
      myId: room.myId,
      access,
      local: this.local,
      send: (to, data) => this.#session.client?.signal(to, data),
      renew: () => this.#session.api.get(`/meetings/${room.meeting.id}/media`),
    });
    this.room.on('change', (views) =>
      this.#session.store.set({ connections: Object.fromEntries(views.map((view) => [view.userId, view])) }),
    );
    this.room.setPeople(room.participants);
  }

  /** This person's socket is back. @param {MediaAccess} access */
  wake(access) {
    this.room?.iceServers.take(access);
    this.room?.move(access);
    this.room?.transport?.wake();
  }

  /** Who is in the room has changed. @param {{userId: number, online: boolean}} [person] who has come, or gone away for a moment */
  peopleChanged(person) {
    const transport = this.room?.transport;
    if (person?.online) transport?.wake(person.userId);
    this.room?.setPeople(this.#session.store.get().room?.participants ?? []);
  }

  /** Out of the room; the devices stay on. */
  leave() {
    this.room?.close();
    this.room = null;
  }

  // --- relay only, screen -----------------------------------------------------------------------------------------

  /** Whether the server has TURN servers for this person. */
  async offersRelay() {
    const servers = this.room?.iceServers.servers ?? (await this.#session.api.get('/media?for=test')).iceServers;
    return servers.some((/** @type {RTCIceServer} */ { urls }) => [urls].flat().some((url) => /^turns?:/.test(url)));
  }

  /** Over TURN servers only, or as it goes best. @param {boolean} relayOnly */
  setRelayOnly(relayOnly) {
    settings.set({ relayOnly });
    this.room?.transport?.setRelayOnly(relayOnly);
  }

  async toggleScreen() {
    if (this.local.store.get().screen) {
      this.local.stopScreen();
      return;
    }
    const { room } = this.#session.store.get();
    if (room && !can(room, 'share_screen')) {
      toast(t('may.share'), 'error');
      return;
    }
    try {
      await this.local.shareScreen();
    } catch {
      toast(t('screen.failed'), 'error');
    }
  }

  // --- in step with the room --------------------------------------------------------------------------------------

  /** What the server has of us, as a join or a return says. @param {MediaState} state */
  setSharedState({ audio, video, screen }) {
    this.#sharedState = { audio, video, screen };
  }

  /** Others may switch off what is sent here, and it stops here: nobody has to trust what a page says of itself. @param {Partial<MediaState>} now what is off @param {string} [by] name of who did it */
  applyRemoteMute(now, by) {
    const shared = this.#sharedState ?? { audio: false, video: false, screen: false };
    const { microphoneOn, cameraOn, screen } = this.local.store.get();
    const state = { ...shared, ...now };
    if (by && microphoneOn && !state.audio) notify('notification.mutedBy', by);
    if (by && cameraOn && !state.video) notify('notification.cameraOffBy', by);
    if (by && screen && !state.screen) notify('notification.shareStoppedBy', by);
    this.#switchOff(state);
  }

  /** @param {MediaState} state as the server has it */
  #switchOff(state) {
    this.#sharedState = state;
    if (!state.audio) this.local.silence('microphone');
    if (!state.video) this.local.silence('camera');
    if (!state.screen) this.local.stopScreen();
  }

  /** The first moments in the room: muted where the meeting wants that. @param {Room} room */
  #applyMuteOnEntry(room) {
    const quiet = room.meeting.muteOnEntry && !can(room, 'mute_others');
    if (!this.local.store.get().microphoneOn || (can(room, 'unmute') && !quiet)) return;
    this.local.silence('microphone');
    toast(t(can(room, 'unmute') ? 'may.joinedMuted' : 'may.unmute'));
  }

  /** What is not allowed is off again before anybody hears it. Who was on when that was decided stays on. */
  #keepToRules() {
    const { room } = this.#session.store.get();
    const shared = this.#sharedState;
    if (!room || !shared || shared.audio || !this.local.store.get().microphoneOn || can(room, 'unmute')) return;
    this.local.silence('microphone');
    toast(t('may.unmute'), 'error');
  }

  #localChanged() {
    this.#keepToRules();
    this.#tellDevices();
    this.syncMediaState();
  }

  /** A device was pulled out or is allowed no more, or a camera is off because its blur failed; or it is there again. */
  #tellDevices() {
    const { microphoneProblem, cameraProblem } = this.local.store.get();
    const missing = {
      microphone:
        (microphoneProblem === 'unplugged' || microphoneProblem === 'withdrawn') &&
        /** @type {const} */ (`device.microphone.${microphoneProblem}`),
      camera:
        (cameraProblem === 'unplugged' || cameraProblem === 'withdrawn' || cameraProblem === 'blur') &&
        /** @type {const} */ (`device.camera.${cameraProblem}`),
    };
    for (const kind of /** @type {const} */ (['microphone', 'camera'])) {
      if (missing[kind] === this.#missing[kind]) continue;
      const back = !missing[kind] && this.local.store.get()[kind];
      if (this.#session.store.get().phase === 'in' && (missing[kind] || back))
        this.#tell(missing[kind] || `device.${kind}.back`);
    }
    this.#missing = missing;
  }

  /** What the browser forbids is told with the way to allow it. @param {import('./i18n.js').Key} key */
  #tell(key) {
    if (!key.endsWith('.withdrawn')) return notify(key);
    const text = `${t(key)} ${t(`device.allow.${browserKind()}`)}`;
    toast(text, 'error', undefined, { lasting: true });
    announce(text);
  }

  /** Tells the room what is on, until it knows the last state; switches may be pressed faster than answers come. */
  async syncMediaState() {
    const { client, store } = this.#session;
    const { microphoneOn, cameraOn, screen } = this.local.store.get();
    const now = { audio: microphoneOn, video: cameraOn, screen: screen !== null };
    const shared = this.#sharedState;
    if (this.#syncing || !client || !shared || client.state !== 'online') return;
    if (shared.audio === now.audio && shared.video === now.video && shared.screen === now.screen) return;
    this.#syncing = true;
    try {
      await client.request('media_control', now);
      this.#sharedState = now; // what others switched off meanwhile is told again by the next round
      this.#session.apply({
        type: 'media_changed',
        data: { userId: /** @type {number} */ (store.get().room?.myId), ...now },
      });
    } catch (error) {
      if (/** @type {import('./protocol.js').ProtocolError} */ (error).code === 'forbidden') {
        this.#switchOff({
          audio: shared.audio && now.audio,
          video: shared.video && now.video,
          screen: shared.screen && now.screen,
        });
        toast(errorText(error), 'error');
      } else await sleep(RETRY_MS);
    }
    this.#syncing = false;
    this.syncMediaState();
  }
}
