/** Signing in and signing up: one form, with a name more for new people. */
import { html, useEffect, useRef, useState } from '../ui.js';
import { errorText, language, t } from '../i18n.js';
import { readMeetingLink } from '../meeting-link.js';
import { Problem, cookiesBlocked } from '../api.js';
import { Field, FormError, useBusy } from './controls.js';
import { Header } from './header.js';

/** Problems that belong to one field although the server names none. @type {Record<string, string>} */
const FIELD_OF = { email_taken: 'email', invalid_credentials: 'password' };

/** @param {{api: import('../api.js').Api, signUp: boolean, next: string}} props `next`: where to go then, without "#/" */
export function Sign({ api, signUp, next }) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [busy, run] = useBusy();
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  useEffect(() => setProblem(null), [signUp]);

  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const text = (/** @type {string} */ name) => String(data.get(name) ?? '');
    const email = text('email').trim();
    run(async () => {
      setProblem(null);
      try {
        if (signUp) {
          const displayName = text('displayName').trim();
          await api.signUp({ email, password: text('password'), displayName, locale: language() });
        } else {
          await api.signIn(email, text('password'));
        }
        location.hash = `#/${next}`;
      } catch (error) {
        setProblem(error);
        const field = fieldOf(error);
        if (field) /** @type {HTMLElement | null} */ (form.current?.elements.namedItem(field))?.focus();
      }
    });
  };
  const fieldError = (/** @type {string} */ name) => (problem && fieldOf(problem) === name ? errorText(problem) : null);
  const known = ['email', 'password', 'displayName'].includes(fieldOf(problem) ?? '');
  const code = readMeetingLink(`#/${next}`)?.code;

  return html`
    <${Header} api=${api} />
    <main class="sign">
      <form class="card" ref=${form} onSubmit=${submit} noValidate>
        <h1 tabindex="-1">${t(signUp ? 'sign.upTitle' : 'sign.inTitle')}</h1>
        <p class="quiet">${code ? t('sign.toMeeting', { code }) : t('app.tagline')}</p>
        ${cookiesBlocked() && html`<p class="device-problem">${t('sign.noCookies')}</p>`}
        ${
          signUp &&
          html`<${Field} label=${t('sign.name')} hint=${t('sign.nameHint')} name="displayName" autocomplete="name"
          required error=${fieldError('displayName')} />`
        }
        <${Field} label=${t('sign.email')} type="email" name="email" autocomplete="username" required
          error=${fieldError('email')} />
        <${Field} label=${t('sign.password')} hint=${signUp ? t('sign.passwordHint') : undefined} type="password"
          name="password" autocomplete=${signUp ? 'new-password' : 'current-password'} required error=${fieldError('password')} />
        <${FormError} error=${known ? null : problem} />
        <button class="primary wide" disabled=${busy}>${t(signUp ? 'sign.up' : 'sign.in')}</button>
        <p class="quiet center">
          ${t(signUp ? 'sign.haveAccount' : 'sign.noAccount')}${' '}
          <a href=${`#/${signUp ? 'signin' : 'signup'}${next ? `?next=${encodeURIComponent(next)}` : ''}`}>
            ${t(signUp ? 'sign.in' : 'sign.up')}</a>
        </p>
      </form>
    </main>`;
}

/** @param {unknown} problem */
function fieldOf(problem) {
  return problem instanceof Problem ? (problem.field ?? FIELD_OF[problem.code]) : undefined;
}
