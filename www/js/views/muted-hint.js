/** "You are muted", for whoever speaks with the microphone off. Once, and not again at every word. */
import { html, useEffect, useRef, useState, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { SHORTCUTS } from '../shortcuts.js';

const SHOWN_MS = 5_000;
const PAUSE_MS = 20_000;

/** @param {{call: import('../meeting-session.js').MeetingSession}} props */
export function MutedHint({ call }) {
  const { speaking } = useStore(/** @type {import('../room-media.js').RoomMedia} */ (call.roomMedia).mutedVoice.store);
  const { microphoneOn } = useStore(call.media.store);
  const shownAt = useRef(-Infinity);
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (microphoneOn) {
      shownAt.current = -Infinity; // muted again one may forget it again
      setVisible(false);
    } else if (speaking && performance.now() - shownAt.current > PAUSE_MS) {
      shownAt.current = performance.now();
      setVisible(true);
    }
  }, [speaking, microphoneOn]);
  useEffect(() => {
    if (!visible) return undefined;
    const timer = setTimeout(() => setVisible(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [visible]);
  return html`<div class="muted-hint" role="status">${
    visible &&
    html`
    <p><strong>${t('bar.youAreMuted')}</strong> <span class="keys-hint">${t('bar.unmuteHow', { keys: SHORTCUTS.microphone.shown })}</span></p>`
  }</div>`;
}
