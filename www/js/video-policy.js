/**
 * How large and how good a camera is sent to one of the others. Everybody sends to everybody, so each picture costs the
 * sender's uplink and the receiver's downlink once more: the more people, the less each; and nobody is sent more than is
 * shown there. Pure: numbers in, numbers out.
 */

/** What a receiver makes of a picture: shown nowhere, in a strip, in a grid, as the large one. @typedef {'none' | 'small' | 'medium' | 'large'} Want */
/** @typedef {{camera: Want, screen: Want}} Wants */
/**
 * @typedef {object} Plan for an RTCRtpEncodingParameters
 * @property {boolean} active
 * @property {number} maxBitrate bits a second
 * @property {number} maxFramerate
 * @property {number} scaleResolutionDownBy
 */

/** As long as nobody has said anything else. @type {Wants} */
export const EVERYTHING = { camera: 'large', screen: 'large' };

/** Heights of the picture in pixels, and what it takes to send one well. */
const HEIGHTS = { small: 180, medium: 360, large: 720 };
/** @type {[height: number, bitrate: number][]} */
const BITRATES = [
  [180, 150_000],
  [270, 250_000],
  [360, 400_000],
  [540, 800_000],
  [720, 1_500_000],
];
/** With up to so many others: the greatest height, bits a second and pictures a second for each of them. */
const CROWDS = [
  { others: 1, height: 720, bitrate: 1_500_000, framerate: 30 },
  { others: 3, height: 540, bitrate: 700_000, framerate: 30 },
  { others: 5, height: 360, bitrate: 400_000, framerate: 24 },
  { others: 9, height: 270, bitrate: 220_000, framerate: 20 },
  { others: Infinity, height: 180, bitrate: 120_000, framerate: 15 },
];
/** A picture in a strip need not be smooth. */
export const SMALL_FRAMERATE = 15;
const SCREEN = { maxBitrate: 2_500_000, maxFramerate: 30, scaleResolutionDownBy: 1 };
/** A picture may be drawn a little larger than it is. */
const STRETCH = 1.25;

/** @param {number} height in pixels of the screen, 0: nowhere @returns {Want} */
export function wantFor(height) {
  if (height <= 0) return 'none';
  if (height <= HEIGHTS.small * STRETCH) return 'small';
  return height <= HEIGHTS.medium * STRETCH ? 'medium' : 'large';
}

/** @param {unknown} said by somebody else's page @returns {Wants} */
export function readWants(said) {
  const { camera, screen } = /** @type {Partial<Wants> | null} */ (said) ?? {};
  const known = (/** @type {Want | undefined} */ want) =>
    want === 'none' || Object.hasOwn(HEIGHTS, /** @type {string} */ (want)) ? /** @type {Want} */ (want) : 'large';
  return { camera: known(camera), screen: known(screen) };
}

/**
 * @param {{others: number, want: Want, height: number}} about `height` of the camera's picture, 0: not known
 * @returns {Plan}
 */
export function cameraPlan({ others, want, height }) {
  const crowd = /** @type {typeof CROWDS[0]} */ (CROWDS.find((one) => others <= one.others));
  const most = Math.min(crowd.height, want === 'none' ? HEIGHTS.small : HEIGHTS[want]);
  const enough = BITRATES.find(([upTo]) => Math.min(most, height || most) <= upTo)?.[1] ?? crowd.bitrate;
  return {
    active: want !== 'none',
    maxBitrate: Math.min(crowd.bitrate, enough),
    maxFramerate: want === 'small' ? Math.min(crowd.framerate, SMALL_FRAMERATE) : crowd.framerate,
    scaleResolutionDownBy: Math.max(1, Math.round((height / most) * 100) / 100),
  };
}

/** A screen is for reading: it is sent as it is, or not at all. @param {Want} want @returns {Plan} */
export const screenPlan = (want) => ({ active: want !== 'none', ...SCREEN });
