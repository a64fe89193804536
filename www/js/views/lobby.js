/** The lobby, from both sides: the quiet screen of the one who waits, and the list of those who may let them in. */
import { html, useLayoutEffect, useRef, useState, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { errorText, hasText, t, timeOn } from '../i18n.js';
import { announce, toast } from '../toasts.js';
import { Avatar, Code, FormError, useBusy } from './controls.js';
import { Header } from './header.js';
import { Preview } from './preview.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */

/** @param {{api: import('../api.js').Api, call: MeetingSession, code: string}} props */
export function WaitingScreen({ api, call, code }) {
  const { user } = useStore(api.session);
  const { waiting, reconnecting, socketBlocked } = useStore(call.store);
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const {
    state,
    meeting,
    sentBack,
    code: reason,
  } = waiting ?? { state: 'waits', meeting: null, sentBack: false, code: null };
  const text =
    state === 'refused'
      ? t('lobby.refused')
      : state === 'closed'
        ? closedText(reason)
        : t(sentBack ? 'lobby.sentBack' : 'lobby.waits');
  useLayoutEffect(() => {
    heading.current?.focus({ preventScroll: true });
    announce(text);
  }, [state]);
  return html`
    <${Header} api=${api} />
    <main class="before waiting-screen" data-lobby=${state}>
      <${Preview} call=${call} name=${user?.displayName ?? ''} />
      <section class="before-form">
        <h1 ref=${heading} tabindex="-1">${meeting?.title ?? t('before.unknown', { code })}</h1>
        <p class="quiet"><${Code} code=${code} /></p>
        ${meeting && html`<p class="quiet">${t('before.hostedBy', { name: meeting.host.displayName })}</p>`}
        <div class="lobby-state">${state === 'waits' && html`<span class="lobby-pulse" aria-hidden="true"></span>`}
          <p><strong>${text}</strong></p></div>
        ${state === 'waits' && html`<p class="quiet">${socketBlocked ? t('error.socket_blocked') : reconnecting ? t('stage.reconnecting') : t('lobby.unheard')}</p>`}
        ${state === 'refused' && html`<p class="quiet">${t('lobby.refusedHint')}</p>`}
        <div class="lobby-do">
          ${state === 'refused' && html`<button type="button" class="primary" onClick=${() => call.lobby.askAgain()}>${t('lobby.askAgain')}</button>`}
          <button type="button" class="secondary" onClick=${() => call.lobby.stopWaiting()}>
            ${icon('log-out', 18)} ${t(state === 'waits' ? 'lobby.leave' : 'lobby.back')}</button>
        </div>
      </section>
    </main>`;
}

/** @param {string | null} code */
const closedText = (code) =>
  code && hasText(`ended.${code}`) ? t(`ended.${code}`) : errorText({ code: code ?? 'internal' });

/** Who waits, for those who may let them in. @param {{call: MeetingSession, room: import('../room-state.js').Room}} props */
export function LobbyList({ call, room }) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [busy, run] = useBusy();
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const people = room.lobby?.people ?? [];
  if (people.length === 0) return null;
  const decide = (/** @type {() => Promise<unknown>} */ work) => () =>
    run(async () => {
      try {
        setProblem(null);
        await work();
        heading.current?.focus(); // the row and its buttons go away
      } catch (error) {
        setProblem(error);
        toast(errorText(error), 'error');
      }
    });
  return html`
    <section class="lobby" aria-labelledby="lobby-title">
      <header><h2 id="lobby-title" ref=${heading} tabindex="-1">${t('lobby.count', { count: people.length })}</h2>
        ${
          people.length > 1 &&
          html`
          <button type="button" class="text-button" disabled=${busy} onClick=${decide(() => call.desk.admitAll())}>${t('lobby.admitAll')}</button>`
        }</header>
      <${FormError} error=${problem} />
      <ul>
        ${people.map(
          ({ userId, displayName, isGuest, joinedAt }) => html`
          <li key=${userId} class="lobby-person" data-waiting=${userId}>
            <${Avatar} name=${displayName} />
            <span class="person-name"><bdi class="name" translate=${false}>${displayName}</bdi>
              <span class="quiet">${isGuest && `${t('people.guest')} · `}${t('lobby.since', { time: timeOn(joinedAt) })}</span></span>
            <span class="lobby-decide">
              <button type="button" class="secondary" disabled=${busy} aria-label=${t('lobby.refuseNamed', { name: displayName })}
                onClick=${decide(() => call.desk.refuse(userId))}>${t('lobby.refuse')}</button>
              <button type="button" class="primary" disabled=${busy} aria-label=${t('lobby.admitNamed', { name: displayName })}
                onClick=${decide(() => call.desk.admit(userId))}>${t('lobby.admit')}</button>
            </span>
          </li>`,
        )}
      </ul>
    </section>`;
}
