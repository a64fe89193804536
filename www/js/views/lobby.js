/** The lobby, from both sides: the quiet screen of the one who waits, and the list of those who may let them in. */
import { html, useLayoutEffect, useRef, useState, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { errorText, hasText, t, timeOn } from '../i18n.js';
import { settings } from '../settings.js';
import { announce, toast } from '../toasts.js';
import { Avatar, Code, FormError, useBusy } from './controls.js';
import { Header } from './header.js';
import { Preview } from './preview.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */

/** More than these are in the list only. */
const CARD_PEOPLE = 3;

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
        <h1 ref=${heading} tabindex="-1"><bdi>${meeting?.title ?? t('before.unknown', { code })}</bdi></h1>
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
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const { busy, problem, decide } = useDecision(() => heading.current?.focus()); // the row and its buttons go away
  const people = room.lobby?.people ?? [];
  if (people.length === 0) return null;
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
            <${Decide} call=${call} userId=${userId} name=${displayName} busy=${busy} decide=${decide} />
          </li>`,
        )}
      </ul>
    </section>`;
}

/** Over the stage, as long as somebody waits, for those who do not have the list open. @param {{call: MeetingSession, room: import('../room-state.js').Room}} props */
export function WaitingCard({ call, room }) {
  const { panel } = useStore(settings);
  const { busy, decide } = useDecision();
  const people = room.lobby?.people ?? [];
  if (people.length === 0 || panel === 'people') return null;
  const several = people.length > 1;
  return html`
    <section class="waiting-card" aria-label=${t('lobby.count', { count: people.length })}>
      ${several && html`<p class="waiting-count">${t('lobby.count', { count: people.length })}</p>`}
      <ul>
        ${people.slice(0, CARD_PEOPLE).map(
          ({ userId, displayName }) => html`
          <li key=${userId} class="lobby-person" data-waiting=${userId}>
            <${Avatar} name=${displayName} />
            ${
              several
                ? html`<bdi class="name" translate=${false}>${displayName}</bdi>`
                : html`<span class="waiting-who">${t('notification.waits', { name: displayName })}</span>`
            }
            <${Decide} call=${call} userId=${userId} name=${displayName} busy=${busy} decide=${decide} />
          </li>`,
        )}
      </ul>
      ${
        several &&
        html`
        <p class="waiting-all">
          <button type="button" class="text-button" onClick=${() => settings.set({ panel: 'people' })}>${t('alerts.showWaiting')}</button>
          <button type="button" class="text-button" disabled=${busy} onClick=${decide(() => call.desk.admitAll())}>${t('lobby.admitAll')}</button>
        </p>`
      }
    </section>`;
}

/** @param {{call: MeetingSession, userId: number, name: string, busy: boolean, decide: (work: () => Promise<unknown>) => () => void}} props */
const Decide = ({ call, userId, name, busy, decide }) => html`
  <span class="lobby-decide">
    <button type="button" class="secondary" disabled=${busy} aria-label=${t('lobby.refuseNamed', { name })}
      onClick=${decide(() => call.desk.refuse(userId))}>${t('lobby.refuse')}</button>
    <button type="button" class="primary" disabled=${busy} aria-label=${t('lobby.admitNamed', { name })}
      onClick=${decide(() => call.desk.admit(userId))}>${t('lobby.admit')}</button>
  </span>`;

/** What a decision comes to, and that it is being made. @param {() => void} [done] */
function useDecision(done = () => {}) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [busy, run] = useBusy();
  const decide = (/** @type {() => Promise<unknown>} */ work) => () =>
    run(async () => {
      try {
        setProblem(null);
        await work();
        done();
      } catch (error) {
        setProblem(error);
        toast(errorText(error), 'error');
      }
    });
  return { busy, problem, decide };
}
