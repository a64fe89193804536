/**
 * Tries, without a room, whether WebRTC gets anywhere from this page: which addresses a connection finds, and whether a
 * picture comes out of it again. For the network test, and for whatever transport calls then use.
 */
import { sleep, within } from '../waiting.js';

/**
 * Which kinds of address a connection finds for itself, and which errors the servers gave (STUN error codes; 701: no answer).
 * @param {RTCIceServer[]} iceServers @param {{relayOnly?: boolean, ms: number}} options `ms`: no longer than this
 */
export async function gather(iceServers, { relayOnly = false, ms }) {
  const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: relayOnly ? 'relay' : 'all' });
  const types = new Set();
  /** @type {number[]} */
  const errors = [];
  try {
    const done = new Promise((resolve) => {
      pc.onicecandidate = ({ candidate }) => {
        if (candidate) types.add(candidate.type);
        if (!candidate || candidate.type === 'relay' || candidate.type === 'srflx') resolve(null);
      };
      pc.onicecandidateerror = ({ errorCode }) => errors.push(errorCode);
    });
    pc.createDataChannel('test');
    await pc.setLocalDescription();
    await within(ms, done, null);
  } finally {
    pc.close();
  }
  return { types, errors };
}

/**
 * Sends a drawn picture from one connection to another and counts what comes out at the far end.
 * @param {RTCIceServer[]} iceServers
 * @param {{relayOnly: boolean, frames: number, ms: number}} options until so many pictures have come, no longer than `ms`
 */
export async function sendToMyself(iceServers, { relayOnly, frames, ms }) {
  const [a, b] = [0, 1].map(
    () => new RTCPeerConnection({ iceServers, iceTransportPolicy: relayOnly ? 'relay' : 'all' }),
  );
  const picture = drawn();
  try {
    a.onicecandidate = ({ candidate }) => candidate && b.addIceCandidate(candidate).catch(() => {});
    b.onicecandidate = ({ candidate }) => candidate && a.addIceCandidate(candidate).catch(() => {});
    a.addTrack(picture.track);
    await a.setLocalDescription();
    await b.setRemoteDescription(/** @type {RTCSessionDescription} */ (a.localDescription));
    await b.setLocalDescription();
    await a.setRemoteDescription(/** @type {RTCSessionDescription} */ (b.localDescription));
    let result = await arrived(b);
    for (const end = performance.now() + ms; result.frames < frames && performance.now() < end; await sleep(100))
      result = await arrived(b);
    return result;
  } finally {
    picture.stop();
    a.close();
    b.close();
  }
}

/** @param {RTCPeerConnection} pc */
async function arrived(pc) {
  let frames = 0;
  /** @type {number | null} */
  let roundTripMs = null;
  for (const report of (await pc.getStats()).values()) {
    if (report.type === 'inbound-rtp') frames += report.framesDecoded ?? 0;
    if (report.type === 'candidate-pair' && report.nominated && report.currentRoundTripTime !== undefined)
      roundTripMs = Math.round(report.currentRoundTripTime * 1000);
  }
  return { frames, connected: pc.connectionState === 'connected', roundTripMs };
}

/** A picture that changes, so that there is something to send. */
function drawn() {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [160, 90];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  let n = 0;
  const timer = setInterval(() => {
    n += 1;
    context.fillStyle = `hsl(${n * 11} 80% 50%)`;
    context.fillRect(0, 0, 160, 90);
  }, 50);
  const [track] = canvas.captureStream(20).getVideoTracks();
  return {
    track,
    stop() {
      clearInterval(timer);
      track.stop();
    },
  };
}
