/** A shared screen, large and as one of the small pictures; of one's own only a note, for the picture of it would show itself without end. */
import { html } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { IconButton } from './controls.js';
import { Video } from './video.js';
import { Zoomable } from './zoomable.js';

/**
 * @param {{person: import('../room-state.js').Participant, self: boolean, connection?: import('../media-transport.js').PeerView, onStop: () => void}} props
 */
export function Screen({ person, self, connection, onStop }) {
  const name = t('screen.of', { name: person.displayName });
  if (self) {
    return html`
      <div class="screen own" data-screen=${person.userId}>
        ${icon('monitor-up', 40)}
        <p>${t('screen.mine')}</p>
        <button type="button" class="secondary" onClick=${onStop}>${t('bar.stopShare')}</button>
      </div>`;
  }
  return html`
    <figure class="screen" data-screen=${person.userId}>
      ${
        connection?.remote.screen
          ? html`<${Zoomable} label=${name}><${Video} stream=${connection.remote.screen} whole label=${name} /><//>`
          : html`<p class="screen-wait quiet">${t('tile.connecting')}</p>`
      }
      <figcaption class="tile-name">${icon('monitor-up', 16)} <bdi class="name">${name}</bdi></figcaption>
    </figure>`;
}

/**
 * One that is not the large picture now.
 * @param {{person: import('../room-state.js').Participant, self: boolean, connection?: import('../media-transport.js').PeerView, onShow: () => void}} props
 */
export function ScreenTile({ person, self, connection, onShow }) {
  const name = self ? t('screen.yours') : t('screen.of', { name: person.displayName });
  const stream = self ? null : connection?.remote.screen;
  return html`
    <div class="tile screen-tile" role="listitem" data-screen-tile=${person.userId}>
      ${stream ? html`<${Video} stream=${stream} whole label=${name} />` : icon('monitor-up', 28)}
      <span class="tile-name">${icon('monitor-up', 16)} <bdi class="name">${name}</bdi></span>
      <div class="tile-tools"><${IconButton} class="tile-tool" name="pin" size=${18} label=${t('screen.show', { name })} onClick=${onShow} /></div>
    </div>`;
}
