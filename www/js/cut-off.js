/** A name or a title that is cut off at the end of its line is told whole by the tooltip. */

/** So far up from what the mouse is on: a name may have a link or a mark in it. */
const NEAR = 3;

/** @param {HTMLElement} element */
const isCutOff = (element) =>
  element.scrollWidth > element.clientWidth && getComputedStyle(element).textOverflow === 'ellipsis';

/** @param {Document} page */
export function tellWhatIsCutOff(page) {
  page.addEventListener('pointerover', ({ target }) => {
    let element = target instanceof HTMLElement ? target : null;
    for (let i = 0; i < NEAR && element; i++, element = element.parentElement) {
      if (isCutOff(element)) element.title = element.textContent?.trim() ?? '';
      else if (element.dataset.cutOff !== undefined) element.removeAttribute('title');
      else continue;
      element.dataset.cutOff = '';
      return;
    }
  });
}
