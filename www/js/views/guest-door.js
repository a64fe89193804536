/** The door of a meeting for somebody who is not signed in: sign in, or come in by name where the meeting allows that. */
import { html, useMemo, useState } from '../ui.js';
import { errorText, language, t } from '../i18n.js';
import { GuestApi, becomeGuest, keptGuest } from '../guest.js';
import { Field, FormError, useBusy } from './controls.js';
import { Header } from './header.js';
import { Later } from './later.js';

const meeting = () => import('./meeting.js').then(({ Meeting }) => Meeting);

/** @typedef {import('../api.js').Api} Api */
/** @typedef {import('../guest.js').Kept} Kept */

/** After these the door is closed to guests: signing in is what is left. */
const NO_GUESTS = ['guests_not_allowed', 'meeting_ended', 'meeting_cancelled', 'removed', 'not_found'];

/** @param {{api: Api, code: string, invite: string, next: string, expose: (call: import('../meeting-session.js').MeetingSession) => void}} props `next`: this address, for after signing in */
export function GuestDoor({ api, code, invite, next, expose }) {
  const [kept, setKept] = useState(() => keptGuest(code));
  const guest = useMemo(() => (kept ? new GuestApi(code, kept, language) : null), [kept]);
  if (guest)
    return html`<${Later} load=${meeting} key=${kept?.user.id} api=${guest} code=${code} invite=${invite} expose=${expose} />`;
  return html`<${Door} api=${api} code=${code} invite=${invite} next=${next} onGuest=${setKept} />`;
}

/** @param {{api: Api, code: string, invite: string, next: string, onGuest: (kept: Kept) => void}} props */
function Door({ api, code, invite, next, onGuest }) {
  const [problem, setProblem] = useState(/** @type {import('../api.js').Problem | null} */ (null));
  const [busy, run] = useBusy();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const displayName = String(
      new FormData(/** @type {HTMLFormElement} */ (event.target)).get('displayName') ?? '',
    ).trim();
    run(async () => {
      try {
        setProblem(null);
        onGuest(await becomeGuest(api, code, { displayName, invite }));
      } catch (error) {
        setProblem(/** @type {import('../api.js').Problem} */ (error));
      }
    });
  };
  const closed = NO_GUESTS.includes(/** @type {string} */ (problem?.code));
  const nameWrong = problem?.field === 'displayName';
  return html`
    <${Header} api=${api} />
    <main class="sign">
      <div class="card">
        <h1 tabindex="-1">${t(invite ? 'guest.invited' : 'guest.title', { code })}</h1>
        <form class="guest-form" onSubmit=${submit} noValidate>
          <p class="quiet">${t('guest.hint')}</p>
          <${Field} label=${t('sign.name')} hint=${t('sign.nameHint')} name="displayName" autocomplete="name" required
            error=${nameWrong ? errorText(problem) : null} />
          <${FormError} error=${nameWrong ? null : problem} />
          <button class=${invite ? 'primary wide' : 'secondary wide'} disabled=${busy || closed}>${t('guest.enter')}</button>
        </form>
        <p class="or"><span>${t('guest.or')}</span></p>
        <p class="quiet">${t('sign.toMeeting', { code })}</p>
        <a class=${invite && !closed ? 'button secondary wide' : 'button primary wide'} href="#/signin?next=${encodeURIComponent(next)}">${t('sign.in')}</a>
        <p class="quiet center">${t('sign.noAccount')}${' '}<a href="#/signup?next=${encodeURIComponent(next)}">${t('sign.up')}</a></p>
      </div>
    </main>`;
}
