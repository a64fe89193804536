/**
 * The call among the media that the system plays (Media Session, W3C): its title on a lock screen, and microphone, camera and
 * leaving as the system's own buttons, also in a picture-in-picture window that has none of ours. A phone that knows of it
 * goes on playing while the tab is in the background.
 */

/** @param {import('./meeting-session.js').MeetingSession} call in its room @returns {() => void} ends it */
export function offerSystemControls(call) {
  const { mediaSession } = navigator;
  if (!mediaSession) return () => {};
  const media = call.media.store;
  /** @type {[string, () => unknown][]} */
  const actions = [
    ['togglemicrophone', () => call.media.setMicrophone(!media.get().microphoneOn)],
    ['togglecamera', () => call.media.setCamera(!media.get().cameraOn)],
    ['hangup', () => call.leave()],
  ];
  const handle = (/** @type {string} */ name, /** @type {(() => unknown) | null} */ work) => {
    try {
      mediaSession.setActionHandler(/** @type {MediaSessionAction} */ (name), work && (() => void work()));
    } catch {
      // not every browser knows every action
    }
  };
  const look = () => {
    const title = call.store.get().room?.meeting.title ?? '';
    if (mediaSession.metadata?.title !== title)
      mediaSession.metadata = new MediaMetadata({ title, artist: 'EchoMeet' });
    mediaSession.setMicrophoneActive?.(media.get().microphoneOn);
    mediaSession.setCameraActive?.(media.get().cameraOn);
  };
  for (const [name, work] of actions) handle(name, work);
  look();
  const unsubscribe = [media.subscribe(look), call.store.subscribe(look)];
  return () => {
    for (const end of unsubscribe) end();
    for (const [name] of actions) handle(name, null);
    mediaSession.metadata = null;
  };
}
