/**
 * Whether pages can be connected with each other here at all. Some browsers have no WebRTC; in others it is switched off, by a
 * setting or an extension, and then its constructor is missing or throws.
 */

/** @type {boolean | undefined} */
let known;

export function canConnect() {
  known ??= tryIt();
  return known;
}

function tryIt() {
  try {
    new RTCPeerConnection().close();
    return true;
  } catch {
    return false;
  }
}
