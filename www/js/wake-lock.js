/** Keeps the screen of a phone or computer on (Screen Wake Lock API, W3C), where the browser can. */

/**
 * From now until what it answers is called. The browser takes it back whenever the page is hidden.
 * @returns {() => void}
 */
export function keepScreenOn() {
  /** @type {WakeLockSentinel | undefined} */
  let lock;
  let wanted = true;
  const ask = async () => {
    if (document.visibilityState !== 'visible') return;
    try {
      lock = await navigator.wakeLock?.request('screen');
    } catch {
      return; // to save the battery, say
    }
    if (!wanted) lock?.release();
  };
  document.addEventListener('visibilitychange', ask);
  ask();
  return () => {
    wanted = false;
    document.removeEventListener('visibilitychange', ask);
    lock?.release();
  };
}
