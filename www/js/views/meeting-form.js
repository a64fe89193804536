/** The dialog in which a meeting is planned or changed, with everything that can be said about one. */
import { html, useState } from '../ui.js';
import { duration, t } from '../i18n.js';
import { NEW_MEETING } from '../new-meeting.js';
import { serverNow } from '../server-clock.js';
import { Field, FormError, useFieldId } from './controls.js';
import { Confirm, Dialog } from './dialog.js';
import { useForm } from './form.js';
import { Switch, WHO_COMES, WHO_MAY } from './meeting-settings.js';
import { toast } from '../toasts.js';

const DURATIONS = [15, 30, 45, 60, 90, 120, 180, 240, 480];
const POLICIES = /** @type {const} */ (['hand_over', 'lock', 'end']);
const SWITCHES = /** @type {const} */ ([
  'isPublic',
  'isRecorded',
  ...WHO_COMES,
  ...WHO_MAY,
  'endsOnTime',
  'keepUntilEnd',
  'mediaServer',
]);
const NUMBERS = /** @type {const} */ (['duration', 'maxParticipants', 'hostLossMinutes', 'emptyMinutes', 'keepDays']);
const FIELDS = ['title', 'description', 'startTime', 'password', ...NUMBERS];
const SCHEDULED = 1;

/** What a new meeting is like where nobody says anything. @type {Required<Omit<Rest.MeetingInput, 'startTime'>>} */
const DEFAULTS = {
  title: '',
  description: '',
  duration: 60,
  password: '',
  maxParticipants: 100,
  isPublic: false,
  isRecorded: false,
  locked: false,
  waitingRoom: false,
  joinBeforeHost: true,
  muteOnEntry: false,
  allowUnmute: true,
  allowShare: true,
  allowChat: true,
  endsOnTime: false,
  hostLossPolicy: 'hand_over',
  hostLossMinutes: 5,
  keepUntilEnd: true,
  mediaServer: false,
  ...NEW_MEETING,
  keepDays: 0,
};

/** As an input of type datetime-local wants it. @param {Date} date */
const local = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** The next full half hour. @param {Date} now */
function nextHalfHour(now) {
  const half = 30 * 60_000;
  return new Date(Math.ceil((now.getTime() + 60_000) / half) * half);
}

/** What the form says, in the API's words. @param {HTMLFormElement} form @param {boolean} open whether the start can still be chosen @returns {Rest.MeetingInput} */
function readForm(form, open) {
  const data = new FormData(form);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? '');
  return {
    title: text('title').trim(),
    description: text('description').trim(),
    password: text('password') || null,
    hostLossPolicy: /** @type {Rest.MeetingInput['hostLossPolicy']} */ (text('hostLossPolicy')),
    ...(open ? { startTime: new Date(text('startTime')).toISOString() } : {}),
    ...Object.fromEntries(NUMBERS.map((name) => [name, Number(text(name))])),
    ...Object.fromEntries(SWITCHES.map((name) => [name, data.has(name)])),
  };
}

/** Only what is another now: what others changed meanwhile stays. @param {Rest.MeetingInput} input @param {Rest.Meeting & Record<string, unknown>} meeting @returns {Rest.MeetingPatch} */
const changes = (input, meeting) =>
  Object.fromEntries(
    Object.entries(input).filter(([name, value]) =>
      name === 'startTime'
        ? local(new Date(/** @type {string} */ (value))) !== local(new Date(meeting.startTime))
        : value !== (meeting[name] ?? null),
    ),
  );

/**
 * @param {object} props
 * @param {import('../api.js').Api} props.api
 * @param {Rest.Meeting} [props.meeting] to be changed; a new one where there is none
 * @param {() => void} props.onClose
 * @param {() => void} [props.onDone] it was saved, or cancelled
 */
export function MeetingForm({ api, meeting, onClose, onDone }) {
  const [cancelling, setCancelling] = useState(false);
  const [now] = useState(() => ({
    ...DEFAULTS,
    startTime: nextHalfHour(new Date(serverNow())).toISOString(),
    ...meeting,
  })); // what it was when it was opened
  const [policy, setPolicy] = useState(now.hostLossPolicy);
  const { busy, error, rest, submit } = useForm(FIELDS, { words: { password: 'meetingPassword' } });
  const open = !meeting || meeting.status === SCHEDULED;

  const send = submit(async (_, form) => {
    await save(api, meeting && /** @type {Rest.Meeting} */ (now), readForm(form, open));
    onDone?.();
    onClose();
  });
  const cancel = async () => {
    await api.delete(`/meetings/${/** @type {Rest.Meeting} */ (meeting).code}`);
    toast(t('meeting.cancelled', { title: /** @type {Rest.Meeting} */ (meeting).title }));
    onDone?.();
    onClose();
  };

  const switches = (/** @type {readonly (typeof SWITCHES)[number][]} */ names) =>
    names.map((name) => html`<${Switch} key=${name} name=${name} on=${now[name]} />`);
  const number = (
    /** @type {(typeof NUMBERS)[number]} */ name,
    /** @type {number} */ min,
    /** @type {number} */ max,
  ) => html`
    <${Field} label=${t(`meeting.${name}`)} hint=${t(`meeting.${name}.hint`)} name=${name} type="number" min=${min} max=${max} defaultValue=${now[name]}
      error=${error(name)} />`;
  return html`
    <${Dialog} title=${t(meeting ? 'meeting.editTitle' : 'schedule.title')} onClose=${onClose}>
      <form class="meeting-form" onSubmit=${send} noValidate>
        <${Field} label=${t('schedule.name')} name="title" required autofocus defaultValue=${now.title} error=${error('title')} />
        <${Description} text=${now.description} error=${error('description')} />
        <div class="field-row">
          ${
            open &&
            html`<${Field} label=${t('schedule.start')} name="startTime" type="datetime-local" required
            defaultValue=${local(new Date(now.startTime))} error=${error('startTime')} />`
          }
          <${Choice} label=${t('schedule.duration')} name="duration" value=${now.duration} error=${error('duration')}
            options=${[...new Set([...DURATIONS, now.duration])].sort((a, b) => a - b).map((count) => [count, duration(60 * count)])} />
        </div>
        <div class="field-row">
          <${Field} label=${t('schedule.password')} name="password" autocomplete="off" defaultValue=${now.password ?? ''} error=${error('password')} />
          <${Field} label=${t('schedule.max')} name="maxParticipants" type="number" min="2" max="10000" defaultValue=${now.maxParticipants}
            error=${error('maxParticipants')} />
        </div>
        <details><summary>${t('setting.whoComes')}</summary>${switches(['isPublic', ...WHO_COMES])}</details>
        <details><summary>${t('setting.whoMay')}</summary>${switches(WHO_MAY)}</details>
        <details><summary>${t('meeting.course')}</summary>
          ${switches(['isRecorded', 'endsOnTime', 'keepUntilEnd', 'mediaServer'])}
          <div class="field-row">
            <${Choice} label=${t('meeting.hostLossPolicy')} name="hostLossPolicy" value=${policy} onChange=${setPolicy}
              options=${POLICIES.map((name) => [name, t(`meeting.policy.${name}`)])} />
            <div hidden=${policy !== 'end'}>${number('hostLossMinutes', 1, 1440)}</div>
            ${number('emptyMinutes', 0, 1440)}
            ${number('keepDays', 0, 3650)}
          </div>
        </details>
        <${FormError} error=${rest} />
        <footer class="dialog-footer">
          ${
            meeting &&
            open &&
            html`
            <button type="button" class="text-button danger-text apart" onClick=${() => setCancelling(true)}>${t('meeting.cancel')}</button>`
          }
          <button type="button" class="secondary" onClick=${onClose}>${t('schedule.cancel')}</button>
          <button class="primary" disabled=${busy}>${t(meeting ? 'app.save' : 'schedule.create')}</button>
        </footer>
      </form>
      ${
        cancelling &&
        html`
        <${Confirm} title=${t('meeting.cancelTitle', { title: /** @type {Rest.Meeting} */ (meeting).title })} action=${t('meeting.cancel')} keep=${t('meeting.keep')} onConfirm=${cancel}
          onClose=${() => setCancelling(false)}><p>${t('meeting.cancelHint')}</p><//>`
      }
    <//>`;
}

/** @param {import('../api.js').Api} api @param {Rest.Meeting | undefined} meeting as the form found it, or none @param {Rest.MeetingInput} input */
async function save(api, meeting, input) {
  if (!meeting) {
    const { title, code } = await api.post('/meetings', input);
    toast(t('schedule.done', { title, code }));
    return;
  }
  const change = changes(input, meeting);
  if (Object.keys(change).length > 0) await api.patch(`/meetings/${meeting.code}`, change);
  toast(t('profile.saved'));
}

/** @param {{text: string, error: string | null}} props */
function Description({ text, error }) {
  const id = useFieldId();
  return html`
    <div class="field"><label for=${id}>${t('meeting.description')}</label>
      <textarea id=${id} name="description" rows="2" dir="auto" defaultValue=${text}
        aria-invalid=${error ? 'true' : undefined} aria-describedby=${error ? `${id}-note` : undefined}></textarea>
      ${error && html`<p id="${id}-note" class="field-error" role="alert">${error}</p>`}</div>`;
}

/** @template {string | number} T @param {{label: string, name: string, value: T, options: [T, string][], error?: string | null, onChange?: (value: string) => void}} props */
function Choice({ label, name, value, options, error, onChange }) {
  const id = useFieldId();
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <select id=${id} name=${name} onChange=${(/** @type {Event} */ event) => onChange?.(/** @type {HTMLSelectElement} */ (event.target).value)}>
        ${options.map(([one, text]) => html`<option value=${one} selected=${one === value}>${text}</option>`)}
      </select>
      ${error && html`<p class="field-error" role="alert">${error}</p>`}
    </div>`;
}
