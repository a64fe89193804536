/**
 * Finds the web addresses in a line of text. Pure: the caller makes text and links of the parts, never markup.
 * Only http and https count, and only as they are written out: what is shown is where it leads.
 */

/** @typedef {{text: string, href?: string}} Part */

/** Up to a space, a quote, an angle bracket, Chinese punctuation, or a letter that cannot be seen or turns the direction. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3000-\u303f\uff00-\uff65\ufeff]+/giu;
/** What ends a sentence is not part of the address before it. */
const TAIL = new Set('.,;:!?*_~…');
/** A bracket that closes belongs to the address only where it was opened there: `a_(b)`, but not `(see a)`. @type {Record<string, string>} */
const CLOSED_BY = { '(': ')', '[': ']', '{': '}' };
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

/**
 * "(see https://example.org/a_(b))." -> "https://example.org/a_(b)". Whoever writes the line must not choose how long its
 * readers' pages are busy: the brackets are counted once, and each letter is looked at twice.
 * @param {string} address
 */
function trimmed(address) {
  const surplus = bracketSurplus(address);
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1];
    if (surplus[last] > 0) surplus[last] -= 1;
    else if (!TAIL.has(last)) break;
  }
  return address.slice(0, end);
}

/** By how many there are more that close than that open, by the one that closes. @param {string} address */
function bracketSurplus(address) {
  /** @type {Record<string, number>} */
  const surplus = { ')': 0, ']': 0, '}': 0 };
  for (const letter of address) {
    if (letter in surplus) surplus[letter] += 1;
    else if (letter in CLOSED_BY) surplus[CLOSED_BY[letter]] -= 1;
  }
  return surplus;
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
