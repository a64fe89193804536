/**
 * What those who run the meeting may do about one person or about all of them, and what everybody may do about
 * themselves: the actions below a name in the list of people, and the tools above it. What is offered follows the
 * permissions that the server tells, never a role.
 */
import { html, useLayoutEffect, useRef, useState } from '../ui.js';
import { icon } from '../icons.js';
import { errorText, t } from '../i18n.js';
import { settings } from '../settings.js';
import { can, hands, mayDo, mayReclaim } from '../room-state.js';
import { announce, toast } from '../toasts.js';
import { Field, useBusy } from './controls.js';
import { Confirm, Dialog } from './dialog.js';
import { Invites, MeetingForm, Removed } from './dialogs.js';
import { MeetingSettings, Switch } from './meeting-settings.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('../room-state.js').Participant} Participant */
/** @typedef {import('../room-state.js').Room} Room */
/** @typedef {{key: string, name: import('../icons.js').IconName, danger?: boolean, run?: () => Promise<unknown>, ask?: string, undo?: Undo}} Action `ask`: opens that dialog first */
/** @typedef {{told: import('../i18n.js').Key, label?: import('../i18n.js').Key, run: () => Promise<unknown>}} Undo `told`: what was done, said beside the way back */

/** Whether there is anything to be done about this person by this one. @param {Room} room @param {Participant} person */
export const hasActions = (room, person) => person.userId !== room.myId || can(room, 'rename_self') || mayReclaim(room);

/** @param {MeetingSession} call @param {Room} room @param {Participant} person @returns {Action[]} */
function actionsFor({ desk }, room, person) {
  const { userId } = person;
  const self = userId === room.myId;
  const may = (/** @type {Rest.Permission} */ permission) => mayDo(room, permission, person);
  /** @type {(Action | false)[]} */
  const all = [
    person.audio
      ? may('mute_others') && { key: 'host.mute', name: 'mic-off', run: () => desk.switchOff(userId, 'audio') }
      : may('mute_others') && {
          key: 'host.askUnmute',
          name: 'mic',
          run: () => desk.askToUnmute(userId).then(() => toast(t('host.asked', { name: person.displayName }))),
        },
    person.video &&
      may('mute_others') && { key: 'host.stopVideo', name: 'video-off', run: () => desk.switchOff(userId, 'video') },
    person.screen &&
      may('mute_others') && { key: 'host.stopShare', name: 'monitor-off', run: () => desk.switchOff(userId, 'screen') },
    Boolean(person.handRaisedAt) &&
      may('lower_hands') && { key: 'host.lowerHand', name: 'hand', run: () => desk.lowerHand(userId) },
    (self ? can(room, 'rename_self') : may('rename_others')) && {
      key: self ? 'host.renameSelf' : 'host.rename',
      name: 'pencil',
      ask: 'rename',
    },
    self && mayReclaim(room) && { key: 'host.reclaim', name: 'crown', run: () => desk.makeHost(userId) },
    may('set_roles') &&
      (person.role === 'cohost'
        ? {
            key: 'people.endCohost',
            name: 'shield-off',
            run: () => desk.setRole(userId, 'participant'),
            undo: { told: 'undo.endCohost', run: () => desk.setRole(userId, 'cohost') },
          }
        : {
            key: 'people.makeCohost',
            name: 'shield',
            run: () => desk.setRole(userId, 'cohost'),
            undo: { told: 'undo.makeCohost', run: () => desk.setRole(userId, 'participant') },
          }),
    may('hand_over') && { key: 'people.makeHost', name: 'crown', ask: 'host' },
    may('use_lobby') && {
      key: 'host.toLobby',
      name: 'hourglass',
      run: () => desk.backToLobby(userId),
      undo: { told: 'undo.toLobby', run: () => desk.admit(userId) },
    },
    may('remove') && { key: 'people.remove', name: 'user-x', danger: true, ask: 'remove' },
  ];
  return /** @type {Action[]} */ (all.filter(Boolean));
}

/** Says what was done to somebody, and offers the way back. @param {Undo} undo @param {string} name */
function offerUndo({ told, label = 'undo.do', run }, name) {
  const text = t(told, { name });
  announce(text);
  toast(text, 'info', { label: t(label), run: () => void run().catch((error) => toast(errorText(error), 'error')) });
}

/** @param {{id: string, call: MeetingSession, room: Room, person: Participant, onDone: () => void}} props `onDone` closes these and keeps the focus */
export function PersonActions({ id, call, room, person, onDone }) {
  const [asking, setAsking] = useState(/** @type {string | null} */ (null));
  const [busy, run] = useBusy();
  const all = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => all.current?.scrollIntoView({ block: 'nearest' }), []);
  const { userId, displayName: name } = person;
  const choose = (/** @type {Action} */ { ask, run: work, undo }) => {
    banNetwork.current = false;
    if (ask) setAsking(ask);
    else
      run(async () => {
        try {
          await work?.();
          if (undo) offerUndo(undo, name);
          onDone();
        } catch (error) {
          toast(errorText(error), 'error');
        }
      });
  };
  const write = () => {
    call.store.set({ chatTo: userId });
    settings.set({ panel: 'chat' });
  };
  const close = () => setAsking(null);
  const banNetwork = useRef(false);
  const confirmed = (/** @type {() => Promise<unknown>} */ work) => async () => {
    await work();
    setTimeout(onDone); // after the dialog, which gives the focus back to its button
  };
  const remove = async () => {
    await call.desk.remove(userId, { banNetwork: banNetwork.current });
    offerUndo({ told: 'undo.remove', label: 'removed.lift', run: () => call.desk.liftBan(userId) }, name);
  };
  return html`
    <div class="person-do" ref=${all} id=${id} role="group" aria-label=${t('people.more', { name })}>
      ${
        userId !== room.myId &&
        html`
        <button type="button" onClick=${write}>${icon('message-square', 18)} ${t('people.write')}</button>`
      }
      ${actionsFor(call, room, person).map(
        (action) => html`
        <button type="button" key=${action.key} class=${action.danger ? 'danger-text' : undefined} disabled=${busy}
          aria-haspopup=${action.ask ? 'dialog' : undefined} onClick=${() => choose(action)}>${icon(action.name, 18)} ${t(action.key)}</button>`,
      )}
      ${
        asking === 'rename' &&
        html`<${Rename} name=${name} onClose=${close} onRename=${confirmed}
        rename=${(/** @type {string} */ text) => call.desk.rename(userId, text)} />`
      }
      ${
        asking === 'host' &&
        html`
        <${Confirm} title=${t('people.makeHostTitle', { name })} action=${t('people.makeHost')} onClose=${close}
          onConfirm=${confirmed(() => call.desk.makeHost(userId))}>
          <p>${t(room.meeting.creator?.id === room.myId ? 'host.handOverCreator' : 'people.makeHostHint')}</p><//>`
      }
      ${
        asking === 'remove' &&
        html`
        <${Confirm} title=${t('people.removeTitle', { name })} action=${t('people.removeDo')} onClose=${close}
          onConfirm=${confirmed(remove)}>
          <p>${t('people.removeHint')}</p>
          <${Switch} name="banNetwork" on=${false} onChange=${(/** @type {boolean} */ on) => {
            banNetwork.current = on;
          }} /><//>`
      }
    </div>`;
}

/** @param {{name: string, onClose: () => void, rename: (text: string) => Promise<unknown>, onRename: (work: () => Promise<unknown>) => () => Promise<void>}} props */
function Rename({ name, onClose, rename, onRename }) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [busy, run] = useBusy();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const text = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('displayName') ?? '').trim();
    run(async () => {
      try {
        await onRename(() => rename(text))();
        onClose();
      } catch (error) {
        setProblem(error);
      }
    });
  };
  return html`
    <${Dialog} title=${t('host.renameTitle')} onClose=${onClose}>
      <form onSubmit=${submit} noValidate>
        <${Field} label=${t('host.renameField')} name="displayName" defaultValue=${name} required autofocus autocomplete="off"
          error=${problem ? errorText(problem) : null} />
        <footer class="dialog-footer">
          <button type="button" class="secondary" onClick=${onClose}>${t('app.cancel')}</button>
          <button class="primary" disabled=${busy}>${t('app.save')}</button>
        </footer>
      </form>
    <//>`;
}

/** For all at once, and the dialogs about the meeting. @param {{api: import('../api.js').Api, call: MeetingSession, room: Room}} props */
export function HostTools({ api, call, room }) {
  const [open, setOpen] = useState(/** @type {'settings' | 'edit' | 'invites' | 'removed' | null} */ (null));
  const [busy, run] = useBusy();
  const attempt = (/** @type {() => Promise<unknown>} */ work) => () =>
    run(async () => {
      try {
        await work();
      } catch (error) {
        toast(errorText(error), 'error');
      }
    });
  const close = () => setOpen(null);
  const dialog = (
    /** @type {typeof open} */ name,
    /** @type {import('../icons.js').IconName} */ iconName,
    /** @type {string} */ key,
  ) => html`
    <button type="button" aria-haspopup="dialog" onClick=${() => setOpen(name)}>${icon(iconName, 18)} ${t(key)}</button>`;
  const tools = [
    can(room, 'mute_others') &&
      html`<button type="button" disabled=${busy} onClick=${attempt(() => call.desk.muteAll())}>
      ${icon('mic-off', 18)} ${t('host.muteAll')}</button>`,
    can(room, 'lower_hands') &&
      hands(room).length > 0 &&
      html`
      <button type="button" disabled=${busy} onClick=${attempt(() => call.desk.lowerAllHands())}>${icon('hand', 18)} ${t('host.lowerAll')}</button>`,
    can(room, 'change_settings') && dialog('settings', 'settings', 'host.settings'),
    can(room, 'invite') && dialog('invites', 'ticket', 'invites.title'),
    can(room, 'remove') && dialog('removed', 'user-x', 'removed.title'),
  ].filter(Boolean);
  if (tools.length === 0) return null;
  return html`
    <section class="host-tools" aria-label=${t('host.tools')}>
      ${tools}
      ${open === 'settings' && html`<${MeetingSettings} call=${call} room=${room} onClose=${close} onEdit=${() => setOpen('edit')} />`}
      ${open === 'edit' && html`<${MeetingForm} api=${api} meeting=${room.meeting} onClose=${close} />`}
      ${open === 'invites' && html`<${Invites} api=${api} meeting=${room.meeting} cohosts=${can(room, 'hand_over')} onClose=${close} />`}
      ${open === 'removed' && html`<${Removed} call=${call} onClose=${close} />`}
    </section>`;
}
