/** What the host may do about a meeting of theirs in a list: change it, give out links, look at what stayed of it. */
import { html, createContext, useContext, useState } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { IconButton } from './controls.js';
import { Invites, MeetingForm } from './dialogs.js';

/** @typedef {{api: import('../api.js').Api, onChanged: () => void}} Tools */

const SCHEDULED = 1;
const ONGOING = 2;
const CANCELLED = 4;

/** Lists below this show the tools. */
export const MeetingToolsContext = createContext(/** @type {Tools | null} */ (null));

/** @param {{meeting: Rest.Meeting}} props */
export function MeetingTools({ meeting }) {
  const tools = useContext(MeetingToolsContext);
  const [open, setOpen] = useState(/** @type {'edit' | 'invites' | null} */ (null));
  if (!tools || tools.api.session.get().user?.id !== meeting.host.id) return null;
  const { title, status, code } = meeting;
  const close = () => setOpen(null);
  return html`
    <span class="meeting-tools">
      ${
        status <= ONGOING &&
        html`
        <${IconButton} name="ticket" size=${20} label=${t('invites.titleNamed', { title })} onClick=${() => setOpen('invites')} />
        <${IconButton} name="pencil" size=${20} label=${t('meeting.editNamed', { title })} onClick=${() => setOpen('edit')} />`
      }
      ${
        status > SCHEDULED &&
        status < CANCELLED &&
        html`
        <a class="icon-button button" href=${`#/m/${code}/records`} aria-label=${t('records.titleNamed', { title })} data-tip=${t('records.title')}>${icon('clipboard-list', 20)}</a>`
      }
      ${open === 'edit' && html`<${MeetingForm} api=${tools.api} meeting=${meeting} onClose=${close} onDone=${tools.onChanged} />`}
      ${open === 'invites' && html`<${Invites} api=${tools.api} meeting=${meeting} cohosts onClose=${close} />`}
    </span>`;
}
