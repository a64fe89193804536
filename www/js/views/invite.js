/** What one who is alone wants: to bring in the others. */
import { html } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { Code, meetingLink } from './controls.js';
import { copyText } from './copy.js';

/** @param {{code: string}} props */
export const Invite = ({ code }) => html`
  <div class="invite">
    <p><strong>${t('stage.alone')}</strong> ${t('stage.invite')}</p>
    <p class="invite-code"><${Code} code=${code} /></p>
    <div class="invite-do">
      <button type="button" class="secondary" onClick=${() => copyText(meetingLink(code))}>
        ${icon('link', 18)} ${t('stage.copyLink')}</button>
      <button type="button" class="secondary" onClick=${() => copyText(code)}>
        ${icon('copy', 18)} ${t('stage.copyCode')}</button>
    </div>
  </div>`;
