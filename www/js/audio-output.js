/** Where sound comes out: the loudspeaker or headset that was chosen, and a sound to try it with. */
import { settings } from './settings.js';

/** @typedef {HTMLMediaElement & {setSinkId?: (id: string) => Promise<void>}} Output */

/** Whether this browser lets a page choose. */
export const canChooseSpeaker = () => 'setSinkId' in HTMLMediaElement.prototype;

/** Sends an element's sound to where the person wants it; where that is gone, to where the system has it. @param {Output} element */
export async function routeToSpeaker(element) {
  const wanted = settings.get().speakerId ?? '';
  if (!element.setSinkId) return;
  await element.setSinkId(wanted).catch(() => element.setSinkId?.('').catch(() => {}));
}

/** Two tones, one after the other: milliseconds from the start, hertz. */
const CHIME = [
  [0, 523.25],
  [220, 783.99],
];
const CHIME_MS = 1_100;
const VOLUME = 0.25;

/** Plays a sound at the speaker; resolves when it has faded. */
export async function playChime() {
  const context = new AudioContext();
  const element = new Audio();
  try {
    const out = context.createMediaStreamDestination();
    element.srcObject = out.stream;
    await routeToSpeaker(element);
    await Promise.all([context.resume(), element.play()]);
    for (const [afterMs, hertz] of CHIME) tone(context, out, context.currentTime + afterMs / 1000, hertz, VOLUME);
    await new Promise((resolve) => setTimeout(resolve, CHIME_MS));
  } finally {
    element.srcObject = null;
    context.close();
  }
}

/** @param {AudioContext} context @param {AudioNode} out @param {number} at seconds @param {number} hertz @param {number} loud 0 to 1 */
export function tone(context, out, at, hertz, loud) {
  const oscillator = new OscillatorNode(context, { frequency: hertz });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(loud, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.7);
  oscillator.connect(volume).connect(out);
  oscillator.start(at);
  oscillator.stop(at + 0.75);
}
