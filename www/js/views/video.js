/** A picture that moves, and a sound: the two elements that play a track. */
import { html, useEffect, useRef, useStore, classes } from '../ui.js';
import { settings } from '../settings.js';
import { routeToSpeaker } from '../audio-output.js';
import { createStore } from '../store.js';

/** Browsers hold sound back until the person has touched the page; then this is true. */
export const sound = createStore({ blocked: false });

/** @param {HTMLMediaElement} element */
function play(element) {
  element.play().catch((error) => {
    if (error.name === 'NotAllowedError' && element instanceof HTMLAudioElement) sound.set({ blocked: true });
  });
}

/** After a touch: every sound that was held back. */
export function playAll() {
  sound.set({ blocked: false });
  for (const element of document.querySelectorAll('audio')) play(element);
}

/**
 * @param {{track?: MediaStreamTrack | null, stream?: MediaStream | null, mirrored?: boolean, label: string, whole?: boolean}} props
 *   `whole`: nothing may be cut off
 */
export function Video({ track, stream, mirrored = false, label, whole = false }) {
  const ref = useRef(/** @type {HTMLVideoElement | null} */ (null));
  useEffect(() => {
    if (!ref.current) return;
    ref.current.srcObject = stream ?? (track ? new MediaStream([track]) : null);
    if (ref.current.srcObject) play(ref.current);
  }, [track, stream]);
  useEffect(
    () => () => {
      if (ref.current) ref.current.srcObject = null;
    },
    [],
  );
  const name = classes(mirrored && 'mirrored', whole && 'whole');
  return html`<video ref=${ref} class=${name} aria-label=${label} autoplay playsinline muted></video>`;
}

/** @param {{stream: MediaStream}} props */
export function Sound({ stream }) {
  const ref = useRef(/** @type {HTMLAudioElement | null} */ (null));
  const { speakerId } = useStore(settings);
  useEffect(() => {
    if (ref.current) routeToSpeaker(ref.current);
  }, [speakerId]);
  useEffect(() => {
    if (!ref.current) return;
    ref.current.srcObject = stream;
    play(ref.current);
  }, [stream]);
  useEffect(
    () => () => {
      if (ref.current) ref.current.srcObject = null; // one that plays is kept by the browser, on the page or not
    },
    [],
  );
  return html`<audio ref=${ref} autoplay></audio>`;
}
