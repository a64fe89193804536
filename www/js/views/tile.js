/** One person on the stage: picture or initials, name, and the marks that matter. */
import { html, classes } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { Avatar, IconButton } from './controls.js';
import { Video } from './video.js';

/**
 * @param {object} props
 * @param {import('../room-state.js').Participant} props.person
 * @param {boolean} props.self
 * @param {import('../mesh.js').PeerView} [props.link]
 * @param {import('../media.js').MediaState} props.media one's own
 * @param {boolean} props.speaking
 * @param {import('../call.js').Reaction[]} props.reactions of this person, now
 * @param {boolean} props.pinned kept large
 * @param {(() => void) | null} props.onPin to keep this one large, or no longer
 */
export function Tile({ person, self, link, media, speaking, reactions, pinned, onPin }) {
  const { userId, displayName, online, handRaisedAt } = person;
  const name = self ? t('tile.you', { name: displayName }) : displayName;
  const muted = self ? !media.microphoneOn : !person.audio;
  const picture = self ? media.cameraOn && media.camera && html`<${Video} track=${media.camera} mirrored label=${name} />`
    : person.video && link?.remote.camera && html`<${Video} stream=${link.remote.camera} label=${name} />`;
  const state = online ? link?.state ?? 'connecting' : 'reconnecting';
  const mark = !self && state !== 'connected' && t(`tile.${state}`);
  return html`
    <div class=${classes('tile', speaking && !muted && 'speaking', !online && 'away')} role="listitem" data-user=${userId}>
      <${Avatar} name=${displayName} />
      ${picture}
      ${mark && html`<span class="tile-mark">${icon(online ? 'loader-circle' : 'wifi-off', 16)} ${mark}</span>`}
      ${handRaisedAt && html`<span class="tile-hand" role="img" aria-label=${t('tile.hand')}>${icon('hand', 20)}</span>`}
      ${reactions.length > 0 && html`
        <span class="tile-reactions" aria-hidden="true">${reactions.map(({ id, reaction }) => html`<span key=${id}>${reaction}</span>`)}</span>`}
      <span class="tile-name">
        ${muted && html`<span class="tile-muted" role="img" aria-label=${t('tile.muted')}>${icon('mic-off', 16)}</span>`}
        <span class="name">${name}</span>
      </span>
      ${onPin && html`<${IconButton} class=${pinned ? 'tile-pin pinned' : 'tile-pin'} name=${pinned ? 'pin-off' : 'pin'} size=${18}
        label=${t(pinned ? 'tile.unpin' : 'tile.pin', { name: displayName })} onClick=${onPin} />`}
    </div>`;
}
