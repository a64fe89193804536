/** A QR code as one path of an inline SVG. The library that computes it is fetched only where a code is shown. */
import { html, useEffect, useState } from '../ui.js';
import { t } from '../i18n.js';
import { fetchModule } from '../version.js';

/** Squares around it that must be empty, as the standard asks. */
const QUIET = 4;

/** @param {{text: string, label: string}} props */
export function Qr({ text, label }) {
  const [picture, setPicture] = useState(/** @type {{size: number, path: string} | null} */ (null));
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let wanted = true;
    fetchModule(() => import('../../vendor/qrcode.mjs'))
      .then(({ default: qrcode }) => {
        if (wanted) setPicture(draw(qrcode, text));
      })
      .catch(() => wanted && setFailed(true));
    return () => {
      wanted = false;
    };
  }, [text]);
  if (failed) return html`<p class="quiet" role="status">${t('info.qrFailed')}</p>`;
  if (!picture) return html`<div class="qr"></div>`;
  return html`
    <svg class="qr" role="img" aria-label=${label} viewBox=${`0 0 ${picture.size} ${picture.size}`} shape-rendering="crispEdges">
      <rect width=${picture.size} height=${picture.size} fill="#fff" /><path d=${picture.path} fill="#000" />
    </svg>`;
}

/** @param {typeof import('../../vendor/qrcode.mjs').default} qrcode @param {string} text */
function draw(qrcode, text) {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  let path = '';
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
    }
  }
  return { size: count + 2 * QUIET, path };
}
