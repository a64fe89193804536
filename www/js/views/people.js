/** The list of those who are in the meeting. */
import { html } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { hands } from '../room-state.js';
import { Avatar, Code, IconButton, copyText, meetingLink } from './controls.js';

/** @param {{room: import('../room-state.js').Room}} props */
export function People({ room }) {
  const { code } = room.meeting;
  const raised = hands(room);
  const rest = room.participants.filter(({ handRaisedAt }) => !handRaisedAt);
  return html`
    <div class="people">
      <section class="people-invite">
        <h2>${t('people.info')}</h2>
        <p><${Code} code=${code} />
          <${IconButton} label=${t('stage.copyLink')} name="link" onClick=${() => copyText(meetingLink(code))} />
          <${IconButton} label=${t('stage.copyCode')} name="copy" onClick=${() => copyText(code)} /></p>
      </section>
      <h2>${t('people.count', { count: room.participants.length })}</h2>
      <ul>${[...raised, ...rest].map((person) => html`
        <${Person} key=${person.userId} person=${person} self=${person.userId === room.myId} place=${raised.indexOf(person) + 1} />`)}</ul>
    </div>`;
}

/** @typedef {import('../room-state.js').Participant} Participant */

/** @param {{person: Participant, self: boolean, place: number}} props `place`: among the raised hands */
function Person({ person, self, place }) {
  const { displayName, role, online, audio, handRaisedAt } = person;
  const state = !online ? t('people.away') : role !== 'participant' && t(`people.${role}`);
  return html`
    <li class="person" data-user=${person.userId}>
      <${Avatar} name=${displayName} />
      <span class="person-name">
        <span class="name">${self ? t('tile.you', { name: displayName }) : displayName}</span>
        ${state && html`<span class="quiet">${state}</span>`}
      </span>
      ${handRaisedAt && html`
        <span class="person-hand" role="img" aria-label=${t('tile.hand')}>${icon('hand', 18)}${place}</span>`}
      ${!audio && html`<span class="person-muted" role="img" aria-label=${t('tile.muted')}>${icon('mic-off', 18)}</span>`}
    </li>`;
}
