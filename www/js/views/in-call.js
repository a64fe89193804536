/** The call: the stage, the panel beside it, the bar below it, and the sound of everybody. */
import { html, useEffect, useRef, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { others } from '../room-state.js';
import { announce } from '../toasts.js';
import { Bar } from './bar.js';
import { Panel } from './panel.js';
import { Stage } from './stage.js';
import { Sound, playAll, sound } from './video.js';

/** @param {{call: import('../call.js').Call}} props */
export function InCall({ call }) {
  const { room, reconnecting, links } = useStore(call.store);
  const { panel } = useStore(settings);
  const { blocked } = useStore(sound);
  useShortcuts(call);
  const stage = useArrival();
  if (!room) return null;
  return html`
    <div class="call" data-panel=${panel ?? 'none'}>
      <main class="call-stage" ref=${stage} tabindex="-1">
        <h1 class="visually-hidden">${room.meeting.title}</h1>
        ${reconnecting && html`<p class="stage-line" role="status">${t('stage.reconnecting')}</p>`}
        ${blocked && html`<p class="stage-line" role="status">${t('stage.soundBlocked')}${' '}
          <button type="button" class="link" onClick=${playAll}>${t('stage.soundOn')}</button></p>`}
        <${Stage} call=${call} room=${room} />
      </main>
      <${Panel} call=${call} room=${room} />
      <${Bar} call=${call} room=${room} />
      ${others(room).flatMap(({ userId }) => {
        const { microphone, screenAudio } = links[userId]?.remote ?? {};
        return [
          microphone && html`<${Sound} key=${`${userId}-m`} stream=${microphone} />`,
          screenAudio && html`<${Sound} key=${`${userId}-s`} stream=${screenAudio} />`,
        ];
      })}
    </div>`;
}

/** A panel left open the last time does not cover the pictures of a small window; the keyboard starts at the stage. */
function useArrival() {
  const stage = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (matchMedia('(max-width: 900px)').matches) settings.set({ panel: null });
    if (!settings.get().panel) stage.current?.focus();
  }, []);
  return stage;
}

/** Ctrl+D: microphone, Ctrl+E: camera. @param {import('../call.js').Call} call */
function useShortcuts(call) {
  useEffect(() => {
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      const { microphoneOn, cameraOn } = call.media.store.get();
      if (event.key === 'd') {
        call.media.setMicrophone(!microphoneOn);
        announce(t(microphoneOn ? 'note.mutedNow' : 'note.unmutedNow'));
      } else if (event.key === 'e') call.media.setCamera(!cameraOn);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [call]);
}
