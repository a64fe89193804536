/** A view whose code is fetched when it is wanted for the first time. */
import { html, useEffect, useLayoutEffect, useState } from '../ui.js';
import { t } from '../i18n.js';
import { fetchModule, loadPageAgain } from '../version.js';
import { FormError } from './controls.js';

/** @typedef {import('preact').ComponentType<never>} View */

/** The view, or why there is none; neither as long as it is on its way. @param {() => Promise<View>} load @returns {{view?: View, problem?: unknown}} */
export function useFetched(load) {
  const [fetched, setFetched] = useState(/** @type {{view?: View, problem?: unknown}} */ ({}));
  useEffect(() => {
    let wanted = true;
    fetchModule(load).then(
      (view) => wanted && setFetched({ view }),
      (problem) => wanted && setFetched({ problem }),
    );
    return () => {
      wanted = false;
    };
  }, [load]);
  return fetched;
}

/** @param {{load: () => Promise<View>, [property: string]: unknown}} props the rest is for the view */
export function Later({ load, ...rest }) {
  const { view, problem } = useFetched(load);
  useLayoutEffect(() => {
    // The page has its heading only now.
    if (view && document.activeElement === document.body) document.querySelector('h1')?.focus({ preventScroll: true });
  }, [view]);
  if (view) return html`<${view} ...${rest} />`;
  if (problem) return html`<main class="sign"><${FormError} error=${problem} onRetry=${loadPageAgain} /></main>`;
  return html`<p class="splash" role="status">${t('app.loading')}</p>`;
}
