/** The dialog about the meeting: how others come in, by code, link or camera; and what is known of it. */
import { html, useState } from '../ui.js';
import { icon } from '../icons.js';
import { dayAndTime, duration, fullTime, t } from '../i18n.js';
import { Code, IconButton, meetingLink } from './controls.js';
import { copyText } from './copy.js';
import { Dialog } from './dialog.js';
import { Qr } from './qr.js';

/** @typedef {import('../room-state.js').Room} Room */

/** @param {{room: Room, onClose: () => void}} props */
export function MeetingInfo({ room: { meeting }, onClose }) {
  const link = meetingLink(meeting.code);
  const { password } = meeting; // only the host is told
  return html`
    <${Dialog} class="info-dialog" title=${html`<bdi>${meeting.title}</bdi>`} onClose=${onClose}>
      <div class="info">
        <${Qr} text=${link} label=${t('info.qr')} />
        <dl>
          <${Entry} label=${t('info.code')} copy=${meeting.code} copyLabel=${t('stage.copyCode')}><${Code} code=${meeting.code} /><//>
          <${Entry} label=${t('info.link')} copy=${link} copyLabel=${t('stage.copyLink')}><span class="info-link">${link}</span><//>
          ${password && html`<${Password} password=${password} />`}
          ${!password && meeting.hasPassword && html`<${Entry} label=${t('before.password')}>${t('info.passwordSet')}<//>`}
          <${Entry} label=${t('info.host')}><bdi translate=${false}>${meeting.host.displayName}</bdi><//>
          <${Entry} label=${t('info.time')}>${dayAndTime(meeting.startTime)} · ${duration(60 * meeting.duration)}<//>
          ${meeting.description && html`<${Entry} label=${t('info.description')}><bdi>${meeting.description}</bdi><//>`}
        </dl>
      </div>
      <footer class="dialog-footer">
        <button type="button" class="primary" onClick=${() => copyText(invitation(meeting))}>${icon('copy', 18)} ${t('info.copyAll')}</button>
      </footer>
    <//>`;
}

/** @param {{label: string, copy?: string, copyLabel?: string, children?: import('../ui.js').Children}} props */
const Entry = ({ label, copy, copyLabel = '', children }) => html`
  <div><dt>${label}</dt><dd><span>${children}</span>
    ${copy && html`<${IconButton} name="copy" size=${18} label=${copyLabel} onClick=${() => copyText(copy)} />`}</dd></div>`;

/** Hidden until it is asked for: others may look on. @param {{password: string}} props */
function Password({ password }) {
  const [shown, setShown] = useState(false);
  return html`
    <${Entry} label=${t('before.password')} copy=${password} copyLabel=${t('info.copyPassword')}>
      <span class="info-password" translate=${false}>${shown ? password : '••••••'}</span>${' '}
      <button type="button" class="link" aria-pressed=${shown} onClick=${() => setShown(!shown)}>
        ${t(shown ? 'info.hidePassword' : 'info.showPassword')}</button>
    <//>`;
}

/** What one sends to others, as text. @param {Rest.Meeting} meeting */
export function invitation({ title, code, password, startTime }) {
  const lines = [
    title,
    `${t('info.time')}: ${fullTime(startTime)}`,
    `${t('info.link')}: ${meetingLink(code)}`,
    `${t('info.code')}: ${code}`,
  ];
  if (password) lines.push(`${t('before.password')}: ${password}`);
  return lines.join('\n');
}
