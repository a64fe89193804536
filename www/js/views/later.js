/** A view whose code is fetched when it is wanted for the first time. */
import { html, useEffect, useState } from '../ui.js';
import { t } from '../i18n.js';
import { FormError } from './controls.js';

/** @param {{load: () => Promise<any>, [property: string]: any}} props the rest is for the view */
export function Later({ load, ...rest }) {
  const [view, setView] = useState(/** @type {{draw: any} | null} */ (null));
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let wanted = true;
    load().then((draw) => wanted && setView({ draw }), () => wanted && setFailed(true));
    return () => {
      wanted = false;
    };
  }, [load]);
  if (view) return html`<${view.draw} ...${rest} />`;
  // A module that failed to load is not asked for again by every browser, so the page is.
  if (failed) return html`<main class="sign"><${FormError} error=${{ code: 'network' }} onRetry=${() => location.reload()} /></main>`;
  return html`<p class="splash" role="status">${t('app.loading')}</p>`;
}
