/** Meetings in a list: when, what, and the way in. */
import { html } from '../ui.js';
import { icon } from '../icons.js';
import { clockTime, dayName, duration, t } from '../i18n.js';
import { MeetingTools } from './meeting-tools.js';
import { Code, IconButton, meetingLink } from './controls.js';
import { copyText } from './copy.js';

export const SCHEDULED = 1;
export const ONGOING = 2;
export const ENDED = 3;
export const CANCELLED = 4;

/** @param {{title: string, meetings: Rest.Meeting[], children?: import('../ui.js').Children}} props */
export function MeetingList({ title, meetings, children }) {
  if (meetings.length === 0) return null;
  return html`
    <section class="meetings">
      <h2>${title}</h2>
      <ul>${meetings.map((meeting) => html`<${Row} key=${meeting.id} meeting=${meeting} />`)}</ul>
      ${children}
    </section>`;
}

/** @param {{meeting: Rest.Meeting}} props */
function Row({ meeting }) {
  const on = meeting.status === ONGOING;
  const open = meeting.status <= ONGOING;
  const when = meeting.actualStartTime ?? meeting.startTime;
  return html`
    <li class="meeting">
      <div class="meeting-when">
        ${
          on
            ? html`<span class="live"><span class="dot"></span>${t('dashboard.now')}</span>`
            : html`<span>${dayName(when)}</span><time dateTime=${when}>${clockTime(when)}</time>`
        }
      </div>
      <div class="meeting-what">
        <strong><bdi>${meeting.title}</bdi>${meeting.hasPassword ? html`<${Protected} />` : null}</strong>
        <span class="quiet">${details(meeting)}</span>
      </div>
      ${!open && html`<div class="meeting-do"><${MeetingTools} meeting=${meeting} /></div>`}
      ${
        open &&
        html`
        <div class="meeting-do">
          <${Code} code=${meeting.code} />
          <${MeetingTools} meeting=${meeting} />
          <${IconButton} label=${t('dashboard.copyNamed', { title: meeting.title })} name="link"
            onClick=${() => copyText(meetingLink(meeting.code))} />
          <a class=${on ? 'button primary' : 'button secondary'} href=${`#/m/${meeting.code}`}
            aria-label=${t('dashboard.joinNamed', { title: meeting.title })}>${t('dashboard.join')}</a>
        </div>`
      }
    </li>`;
}

const Protected = () => html`
  <span class="mark" data-tip=${t('dashboard.protected')}>${icon('lock', 14)}<span class="visually-hidden">
    ${t('dashboard.protected')}</span></span>`;

/** @param {Rest.Meeting} meeting */
function details(meeting) {
  const parts = [t('dashboard.hostedBy', { name: meeting.host.displayName })];
  if (meeting.status === ONGOING) parts.unshift(t('dashboard.inIt', { count: meeting.onlineCount }));
  else if (meeting.status === CANCELLED) parts.unshift(t('dashboard.cancelled'));
  else parts.unshift(duration(60 * minutes(meeting)));
  return parts.join(' · ');
}

/** As it was, or as it is planned. @param {Rest.Meeting} meeting */
function minutes({ actualStartTime, actualEndTime, duration }) {
  if (!actualStartTime || !actualEndTime) return duration;
  return Math.max(1, Math.round((Date.parse(actualEndTime) - Date.parse(actualStartTime)) / 60_000));
}

/** Where meetings will be, while they are on their way. */
export const Skeleton = () => html`
  <section class="meetings" aria-busy="true" aria-label=${t('app.loading')}>
    <ul>${[1, 2, 3].map((n) => html`<li key=${n} class="meeting skeleton"><span></span><span></span></li>`)}</ul>
  </section>`;
