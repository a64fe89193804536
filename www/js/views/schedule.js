/** The dialog in which a meeting is planned. */
import { html, useState } from '../ui.js';
import { Problem } from '../api.js';
import { errorText, t } from '../i18n.js';
import { Dialog, Field, FormError, useBusy, useFieldId } from './controls.js';
import { toast } from '../toasts.js';

const DURATIONS = [15, 30, 45, 60, 90, 120, 180, 240, 480];
const FIELDS = ['title', 'startTime', 'duration', 'password', 'maxParticipants'];

/** The next full half hour, as an input of type datetime-local wants it. @param {Date} now */
function nextHalfHour(now) {
  const half = 30 * 60_000;
  const next = new Date(Math.ceil((now.getTime() + 60_000) / half) * half);
  return new Date(next.getTime() - next.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {number} count minutes */
const lasting = (count) => (count % 60 ? t('schedule.minutes', { count }) : t('schedule.hours', { count: count / 60 }));

/** @param {{api: import('../api.js').Api, onClose: () => void, onDone: () => void}} props */
export function Schedule({ api, onClose, onDone }) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [start] = useState(() => nextHalfHour(new Date()));
  const [busy, run] = useBusy();
  const durationId = useFieldId();
  const field = problem instanceof Problem ? problem.field : undefined;
  const error = (/** @type {string} */ name) => (problem && field === name ? errorText(problem) : null);

  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const text = (/** @type {string} */ name) => String(data.get(name) ?? '');
    const startTime = new Date(text('startTime'));
    run(async () => {
      try {
        if (Number.isNaN(startTime.getTime())) throw new Problem({ code: 'validation_failed', field: 'startTime' });
        const meeting = await api.post('/meetings', {
          title: text('title').trim(),
          startTime: startTime.toISOString(),
          duration: Number(text('duration')),
          maxParticipants: Number(text('maxParticipants')),
          ...(text('password') ? { password: text('password') } : {}),
        });
        toast(t('schedule.done', { title: meeting.title, code: meeting.code }));
        onDone();
        onClose();
      } catch (failure) {
        setProblem(failure);
      }
    });
  };

  return html`
    <${Dialog} title=${t('schedule.title')} onClose=${onClose}>
      <form onSubmit=${submit} noValidate>
        <${Field} label=${t('schedule.name')} name="title" required maxlength="200" autofocus error=${error('title')} />
        <div class="field-row">
          <${Field} label=${t('schedule.start')} name="startTime" type="datetime-local" required value=${start}
            error=${error('startTime')} />
          <div class="field">
            <label for=${durationId}>${t('schedule.duration')}</label>
            <select id=${durationId} name="duration">
              ${DURATIONS.map((count) => html`<option value=${count} selected=${count === 60}>${lasting(count)}</option>`)}
            </select>
          </div>
        </div>
        <div class="field-row">
          <${Field} label=${t('schedule.password')} name="password" maxlength="64" autocomplete="off" error=${error('password')} />
          <${Field} label=${t('schedule.max')} name="maxParticipants" type="number" min="2" max="10000" value="100"
            error=${error('maxParticipants')} />
        </div>
        <${FormError} error=${FIELDS.includes(field ?? '') ? null : problem} />
        <footer class="dialog-footer">
          <button type="button" class="secondary" onClick=${onClose}>${t('schedule.cancel')}</button>
          <button class="primary" disabled=${busy}>${t('schedule.create')}</button>
        </footer>
      </form>
    <//>`;
}
