/** Whether media go over the server's TURN servers only, so that nobody learns this computer's address. */
import { html, useEffect, useState, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { Switch } from './processing.js';

/** Offered where there are such servers; and where it is on, for without them nothing gets through. @param {{call: import('../meeting-session.js').MeetingSession}} props */
export function RelayOnly({ call }) {
  const { relayOnly } = useStore(settings);
  const [offered, setOffered] = useState(/** @type {boolean | null} */ (null)); // null: not known
  useEffect(() => {
    call.mediaControl.offersRelay().then(setOffered, () => {});
  }, [call]);
  if (!offered && !relayOnly) return null;
  return html`
    <fieldset class="processing">
      <legend>${t('privacy.title')}</legend>
      <${Switch} on=${relayOnly} label=${t('privacy.relayOnly')} onChange=${(/** @type {boolean} */ on) => call.mediaControl.setRelayOnly(on)} />
      <p class="quiet">${t(offered === false ? 'privacy.noRelay' : 'privacy.relayOnlyHint')}</p>
    </fieldset>`;
}
