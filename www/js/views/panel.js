/** What stands beside the stage, or over it where there is little room: the chat or the people. */
import { html, useStore, composes } from '../ui.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { Chat } from './chat.js';
import { People } from './people.js';
import { IconButton } from './controls.js';

/** @typedef {import('../settings.js').Settings['panel']} Name */

/** Opens it with this in it, or closes it where that was shown. @param {Exclude<Name, null>} name */
export function togglePanel(name) {
  if (settings.get().panel === name) closePanel();
  else settings.set({ panel: name });
}

/** Where the focus was inside, it goes to the button that opens the panel. */
export function closePanel() {
  const { panel } = settings.get();
  const inside = document.querySelector('.panel')?.contains(document.activeElement);
  settings.set({ panel: null });
  if (inside) /** @type {HTMLElement | null} */ (document.querySelector(`[data-opens="${panel}"]`))?.focus();
}

/** @param {{call: import('../meeting-session.js').MeetingSession, room: import('../room-state.js').Room}} props */
export function Panel({ call, room }) {
  const { panel } = useStore(settings);
  if (!panel) return null;
  const tab = (/** @type {Exclude<Name, null>} */ name) => html`
    <button type="button" role="tab" id="tab-${name}" aria-selected=${panel === name} aria-controls="panel-body"
      tabindex=${panel === name ? 0 : -1} onClick=${() => settings.set({ panel: name })}>${t(`${name}.title`)}</button>`;
  const other = panel === 'chat' ? 'people' : 'chat';
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const inDialog = /** @type {Element} */ (event.target).closest('dialog');
    if (event.key === 'Escape' && !inDialog && !composes(event)) closePanel();
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
        <${IconButton} label=${t('panel.close')} name="x" onClick=${closePanel} />
      </header>
      <div id="panel-body" class="panel-body" role="tabpanel" aria-labelledby="tab-${panel}">
        ${panel === 'chat' ? html`<${Chat} call=${call} room=${room} />` : html`<${People} call=${call} room=${room} />`}
      </div>
    </aside>`;
}
