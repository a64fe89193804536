/** What stays of a meeting for those who ran it: who was there when, its figures, who did what, and the chat as a text. */
import { html, useEffect, useRef, useState } from '../ui.js';
import { icon } from '../icons.js';
import { attendees, marks, span } from '../attendance.js';
import { duration, errorText, hasText, letters, longDate, t, timeOn } from '../i18n.js';
import { serverNow } from '../server-clock.js';
import { attendanceTable, chatOfTranscript } from '../reports.js';
import { saveFile } from '../save-file.js';
import { toast } from '../toasts.js';
import { Code, FormError, useBusy } from './controls.js';
import { Header } from './header.js';

/** @typedef {import('../api.js').Api} Api */
/** @typedef {import('../attendance.js').Attendee} Attendee */
/** @typedef {Rest.AuditEntry} AuditEntry */

/** @param {{api: Api, code: string}} props */
export function Records({ api, code }) {
  const [records, setRecords] = useState(/** @type {Awaited<ReturnType<typeof fetchRecords>> | null} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const load = async () => {
    try {
      setRecords(await fetchRecords(api, code));
      setProblem(null);
    } catch (error) {
      setProblem(error);
    }
  };
  useEffect(() => {
    load();
  }, []);
  return html`
    <${Header} api=${api} />
    <main class="records">
      <header class="records-head">
        <div><h1 tabindex="-1"><bdi>${records?.meeting.title ?? t('records.title')}</bdi></h1>
          <p class="quiet"><${Code} code=${code} />${records && ` · ${longDate(begin(records.meeting))}`}</p></div>
        <a class="button secondary" href="#/">${t('ended.back')}</a>
      </header>
      <${FormError} error=${problem} onRetry=${load} />
      ${!records && !problem && html`<p class="quiet" role="status">${t('app.loading')}</p>`}
      ${records && html`<${All} api=${api} code=${code} ...${records} />`}
    </main>`;
}

/** @param {Rest.Meeting} meeting @returns {string} */
const begin = ({ actualStartTime, startTime }) => actualStartTime ?? startTime;

/** @param {Api} api @param {string} code */
async function fetchRecords(api, code) {
  const path = /** @type {const} */ (`/meetings/${code}`);
  const [meeting, figures, stays, audit] = await Promise.all([
    api.get(path),
    api.get(`${path}/statistics`),
    api.get(`${path}/attendance`),
    wholeAudit(api, `${path}/audit`),
  ]);
  return { meeting, figures, people: attendees(stays.items, serverNow()), audit };
}

/** @param {Api} api @param {`/meetings/${string}/audit`} path @returns {Promise<AuditEntry[]>} */
async function wholeAudit(api, path) {
  /** @type {AuditEntry[]} */
  const all = [];
  for (;;) {
    const { items } = await api.get(path, { after: all.at(-1)?.seq ?? 0 });
    if (items.length === 0) return all;
    all.push(...items);
  }
}

/** @param {{api: Api, code: string, meeting: Rest.Meeting, figures: Rest.Statistics, people: Attendee[], audit: AuditEntry[]}} props */
function All({ api, code, meeting, figures, people, audit }) {
  const names = new Map([
    [meeting.creator.id, meeting.creator.displayName],
    [meeting.host.id, meeting.host.displayName],
    ...people.map(({ userId, displayName }) => /** @type {[number, string]} */ ([userId, displayName])),
  ]);
  const begun = begin(meeting);
  return html`
    <${Figures} figures=${figures} />
    <section aria-labelledby="records-attendance">
      <div class="records-section"><h2 id="records-attendance">${t('records.attendance')}</h2>
        <${Download} file=${`EchoMeet ${code}.csv`} type="text/csv" label=${t('records.csv')} make=${() => attendanceTable(people)} /></div>
      ${
        people.length === 0
          ? html`<p class="empty">${t('records.nobody')}</p>`
          : html`
        <${Chart} people=${people} />
        <${Table} people=${people} begun=${begun} />`
      }
    </section>
    <section aria-labelledby="records-audit">
      <h2 id="records-audit">${t('records.audit')}</h2>
      ${audit.length === 0 && html`<p class="empty">${t('records.noActions')}</p>`}
      <ol class="audit">${audit.map(
        (entry) => html`
        <li key=${entry.seq}><time dateTime=${entry.at}>${timeOn(entry.at, begun)}</time> <span>${auditText(entry, names)}</span></li>`,
      )}</ol>
    </section>
    <section aria-labelledby="records-chat">
      <div class="records-section"><h2 id="records-chat">${t('records.chat')}</h2>
        <${Download} file=${`EchoMeet ${code}.txt`} type="text/plain" label=${t('records.transcript')} make=${async () => chatOfTranscript(meeting, await api.text(`/meetings/${code}/transcript`))} /></div>
      <p class="quiet">${t('records.chatHint', { count: figures.messages })}</p>
    </section>`;
}

/** @param {{figures: Rest.Statistics}} props */
const Figures = ({ figures: { people, peak, meetingSeconds, personSeconds, messages } }) => html`
  <dl class="figures" aria-label=${t('records.figures')}>
    ${[
      ['people', people],
      ['peak', peak],
      ['length', duration(meetingSeconds)],
      ['together', duration(personSeconds)],
      ['messages', messages],
    ].map(([key, value]) => html`<div key=${key}><dt>${t(`records.${key}`)}</dt><dd>${value}</dd></div>`)}
  </dl>`;

/** @param {{make: () => string | Promise<string>, file: string, type: string, label: string}} props */
function Download({ make, file, type, label }) {
  const [busy, run] = useBusy();
  const get = () =>
    run(async () => {
      try {
        saveFile(file, await make(), type);
      } catch (error) {
        toast(errorText(error), 'error');
      }
    });
  return html`<button type="button" class="secondary" disabled=${busy} onClick=${get}>${icon('download', 18)} ${label}</button>`;
}

const ROW = 32;
const BAR = 14;
/** Pixels for the names, and for all of it where that is as wide as the page. */
const NAMES = 160;
const WIDTH = 920;
const NARROW = 560;
const NAMES_NARROW = 104;
const MARKS_NARROW = 3;
const LETTER = 8;

/** A line a person, with a bar for each stay. The table below says the same in words. @param {{people: Attendee[]}} props */
function Chart({ people }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(WIDTH);
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(Math.floor(contentRect.width)));
    observer.observe(/** @type {HTMLElement} */ (box.current));
    return () => observer.disconnect();
  }, []);
  const time = span(people);
  const names = width < NARROW ? NAMES_NARROW : NAMES;
  const x = (/** @type {number} */ at) => names + ((at - time.from) / (time.to - time.from)) * (width - names - 8);
  const height = people.length * ROW + 24;
  return html`
    <div class="chart" ref=${box}>
      <svg viewBox="0 0 ${width} ${height}" width=${width} height=${height} role="img" aria-label=${t('records.chart')}>
        ${marks(time, width < NARROW ? MARKS_NARROW : undefined).map(
          (at) => html`
          <g key=${at} class="chart-mark"><line x1=${x(at)} x2=${x(at)} y1="0" y2=${height - 20} /><text x=${x(at)} y=${height - 4}
            text-anchor=${x(at) > width - 40 ? 'end' : 'middle'}>${timeOn(at, time.from)}</text></g>`,
        )}
        ${people.map(
          ({ userId, displayName, stays }, row) => html`
          <g key=${userId}><text class="chart-name" translate="no" x="0" y=${row * ROW + 20}>${shortened(displayName, names / LETTER)}</text>
            ${stays.map(({ from, to }) => html`<rect key=${from} x=${x(from)} y=${row * ROW + 8} width=${Math.max(3, x(to) - x(from))} height=${BAR} rx="4" />`)}</g>`,
        )}
      </svg>
    </div>`;
}

/** @param {string} name @param {number} most letters */
const shortened = (name, most) =>
  letters(name).length > most
    ? `${letters(name)
        .slice(0, most - 1)
        .join('')}…`
    : name;

/** @param {{people: Attendee[], begun: string}} props `begun`: the day that stands above */
const Table = ({ people, begun }) => html`
  <div class="table" tabindex="0" role="group" aria-label=${t('records.attendance')}>
    <table>
      <thead><tr><th scope="col">${t('records.who')}</th><th scope="col">${t('records.when')}</th><th scope="col">${t('records.long')}</th></tr></thead>
      <tbody>${people.map(
        ({ userId, displayName, isGuest, stays, seconds }) => html`
        <tr key=${userId}><th scope="row"><bdi translate=${false}>${displayName}</bdi>${isGuest && html` <span class="quiet">${t('people.guest')}</span>`}</th>
          <td>${stays.map(({ from, to, open }) => `${timeOn(from, begun)}–${open ? t('records.now') : timeOn(to, from)}`).join(', ')}</td>
          <td>${duration(seconds)}</td></tr>`,
      )}</tbody>
    </table>
  </div>`;

/** @param {AuditEntry} entry @param {Map<number, string>} names */
function auditText({ type, actorId, subjectId, data }, names) {
  const detail = data?.reason ?? data?.outcome ?? data?.role;
  const key = [`audit.${type}.${detail}`, `audit.${type}`].find(hasText);
  const name = names.get(actorId) ?? t('records.unknown');
  const other = subjectId ? (names.get(subjectId) ?? t('records.unknown')) : '';
  return key ? t(key, { name, other }) : `${name}: ${type} ${other}`;
}
