/** My meetings: start, schedule or join one; those that are on, that are planned and that are over. */
import { html, useEffect, useState } from '../ui.js';
import { icon } from '../icons.js';
import { clockTime, dayName, errorText, t } from '../i18n.js';
import { Code, Field, FormError, IconButton, copyText, meetingLink, useBusy } from './controls.js';
import { Header } from './header.js';
import { Schedule } from './schedule.js';
import { toast } from '../toasts.js';

const ONGOING = 2;
const SCHEDULED = 1;
const CANCELLED = 4;
const REFRESH_MS = 30_000;

/** A code as people type or paste it: "k7q x2p", or a whole link. @param {string} text @returns {string | null} */
export function parseCode(text) {
  const linked = text.match(/#\/m\/([A-Za-z0-9]{6})\b/);
  const code = (linked ? linked[1] : text.replace(/[\s-]/g, '')).toUpperCase();
  return /^[A-Z0-9]{6}$/.test(code) ? code : null;
}

/** @param {{api: import('../api.js').Api}} props */
export function Dashboard({ api }) {
  const { user } = api.session.get();
  const [meetings, setMeetings] = useState(/** @type {any[] | null} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [scheduling, setScheduling] = useState(false);
  const [busy, run] = useBusy();

  const load = async () => {
    try {
      setMeetings(await myMeetings(api));
      setProblem(null);
    } catch (error) {
      setProblem(error);
    }
  };
  useEffect(() => {
    load();
    const timer = setInterval(() => document.visibilityState === 'visible' && load(), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);

  const startNow = () => run(async () => {
    try {
      const meeting = await api.post('/meetings', { title: t('dashboard.defaultTitle', { name: user?.displayName ?? '' }) });
      location.hash = `#/m/${meeting.code}`;
    } catch (error) {
      toast(errorText(error), 'error');
    }
  });

  return html`
    <${Header} api=${api} />
    <main class="dashboard">
      <h1 tabindex="-1" class="visually-hidden">${t('dashboard.title')}</h1>
      <section class="start">
        <button type="button" class="primary big" onClick=${startNow} disabled=${busy}>
          ${icon('video')} ${t('dashboard.startNow')}</button>
        <button type="button" class="secondary big" onClick=${() => setScheduling(true)}>
          ${icon('calendar-plus')} ${t('dashboard.schedule')}</button>
        <${JoinByCode} />
      </section>
      <${FormError} error=${problem} onRetry=${load} />
      ${meetings ? html`<${Lists} meetings=${meetings} />` : !problem && html`<${Skeleton} />`}
      ${scheduling && html`<${Schedule} api=${api} onClose=${() => setScheduling(false)} onDone=${load} />`}
    </main>`;
}

/** What one made and what one was in, each once. @param {import('../api.js').Api} api */
async function myMeetings(api) {
  const [created, joined] = await Promise.all(['onlyCreated', 'onlyJoined'].map(
    (which) => api.get('/meetings', { [which]: true, pageSize: 100, sort: '-startTime' }),
  ));
  /** @type {any[]} */
  const all = [...created.items, ...joined.items];
  return [...new Map(all.map((meeting) => [meeting.id, meeting])).values()];
}

function JoinByCode() {
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const code = parseCode(String(new FormData(form).get('code') ?? ''));
    if (code) location.hash = `#/m/${code}`;
    else setError(t('dashboard.badCode'));
  };
  return html`
    <form class="join-by-code" onSubmit=${submit} noValidate>
      <${Field} label=${t('dashboard.code')} name="code" autocomplete="off" autocapitalize="characters" spellcheck="false"
        placeholder="K7QX2P" error=${error} onInput=${() => setError(null)} />
      <button class="secondary big">${t('dashboard.join')}</button>
    </form>`;
}

/** @param {{meetings: any[]}} props */
function Lists({ meetings }) {
  const now = meetings.filter(({ status }) => status === ONGOING);
  const upcoming = meetings.filter(({ status }) => status === SCHEDULED).sort((a, b) => whenStarts(a) - whenStarts(b));
  const past = meetings.filter(({ status }) => status > ONGOING).sort((a, b) => whenEnded(b) - whenEnded(a));
  if (meetings.length === 0) return html`<p class="empty">${t('dashboard.empty')}</p>`;
  return html`
    <${List} title=${t('dashboard.now')} meetings=${now} />
    <${List} title=${t('dashboard.upcoming')} meetings=${upcoming} />
    <${List} title=${t('dashboard.past')} meetings=${past} />`;
}

/** @param {any} meeting */
const whenStarts = ({ startTime }) => Date.parse(startTime);

/** @param {any} meeting */
const whenEnded = ({ actualEndTime, startTime }) => Date.parse(actualEndTime ?? startTime);

/** @param {{title: string, meetings: any[]}} props */
function List({ title, meetings }) {
  if (meetings.length === 0) return null;
  return html`
    <section class="meetings">
      <h2>${title}</h2>
      <ul>${meetings.map((meeting) => html`<${Row} key=${meeting.id} meeting=${meeting} />`)}</ul>
    </section>`;
}

/** @param {{meeting: any}} props */
function Row({ meeting }) {
  const on = meeting.status === ONGOING;
  const open = meeting.status <= ONGOING;
  const when = meeting.actualStartTime ?? meeting.startTime;
  return html`
    <li class="meeting">
      <div class="meeting-when">
        ${on ? html`<span class="live"><span class="dot"></span>${t('dashboard.now')}</span>`
          : html`<span>${dayName(when)}</span><time dateTime=${when}>${clockTime(when)}</time>`}
      </div>
      <div class="meeting-what">
        <strong>${meeting.title}${meeting.hasPassword ? html`<${Protected} />` : null}</strong>
        <span class="quiet">${details(meeting)}</span>
      </div>
      ${open && html`
        <div class="meeting-do">
          <${Code} code=${meeting.code} />
          <${IconButton} label=${t('dashboard.copyNamed', { title: meeting.title })} name="link"
            onClick=${() => copyText(meetingLink(meeting.code))} />
          <a class=${on ? 'button primary' : 'button secondary'} href=${`#/m/${meeting.code}`}
            aria-label=${t('dashboard.joinNamed', { title: meeting.title })}>${t('dashboard.join')}</a>
        </div>`}
    </li>`;
}

const Protected = () => html`
  <span class="mark" data-tip=${t('dashboard.protected')}>${icon('lock', 14)}<span class="visually-hidden">
    ${t('dashboard.protected')}</span></span>`;

/** @param {any} meeting */
function details(meeting) {
  const parts = [t('dashboard.hostedBy', { name: meeting.host.displayName })];
  if (meeting.status === ONGOING) parts.unshift(t('dashboard.inIt', { count: meeting.onlineCount }));
  else if (meeting.status === CANCELLED) parts.unshift(t('dashboard.cancelled'));
  else parts.unshift(t('dashboard.minutes', { count: minutes(meeting) }));
  return parts.join(' · ');
}

/** As it was, or as it is planned. @param {any} meeting */
function minutes({ actualStartTime, actualEndTime, duration }) {
  if (!actualStartTime || !actualEndTime) return duration;
  return Math.max(1, Math.round((Date.parse(actualEndTime) - Date.parse(actualStartTime)) / 60_000));
}

const Skeleton = () => html`
  <section class="meetings" aria-busy="true" aria-label=${t('app.loading')}>
    <ul>${[1, 2, 3].map((n) => html`<li key=${n} class="meeting skeleton"><span></span><span></span></li>`)}</ul>
  </section>`;
