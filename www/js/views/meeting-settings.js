/** The dialog for those who run a meeting, in the call: who comes in, and who may do what. Each switch works at once. */
import { html, useEffect, useState } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { can } from '../room-state.js';
import { FormError, useBusy, useFieldId } from './controls.js';
import { Dialog } from './dialog.js';

/** In the order in which one looks for them. */
export const WHO_COMES = /** @type {const} */ ([
  'locked',
  'waitingRoom',
  'joinBeforeHost',
  'allowGuests',
  'guestsWait',
]);
export const WHO_MAY = /** @type {const} */ (['allowUnmute', 'allowShare', 'allowChat', 'muteOnEntry']);

/** @typedef {(typeof WHO_COMES | typeof WHO_MAY)[number]} Setting */

/**
 * A setting that is on or off, with what it means below it.
 * @param {{name: string, on: boolean, disabled?: boolean, onChange?: (on: boolean) => void}} props without `onChange`: a field of a form
 */
export function Switch({ name, on, disabled, onChange }) {
  const id = useFieldId();
  const [shown, setShown] = useState(on); // at once, and as it is once that is known
  useEffect(() => setShown(on), [on]);
  const changed = (/** @type {Event} */ event) => {
    const { checked } = /** @type {HTMLInputElement} */ (event.target);
    setShown(checked);
    onChange?.(checked);
  };
  return html`
    <div class="switch">
      <input type="checkbox" role="switch" id=${id} name=${name} disabled=${disabled} aria-describedby="${id}-hint" checked=${shown} onChange=${changed} />
      <label for=${id}>${t(`setting.${name}`)}</label>
      <p class="field-hint" id="${id}-hint">${t(`setting.${name}.hint`)}</p>
    </div>`;
}

/** @param {{call: import('../meeting-session.js').MeetingSession, room: import('../room-state.js').Room, onClose: () => void, onEdit: () => void}} props */
export function MeetingSettings({ call, room, onClose, onEdit }) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [round, setRound] = useState(0); // a switch that was refused goes back to what holds
  const [busy, run] = useBusy();
  const change = (/** @type {Setting} */ name) => (/** @type {boolean} */ on) =>
    run(async () => {
      try {
        setProblem(null);
        await call.desk.update({ [name]: on });
      } catch (error) {
        setProblem(error);
        setRound(round + 1);
      }
    });
  const switches = (/** @type {readonly Setting[]} */ names) =>
    names.map(
      (name) => html`
    <${Switch} key=${`${name}-${round}`} name=${name} on=${room.meeting[name]} onChange=${change(name)} />`,
    );
  return html`
    <${Dialog} title=${t('host.settings')} onClose=${onClose}>
      <div class="settings" aria-busy=${busy}>
        <fieldset><legend>${t('setting.whoComes')}</legend>${switches(WHO_COMES)}</fieldset>
        <fieldset><legend>${t('setting.whoMay')}</legend>${switches(WHO_MAY)}</fieldset>
      </div>
      <${FormError} error=${problem} />
      <footer class="dialog-footer">
        ${
          can(room, 'edit_meeting') &&
          html`
          <button type="button" class="secondary" onClick=${onEdit}>${icon('pencil', 18)} ${t('meeting.edit')}</button>`
        }
        <button type="button" class="primary" onClick=${onClose}>${t('host.settingsDone')}</button>
      </footer>
    <//>`;
}
