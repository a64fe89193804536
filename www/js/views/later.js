/** A view whose code is fetched when it is wanted for the first time. */
import { html, useEffect, useLayoutEffect, useState } from '../ui.js';
import { t } from '../i18n.js';
import { fetchModule, loadPageAgain } from '../version.js';
import { FormError } from './controls.js';

/** @typedef {import('preact').ComponentType<never>} View */

/** @param {{load: () => Promise<View>, [property: string]: unknown}} props the rest is for the view */
export function Later({ load, ...rest }) {
  const [view, setView] = useState(/** @type {{draw: View} | null} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    let wanted = true;
    fetchModule(load).then(
      (draw) => wanted && setView({ draw }),
      (error) => wanted && setProblem(error),
    );
    return () => {
      wanted = false;
    };
  }, [load]);
  useLayoutEffect(() => {
    // The page has its heading only now.
    if (view && document.activeElement === document.body) document.querySelector('h1')?.focus({ preventScroll: true });
  }, [view]);
  if (view) return html`<${view.draw} ...${rest} />`;
  if (problem) return html`<main class="sign"><${FormError} error=${problem} onRetry=${loadPageAgain} /></main>`;
  return html`<p class="splash" role="status">${t('app.loading')}</p>`;
}
