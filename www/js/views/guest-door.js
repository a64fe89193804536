/** The door of a meeting for somebody who is not signed in: sign in, or come in by name where the meeting allows that. */
import { html, useEffect, useMemo, useState } from '../ui.js';
import { errorText, language, t } from '../i18n.js';
import { GuestApi, becomeGuest, keptGuest } from '../guest.js';
import { Field, FormError, useBusy } from './controls.js';
import { Header } from './header.js';
import { JoinByCode } from './join-by-code.js';
import { Later } from './later.js';

const meeting = () => import('./meeting.js').then(({ Meeting }) => Meeting);

/** @typedef {import('../api.js').Api} Api */
/** @typedef {import('../guest.js').Kept} Kept */

/** @param {{api: Api, code: string, invite: string, next: string, expose: (call: import('../meeting-session.js').MeetingSession) => void}} props `next`: this address, for after signing in */
export function GuestDoor({ api, code, invite, next, expose }) {
  const [kept, setKept] = useState(() => keptGuest(code));
  const guest = useMemo(() => (kept ? new GuestApi(code, kept, language) : null), [kept]);
  if (guest)
    return html`<${Later} load=${meeting} key=${kept?.user.id} api=${guest} code=${code} invite=${invite} expose=${expose} />`;
  return html`<${Door} api=${api} code=${code} invite=${invite} next=${next} onGuest=${setKept} />`;
}

/** An account helps where only guests are kept out; another code where this one leads nowhere. */
const ACCOUNT_HELPS = ['guests_not_allowed', 'invite_invalid'];
const OVER = ['not_found', 'meeting_ended', 'meeting_cancelled'];

/** @param {{api: Api, code: string, invite: string, next: string, onGuest: (kept: Kept) => void}} props */
function Door({ api, code, invite, next, onGuest }) {
  const [state, setState] = useState(/** @type {'looking' | 'open' | 'closed'} */ ('looking'));
  const [problem, setProblem] = useState(/** @type {import('../api.js').Problem | null} */ (null));
  const [busy, run] = useBusy();
  /** What keeps guests out, before they give a name or after. @param {unknown} error */
  const refused = (error) => {
    const it = /** @type {import('../api.js').Problem} */ (error);
    setProblem(it);
    setState(
      it.field === 'displayName' || (it.status !== 404 && it.status !== 403 && it.status !== 400) ? 'open' : 'closed',
    );
  };
  const look = async () => {
    try {
      await api.open('GET', `/meetings/${code}/guests${invite ? `?invite=${encodeURIComponent(invite)}` : ''}`);
      setProblem(null);
      setState('open');
    } catch (error) {
      refused(error);
    }
  };
  useEffect(() => {
    look();
  }, []);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const displayName = String(new FormData(form).get('displayName') ?? '').trim();
    run(async () => {
      try {
        setProblem(null);
        onGuest(await becomeGuest(api, code, { displayName, invite }));
      } catch (error) {
        refused(error);
        /** @type {HTMLElement | null} */ (form.elements.namedItem('displayName'))?.focus();
      }
    });
  };
  const nameWrong = problem?.field === 'displayName';
  const over = OVER.includes(problem?.code ?? '');
  const signIn = html`
    <a class=${state === 'closed' && ACCOUNT_HELPS.includes(problem?.code ?? '') ? 'button primary wide' : 'button secondary wide'}
      href="#/signin?next=${encodeURIComponent(next)}">${t('sign.in')}</a>
    <p class="quiet center">${t('sign.noAccount')}${' '}<a href="#/signup?next=${encodeURIComponent(next)}">${t('sign.up')}</a></p>`;
  return html`
    <${Header} api=${api} />
    <main class="sign">
      <div class="card" aria-busy=${state === 'looking'}>
        <h1 tabindex="-1">${t(invite && state !== 'closed' ? 'guest.invited' : 'guest.title', { code })}</h1>
        ${
          state !== 'closed' &&
          html`
        <form class="guest-form" onSubmit=${submit} noValidate>
          <p class="quiet">${t('guest.hint')}</p>
          <${Field} label=${t('sign.name')} hint=${t('sign.nameHint')} name="displayName" autocomplete="name" required
            error=${nameWrong ? errorText(problem) : null} />
          <${FormError} error=${nameWrong ? null : problem} onRetry=${look} />
          <button class="primary wide" disabled=${busy || state === 'looking'}>${t('guest.enter')}</button>
        </form>`
        }
        ${
          state === 'closed' &&
          html`<${FormError} error=${problem} onRetry=${over ? undefined : look} />
        <p class="quiet">${t('guest.correct')}</p><${JoinByCode} code=${code} primary=${over} />`
        }
        ${!over && html`<p class="or"><span>${t('guest.or')}</span></p>${signIn}`}
      </div>
    </main>`;
}
