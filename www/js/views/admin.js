/** The administrator's page: the state of the server, the meetings that go on, the jobs, and the accounts. */
import { html, useCallback, useEffect, useState, useStore } from '../ui.js';
import { dayAndTime, t } from '../i18n.js';
import { FormError, useBusy } from './controls.js';
import { Confirm } from './dialog.js';
import { Header } from './header.js';

/** @typedef {import('../api.js').Api} Api */
/** @typedef {{id: number, email: string, displayName: string, isAdmin: boolean, lastSignInAt: string | null, createdAt: string, disabledAt: string | null}} Account */

const REFRESH_MS = 5_000;
const PAGE = 20;

/** @param {{api: Api}} props */
export function Admin({ api }) {
  return html`
    <${Header} api=${api} />
    <main class="admin">
      <h1 tabindex="-1">${t('admin.title')}</h1>
      <${ServerState} api=${api} />
      <${Running} api=${api} />
      <${Jobs} api=${api} />
      <${Accounts} api=${api} />
    </main>`;
}

/**
 * What a call answers, asked again and again while the page is seen.
 * @template T
 * @param {() => Promise<T>} ask
 */
function useAsked(ask) {
  const [state, setState] = useState(
    /** @type {{answer: T | null, problem: unknown}} */ ({ answer: null, problem: null }),
  );
  const load = useCallback(
    () =>
      ask().then(
        (answer) => setState({ answer, problem: null }),
        (problem) => setState((before) => ({ ...before, problem })),
      ),
    [],
  );
  useEffect(() => {
    load();
    const timer = setInterval(() => document.visibilityState === 'visible' && load(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [load]);
  return { ...state, load };
}

/** @param {{api: Api}} props */
function ServerState({ api }) {
  const { answer, problem, load } = useAsked(() => api.get('/ws/stats'));
  return html`
    <section>
      <h2 id="admin-server">${t('admin.server')}</h2>
      <${FormError} error=${problem} onRetry=${load} />
      ${
        answer &&
        html`
        <p class="quiet">${t('admin.connections', { n: answer.connections })}</p>
        <div class="admin-scroll" tabindex="0" role="region" aria-labelledby="admin-server">
          <table>
            <thead><tr>${['relay', 'relayConnections', 'rooms', 'calls', 'callsFailed', 'slowClientsCut', 'redis'].map(
              (name) => html`
              <th key=${name} scope="col">${t(/** @type {import('../i18n.js').Key} */ (`admin.${name}`))}</th>`,
            )}</tr></thead>
            <tbody>${answer.items.map(
              (relay) => html`
              <tr key=${relay.relay}>
                <th scope="row" translate=${false}>${relay.relay}</th><td>${relay.connections}</td><td>${relay.rooms}</td><td>${relay.calls}</td>
                <td>${relay.callsFailed}</td><td>${relay.slowClientsCut}</td><td>${t(relay.redisUp ? 'admin.up' : 'admin.away')}</td>
              </tr>`,
            )}</tbody>
          </table>
        </div>`
      }
    </section>`;
}

/** @param {{api: Api}} props */
function Running({ api }) {
  const { answer, problem, load } = useAsked(() => api.get('/admin/meetings', { status: 2, pageSize: 100 }));
  return html`
    <section>
      <h2 id="admin-running">${t('admin.running')}</h2>
      <${FormError} error=${problem} onRetry=${load} />
      ${answer && answer.items.length === 0 && html`<p class="empty">${t('admin.noneRunning')}</p>`}
      ${
        answer &&
        answer.items.length > 0 &&
        html`
        <div class="admin-scroll" tabindex="0" role="region" aria-labelledby="admin-running">
          <table>
            <thead><tr><th scope="col">${t('admin.meeting')}</th><th scope="col">${t('admin.host')}</th><th scope="col">${t('admin.since')}</th>
              <th scope="col">${t('admin.people')}</th></tr></thead>
            <tbody>${answer.items.map(
              (meeting) => html`
              <tr key=${meeting.id}>
                <th scope="row"><bdi>${meeting.title}</bdi> <span class="code" translate=${false}>${meeting.code}</span></th><td translate=${false}><bdi>${meeting.host.displayName}</bdi></td>
                <td>${when(meeting.actualStartTime)}</td><td>${t('admin.online', { online: meeting.onlineCount, all: meeting.participantCount })}</td>
              </tr>`,
            )}</tbody>
          </table>
        </div>
        ${answer.nextCursor && html`<p class="quiet">${t('admin.moreRunning', { n: answer.items.length, all: `${answer.total}${answer.totalIsLowerBound ? '+' : ''}` })}</p>`}`
      }
    </section>`;
}

/** @param {string | null} time */
const when = (time) => (time ? dayAndTime(time) : '–');

const JOB_STATES = /** @type {const} */ (['dead', 'waiting', 'running', 'done']);

/** @param {{api: Api}} props */
function Jobs({ api }) {
  const [state, setState] = useState(/** @type {Rest.Job['state']} */ ('dead'));
  return html`
    <section>
      <h2 id="admin-jobs">${t('admin.jobs')}</h2>
      <p><select aria-label=${t('admin.state')} value=${state}
        onChange=${(/** @type {{target: HTMLSelectElement}} */ event) => setState(/** @type {Rest.Job['state']} */ (event.target.value))}>
        ${JOB_STATES.map((name) => html`<option key=${name} value=${name}>${t(`admin.job.${name}`)}</option>`)}
      </select></p>
      <${JobTable} key=${state} api=${api} state=${state} />
    </section>`;
}

/** @param {{api: Api, state: Rest.Job['state']}} props */
function JobTable({ api, state }) {
  const { answer, problem, load } = useAsked(() => api.get('/admin/jobs', { state, limit: 100 }));
  return html`
    <${FormError} error=${problem} onRetry=${load} />
    ${answer && answer.items.length === 0 && html`<p class="empty">${t('admin.noJobs')}</p>`}
    ${
      answer &&
      answer.items.length > 0 &&
      html`
      <div class="admin-scroll" tabindex="0" role="region" aria-labelledby="admin-jobs">
        <table>
          <thead><tr><th scope="col">${t('admin.job')}</th><th scope="col">${t('admin.jobTime')}</th><th scope="col">${t('admin.tries')}</th>
            <th scope="col">${t('admin.jobError')}</th><th scope="col"><span class="visually-hidden">${t('admin.actions')}</span></th></tr></thead>
          <tbody>${answer.items.map((job) => html`<${JobRow} key=${job.id} api=${api} job=${job} onChanged=${load} />`)}</tbody>
        </table>
      </div>`
    }`;
}

/** @param {{api: Api, job: Rest.Job, onChanged: () => void}} props */
function JobRow({ api, job, onChanged }) {
  const [busy, run] = useBusy();
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const act = (/** @type {() => Promise<unknown>} */ ask) =>
    run(() =>
      ask()
        .then(() => setProblem(null), setProblem)
        .then(onChanged),
    );
  return html`
    <tr>
      <th scope="row" translate=${false}>${job.kind} <span class="quiet">${job.key ?? job.id}</span></th>
      <td>${when(job.doneAt ?? job.dueAt)}</td><td>${job.tries}</td><td translate=${false}>${job.error ?? '–'}</td>
      <td class="admin-do">
        ${
          job.state !== 'running' &&
          html`
          <button type="button" class="text-button" disabled=${busy} onClick=${() => act(() => api.post(`/admin/jobs/${job.id}/repeat`))}>
            ${t('admin.repeat')}<span class="visually-hidden"> ${job.kind}</span></button>
          <button type="button" class="text-button" disabled=${busy} onClick=${() => act(() => api.delete(`/admin/jobs/${job.id}`))}>
            ${t('admin.drop')}<span class="visually-hidden"> ${job.kind}</span></button>`
        }
        <${FormError} error=${problem} />
      </td>
    </tr>`;
}

/** @param {{api: Api}} props */
function Accounts({ api }) {
  const [keyword, setKeyword] = useState('');
  const [items, setItems] = useState(/** @type {Account[] | null} */ (null));
  const [hasMore, setHasMore] = useState(false);
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const load = useCallback(
    async (/** @type {number} */ after) => {
      try {
        const page = await api.get('/admin/users', { limit: PAGE, after, ...(keyword ? { keyword } : {}) });
        setProblem(null);
        setHasMore(page.hasMore);
        setItems((before) => [...(after && before ? before : []), ...page.items]);
      } catch (failure) {
        setProblem(failure);
      }
    },
    [keyword],
  );
  useEffect(() => {
    const timer = setTimeout(() => load(0), keyword ? 250 : 0); // not at each key
    return () => clearTimeout(timer);
  }, [load]);
  const changed = (/** @type {Account} */ account) =>
    setItems((before) => before?.map((a) => (a.id === account.id ? account : a)) ?? null);
  return html`
    <section>
      <h2 id="admin-accounts">${t('admin.accounts')}</h2>
      <input class="admin-search" type="search" aria-label=${t('admin.search')} placeholder=${t('admin.search')} value=${keyword}
        onInput=${(/** @type {{target: HTMLInputElement}} */ event) => setKeyword(event.target.value.trim())} />
      <${FormError} error=${problem} onRetry=${() => load(0)} />
      ${
        items &&
        html`
        <div class="admin-scroll" tabindex="0" role="region" aria-labelledby="admin-accounts">
          <table>
            <thead><tr><th scope="col">${t('admin.account')}</th><th scope="col">${t('admin.state')}</th><th scope="col">${t('admin.lastSignIn')}</th>
              <th scope="col"><span class="visually-hidden">${t('admin.actions')}</span></th></tr></thead>
            <tbody>${items.map((account) => html`<${AccountRow} key=${account.id} api=${api} account=${account} onChanged=${changed} onProblem=${setProblem} />`)}</tbody>
          </table>
        </div>
        ${hasMore && html`<p><button type="button" class="text-button" onClick=${() => load(items[items.length - 1].id)}>${t('admin.more')}</button></p>`}`
      }
    </section>`;
}

/** @param {Account} account */
const stateOf = ({ disabledAt, isAdmin }) =>
  t(disabledAt ? 'admin.disabled' : isAdmin ? 'admin.isAdmin' : 'admin.active');

/** @param {{api: Api, account: Account, onChanged: (account: Account) => void, onProblem: (problem: unknown) => void}} props */
function AccountRow({ api, account, onChanged, onProblem }) {
  const { user } = useStore(api.session);
  const [asking, setAsking] = useState(false);
  const [busy, run] = useBusy();
  const change = (/** @type {object} */ body) =>
    run(() => api.patch(`/admin/users/${account.id}`, body).then(onChanged, onProblem));
  const disabled = Boolean(account.disabledAt);
  return html`
    <tr>
      <th scope="row" translate=${false}><bdi>${account.displayName}</bdi> <span class="quiet">${account.email}</span></th>
      <td>${stateOf(account)}</td>
      <td>${when(account.lastSignInAt)}</td>
      <td class="admin-do">
        ${
          user?.id !== account.id &&
          html`
          <button type="button" class="text-button" disabled=${busy} onClick=${() => (disabled ? change({ disabled: false }) : setAsking(true))}>
            ${t(disabled ? 'admin.enable' : 'admin.disable')}<span class="visually-hidden"> ${account.displayName}</span></button>
          <button type="button" class="text-button" disabled=${busy} onClick=${() => change({ isAdmin: !account.isAdmin })}>
            ${t(account.isAdmin ? 'admin.unmakeAdmin' : 'admin.makeAdmin')}<span class="visually-hidden"> ${account.displayName}</span></button>`
        }
        ${
          asking &&
          html`
          <${Confirm} title=${t('admin.disableTitle', { name: account.displayName })} action=${t('admin.disable')}
            onConfirm=${() => change({ disabled: true })} onClose=${() => setAsking(false)}>${t('admin.disableText')}<//>`
        }
      </td>
    </tr>`;
}
