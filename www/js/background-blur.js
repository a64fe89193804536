/**
 * A camera's picture with everything but the person blurred, or replaced. The work is done in a worker (blur-worker.js), picture by picture.
 * From the first one on none leaves it sharp: as long as it is not known where the person is, all of it is blurred.
 */

/**
 * @typedef {object} TrackStreams what Chromium has and TypeScript's DOM does not know
 * @property {new (options: {track: MediaStreamTrack}) => {readable: ReadableStream}} MediaStreamTrackProcessor
 * @property {new (options: {kind: 'video'}) => MediaStreamTrack & {writable: WritableStream}} MediaStreamTrackGenerator
 */

/**
 * @param {MediaStreamTrack} camera stays open and the caller's
 * @param {import('./backgrounds.js').Background} background what is seen behind the person
 * @param {{onFailed: () => void, onSlow: (slow: boolean) => void}} told failed: no more pictures come, or all blurred
 */
export function blurBackground(camera, background, { onFailed, onSlow }) {
  const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = /** @type {TrackStreams} */ (
    /** @type {unknown} */ (globalThis)
  );
  const source = camera.clone(); // of its own, so that it can be stopped
  const { readable } = new MediaStreamTrackProcessor({ track: source });
  /** @type {MediaStreamTrack & {writable: WritableStream}} */
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  track.getSettings = () => camera.getSettings(); // its size and device
  const worker = new Worker(new URL('./blur-worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }) => (data === 'failed' ? onFailed() : onSlow(data === 'slow')));
  worker.addEventListener('error', onFailed);
  worker.postMessage({ readable, writable: track.writable, background }, [readable, track.writable]);
  return {
    track: /** @type {MediaStreamTrack} */ (track),
    close() {
      worker.terminate();
      source.stop();
      track.stop();
    },
  };
}
