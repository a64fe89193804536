/** Several who came or went, in one line. */
import { t } from './i18n.js';

/** @param {'joined' | 'left'} move @param {string[]} names @returns {string} "Ana, Bo and 23 others joined" */
export function crowdText(move, names) {
  const [name, other] = names;
  if (names.length === 1) return t(`notification.${move}`, { name });
  if (names.length === 2) return t(`crowd.${move}Two`, { name, other });
  return t(`crowd.${move}Many`, { name, other, count: names.length - 2 });
}
