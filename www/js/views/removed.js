/** The dialog with those who were removed from the meeting, and the way back for them. */
import { html, useEffect, useState } from '../ui.js';
import { t } from '../i18n.js';
import { Avatar, FormError, useBusy } from './controls.js';
import { Dialog } from './dialog.js';

/** @typedef {import('../room-state.js').Participant & {banNetwork: boolean}} Participant */

/** Events after which it is another list; others may remove and allow as well. */
const CHANGES = ['user_left', 'user_banned', 'ban_lifted'];

/** @param {{call: import('../meeting-session.js').MeetingSession, onClose: () => void}} props */
export function Removed({ call, onClose }) {
  const [people, setPeople] = useState(/** @type {Participant[] | null} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [busy, run] = useBusy();
  const load = async () => {
    try {
      setPeople((await call.desk.removed()).items);
      setProblem(null);
    } catch (error) {
      setProblem(error);
    }
  };
  useEffect(() => {
    load();
    return call.client?.on('event', (event) => CHANGES.includes(event.type) && load());
  }, []);
  const lift = (/** @type {number} */ userId) =>
    run(async () => {
      try {
        await call.desk.liftBan(userId);
        document.getElementById('removed-hint')?.focus(); // the button goes away
        await load();
      } catch (error) {
        setProblem(error);
      }
    });
  return html`
    <${Dialog} title=${t('removed.title')} onClose=${onClose}>
      <p class="quiet" id="removed-hint" tabindex="-1">${t('removed.hint')}</p>
      <${FormError} error=${problem} onRetry=${load} />
      ${!people && !problem && html`<p class="quiet" role="status">${t('app.loading')}</p>`}
      ${people?.length === 0 && html`<p class="empty">${t('removed.none')}</p>`}
      <ul class="rows">
        ${people?.map(
          ({ userId, displayName, banNetwork }) => html`
          <li key=${userId} class="row">
            <${Avatar} name=${displayName} /><span class="row-what"><bdi class="name" translate=${false}>${displayName}</bdi>
              ${banNetwork && html`<span class="quiet">${t('removed.network')}</span>`}</span>
            <button type="button" class="secondary" disabled=${busy} aria-label=${t('removed.liftNamed', { name: displayName })}
              onClick=${() => lift(userId)}>${t('removed.lift')}</button>
          </li>`,
        )}
      </ul>
    <//>`;
}
