/** The dialog about oneself: name and language, the password, and where one is signed in. */
import { html, useEffect, useState, useStore } from '../ui.js';
import { Problem } from '../api.js';
import { LANGUAGES, chooseLanguage, dayAndTime, language, t } from '../i18n.js';
import { Field, FormError, useBusy, useFieldId } from './controls.js';
import { Dialog } from './dialog.js';
import { useForm } from './form.js';
import { serverNow } from '../server-clock.js';
import { toast } from '../toasts.js';

/** @typedef {import('../api.js').Api} Api */
/** @typedef {{id: number, current: boolean, userAgent: string, address: string, createdAt: string, lastUsedAt: string}} SignIn */

/** @param {{api: Api, onClose: () => void}} props */
export function Profile({ api, onClose }) {
  const [round, setRound] = useState(0); // a new password ends the other sign-ins: they are looked up again
  return html`
    <${Dialog} title=${t('profile.title')} onClose=${onClose}>
      <div class="profile">
        <${About} api=${api} />
        <${Password} api=${api} onChanged=${() => setRound(round + 1)} />
        <${SignIns} key=${round} api=${api} />
        <${Deletion} api=${api} />
        <p><a href="#/network" onClick=${onClose}>${t('network.title')}</a></p>
        <p><a href="/api.html">${t('app.api')}</a></p>
        ${api.session.get().user?.isAdmin && html`<p><a href="#/admin" onClick=${onClose}>${t('admin.title')}</a></p>`}
      </div>
    <//>`;
}

/** @param {{api: Api}} props */
function About({ api }) {
  const { user } = api.session.get();
  const { busy, error, rest, done, submit } = useForm(['displayName']);
  const id = useFieldId();
  const save = submit(async (text) => {
    const locale = /** @type {keyof typeof LANGUAGES} */ (text('locale'));
    api.userChanged(await api.patch('/users/me', { displayName: text('displayName').trim(), locale }));
    if (locale !== language()) await chooseLanguage(locale);
    return t('profile.saved');
  });
  return html`
    <form onSubmit=${save} noValidate>
      <div class="field-row">
        <${Field} label=${t('sign.name')} hint=${t('sign.nameHint')} name="displayName" autocomplete="name" required
          defaultValue=${user?.displayName} error=${error('displayName')} />
        <div class="field">
          <label for=${id}>${t('app.language')}</label>
          <select id=${id} name="locale">
            ${Object.entries(LANGUAGES).map(
              ([tag, name]) => html`
              <option value=${tag} lang=${tag} selected=${tag === language()}>${name}</option>`,
            )}
          </select>
        </div>
      </div>
      <${FormError} error=${rest} />
      <div class="profile-do">
        <button class="primary" disabled=${busy}>${t('app.save')}</button><span role="status">${done}</span></div>
    </form>`;
}

/** @param {{api: Api, onChanged: () => void}} props */
function Password({ api, onChanged }) {
  const { busy, error, rest, done, submit } = useForm(['currentPassword', 'newPassword']);
  const change = submit(async (text, form) => {
    try {
      await api.post('/users/me/password', {
        currentPassword: text('currentPassword'),
        newPassword: text('newPassword'),
      });
    } catch (failure) {
      if (!(failure instanceof Problem) || failure.code !== 'invalid_credentials') throw failure;
      throw new Problem({ code: 'validation_failed', field: 'currentPassword' });
    }
    form.reset();
    onChanged();
    return t('profile.passwordChanged');
  });
  return html`
    <form onSubmit=${change} noValidate>
      <h3>${t('profile.password')}</h3>
      <p class="quiet">${t('profile.passwordHint')}</p>
      <input class="visually-hidden" type="text" name="username" autocomplete="username" value=${api.session.get().user?.email}
        readonly tabindex="-1" aria-hidden="true" />
      <div class="field-row">
        <${Field} label=${t('profile.current')} name="currentPassword" type="password" autocomplete="current-password" required
          error=${error('currentPassword')} />
        <${Field} label=${t('profile.new')} hint=${t('sign.passwordHint')} name="newPassword" type="password"
          autocomplete="new-password" required minlength="8" error=${error('newPassword')} />
      </div>
      <${FormError} error=${rest} />
      <div class="profile-do">
        <button class="secondary" disabled=${busy}>${t('profile.change')}</button><span role="status">${done}</span></div>
    </form>`;
}

/** What goes with the account, and the password once more. @param {{api: Api}} props */
function Deletion({ api }) {
  const { user } = useStore(api.session);
  const { busy, error, rest, submit } = useForm(['password']);
  const remove = submit(async (text) => {
    try {
      const { deletesAt, partlyKept } = await api.delete('/users/me', { password: text('password') });
      const atOnce = Date.parse(deletesAt) <= serverNow() + 60_000;
      const told = t(atOnce ? 'delete.now' : 'delete.done', { when: dayAndTime(deletesAt) });
      toast(partlyKept ? `${told} ${t('delete.kept')}` : told, 'info', undefined, { lasting: true });
    } catch (failure) {
      if (!(failure instanceof Problem) || failure.code !== 'invalid_credentials') throw failure;
      throw new Problem({ code: 'validation_failed', field: 'password' });
    }
    await api.signOut();
    return '';
  });
  if (user?.deletesAt) return null; // the notice on the page says so
  return html`
    <form onSubmit=${remove} noValidate>
      <h3>${t('delete.title')}</h3>
      <p class="quiet">${t('delete.text')}</p>
      <${Field} label=${t('delete.password')} name="password" type="password" autocomplete="current-password" required
        error=${error('password') && t('delete.wrong')} />
      <${FormError} error=${rest} />
      <div class="profile-do"><button class="danger" disabled=${busy}>${t('delete.do')}</button></div>
    </form>`;
}

/** @param {{api: Api}} props */
function SignIns({ api }) {
  const [list, setList] = useState(/** @type {SignIn[] | null} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const load = async () => {
    try {
      setList((await api.get('/users/me/sessions')).items);
      setProblem(null);
    } catch (error) {
      setProblem(error);
    }
  };
  useEffect(() => {
    load();
  }, []);
  return html`
    <section>
      <h3 id="sign-ins" tabindex="-1">${t('profile.signIns')}</h3>
      <p class="quiet">${t('profile.signInsHint')}</p>
      <${FormError} error=${problem} onRetry=${load} />
      ${!list && !problem && html`<p class="quiet" role="status">${t('app.loading')}</p>`}
      <ul aria-labelledby="sign-ins">
        ${list?.map((one) => html`<${Row} key=${one.id} api=${api} signIn=${one} onEnded=${load} onProblem=${setProblem} />`)}</ul>
    </section>`;
}

/** @param {{api: Api, signIn: SignIn, onEnded: () => Promise<void>, onProblem: (error: unknown) => void}} props */
function Row({ api, signIn: { id, current, userAgent, address, lastUsedAt }, onEnded, onProblem }) {
  const [busy, run] = useBusy();
  const name = program(userAgent) ?? t('profile.unknown');
  const end = () =>
    run(async () => {
      try {
        await api.delete(`/users/me/sessions/${id}`);
      } catch (error) {
        if (/** @type {import('../api.js').Problem} */ (error).status !== 404) {
          // it is over all the same
          onProblem(error);
          return;
        }
      }
      document.getElementById('sign-ins')?.focus();
      await onEnded();
    });
  const used = dayAndTime(lastUsedAt);
  return html`
    <li class="sign-in" data-session=${id}>
      <span><strong>${name}</strong>
        <span class="quiet">${address} · ${current ? t('profile.here') : t('profile.used', { when: used })}</span></span>
      ${
        !current &&
        html`<button type="button" class="secondary" disabled=${busy} aria-label=${t('profile.endNamed', { name, address })}
        onClick=${end}>${t('profile.end')}</button>`
      }
    </li>`;
}

/** Order matters: most of them call themselves by the names of others as well. @type {[RegExp, string][]} */
const BROWSERS = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(Headless)?Chrom(e|ium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
/** @type {[RegExp, string][]} */
const SYSTEMS = [
  [/\bWindows\b/, 'Windows'],
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** "Firefox, Windows", or as it calls itself. @param {string} userAgent @returns {string | null} */
function program(userAgent) {
  const first = (/** @type {[RegExp, string][]} */ list) => list.find(([pattern]) => pattern.test(userAgent))?.[1];
  const known = [first(BROWSERS), first(SYSTEMS)].filter(Boolean);
  return known.length > 0 ? known.join(', ') : userAgent.slice(0, 60) || null;
}
