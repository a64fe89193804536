/** Before the call: how one looks and sounds, who is there, the password where one is needed. */
import { html, useEffect, useRef, useState, useStore } from '../ui.js';
import { dayAndTime, errorText, isolated, t } from '../i18n.js';
import { serverNow } from '../server-clock.js';
import { Avatar, Code, Field, FormError, useBusy } from './controls.js';
import { Header } from './header.js';
import { Preview } from './preview.js';
import { Profile } from './dialogs.js';

const SCHEDULED = 1;
const OVER = 3;
/** Who is there is looked up so often. */
const LOOK_MS = 10_000;
const NAMES_SHOWN = 4;

/** @typedef {{code: string, field?: string}} Failure */

/** @param {{api: import('../api.js').Api, call: import('../meeting-session.js').MeetingSession, code: string}} props */
export function BeforeCall({ api, call, code }) {
  const { user } = useStore(api.session);
  const [meeting, setMeeting] = useState(/** @type {Rest.MeetingDetail | null} */ (null));
  const [unseen, setUnseen] = useState(/** @type {string | null} */ (null)); // why the meeting cannot be looked at
  const [problem, setProblem] = useState(/** @type {Failure | null} */ (null));
  const [passwordAsked, setPasswordAsked] = useState(false);
  const [naming, setNaming] = useState(false);
  const [busy, run] = useBusy();
  const passwordField = useRef(/** @type {HTMLInputElement | null} */ (null));

  useEffect(() => {
    call.media.start();
    const look = async () => {
      try {
        setMeeting(await api.get(`/meetings/${code}`));
        setUnseen(null);
      } catch (error) {
        const { code: why } = /** @type {Failure} */ (error);
        setUnseen(why);
        if (why === 'forbidden') clearInterval(timer);
      }
    };
    const timer = setInterval(() => document.visibilityState === 'visible' && look(), LOOK_MS);
    look();
    return () => clearInterval(timer);
  }, [call]);

  const over =
    /** @type {Rest.MeetingDetail} */ (meeting)?.status >= OVER
      ? /** @type {Rest.MeetingDetail} */ (meeting).status === OVER
        ? 'meeting_ended'
        : 'meeting_cancelled'
      : null;
  // There is no way in for this person. Nobody else is refused the look at a meeting whose code they have.
  const removed = problem?.code === 'removed' || unseen === 'forbidden' ? 'removed' : null;
  const closed = removed ?? (unseen === 'not_found' ? unseen : over);
  useEffect(() => {
    if (closed) call.media.stop();
  }, [closed]);
  const unclear = unseen ? { code: unseen } : null;
  const knownPassword = meeting?.password;
  const askPassword =
    passwordAsked || (meeting?.hasPassword && !call.invited && !knownPassword && meeting.creator?.id !== user?.id);

  const join = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const typed = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('password') ?? '');
    run(async () => {
      setProblem(null);
      try {
        await call.join({ password: typed || knownPassword || undefined });
      } catch (error) {
        const wrong = /** @type {Failure} */ (error).code === 'wrong_password';
        setProblem(wrong && !typed ? { code: 'passwordNeeded', field: 'password' } : /** @type {Failure} */ (error));
        if (wrong) setPasswordAsked(true);
        if (wrong) setTimeout(() => passwordField.current?.focus());
      }
    });
  };
  const wrongPassword = problem?.code === 'wrong_password' || problem?.code === 'passwordNeeded';

  const name = user?.displayName ?? '';
  const title = meeting?.title ?? t('before.unknown', { code });
  if (closed) {
    return html`
      <${Header} api=${api} />
      <main class="sign">
        <div class="card"><h1 tabindex="-1"><bdi>${title}</bdi></h1>
          ${meeting && html`<p class="quiet"><${Code} code=${code} /></p>`}
          <${FormError} error=${{ code: closed }} />
          <a class="button primary" href="#/">${t('app.home')}</a></div>
      </main>`;
  }
  return html`
    <${Header} api=${api} />
    <main class="before">
      <${Preview} call=${call} name=${name} />
      <form class="before-form" onSubmit=${join}>
        <h1 tabindex="-1"><bdi>${title}</bdi></h1>
        <p class="quiet"><${Code} code=${code} /></p>
        ${meeting && html`<${Facts} meeting=${meeting} />`}
        <p class="before-name"><${Avatar} name=${name} /> <span>${t('before.asName', { name })}${' '}
          ${
            !user?.isGuest &&
            html`
            <button type="button" class="link" aria-haspopup="dialog" onClick=${() => setNaming(true)}>${t('before.rename')}</button>`
          }</span></p>
        ${
          askPassword
            ? html`<${Field} label=${t('before.password')} name="password" type="password" autocomplete="off"
          inputRef=${passwordField} error=${wrongPassword ? errorText(problem) : null} />`
            : null
        }
        <${FormError} error=${wrongPassword ? unclear : (problem ?? unclear)} />
        <button class="primary big" disabled=${busy}>${t(busy ? 'before.joining' : 'before.join')}</button>
      </form>
      ${naming && html`<${Profile} api=${api} onClose=${() => setNaming(false)} />`}
    </main>`;
}

/** Who hosts it, when it is planned, who is there. @param {{meeting: Rest.MeetingDetail}} props */
function Facts({ meeting }) {
  const { host, status, startTime, onlineCount, participants } = meeting;
  const names = participants.filter(({ online }) => online).map(({ displayName }) => displayName);
  const planned = status === SCHEDULED && Date.parse(startTime) > serverNow();
  return html`
    <p class="quiet">${t('before.hostedBy', { name: host.displayName })}</p>
    ${planned && html`<p class="quiet">${t('before.starts', { when: dayAndTime(startTime) })}</p>`}
    <p class="quiet">${onlineCount ? t('before.here', { count: onlineCount }) : t('before.nobody')}
      ${names.length > 0 && html`<span class="before-people" translate=${false}>${names.slice(0, NAMES_SHOWN).map(isolated).join(' · ')}${names.length > NAMES_SHOWN && ' …'}</span>`}</p>`;
}
