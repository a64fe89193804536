/** What is wanted now and then in a call, behind one button. */
import { html, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { me } from '../room-state.js';
import { REACTIONS } from '../session-chat.js';
import { settings } from '../settings.js';
import { SHORTCUTS } from '../shortcuts.js';
import { canConnect } from '../transport/webrtc.js';
import { IconButton, useMenu } from './controls.js';
import {
  canFullScreen,
  canPictureInPicture,
  toggleFullScreen,
  togglePictureInPicture,
  useFullScreen,
  usePictureInPicture,
} from './windows.js';

/** @typedef {'devices' | 'alerts' | 'info' | 'shortcuts' | 'statistics'} DialogName */
/** @typedef {{name: import('../icons.js').IconName, text: string, keys?: import('../shortcuts.js').Keys, class?: string, run: () => void}} Item */

/** Browsers of phones cannot. */
export const canShare = () => canConnect() && Boolean(navigator.mediaDevices?.getDisplayMedia);

/** @param {{call: import('../meeting-session.js').MeetingSession, openDialog: (name: DialogName) => void}} props */
export function More({ call, openDialog }) {
  const { open, setOpen, close, root, onEscape } = useMenu();
  const { view } = useStore(settings);
  const full = useFullScreen();
  const small = usePictureInPicture();
  const { screen } = useStore(call.media.store);
  /** @type {(Item | false)[]} */
  const items = [
    { name: 'settings', text: t('before.devices'), run: () => openDialog('devices') },
    { name: 'bell', text: t('alerts.title'), run: () => openDialog('alerts') },
    { name: 'info', text: t('info.title'), run: () => openDialog('info') },
    canShare() && {
      name: screen ? 'monitor-off' : 'monitor-up',
      text: t(screen ? 'bar.stopShare' : 'bar.share'),
      class: 'narrow-only',
      run: () => call.mediaControl.toggleScreen(),
    },
    {
      name: 'gallery-thumbnails',
      text: t(view === 'speaker' ? 'more.gridView' : 'bar.speakerView'),
      class: 'narrow-only',
      run: () => call.toggleView(),
    },
    canFullScreen() && {
      name: full ? 'minimize' : 'maximize',
      text: t(full ? 'more.fullScreenEnd' : 'more.fullScreen'),
      keys: SHORTCUTS.fullScreen,
      run: toggleFullScreen,
    },
    canPictureInPicture() && {
      name: 'picture-in-picture-2',
      text: t(small ? 'more.pictureEnd' : 'more.picture'),
      run: () => togglePictureInPicture(call),
    },
    canConnect() && { name: 'activity', text: t('statistics.title'), run: () => openDialog('statistics') },
    { name: 'keyboard', text: t('keys.title'), keys: SHORTCUTS.list, run: () => openDialog('shortcuts') },
  ];
  const choose = (/** @type {Item} */ { run }) => {
    close(); // first: a dialog gives the focus back to where it was
    run();
  };
  return html`
    <div class="bar-more" ref=${root} onKeyDown=${onEscape}>
      <${IconButton} class=${open ? 'on-stage active' : 'on-stage'} name="ellipsis" label=${t('bar.more')} aria-haspopup="true"
        aria-expanded=${open} onClick=${() => setOpen(!open)} />
      ${
        open &&
        html`
        <div class="menu" role="group" aria-label=${t('bar.more')}>
          <${Crowded} call=${call} onDone=${close} />
          ${items.map(
            (item) =>
              item &&
              html`
            <button type="button" key=${item.name} class=${item.class} onClick=${() => choose(item)}>
              ${icon(item.name, 18)} <span>${item.text}</span>${item.keys && html`<kbd aria-hidden="true">${item.keys.shown}</kbd>`}</button>`,
          )}
        </div>`
      }
    </div>`;
}

/** What a small bar has no room for. @param {{call: import('../meeting-session.js').MeetingSession, onDone: () => void}} props */
function Crowded({ call, onDone }) {
  const { room } = useStore(call.store);
  const raised = Boolean(room && me(room)?.handRaisedAt);
  const toggle = () => {
    onDone();
    call.toggleHand();
  };
  return html`
    <div class="menu-reactions crowded-only" role="group" aria-label=${t('bar.react')}>
      ${REACTIONS.map(
        (reaction) => html`
        <button type="button" key=${reaction} aria-label=${t(`reaction.${reaction}`)} onClick=${() => call.chat.react(reaction)}>${reaction}</button>`,
      )}
    </div>
    <button type="button" class="tiny-only" onClick=${toggle}>${icon('hand', 18)} <span>${t(raised ? 'bar.lowerHand' : 'bar.raiseHand')}</span></button>`;
}
