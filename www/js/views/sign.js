/** Signing in and signing up: one form, with a name more for new people. */
import { html, useEffect } from '../ui.js';
import { language, t } from '../i18n.js';
import { readMeetingLink } from '../meeting-link.js';
import { cookiesBlocked } from '../api.js';
import { Field, FormError } from './controls.js';
import { useForm } from './form.js';
import { Header } from './header.js';

/** Problems that belong to one field although the server names none. @type {Record<string, string>} */
const FIELD_OF = { email_taken: 'email', invalid_credentials: 'password' };

/** @param {{api: import('../api.js').Api, signUp: boolean, next: string}} props `next`: where to go then, without "#/" */
export function Sign({ api, signUp, next }) {
  const code = readMeetingLink(`#/${next}`)?.code;
  return html`
    <${Header} api=${api} />
    <main class="sign">
      <${SignForm} api=${api} signUp=${signUp} next=${next}>
        <h1 tabindex="-1">${t(signUp ? 'sign.upTitle' : 'sign.inTitle')}</h1>
        <p class="quiet">${code ? t('sign.toMeeting', { code }) : t('app.tagline')}</p>
      <//>
    </main>`;
}

/** @param {{api: import('../api.js').Api, signUp: boolean, next: string, children?: unknown}} props `children`: what stands above the fields */
export function SignForm({ api, signUp, next, children }) {
  const { busy, error, rest, submit, clear } = useForm(['email', 'password', 'displayName'], {
    words: signUp ? {} : { password: 'signInPassword' },
    fieldOf: FIELD_OF,
  });
  useEffect(clear, [signUp]);

  const sign = submit(async (text) => {
    const email = text('email').trim();
    if (signUp) {
      const displayName = text('displayName').trim();
      await api.signUp({ email, password: text('password'), displayName, locale: language() });
    } else {
      await api.signIn(email, text('password'));
    }
    location.hash = `#/${next}`;
  });
  return html`
      <form class="card" onSubmit=${sign} noValidate>
        ${children}
        ${cookiesBlocked() && html`<p class="device-problem">${t('sign.noCookies')}</p>`}
        ${
          signUp &&
          html`<${Field} label=${t('sign.name')} hint=${t('sign.nameHint')} name="displayName" autocomplete="name"
          required error=${error('displayName')} />`
        }
        <${Field} label=${t('sign.email')} type="email" name="email" autocomplete="username" required
          error=${error('email')} />
        <${Field} label=${t('sign.password')} hint=${signUp ? t('sign.passwordHint') : undefined} type="password"
          name="password" autocomplete=${signUp ? 'new-password' : 'current-password'} required minlength=${signUp ? 8 : undefined} error=${error('password')} />
        <${FormError} error=${rest} />
        <button class="primary wide" disabled=${busy}>${t(signUp ? 'sign.up' : 'sign.in')}</button>
        <p class="quiet center">
          ${t(signUp ? 'sign.haveAccount' : 'sign.noAccount')}${' '}
          <a href=${`#/${signUp ? 'signin' : 'signup'}${next ? `?next=${encodeURIComponent(next)}` : ''}`}>
            ${t(signUp ? 'sign.in' : 'sign.up')}</a>
        </p>
      </form>`;
}
