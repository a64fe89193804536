/** The network test: what works for a call, what does not, and what to do about it. Needs no meeting. */
import { html, useEffect, useMemo, useStore } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { NetworkTest } from '../network-test.js';
import { Header } from './header.js';

/** @typedef {import('../network-test.js').Step} Step */

/** @type {Record<import('../network-test.js').StepState, import('../icons.js').IconName>} */
const ICONS = {
  waiting: 'circle',
  running: 'loader-circle',
  ok: 'circle-check',
  warning: 'triangle-alert',
  problem: 'circle-x',
  skipped: 'circle-minus',
};

/** @param {{api: import('../api.js').Api}} props */
export function Network({ api }) {
  const test = useMemo(
    () => new NetworkTest(api, `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`),
    [api],
  );
  useEffect(() => () => test.stop(), [test]);
  const { running, done, steps } = useStore(test.store);
  return html`
    <${Header} api=${api} />
    <main class="network">
      <h1 tabindex="-1">${t('network.title')}</h1>
      <p class="quiet">${t('network.intro')}</p>
      <ol class="network-steps">${steps.map((step) => html`<${Row} key=${step.name} step=${step} />`)}</ol>
      <p class="network-end" role="status">${done && t(`network.end.${worst(steps)}`)}</p>
      <div class="network-do">
        <button type="button" class="primary" disabled=${running} onClick=${() => test.run()}>${t(done ? 'network.again' : 'network.start')}</button>
        <a class="button secondary" href="#/">${t('app.home')}</a>
      </div>
    </main>`;
}

/** @param {Step[]} steps */
const worst = (steps) =>
  /** @type {const} */ (['problem', 'warning']).find((bad) => steps.some(({ state }) => state === bad)) ?? 'ok';

/** @param {{step: Step}} props */
function Row({ step: { name, state, reason, ms } }) {
  return html`
    <li class="network-step ${state}" data-step=${name} data-state=${state}>
      ${icon(ICONS[state], 20)}
      <div>
        <strong>${t(`network.${name}`)}</strong> <span class="visually-hidden">${t(`network.state.${state}`)}</span>
        ${ms !== null && html` <span class="quiet">${t('network.ms', { ms })}</span>`}
        ${reason && html`<p>${t(words(name, reason))}</p>`}
      </div>
    </li>`;
}

/** @param {string} name @param {string} reason @returns {import('../i18n.js').Key} */
const words = (name, reason) => /** @type {import('../i18n.js').Key} */ (`network.${name}.${reason}`);
