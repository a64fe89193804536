/** What people take away from a meeting as files: the attendance as a table, the chat as text. Times are local and say their zone. */
import { isolated, t, timeZone } from './i18n.js';

/** "2026-11-30 22:21:05", which every program can read and sort. @param {string | number | Date} when */
function local(when) {
  const date = new Date(when);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

/** A spreadsheet takes what begins so for a formula. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/u;
const cell = (/** @type {string} */ text) => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/** @param {number} seconds "1:02:05" */
const clock = (seconds) =>
  [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60]
    .map((part, i) => (i ? String(part).padStart(2, '0') : part))
    .join(':');

/** RFC 4180, with the mark by which Excel knows UTF-8. @param {import('./attendance.js').Attendee[]} people */
export function attendanceTable(people) {
  const zone = timeZone(people[0]?.stays[0].from ?? Date.now());
  const head = [
    t('records.who'),
    t('people.guest'),
    `${t('filter.from')} (${zone})`,
    `${t('filter.to')} (${zone})`,
    `${t('records.long')} (h:mm:ss)`,
  ];
  const rows = people.flatMap(({ displayName, isGuest, stays }) =>
    stays.map(({ from, to, open }) => [
      displayName,
      t(isGuest ? 'filter.yes' : 'filter.no'),
      local(from),
      open ? '' : local(to),
      clock((to - from) / 1000),
    ]),
  );
  return `\ufeff${[head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

/** @param {{title: string, code: string}} meeting @param {string} lines @param {string | number | Date} when of the meeting */
const chat = ({ title, code }, lines, when) =>
  `${title} (${code})\n${t('records.times', { zone: timeZone(when) })}\n\n${lines}`;

/** The chat as this page has it. @param {import('./room-state.js').Room} room */
export function chatOfRoom({ meeting, messages }) {
  const lines = messages
    .filter(({ deletedAt }) => !deletedAt)
    .map(({ createdAt, sender, to, text }) => {
      const who = to
        ? `${isolated(sender.displayName)} → ${isolated(to.displayName)} (${t('chat.private')})`
        : isolated(sender.displayName);
      return `[${local(createdAt)}] ${who}: ${text.replace(/\r\n|[\n\r\u2028\u2029]/g, '\n    ')}\n`;
    });
  return chat(meeting, lines.join(''), meeting.actualStartTime ?? meeting.startTime);
}

/** The same of the server's transcript, a line "[time] name: text" for each message. @param {{title: string, code: string, startTime: string, actualStartTime: string | null}} meeting @param {string} text */
export const chatOfTranscript = (meeting, text) =>
  chat(
    meeting,
    text.replace(/^\[([^\]]+)\]/gm, (_, time) => `[${local(time)}]`),
    meeting.actualStartTime ?? meeting.startTime,
  );
