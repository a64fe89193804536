/** What is in the chat beside what people write: what happened in the meeting, where one stopped reading, and answers. */
import { html, memo, useEffect, useRef, useState } from '../ui.js';
import { icon } from '../icons.js';
import { crowdText } from '../crowd.js';
import { t, timeOn } from '../i18n.js';
import { IconButton } from './controls.js';

/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */
/** @typedef {import('../room-state.js').Message} Message */
/** @typedef {import('../room-state.js').SystemMessage} SystemMessage */
/** @typedef {{message: Message, systemMessage?: undefined} | {systemMessage: SystemMessage, message?: undefined}} Entry */

/** How long the message that one jumped to stands out. */
const FOUND_MS = 1_500;

/**
 * What people wrote and what happened, in the order of their times.
 * @param {Message[]} messages @param {SystemMessage[]} systemMessages @param {boolean} all false: only those after the first message
 * @returns {Entry[]}
 */
export function entriesOf(messages, systemMessages, all) {
  const from = all ? '' : (messages[0]?.createdAt ?? '');
  /** @type {Entry[]} */
  const entries = [];
  let next = systemMessages.findIndex(({ at }) => at >= from);
  if (next < 0) next = systemMessages.length;
  for (const message of messages) {
    for (; next < systemMessages.length && systemMessages[next].at < message.createdAt; next += 1)
      entries.push({ systemMessage: systemMessages[next] });
    entries.push({ message });
  }
  for (; next < systemMessages.length; next += 1) entries.push({ systemMessage: systemMessages[next] });
  return entries;
}

/** Drawn once: it never changes. */
export const SystemMessageItem = memo(
  (
    /** @type {{systemMessage: SystemMessage}} */ { systemMessage: { key, at, name = '', by = '', title = '', names } },
  ) => html`
  <p class="system-message"><time dateTime=${at}>${timeOn(at)}</time> ${
    names ? crowdText(/** @type {'joined' | 'left'} */ (key), names) : t(`system.${key}`, { name, by, title })
  }</p>`,
);

export const UnreadMark = () => html`<p class="unread-mark" role="separator"><span>${t('chat.unreadFrom')}</span></p>`;

/**
 * The first message that had not been read when the chat was opened, or came to sight again. While one looks at the chat,
 * what comes is read.
 * @param {MeetingSession} call @param {Message[]} messages @param {number} myId
 */
export function useReading(call, messages, myId) {
  const firstUnread = () =>
    messages.find(({ id, sender, deletedAt }) => id > call.store.get().seenMessage && sender.id !== myId && !deletedAt)
      ?.id ?? null;
  const [first, setFirst] = useState(firstUnread);
  const latest = useRef(firstUnread);
  latest.current = firstUnread;
  useEffect(() => {
    if (document.visibilityState === 'visible') call.chat.seen();
  }, [messages]);
  useEffect(() => {
    const seen = () => {
      if (document.visibilityState !== 'visible') return;
      setFirst(latest.current());
      call.chat.seen();
    };
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, [call]);
  return first;
}

/**
 * Above an answer: what it answers. A touch leads there.
 * @param {{replyTo: {id: number, sender: {displayName: string}}, quoted: Message | undefined, onJump: (id: number) => void}} props
 */
export const Quote = ({ replyTo, quoted, onJump }) => html`
  <button type="button" class="quote" aria-label=${t('chat.quoteOf', { name: replyTo.sender.displayName, text: quotedText(quoted) })}
    onClick=${() => onJump(replyTo.id)}><bdi translate=${false}><strong>${replyTo.sender.displayName}</strong></bdi> <bdi>${quotedText(quoted)}</bdi></button>`;

/** @param {Message | undefined} message */
const quotedText = (message) => (message?.deletedAt ? t('chat.deleted') : (message?.text ?? '…'));

/** Above the field that one writes in: what the message will answer. @param {{message: Message, onClose: () => void}} props */
export const Replying = ({ message, onClose }) => html`
  <div class="replying">${icon('reply', 16)}
    <span class="replying-what"><strong>${t('chat.replyingTo', { name: message.sender.displayName })}</strong> <bdi>${message.text}</bdi></span>
    <${IconButton} name="x" size=${16} label=${t('chat.replyCancel')} onClick=${onClose} /></div>`;

/**
 * Brings a message into sight, fetching older ones where it must.
 * @param {number} id @param {HTMLElement | null} log @param {() => Promise<boolean>} more false: there are none
 */
export async function jumpTo(id, log, more) {
  const find = () => /** @type {HTMLElement | null | undefined} */ (log?.querySelector(`[data-message="${id}"]`));
  while (!find() && (await more())) await new Promise((resolve) => requestAnimationFrame(resolve));
  const message = find();
  if (!message) return;
  message.scrollIntoView({ block: 'center' });
  message.classList.add('found');
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
  setTimeout(() => message.classList.remove('found'), FOUND_MS);
}
