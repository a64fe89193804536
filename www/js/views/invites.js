/** The dialog with links that open the meeting: making one, copying it, and taking it back. */
import { html, useEffect, useRef, useState } from '../ui.js';
import { icon } from '../icons.js';
import { dayAndTime, t } from '../i18n.js';
import { serverNow } from '../server-clock.js';
import { Field, FormError, IconButton, meetingLink, useBusy, useFieldId } from './controls.js';
import { copyText } from './copy.js';
import { Dialog } from './dialog.js';

const HOUR_MS = 3_600_000;
/** How long a link is good for: the text's key, and hours (0: for ever). @type {[string, number][]} */
const LASTS = [
  ['invites.forever', 0],
  ['invites.hour', 1],
  ['invites.day', 24],
  ['invites.week', 168],
];

/** @param {string} code @param {string} token */
export const inviteLink = (code, token) => `${meetingLink(code)}?invite=${encodeURIComponent(token)}`;

/** @param {{api: import('../api.js').Api, meeting: Rest.Meeting, cohosts: boolean, onClose: () => void}} props `cohosts`: may make links for co-hosts */
export function Invites({ api, meeting: { code }, cohosts, onClose }) {
  const path = /** @type {const} */ (`/meetings/${code}/invites`);
  const [list, setList] = useState(/** @type {Rest.Invite[] | null} */ (null));
  const [problem, setProblem] = useState(/** @type {import('../api.js').Problem | null} */ (null));
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const load = async () => {
    try {
      setList((await api.get(path)).items);
      setProblem(null);
    } catch (error) {
      setProblem(/** @type {import('../api.js').Problem} */ (error));
    }
  };
  useEffect(() => {
    load();
  }, []);
  const revoke = async (/** @type {number} */ id) => {
    try {
      await api.delete(`${path}/${id}`);
      heading.current?.focus(); // the row and its buttons go away
      await load();
    } catch (error) {
      setProblem(/** @type {import('../api.js').Problem} */ (error));
    }
  };
  return html`
    <${Dialog} title=${t('invites.title')} onClose=${onClose}>
      <p class="quiet">${t('invites.hint')}</p>
      <${Make} cohosts=${cohosts} make=${async (/** @type {Rest.InviteInput} */ input) => {
        const { token } = await api.post(path, input);
        await load();
        return copyText(inviteLink(code, token));
      }} />
      <h3 class="rows-title" ref=${heading} tabindex="-1">${t('invites.list')}</h3>
      <${FormError} error=${problem} onRetry=${load} />
      ${!list && !problem && html`<p class="quiet" role="status">${t('app.loading')}</p>`}
      ${list?.length === 0 && html`<p class="empty">${t('invites.none')}</p>`}
      <ul class="rows">${list?.map((one) => html`<${Row} key=${one.id} code=${code} invite=${one} onRevoke=${() => revoke(one.id)} />`)}</ul>
    <//>`;
}

/** @param {{cohosts: boolean, make: (input: Rest.InviteInput) => Promise<boolean>}} props `make`: whether the link was copied as well */
function Make({ cohosts, make }) {
  const [problem, setProblem] = useState(/** @type {import('../api.js').Problem | null} */ (null));
  const [done, setDone] = useState('');
  const [busy, run] = useBusy();
  const [roleId, lastsId] = [useFieldId(), useFieldId()];
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const hours = Number(data.get('lasts'));
    const uses = Number(data.get('maxUses') || 0);
    run(async () => {
      setDone('');
      setProblem(null);
      try {
        const copied = await make({
          role: /** @type {Rest.Invite['role'] | null} */ (data.get('role')) ?? 'participant',
          ...(hours ? { expiresAt: new Date(serverNow() + hours * HOUR_MS).toISOString() } : {}),
          ...(uses ? { maxUses: uses } : {}),
        });
        if (copied) setDone(t('invites.copied'));
      } catch (error) {
        setProblem(/** @type {import('../api.js').Problem} */ (error));
      }
    });
  };
  const usesWrong = problem?.field === 'maxUses';
  return html`
    <form onSubmit=${submit} noValidate>
      <div class="field-row">
        ${
          cohosts &&
          html`<div class="field"><label for=${roleId}>${t('invites.role')}</label>
          <select id=${roleId} name="role"><option value="participant">${t('invites.participant')}</option>
            <option value="cohost">${t('people.cohost')}</option></select></div>`
        }
        <div class="field"><label for=${lastsId}>${t('invites.lasts')}</label>
          <select id=${lastsId} name="lasts">${LASTS.map(([key, hours]) => html`<option value=${hours} selected=${hours === 24}>${t(key)}</option>`)}</select></div>
        <${Field} label=${t('invites.uses')} name="maxUses" type="number" min="1" max="10000" placeholder=${t('invites.anyUses')}
          error=${usesWrong ? t('invites.usesWrong') : null} />
      </div>
      <${FormError} error=${usesWrong ? null : problem} />
      <div class="profile-do"><button class="primary" disabled=${busy}>${icon('link', 18)} ${t('invites.make')}</button>
        <span role="status">${done}</span></div>
    </form>`;
}

/** @param {{code: string, invite: Rest.Invite, onRevoke: () => Promise<void>}} props */
function Row({ code, invite, onRevoke }) {
  const [busy, run] = useBusy();
  const { token, role, expiresAt, maxUses, uses } = invite;
  const link = inviteLink(code, token);
  const over = (expiresAt && Date.parse(expiresAt) < serverNow()) || (maxUses && uses >= maxUses);
  const facts = [
    maxUses ? t('invites.usedOf', { uses, max: maxUses }) : t('invites.used', { count: uses }),
    over ? t('invites.over') : expiresAt ? t('invites.until', { when: dayAndTime(expiresAt) }) : t('invites.forever'),
  ];
  return html`
    <li class="row" data-invite=${invite.id}>
      <span class="row-what"><strong>${t(role === 'cohost' ? 'people.cohost' : 'invites.participant')}</strong>
        <span class="quiet">${facts.join(' · ')}</span></span>
      <${IconButton} name="copy" size=${18} label=${t('stage.copyLink')} onClick=${() => copyText(link)} />
      <button type="button" class="secondary" disabled=${busy} onClick=${() => run(onRevoke)}>${t('invites.revoke')}</button>
    </li>`;
}
