/**
 * The keyboard's focus is never lost. What has it may be taken away: a button that did its work, the row of somebody who
 * left. Browsers then begin again at the top of the page; here the nearest thing that is still there gets it.
 */

const FOCUSABLE =
  'button:not(:disabled):not([tabindex="-1"]), a[href], input:not(:disabled), select:not(:disabled), textarea, [tabindex="0"]';

/** @param {HTMLElement} root whose direct child is a page; what becomes of the focus when pages change is theirs to say */
export function keepFocus(root) {
  /** @type {Element[]} what had the focus last, and all that it was in, inside a page */
  let path = [];
  root.addEventListener('focusin', ({ target }) => {
    path = ancestors(/** @type {Element} */ (target), root);
  });
  new MutationObserver(() => {
    if (path.length === 0 || path[0].isConnected || document.activeElement !== document.body) return;
    const near = path
      .filter((element) => element.isConnected)
      .map(firstIn)
      .find(Boolean);
    path = [];
    near?.focus({ preventScroll: true });
  }).observe(root, { subtree: true, childList: true });
}

/** From the element itself outwards, without the root. @param {Element} element @param {Element} root */
function ancestors(element, root) {
  const path = [];
  for (let one = /** @type {Element | null} */ (element); one && one !== root; one = one.parentElement) path.push(one);
  return path;
}

/** @param {Element} element @returns {HTMLElement | undefined} */
function firstIn(element) {
  const all = /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll(FOCUSABLE));
  return [...all].find((one) => one.checkVisibility?.() ?? true);
}

/** Once the page has been drawn again: what stands now in the place of what was pressed. @param {string} selector */
export const focusSoon = (selector) =>
  void setTimeout(() =>
    /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus({ preventScroll: true }),
  );
