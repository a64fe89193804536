/**
 * The page stays right while the browser translates it. Chrome and Edge take each text out of the page and put a <font> with
 * the translation in its place. The view library still writes to the text that it made, which nobody sees any more: a line that was
 * edited keeps its former words, a clock stands still, a label that went away stays.
 *
 * So the text goes back to its place, empty, beside its translation, and the library finds it there. When it is written to,
 * or taken away, the translation goes; the browser then translates what is new.
 */

/** @typedef {{font: Element, text: string}} Translation `text`: what was there before */

/** @param {Node} root */
export function surviveTranslation(root) {
  /** @type {WeakMap<Node, Translation>} */
  const translations = new WeakMap();
  /** @type {WeakMap<Node, Text>} by the translation */
  const originals = new WeakMap();

  const end = (/** @type {Node} */ text) => {
    const { font } = translations.get(text) ?? {};
    translations.delete(text);
    if (font) originals.delete(font);
    font?.remove();
  };
  const written = new MutationObserver((changes) => changes.forEach(({ target }) => end(target)));
  const begin = (/** @type {Text} */ text, /** @type {Element} */ font) => {
    translations.set(text, { font, text: text.data });
    originals.set(font, text);
    text.data = '';
    font.before(text);
    written.observe(text, { characterData: true });
  };
  /** The browser shows the page as it was again. @param {Node} font */
  const undo = (font) => {
    const text = originals.get(font);
    if (!text) return;
    text.data = translations.get(text)?.text ?? '';
    end(text);
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.removedNodes) {
        if (node.isConnected) continue; // moved
        const font = node instanceof Text && !translations.has(node) && translation(change, originals);
        if (font) begin(/** @type {Text} */ (node), font);
        else if (node instanceof Text) end(node);
        else undo(node);
      }
    }
    written.takeRecords(); // of what was done here; all others were told before
  }).observe(root, { subtree: true, childList: true });
}

/** What came in the place of something that was taken away. @param {MutationRecord} change @param {WeakMap<Node, Text>} known */
function translation({ addedNodes, previousSibling, nextSibling }, known) {
  const near = [...addedNodes, previousSibling, nextSibling];
  return /** @type {Element | undefined} */ (
    near.find((node) => node?.nodeName === 'FONT' && node.isConnected && !known.has(node))
  );
}
