/** The first page for whoever is not signed in: what this is, a way into a meeting without an account, and the sign-in. */
import { html, useRef, useState } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { Header } from './header.js';
import { JoinByCode } from './join-by-code.js';
import { SignForm } from './sign.js';

/** @param {{api: import('../api.js').Api}} props */
export function Front({ api }) {
  const [starting, setStarting] = useState(false); // somebody wants a meeting and has to sign in first
  const side = useRef(/** @type {HTMLElement | null} */ (null));
  const start = () => {
    setStarting(true);
    side.current?.querySelector('input')?.focus();
  };
  return html`
    <${Header} api=${api} />
    <main class="front">
      <section>
        <h1 tabindex="-1">${t('app.tagline')}</h1>
        <p class="front-what">${t('front.what')}</p>
        <${JoinByCode} primary />
        <p class="quiet">${t('front.guests')}</p>
        <button type="button" class="secondary big" onClick=${start}>${icon('video')} ${t('dashboard.startNow')}</button>
      </section>
      <div ref=${side}><${SignForm} api=${api} signUp=${false} next=${starting ? 'new' : ''}>
        <h2>${t('sign.in')}</h2>${starting && html`<p class="quiet" role="status">${t('front.signInToStart')}</p>`}<//></div>
      <footer class="front-foot"><a href="/api.html">${t('app.api')}</a></footer>
    </main>`;
}

/** Where an address leads nowhere. @param {{api: import('../api.js').Api}} props */
export const NotFound = ({ api }) => html`
  <${Header} api=${api} />
  <main class="sign">
    <div class="card">
      <h1 tabindex="-1">${t('app.notFound')}</h1>
      <p class="quiet">${t('app.notFoundHint')}</p>
      <${JoinByCode} />
      <a class="button primary wide" href="#/">${t(api.session.get().user ? 'app.home' : 'app.start')}</a>
    </div>
  </main>`;
