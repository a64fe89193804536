/** Which browser this is, for words that say where its buttons are. Nothing else may depend on it. */

/** @typedef {'chrome' | 'firefox' | 'safari' | 'ios' | 'android'} Kind */

/** Order matters: most of them call themselves by the names of others as well. @type {[RegExp, Kind][]} */
const KINDS = [
  [/\b(iPhone|iPad|iPod)\b/, 'ios'],
  [/\bAndroid\b/, 'android'],
  [/\bFirefox\//, 'firefox'],
  [/\b(Headless)?Chrom(e|ium)\//, 'chrome'],
  [/\bSafari\//, 'safari'],
];

/** @param {string} [userAgent] @returns {Kind} Edge, Opera and others of Chromium's family look like Chrome */
export const browserKind = (userAgent = navigator.userAgent) =>
  KINDS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'chrome';

/** @param {string} [platform] whether the key for shortcuts is ⌘ */
export const isMac = (platform = navigator.platform) => /^(Mac|iPhone|iPad)/.test(platform);
