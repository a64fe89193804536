/**
 * Finds the web addresses in a line of text. Pure: the caller makes text and links of the parts, never markup.
 * Only http and https count, and only as they are written out: what is shown is where it leads.
 */

/** @typedef {{text: string, href?: string}} Part */

/** Up to a space, a quote, an angle bracket, Chinese punctuation, or a letter that cannot be seen or turns the direction. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3000-\u303f\uff00-\uff65\ufeff]+/giu;
/** What ends a sentence is not part of the address before it. */
const TAIL = /[.,;:!?*_~…]+$/u;
const LONGEST = 2000;

/** @param {string} text @returns {Part[]} */
export function findLinks(text) {
  /** @type {Part[]} */
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!isAddress(address)) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: address, href: address });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** "(see https://example.org/a_(b))." -> "https://example.org/a_(b)" @param {string} address */
function trimmed(address) {
  for (;;) {
    const shorter = withoutTail(address);
    if (shorter === address) return address;
    address = shorter;
  }
}

/** @param {string} address */
function withoutTail(address) {
  const rest = address.replace(TAIL, '');
  for (const [open, close] of ['()', '[]', '{}']) {
    if (rest.endsWith(close) && rest.split(close).length > rest.split(open).length) return rest.slice(0, -1);
  }
  return rest;
}

/** @param {string} address */
function isAddress(address) {
  if (address.length > LONGEST) return false;
  try {
    const { protocol, hostname, username, password } = new URL(address);
    // A name before the host is how one address is made to look like another one.
    return (protocol === 'http:' || protocol === 'https:') && hostname !== '' && !username && !password;
  } catch {
    return false;
  }
}
