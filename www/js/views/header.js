/** The line at the top of the pages around the call: brand, theme, language, who is signed in. */
import { html, useState, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { LANGUAGES, chooseLanguage, dayAndTime, errorText, language, t } from '../i18n.js';
import { settings } from '../settings.js';
import { toast } from '../toasts.js';
import { fetchModule, loadPageAgain, version } from '../version.js';
import { Avatar, IconButton, useBusy } from './controls.js';
import { Profile } from './dialogs.js';

/** @typedef {import('../settings.js').Settings['theme']} Theme */

/** @type {Record<Theme, {next: Theme, name: import('../icons.js').IconName}>} */
const THEMES = {
  system: { next: 'light', name: 'sun-moon' },
  light: { next: 'dark', name: 'sun' },
  dark: { next: 'system', name: 'moon' },
};

export const Brand = () => html`
  <a class="brand" href="#/">
    <svg class="brand-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect x="1" y="5" width="22" height="22" rx="7" fill="currentColor" />
      <path d="M25 12.5 31 9v14l-6-3.5z" fill="currentColor" />
      <path class="brand-wave" d="M7 16h2M11 12v8M15 14v4" fill="none" stroke-width="2.4" stroke-linecap="round" />
    </svg>
    ${t('app.name')}
  </a>`;

/** Outside of a call the page can be loaded again at once. */
export function Updated() {
  const { updated } = useStore(version);
  if (!updated) return null;
  return html`
    <p class="page-note" role="status">${t('app.updated')}${' '}
      <button type="button" class="link" onClick=${loadPageAgain}>${t('app.reload')}</button></p>`;
}

/** That the account goes, and the way back. @param {{api: import('../api.js').Api}} props */
function Deleted({ api }) {
  const { user } = useStore(api.session);
  const [busy, run] = useBusy();
  if (!user?.deletesAt) return null;
  const keep = () =>
    run(() =>
      api.post('/users/me/keep').then(
        (kept) => api.userChanged(kept),
        (error) => toast(errorText(error), 'error'),
      ),
    );
  return html`
    <p class="page-note" role="status">${t('delete.notice', { when: dayAndTime(user.deletesAt) })}${' '}
      <button type="button" class="link" disabled=${busy} onClick=${keep}>${t('delete.keep')}</button></p>`;
}

/** @param {{api: import('../api.js').Api}} props */
export function Header({ api }) {
  const { user } = useStore(api.session);
  const { theme } = useStore(settings);
  const [profile, setProfile] = useState(false);
  const changeLanguage = async (/** @type {keyof typeof LANGUAGES} */ name) => {
    try {
      await fetchModule(() => chooseLanguage(name));
    } catch (error) {
      toast(errorText(error), 'error');
      return;
    }
    if (user && !user.isGuest)
      api.patch('/users/me', { locale: name }).then(
        (changed) => api.userChanged(changed),
        () => {},
      );
  };
  return html`
    <header class="page-header">
      <${Brand} />
      <div class="page-header-tools">
        <${IconButton} label=${t('app.theme', { theme: t(`theme.${theme}`) })} name=${THEMES[theme].name}
          onClick=${() => settings.set({ theme: THEMES[theme].next })} />
        <label class="language-choice" data-tip=${t('app.language')}>${icon('languages', 20)}
          <select aria-label=${t('app.language')} translate=${false}
            onChange=${(/** @type {Event} */ event) => changeLanguage(/** @type {keyof typeof LANGUAGES} */ (/** @type {HTMLSelectElement} */ (event.target).value))}>
            ${Object.entries(LANGUAGES).map(([name, text]) => html`<option value=${name} lang=${name} selected=${name === language()}>${text}</option>`)}
          </select></label>
        ${
          user?.isAdmin &&
          html`
          <a class="icon-button network-link" href="#/admin" aria-label=${t('admin.link')} data-tip=${t('admin.link')}>${icon('shield')}</a>`
        }
        ${
          user &&
          !user.isGuest &&
          html`
          <a class="icon-button network-link" href="#/network" aria-label=${t('network.link')} data-tip=${t('network.link')}>${icon('activity')}</a>
          <button type="button" class="text-button page-header-user" aria-haspopup="dialog" onClick=${() => setProfile(true)}>
            <${Avatar} name=${user.displayName} /><bdi class="name" translate=${false}>${user.displayName}</bdi>
            <span class="visually-hidden">${t('profile.title')}</span></button>
          <${IconButton} label=${t('app.signOut')} name="log-out" onClick=${() => api.signOut()} />`
        }
      </div>
    </header>
    <${Updated} />
    <${Deleted} api=${api} />
    ${user && profile && html`<${Profile} api=${api} onClose=${() => setProfile(false)} />`}`;
}
