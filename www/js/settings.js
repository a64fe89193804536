/**
 * What the person chose on this device: language, theme, devices, picture quality. Kept in localStorage, where the
 * browser allows it, and nowhere else.
 */
import { createStore } from './store.js';

const KEY = 'echomeet.settings';

/** @typedef {'top-left' | 'top-right' | 'bottom-left' | 'bottom-right'} Corner */
/**
 * @typedef {object} Settings
 * @property {string | null} language "en", "zh-CN" …, or null: the browser's
 * @property {'system' | 'light' | 'dark'} theme
 * @property {string | null} microphoneId
 * @property {string | null} cameraId
 * @property {string | null} speakerId where the others are heard; null: as the system has it
 * @property {'low' | 'standard' | 'high'} videoQuality
 * @property {'auto' | 'low' | 'audio'} receiveQuality pictures of the others: as they are shown, small ones, none
 * @property {'user' | 'environment' | null} cameraFacing of a phone, where no camera was chosen by name
 * @property {boolean} microphoneOn as it was left before the last call
 * @property {boolean} cameraOn
 * @property {boolean} echoCancellation
 * @property {boolean} noiseSuppression
 * @property {boolean} autoGainControl
 * @property {boolean} backgroundBlur only seen with another background than there is
 * @property {import('./backgrounds.js').BackgroundName} background and with which: blurred, or another one
 * @property {boolean} relayOnly media go over TURN servers only: nobody learns this computer's address
 * @property {string[]} soundsOff which sounds of a call are not wanted
 * @property {boolean} systemNotifications wanted, where the browser allows them
 * @property {boolean} notificationsOffered the page has asked about them once
 * @property {'chat' | 'people' | null} panel what was open beside the stage
 * @property {'grid' | 'speaker'} view gallery, or one person large
 * @property {boolean | null} selfApart one's own picture floats over those of the others; null: where there is one other
 * @property {Corner} selfCorner and where
 */

/** @type {Settings} */
const DEFAULTS = {
  language: null,
  theme: 'system',
  microphoneId: null,
  cameraId: null,
  speakerId: null,
  videoQuality: 'standard',
  receiveQuality: 'auto',
  cameraFacing: null,
  relayOnly: false,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  backgroundBlur: false,
  background: 'strong',
  microphoneOn: true,
  cameraOn: true,
  soundsOff: [],
  systemNotifications: true,
  notificationsOffered: false,
  panel: null,
  view: 'grid',
  selfApart: null,
  selfCorner: 'bottom-right',
};

/** @returns {Partial<Settings>} */
function load() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}');
  } catch {
    return {};
  }
}

export const settings = createStore({ ...DEFAULTS, ...load() });

settings.subscribe(() => {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings.get()));
  } catch {
    // A browser that keeps nothing still holds meetings.
  }
});

/** Puts the chosen theme on the page; "system" leaves it to the style sheet's media query. */
export function applyTheme() {
  const { theme } = settings.get();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
