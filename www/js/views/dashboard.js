/** My meetings: start, schedule or join one; those that are on, that are planned and that are over. */
import { html, useEffect, useState } from '../ui.js';
import { icon } from '../icons.js';
import { errorText, t } from '../i18n.js';
import { FormError, useBusy } from './controls.js';
import { Header } from './header.js';
import { JoinByCode } from './join-by-code.js';
import { ENDED, MeetingList, ONGOING, SCHEDULED, Skeleton } from './meeting-list.js';
import { MeetingToolsContext } from './meeting-tools.js';
import { FilterBar, Found, NO_FILTER, isFiltering } from './meeting-search.js';
import { MeetingForm } from './dialogs.js';
import { NEW_MEETING } from '../new-meeting.js';
import { toast } from '../toasts.js';

const REFRESH_MS = 30_000;
/** Of those that are over the last ones are enough; the others are found. */
const PAST_SHOWN = 10;

/** @param {{api: import('../api.js').Api, start?: boolean}} props `start`: a meeting at once */
export function Dashboard({ api, start = false }) {
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
          ...NEW_MEETING,
        });
        const path = `#/m/${meeting.code}`;
        if (start)
          location.replace(path); // back leads to before it was made
        else location.hash = path;
      } catch (error) {
        toast(errorText(error), 'error');
      }
    });

  useEffect(() => {
    if (start) startNow();
  }, []);

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
