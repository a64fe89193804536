/** What one who is alone wants: to bring in the others, and to know whom the link lets in. */
import { html } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { Code, meetingLink } from './controls.js';
import { copyText } from './copy.js';

/** @param {{meeting: import('../room-state.js').Room['meeting']}} props */
export function Invite({ meeting: { code, title, allowGuests, guestsWait, hasPassword, waitingRoom } }) {
  const link = meetingLink(code);
  const who = [
    t(allowGuests ? 'stage.linkGuests' : 'stage.linkAccounts'),
    ...(hasPassword ? [t('stage.linkPassword')] : []),
    ...(waitingRoom ? [t('stage.linkWaits')] : allowGuests && guestsWait ? [t('stage.linkGuestsWait')] : []),
  ];
  const share = () => navigator.share({ title, url: link }).catch(() => {}); // who changes their mind shares nothing
  return html`
    <div class="invite">
      <p><strong>${t('stage.alone')}</strong> ${t('stage.invite')}</p>
      <p class="invite-code"><${Code} code=${code} /></p>
      <div class="invite-do">
        ${
          'share' in navigator &&
          html`<button type="button" class="primary" onClick=${share}>${t('stage.share')}</button>`
        }
        <button type="button" class="secondary" onClick=${() => copyText(link)}>
          ${icon('link', 18)} ${t('stage.copyLink')}</button>
        <button type="button" class="secondary" onClick=${() => copyText(code)}>
          ${icon('copy', 18)} ${t('stage.copyCode')}</button>
      </div>
      <p class="invite-who">${who.join(' ')}</p>
    </div>`;
}
