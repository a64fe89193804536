/**
 * Reads what names a meeting, as people pass it on: a code, a link, a link with an invitation, alone or within other
 * text, and with what mail programs, calendars and keyboards add to it. Pure. The field of the first page, the address of
 * this page and the sign-in page ask here, so that none of them refuses what another one takes.
 */

/** @typedef {{code: string, invite: string}} MeetingLink `invite`: an invitation's token, or empty */

/** More is not a link or a code with something around it. */
const LONGEST = 10_000;
/** Nothing that can be seen; some programs put such letters between the parts of an address. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const CODE_IN_LINK = /#\/?m\/([^?&#/]*)/iu;
/** The same without the #, which some people leave out. */
const CODE_IN_PATH = /\/m\/([A-Z0-9]{6})(?![A-Z0-9])/iu;
const INVITE = /[?&;]invite=(\d+\.[\w-]{1,22}|[\w.-]+)/u;
const WORD = /(?<![A-Z0-9])[A-Z0-9]{6}(?![A-Z0-9])/giu;

/** @param {string} text @returns {MeetingLink | null} */
export function readMeetingLink(text) {
  const plain = decoded(text.slice(0, LONGEST)).normalize('NFKC').replace(INVISIBLE, '');
  const link = CODE_IN_LINK.exec(plain) ?? CODE_IN_PATH.exec(plain);
  if (!link) return named(readCode(plain));
  return named(leading(link[1]) ?? readCode(link[1]), INVITE.exec(plain.slice(link.index))?.[1]);
}

/** @param {string | null} code @param {string} [invite] @returns {MeetingLink | null} */
const named = (code, invite = '') => (code ? { code: code.toUpperCase(), invite } : null);

/** "K7QX2P). See you" -> "K7QX2P" @param {string} text */
const leading = (text) => /^\s*([A-Z0-9]{6})(?![A-Z0-9])/iu.exec(text)?.[1] ?? null;

/** @param {string} text */
const readCode = (text) => joined(text) ?? joined(text.slice(text.lastIndexOf(':') + 1)) ?? onlyWord(text);

/** All of the text is the code: "k7q x2p", "“K7Q-X2P”." @param {string} text */
function joined(text) {
  const letters = text.replace(/[^\p{L}\p{N}]/gu, '');
  return /^[A-Z0-9]{6}$/iu.test(letters) ? letters : null;
}

/** "The meeting is K7QX2P at noon": one word that can be nothing else. @param {string} text */
function onlyWord(text) {
  const found = new Set(
    [...text.matchAll(WORD)].map(([word]) => word).filter((word) => /\d/.test(word) || word === word.toUpperCase()),
  );
  return found.size === 1 ? [...found][0] : null;
}

/** %20 and the like, as far as they mean something. @param {string} text */
const decoded = (text) =>
  text.replace(/(?:%[0-9a-f]{2})+/giu, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
