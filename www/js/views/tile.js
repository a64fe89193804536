/** One person on the stage: picture or initials, name, and the marks that matter. */
import { html, classes, memo } from '../ui.js';
import { icon } from '../icons.js';
import { focusSoon } from '../focus.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { Avatar, IconButton } from './controls.js';
import { FlipCamera } from './devices.js';
import { Video } from './video.js';

/** @typedef {import('../room-state.js').Participant} Participant */
/** @typedef {import('../media-transport.js').PeerView} PeerView */
/** @typedef {import('../media.js').MediaState} MediaState */

/**
 * @typedef {object} TileProps
 * @property {import('../meeting-session.js').MeetingSession} call
 * @property {Participant} person
 * @property {PeerView['remote']} [remote] what arrives from this person
 * @property {PeerView['state']} [state] of the connection
 * @property {MediaState | null} media one's own, on one's own tile
 * @property {boolean} speaking
 * @property {number} handPlace among the raised hands, 0: none
 * @property {import('../quality.js').Quality} [quality]
 * @property {import('../session-core.js').Reaction[]} reactions of this person, now
 * @property {boolean} mayPin
 * @property {boolean} mayPart one's own picture may be set apart from the others
 * @property {boolean} pinned large, because this person wants it
 * @property {boolean} [apart] one's own picture, which floats
 */

/** Drawn only where something about this person changes: there may be fifty of them. */
export const Tile = memo(
  (
    /** @type {TileProps} */ {
      call,
      person,
      remote,
      state,
      media,
      speaking,
      handPlace,
      quality,
      reactions,
      mayPin,
      mayPart,
      pinned,
      apart = false,
    },
  ) => {
    const { userId, displayName, online } = person;
    const self = media !== null;
    const name = self ? t('tile.you', { name: displayName }) : displayName;
    const muted = media ? !media.microphoneOn : !person.audio;
    return html`
    <div class=${classes('tile', speaking && !muted && 'speaking', !online && 'away')} role="listitem" data-user=${userId}>
      <${Avatar} name=${displayName} />
      <${Picture} person=${person} remote=${remote} media=${media} name=${name} />
      <div class="tile-marks">${marks({ person, self, state, quality }).map(
        ({ name: mark, text }) => html`
        <span key=${mark} class="tile-mark ${mark}">${icon(mark, 16)} <span>${text}</span></span>`,
      )}</div>
      ${
        handPlace > 0 &&
        html`<span class="tile-hand" role="img" aria-label=${t('tile.handPlace', { place: handPlace })}>
        ${icon('hand', 20)}${handPlace}</span>`
      }
      ${
        reactions.length > 0 &&
        html`
        <span class="tile-reactions" aria-hidden="true">${reactions.map(({ id, reaction }) => html`<span key=${id}>${reaction}</span>`)}</span>`
      }
      <span class="tile-name">
        ${muted && html`<span class="tile-muted" role="img" aria-label=${t('tile.muted')}>${icon('mic-off', 16)}</span>`}
        <bdi class="name" translate=${false}>${name}</bdi>
      </span>
      <div class="tile-tools">
        ${
          mayPin &&
          html`<${IconButton} class=${pinned ? 'tile-tool pinned' : 'tile-tool'} name=${pinned ? 'pin-off' : 'pin'} size=${18}
          label=${t(pinned ? 'tile.unpin' : 'tile.pin', { name: displayName })} onClick=${() => pin(call, userId)} />`
        }
        ${self && html`<${FlipCamera} call=${call} class="tile-tool" size=${18} />`}
        ${
          self &&
          mayPart &&
          html`<${IconButton} class="tile-tool part" name=${apart ? 'gallery-thumbnails' : 'picture-in-picture-2'} size=${18}
          label=${t(apart ? 'self.back' : 'self.apart')} onClick=${() => setApart(!apart)} />`
        }
      </div>
    </div>`;
  },
);

// Both move the tile to another place; the focus goes with it.

/** @param {import('../meeting-session.js').MeetingSession} call @param {number} userId */
function pin(call, userId) {
  call.pin(userId);
  focusSoon(`.tile[data-user="${userId}"] .tile-tool`);
}

/** @param {boolean} selfApart */
function setApart(selfApart) {
  settings.set({ selfApart });
  focusSoon('.tile-tool.part');
}

/** @param {{person: Participant, remote?: PeerView['remote'], media: MediaState | null, name: string}} props */
function Picture({ person, remote, media, name }) {
  if (media)
    return (
      media.cameraOn &&
      media.camera &&
      html`<${Video} track=${media.camera} mirrored=${media.mirrored} label=${name} />`
    );
  return person.video && remote?.camera && html`<${Video} stream=${remote.camera} label=${name} />`;
}

/**
 * What is not as it should be.
 * @param {{person: Participant, self: boolean, state?: PeerView['state'], quality?: import('../quality.js').Quality}} about
 * @returns {{name: import('../icons.js').IconName, text: string}[]}
 */
function marks({ person: { online, lost }, self, state = 'connecting', quality }) {
  if (!online) return [{ name: 'wifi-off', text: t(lost ? 'tile.reconnecting' : 'tile.notConnected') }];
  if (!self && state !== 'connected') return [{ name: 'loader-circle', text: t(`tile.${state}`) }];
  return quality ? [{ name: 'signal-low', text: t(`tile.${quality}`) }] : [];
}
