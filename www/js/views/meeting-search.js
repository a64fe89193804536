/** Finding meetings by everything that the server can tell them apart by. */
import { html, useEffect, useState } from '../ui.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { FormError, IconButton, useFieldId } from './controls.js';
import { MeetingList, Skeleton } from './meeting-list.js';

const PAGE_SIZE = 20;
const TYPING_MS = 300;
const SORTS = /** @type {const} */ (['-startTime', 'startTime', 'title', '-createdAt']);

/**
 * @typedef {object} Filter as the form has it; an empty string: any
 * @property {string} keyword
 * @property {string} status
 * @property {string} from a day
 * @property {string} to a day, which counts
 * @property {string} whose "created" or "joined"
 * @property {string} isPrivate "true" or "false"
 * @property {string} isRecorded
 * @property {(typeof SORTS)[number]} sort
 * @property {string[]} cursors of the pages after the first one, up to that which is shown
 */

/** @type {Filter} */
export const NO_FILTER = {
  keyword: '',
  status: '',
  from: '',
  to: '',
  whose: '',
  isPrivate: '',
  isRecorded: '',
  sort: SORTS[0],
  cursors: [],
};

/** Whether anything was asked for. @param {Filter} filter */
export const isFiltering = ({ cursors: _, ...filter }) =>
  Object.entries(filter).some(
    ([name, value]) => value.trim() !== /** @type {Record<string, unknown>} */ (NO_FILTER)[name],
  );

/** What the server is asked. @param {Filter} filter */
export function queryOf({ keyword, status, from, to, whose, isPrivate, isRecorded, sort, cursors }) {
  return {
    keyword: keyword.trim() || undefined,
    status: status || undefined,
    startFrom: from ? midnight(from, 0) : undefined,
    startTo: to ? midnight(to, 1) : undefined,
    onlyCreated: whose === 'created' || undefined,
    onlyJoined: whose === 'joined' || undefined,
    isPrivate: isPrivate || undefined,
    isRecorded: isRecorded || undefined,
    sort,
    cursor: cursors.at(-1),
    pageSize: PAGE_SIZE,
  };
}

/** The begin of a day where the person is. @param {string} day "2026-11-28" @param {number} daysLater */
function midnight(day, daysLater) {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year, month - 1, date + daysLater).toISOString();
}

/** @param {{filter: Filter, onChange: (filter: Filter) => void}} props */
export function FilterBar({ filter, onChange }) {
  const [open, setOpen] = useState(false);
  const id = useFieldId();
  const set = (/** @type {Partial<Filter>} */ part) => onChange({ ...filter, cursors: [], ...part });
  const choice = (
    /** @type {'status' | 'whose' | 'isPrivate' | 'isRecorded' | 'sort'} */ name,
    /** @type {string} */ label,
    /** @type {[string, string][]} */ options,
  ) => html`
      <${Choice} label=${label} value=${filter[name]} options=${options} onChange=${(/** @type {string} */ value) => set({ [name]: value })} />`;
  const any = /** @type {[string, string]} */ (['', t('filter.any')]);
  const yesNo = /** @type {[string, string][]} */ ([any, ['true', t('filter.yes')], ['false', t('filter.no')]]);
  return html`
    <section class="filters" role="search" aria-label=${t('filter.label')}>
      <div class="filters-line">
        <div class="filters-keyword">${icon('search', 18)}
          <input type="search" aria-label=${t('filter.keyword')} placeholder=${t('filter.keyword')} maxlength="200" value=${filter.keyword}
            onInput=${(/** @type {Event} */ event) => set({ keyword: /** @type {HTMLInputElement} */ (event.target).value })} />
        </div>
        <button type="button" class="secondary" aria-expanded=${open} aria-controls=${open ? id : undefined} onClick=${() => setOpen(!open)}>
          ${icon('list-filter', 18)} ${t('filter.more')}</button>
        ${isFiltering(filter) && html`<button type="button" class="text-button" onClick=${() => onChange(NO_FILTER)}>${t('filter.clear')}</button>`}
      </div>
      ${
        open &&
        html`
        <div class="filters-more" id=${id}>
          ${choice('status', t('filter.status'), [any, ...[1, 2, 3, 4].map((n) => /** @type {[string, string]} */ ([String(n), t(`filter.status${n}`)]))])}
          ${choice('whose', t('filter.whose'), [any, ['created', t('filter.created')], ['joined', t('filter.joined')]])}
          <${Day} label=${t('filter.from')} value=${filter.from} onChange=${(/** @type {string} */ from) => set({ from })} />
          <${Day} label=${t('filter.to')} value=${filter.to} onChange=${(/** @type {string} */ to) => set({ to })} />
          ${choice('isPrivate', t('filter.private'), yesNo)}
          ${choice('isRecorded', t('filter.recorded'), yesNo)}
          ${choice(
            'sort',
            t('filter.sort'),
            SORTS.map((name) => [name, t(`filter.sort.${name}`)]),
          )}
        </div>`
      }
    </section>`;
}

/** @param {{label: string, value: string, options: [string, string][], onChange: (value: string) => void}} props */
function Choice({ label, value, options, onChange }) {
  const id = useFieldId();
  return html`
    <div class="field"><label for=${id}>${label}</label>
      <select id=${id} onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLSelectElement} */ (event.target).value)}>
        ${options.map(([name, text]) => html`<option key=${name} value=${name} selected=${name === value}>${text}</option>`)}
      </select></div>`;
}

/** @param {{label: string, value: string, onChange: (value: string) => void}} props */
function Day({ label, value, onChange }) {
  const id = useFieldId();
  return html`
    <div class="field"><label for=${id}>${label}</label>
      <input id=${id} type="date" value=${value}
        onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.target).value)} /></div>`;
}

/** @param {{api: import('../api.js').Api, filter: Filter, changed: unknown, onChange: (filter: Filter) => void}} props `changed`: another value when meetings may have changed */
export function Found({ api, filter, changed, onChange }) {
  const [list, setList] = useState(/** @type {Rest.MeetingList | null} */ (null));
  const [first, setFirst] = useState(/** @type {Rest.MeetingList | null} */ (null)); // it has what is counted
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [round, setRound] = useState(0);
  useEffect(() => {
    let wanted = true; // an answer to an earlier question comes too late
    const timer = setTimeout(
      async () => {
        try {
          const answer = await api.get('/meetings', queryOf(filter));
          if (wanted) setList(answer);
          if (wanted && answer.page) setFirst(answer);
          if (wanted) setProblem(null);
        } catch (error) {
          if (wanted) setProblem(error);
        }
      },
      list && filter.cursors.length === 0 ? TYPING_MS : 0,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [filter, round, changed]);
  if (problem) return html`<${FormError} error=${problem} onRetry=${() => setRound(round + 1)} />`;
  if (!list || !first) return html`<${Skeleton} />`;
  const title = t(first.totalIsLowerBound ? 'filter.foundAtLeast' : 'filter.found', { count: first.total ?? 0 });
  const pages = html`
    <${Pages} page=${filter.cursors.length + 1} first=${first} next=${list.nextCursor}
      onTurn=${(/** @type {string[]} */ cursors) => onChange({ ...filter, cursors })} cursors=${filter.cursors} />`;
  return html`
    <p class="visually-hidden" role="status">${title}</p>
    ${
      list.items.length > 0
        ? html`<${MeetingList} title=${title} meetings=${list.items}>${pages}<//>`
        : list.nextCursor || filter.cursors.length > 0
          ? html`<p class="empty">${t('filter.noneHere')}</p>${pages}`
          : html`<p class="empty">${t('filter.none')}${!filter.whose && html` ${t('filter.unlisted')}`}</p>`
    }`;
}

/** @param {{page: number, first: Rest.MeetingList, next: string | null, cursors: string[], onTurn: (cursors: string[]) => void}} props */
function Pages({ page, first, next, cursors, onTurn }) {
  if (page === 1 && !next) return null;
  const before = () => page > 1 && onTurn(cursors.slice(0, -1));
  const after = () => next && onTurn([...cursors, next]);
  const text = first.totalIsLowerBound
    ? t('filter.pageOnly', { page })
    : t('filter.page', { page, pages: Math.max(page, first.totalPages ?? 1) });
  return html`
    <nav class="list-pages" aria-label=${t('filter.results')}>
      <${IconButton} name="chevron-left" label=${t('filter.before')} aria-disabled=${page <= 1} onClick=${before} />
      <span>${text}</span>
      <${IconButton} name="chevron-right" label=${t('filter.after')} aria-disabled=${!next} onClick=${after} />
    </nav>`;
}
