/** The field for a meeting's code, or a link to it, as people pass them on. */
import { html, useState } from '../ui.js';
import { t } from '../i18n.js';
import { readMeetingLink } from '../meeting-link.js';
import { Field } from './controls.js';

/** @param {{code?: string, primary?: boolean}} props `code`: the one to be put right */
export function JoinByCode({ code = '', primary = false }) {
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const named = readMeetingLink(String(new FormData(form).get('code') ?? ''));
    if (named) location.hash = `#/m/${named.code}${named.invite ? `?invite=${encodeURIComponent(named.invite)}` : ''}`;
    else {
      setError(t('dashboard.badCode'));
      /** @type {HTMLElement | null} */ (form.elements.namedItem('code'))?.focus();
    }
  };
  return html`
    <form class="join-by-code" onSubmit=${submit} noValidate>
      <${Field} label=${t('dashboard.code')} name="code" autocomplete="off" autocapitalize="characters" spellcheck="false"
        placeholder="K7QX2P" defaultValue=${code} error=${error} onInput=${() => setError(null)} />
      <button class=${primary ? 'primary big' : 'secondary big'}>${t('dashboard.join')}</button>
    </form>`;
}
