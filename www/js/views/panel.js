/** What stands beside the stage, or over it where there is little room: the chat or the people. */
import { html, useStore } from '../ui.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { Chat } from './chat.js';
import { People } from './people.js';
import { IconButton } from './controls.js';

/** @typedef {import('../settings.js').Settings['panel']} Name */

/** @param {{call: import('../call.js').Call, room: import('../room-state.js').Room}} props */
export function Panel({ call, room }) {
  const { panel } = useStore(settings);
  if (!panel) return null;
  const tab = (/** @type {Exclude<Name, null>} */ name) => html`
    <button type="button" role="tab" id="tab-${name}" aria-selected=${panel === name} aria-controls="panel-body"
      tabindex=${panel === name ? 0 : -1} onClick=${() => settings.set({ panel: name })}>${t(`${name}.title`)}</button>`;
  const other = panel === 'chat' ? 'people' : 'chat';
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const inDialog = /** @type {Element} */ (event.target).closest('dialog');
    if (event.key === 'Escape' && !inDialog) settings.set({ panel: null });
  };
  const arrows = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    settings.set({ panel: other });
    setTimeout(() => document.getElementById(`tab-${other}`)?.focus());
  };
  return html`
    <aside class="panel" aria-label=${t('panel.label')} onKeyDown=${pressed}>
      <header>
        <div role="tablist" onKeyDown=${arrows}>${tab('people')}${tab('chat')}</div>
        <${IconButton} label=${t('panel.close')} name="x" onClick=${() => settings.set({ panel: null })} />
      </header>
      <div id="panel-body" class="panel-body" role="tabpanel" aria-labelledby="tab-${panel}">
        ${panel === 'chat' ? html`<${Chat} call=${call} room=${room} />` : html`<${People} call=${call} room=${room} />`}
      </div>
    </aside>`;
}
