/** My meetings: start, schedule or join one; those that are on, that are planned and that are over. */
import { html, useEffect, useState } from '../ui.js';
import { icon } from '../icons.js';
import { errorText, t } from '../i18n.js';
import { readMeetingLink } from '../meeting-link.js';
import { Field, FormError, useBusy } from './controls.js';
import { Header } from './header.js';
import { ENDED, MeetingList, ONGOING, SCHEDULED, Skeleton } from './meeting-list.js';
import { MeetingToolsContext } from './meeting-tools.js';
import { FilterBar, Found, NO_FILTER, isFiltering } from './meeting-search.js';
import { EMPTY_MINUTES, MeetingForm } from './meeting-form.js';
import { toast } from '../toasts.js';

const REFRESH_MS = 30_000;
/** Of those that are over the last ones are enough; the others are found. */
const PAST_SHOWN = 10;

/** @param {{api: import('../api.js').Api}} props */
export function Dashboard({ api }) {
  const { user } = api.session.get();
  const [meetings, setMeetings] = useState(/** @type {Rest.Meeting[] | null} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [scheduling, setScheduling] = useState(false);
  const [filter, setFilter] = useState(NO_FILTER);
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

  const startNow = () =>
    run(async () => {
      try {
        const meeting = await api.post('/meetings', {
          title: t('dashboard.defaultTitle', { name: user?.displayName ?? '' }),
          emptyMinutes: EMPTY_MINUTES,
          allowGuests: true, // they knock, and come in by one click of the host
          guestsWait: true,
        });
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
      ${(meetings ? meetings.length > 0 || isFiltering(filter) : !problem) && html`<${FilterBar} filter=${filter} onChange=${setFilter} />`}
      ${!meetings && !problem && html`<${Skeleton} />`}
      <${MeetingToolsContext.Provider} value=${{ api, onChanged: load }}>
      ${
        meetings &&
        (isFiltering(filter)
          ? html`<${Found} api=${api} filter=${filter} changed=${meetings} onChange=${setFilter} />`
          : html`<${Lists} meetings=${meetings} onAllPast=${() => setFilter({ ...NO_FILTER, status: String(ENDED) })} />`)
      }
      <//>
      ${scheduling && html`<${MeetingForm} api=${api} onClose=${() => setScheduling(false)} onDone=${load} />`}
    </main>`;
}

/** What one made and what one was in, each once. @param {import('../api.js').Api} api */
async function myMeetings(api) {
  const [created, joined] = await Promise.all(
    ['onlyCreated', 'onlyJoined'].map((which) =>
      api.get('/meetings', { [which]: true, pageSize: 100, sort: '-startTime' }),
    ),
  );
  const all = [...created.items, ...joined.items];
  return [...new Map(all.map((meeting) => [meeting.id, meeting])).values()];
}

function JoinByCode() {
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const named = readMeetingLink(String(new FormData(form).get('code') ?? ''));
    if (named) location.hash = `#/m/${named.code}${named.invite ? `?invite=${encodeURIComponent(named.invite)}` : ''}`;
    else setError(t('dashboard.badCode'));
  };
  return html`
    <form class="join-by-code" onSubmit=${submit} noValidate>
      <${Field} label=${t('dashboard.code')} name="code" autocomplete="off" autocapitalize="characters" spellcheck="false"
        placeholder="K7QX2P" error=${error} onInput=${() => setError(null)} />
      <button class="secondary big">${t('dashboard.join')}</button>
    </form>`;
}

/** @param {{meetings: Rest.Meeting[], onAllPast: () => void}} props */
function Lists({ meetings, onAllPast }) {
  const now = meetings.filter(({ status }) => status === ONGOING);
  const upcoming = meetings.filter(({ status }) => status === SCHEDULED).sort((a, b) => whenStarts(a) - whenStarts(b));
  const past = meetings.filter(({ status }) => status > ONGOING).sort((a, b) => whenEnded(b) - whenEnded(a));
  if (meetings.length === 0) return html`<p class="empty">${t('dashboard.empty')}</p>`;
  return html`
    <${MeetingList} title=${t('dashboard.now')} meetings=${now} />
    <${MeetingList} title=${t('dashboard.upcoming')} meetings=${upcoming} />
    <${MeetingList} title=${t('dashboard.past')} meetings=${past.slice(0, PAST_SHOWN)}>
      ${past.length > PAST_SHOWN && html`<p><button type="button" class="text-button" onClick=${onAllPast}>${t('dashboard.allPast')}</button></p>`}
    <//>`;
}

/** @param {Rest.Meeting} meeting */
const whenStarts = ({ startTime }) => Date.parse(startTime);

/** @param {Rest.Meeting} meeting */
const whenEnded = ({ actualEndTime, startTime }) => Date.parse(actualEndTime ?? startTime);
