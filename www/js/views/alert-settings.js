/** Which sounds are heard in a call, and whether the system tells of what happens while one looks at something else. */
import { html, useState, useStore } from '../ui.js';
import { browserKind } from '../browser.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { SOUNDS, isSoundOn, setSound } from '../sounds.js';
import { allowNotifications, canNotify, notificationPermission } from '../system-notifications.js';
import { Dialog } from './dialog.js';
import { Switch } from './processing.js';

/** @param {{onClose: () => void}} props */
export function AlertSettings({ onClose }) {
  useStore(settings);
  return html`
    <${Dialog} title=${t('alerts.title')} onClose=${onClose}>
      <fieldset class="processing">
        <legend>${t('alerts.sounds')}</legend>
        ${SOUNDS.map(
          (name) => html`
          <${Switch} key=${name} on=${isSoundOn(name)} label=${t(`alerts.sound.${name}`)} onChange=${(/** @type {boolean} */ on) => setSound(name, on)} />`,
        )}
      </fieldset>
      ${canNotify() && html`<${SystemNotifications} />`}
    <//>`;
}

function SystemNotifications() {
  const { systemNotifications } = useStore(settings);
  const [permission, setPermission] = useState(notificationPermission);
  const change = async (/** @type {boolean} */ on) => {
    settings.set({ systemNotifications: on });
    if (!on) return;
    await allowNotifications();
    setPermission(notificationPermission());
  };
  return html`
    <fieldset class="processing">
      <legend>${t('alerts.system')}</legend>
      <${Switch} on=${systemNotifications && permission === 'granted'} label=${t('alerts.systemSwitch')} onChange=${change} />
      <p class="field-hint" role="status">${permission === 'denied' ? `${t('alerts.systemBlocked')} ${t(`device.allow.${browserKind()}`)}` : t('alerts.systemHint')}</p>
    </fieldset>`;
}
