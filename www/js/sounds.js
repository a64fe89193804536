/**
 * Quiet sounds for what happens in a call, made here, without files. Each can be switched off. One that comes again and
 * again is heard once.
 */
import { tone } from './audio-output.js';
import { settings } from './settings.js';

/** @typedef {'joined' | 'left' | 'hand' | 'message' | 'waiting'} SoundName */

/** Each a few tones: milliseconds from the start, hertz. @type {Record<SoundName, [number, number][]>} */
const TONES = {
  joined: [
    [0, 523.25],
    [110, 659.26],
  ],
  left: [
    [0, 659.26],
    [110, 523.25],
  ],
  hand: [[0, 880]],
  message: [
    [0, 1046.5],
    [70, 1318.5],
  ],
  waiting: [
    [0, 587.33],
    [140, 783.99],
    [280, 987.77],
  ],
};
export const SOUNDS = /** @type {SoundName[]} */ (Object.keys(TONES));

const VOLUME = 0.07;
const AGAIN_AFTER_MS = 3_000;
/** A browser that holds sound back lets it go later; then it would be about nothing. */
const LATE_MS = 2_000;
const FADED_MS = 1_500;

/** @type {AudioContext & {setSinkId?: (id: string) => Promise<void>} | null} */
let context = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let rest;
/** @type {Partial<Record<SoundName, number>>} */
const played = {};

/** @param {SoundName} name */
export const isSoundOn = (name) => !settings.get().soundsOff.includes(name);

/** @param {SoundName} name @param {boolean} on */
export function setSound(name, on) {
  const rest = settings.get().soundsOff.filter((one) => one !== name);
  settings.set({ soundsOff: on ? rest : [...rest, name] });
  if (on) play(name);
}

/** @param {SoundName} name */
export function playSound(name) {
  const now = performance.now();
  const before = played[name] ?? -Infinity;
  played[name] = now;
  if (isSoundOn(name) && now - before > AGAIN_AFTER_MS) play(name);
}

/** @param {SoundName} name */
async function play(name) {
  const asked = performance.now();
  try {
    context ??= new AudioContext();
    clearTimeout(rest);
    rest = setTimeout(() => context?.suspend(), FADED_MS); // one that runs costs, silent or not
    await context.setSinkId?.(settings.get().speakerId ?? '').catch(() => {});
    await context.resume();
    if (performance.now() - asked > LATE_MS) return;
    for (const [afterMs, hertz] of TONES[name])
      tone(context, context.destination, context.currentTime + afterMs / 1000, hertz, VOLUME);
  } catch {
    // A browser without sound still holds meetings.
  }
}
