/**
 * Texts by key, in the chosen language. A language file holds plain strings; `{name}` takes a value, and a key that
 * ends in `.one`/`.other` is chosen by the language's plural rules from `count`. Only the language in use is loaded.
 */
import { serverNow } from './server-clock.js';
import { createStore } from './store.js';
import { settings } from './settings.js';

/** @typedef {keyof typeof import('../lang/en.js').default} Key */
/** @typedef {'en' | 'de' | 'fr' | 'zh-CN'} Language */

/** @type {Record<Language, string>} */
export const LANGUAGES = { en: 'English', de: 'Deutsch', fr: 'Français', 'zh-CN': '简体中文' };

/** @type {Record<Language, () => Promise<{default: Record<string, string>}>>} */
const FILES = {
  en: () => import('../lang/en.js'),
  de: () => import('../lang/de.js'),
  fr: () => import('../lang/fr.js'),
  'zh-CN': () => import('../lang/zh-CN.js'),
};

const loaded = createStore({
  language: /** @type {Language} */ ('en'),
  texts: /** @type {Record<string, string>} */ ({}),
});

/** For views: drawn again when the language changes. */
export const languageStore = loaded;
export const language = () => loaded.get().language;

/** @returns {Language} what was chosen, else the first of the browser's languages that there is */
function wanted() {
  const chosen = settings.get().language;
  if (chosen && chosen in FILES) return /** @type {Language} */ (chosen);
  for (const tag of navigator.languages ?? [navigator.language]) {
    const known = Object.keys(FILES).find((name) => alone(name) === alone(tag));
    if (known) return /** @type {Language} */ (known);
  }
  return 'en';
}

/** "de-AT" -> "de" @param {string} tag */
const alone = (tag) => tag.toLowerCase().split('-')[0];

/** Loads the wanted language; the page is drawn after this. */
export async function loadLanguage() {
  const name = wanted();
  const { default: texts } = await FILES[name]();
  document.documentElement.lang = name;
  loaded.set({ language: name, texts });
}

/** @param {Language} name */
export async function chooseLanguage(name) {
  settings.set({ language: name });
  await loadLanguage();
}

/**
 * @param {Key | (string & {})} key
 * @param {Record<string, string | number>} [values] `count` chooses the plural form
 * @returns {string} the text, or the key itself where there is none
 */
export function t(key, values = {}) {
  const { texts, language: name } = loaded.get();
  let text = texts[key];
  if (text === undefined && typeof values.count === 'number') {
    text = texts[`${key}.${new Intl.PluralRules(name).select(values.count)}`] ?? texts[`${key}.other`];
  }
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, word) => (word in values ? isolated(values[word]) : whole));
}

/** What is written from right to left, or turns the direction. */
const TURNS =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/u;
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A name, a title or a line of somebody within a sentence: it does not change the order of what stands around it.
 * @param {string | number} value
 */
export function isolated(value) {
  const text = String(value);
  return TURNS.test(text) ? `\u2068${text.replace(BIDI_CONTROLS, '')}\u2069` : text;
}

/** As people count them: a letter with its accents is one. @param {string} text @returns {string[]} */
export const letters = (text) =>
  'Segmenter' in Intl ? Array.from(new Intl.Segmenter(language()).segment(text), ({ segment }) => segment) : [...text];

/** @param {string} key */
export const hasText = (key) => key in loaded.get().texts;

/**
 * What went wrong, in words: by its code, else as the server says it.
 * @param {unknown} error
 * @param {string} [name] by which the words of a wrong field are found
 */
export function errorText(error, name) {
  const { code, field, message } = /** @type {{code?: string, field?: string, message?: string}} */ (error ?? {});
  const words = `error.field.${name ?? field}`;
  if (code === 'validation_failed' && field && hasText(words)) return t(words);
  if (code && hasText(`error.${code}`)) return t(`error.${code}`);
  return message || t('error.internal');
}

/**
 * @param {string | number | Date} when
 * @param {Intl.DateTimeFormatOptions} options
 */
const format = (when, options) => new Intl.DateTimeFormat(region(), options).format(new Date(when));

/** As dates and numbers are written where the person is: "en-GB" where the browser says so and English was chosen. */
const region = () =>
  (navigator.languages ?? [navigator.language]).find((tag) => alone(tag) === alone(language())) ?? language();

/** @param {string | number | Date} when */
export const clockTime = (when) => format(when, { timeStyle: 'short' });

/** Nobody needs to be told of this year. @param {string | number | Date} when @returns {Intl.DateTimeFormatOptions} */
const otherYear = (when) =>
  new Date(when).getFullYear() === new Date(serverNow()).getFullYear() ? {} : { year: 'numeric' };

/** @param {string | number | Date} when */
export const longDate = (when) =>
  format(when, { weekday: 'short', day: 'numeric', month: 'short', ...otherYear(when) });

/** @param {string | number | Date} when */
function midnight(when) {
  const date = new Date(when);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/**
 * The time, and before it the date where that is not the one of `day`.
 * @param {string | number | Date} when @param {string | number | Date} [day] today
 */
export const timeOn = (when, day = serverNow()) =>
  midnight(when) === midnight(day)
    ? clockTime(when)
    : `${format(when, { day: 'numeric', month: 'short', ...otherYear(when) })} ${clockTime(when)}`;

/** For others to read, on any day and anywhere: "Tuesday, December 1, 2026, 22:21 (Europe/Berlin, UTC+1)". @param {string | number | Date} when */
export const fullTime = (when) =>
  t('day.full', {
    date: format(when, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    time: clockTime(when),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    offset: offsetFromUtc(new Date(when)),
  });

/** Where these times are: "Europe/Berlin, UTC+1". @param {string | number | Date} when */
export const timeZone = (when) =>
  `${Intl.DateTimeFormat().resolvedOptions().timeZone}, ${offsetFromUtc(new Date(when))}`;

/** "UTC+5:30" @param {Date} date */
function offsetFromUtc(date) {
  const minutes = -date.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

/**
 * "Today", "Tomorrow", "Yesterday", else the date.
 * @param {string | number | Date} when
 */
export function dayName(when) {
  const days = Math.round((midnight(when) - midnight(serverNow())) / 86_400_000);
  if (days === 0) return t('day.today');
  if (days === 1) return t('day.tomorrow');
  if (days === -1) return t('day.yesterday');
  return longDate(when);
}

/** @param {string | number | Date} when */
export const dayAndTime = (when) => `${dayName(when)} ${clockTime(when)}`;

const pad = (/** @type {number} */ n) => String(n).padStart(2, '0');

/** @param {number} seconds @returns {[hours: number, minutes: number, seconds: number]} */
function parts(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
}

/** How long something took: 22 -> "22 s", 300 -> "5 min", 3725 -> "1 h 02 min". @param {number} seconds */
export function duration(seconds) {
  const [h, m, s] = parts(seconds);
  if (h === 0) return m === 0 ? t('duration.seconds', { s }) : t('duration.minutes', { m });
  return m === 0 ? t('duration.hours', { h: number(h) }) : t('duration.hoursMinutes', { h: number(h), m: pad(m) });
}

/** How long something goes on: 3725 -> "1:02:05". @param {number} seconds */
export function runningClock(seconds) {
  const [h, m, s] = parts(seconds);
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) => new Intl.NumberFormat(region(), options).format(value);
