/** One message of the chat: its text with links, its marks, and what may be done with it. */
import { html, memo, useLayoutEffect, useRef, useState, classes, composes } from '../ui.js';
import { errorText, language, t, timeOn } from '../i18n.js';
import { findLinks } from '../linkify.js';
import { toast } from '../toasts.js';
import { Quote } from './chat-messages.js';
import { IconButton, useBusy } from './controls.js';
import { Confirm } from './dialog.js';

/** @typedef {import('../room-state.js').Message} Message */

const LONGEST = 4000;

/** By how many letters, as the server counts them, a message is too long. It is never cut: what was pasted is not to be lost unseen. @param {string} text */
export const surplusOf = (text) => Math.max(0, [...text.trim()].length - LONGEST);

/** @param {{surplus: number}} props */
export const TooLong = ({ surplus }) =>
  surplus > 0
    ? html`
  <p class="field-error" role="alert">${t('chat.tooLong', { count: surplus.toLocaleString(language()), most: LONGEST.toLocaleString(language()) })}</p>`
    : null;

/**
 * @typedef {object} MessageItemProps
 * @property {import('../meeting-session.js').MeetingSession} call
 * @property {number} myId
 * @property {Message} message
 * @property {boolean} first under its name
 * @property {boolean} may be deleted by this person
 * @property {boolean} editing this message now
 * @property {(id: number | null) => void} onEdit
 * @property {() => void} onDeleted
 * @property {Message | undefined} quoted the message that this one answers, where it is at hand
 * @property {((message: Message) => void) | null} onReply null: this person may not write
 * @property {(id: number) => void} onJump to another message
 */

/** Drawn again only where it changes itself. */
export const MessageItem = memo(
  (
    /** @type {MessageItemProps} */ {
      call,
      myId,
      message,
      first,
      may,
      editing,
      onEdit,
      onDeleted,
      quoted,
      onReply,
      onJump,
    },
  ) => {
    const { id, text, to, editedAt, deletedAt } = message;
    const mine = message.sender.id === myId;
    return html`
    <article class=${classes('message', mine && 'mine', first && 'first', to && 'private')} data-message=${id}>
      ${first && html`<${Head} message=${message} mine=${mine} myId=${myId} />`}
      ${message.replyTo && !deletedAt && html`<${Quote} replyTo=${message.replyTo} quoted=${quoted} onJump=${onJump} />`}
      ${deletedAt && html`<p class="quiet deleted">${t('chat.deleted')}</p>`}
      ${!deletedAt && editing && html`<${Editor} call=${call} message=${message} onDone=${() => onEdit(null)} />`}
      ${
        !deletedAt &&
        !editing &&
        html`
        <p dir="auto">${findLinks(text).map(textOrLink)}${editedAt && html` <span class="quiet edited">${t('chat.edited')}</span>`}</p>
        <${Actions} call=${call} message=${message} mine=${mine} may=${may}
          onEdit=${() => onEdit(id)} onDeleted=${onDeleted} onReply=${onReply} />`
      }
    </article>`;
  },
);

/** @param {{message: Message, mine: boolean, myId: number}} props */
function Head({ message: { sender, to, createdAt }, mine, myId }) {
  return html`
    <header><strong>${mine ? t('chat.you') : html`<bdi translate=${false}>${sender.displayName}</bdi>`}</strong>${' '}
      ${to && html`<span class="private-mark">${to.id === myId ? t('chat.toYou') : t('chat.toOne', { name: to.displayName })}</span> `}
      <time dateTime=${createdAt}>${timeOn(createdAt)}</time></header>`;
}

/** @param {import('../linkify.js').Part} part */
const textOrLink = ({ text, href }) =>
  href ? html`<a href=${href} target="_blank" rel="noopener noreferrer">${text}</a>` : text;

/** @param {{call: import('../meeting-session.js').MeetingSession, message: Message, mine: boolean, may: boolean, onEdit: () => void,
 *   onDeleted: () => void, onReply: ((message: Message) => void) | null}} props */
function Actions({ call, message, mine, may, onEdit, onDeleted, onReply }) {
  const [asking, setAsking] = useState(false);
  if (!may && !onReply) return null;
  const remove = async () => {
    await call.chat.delete(message.id);
    onDeleted();
  };
  return html`
    <div class="message-do">
      ${onReply && html`<${IconButton} label=${t('chat.reply')} name="reply" size=${16} onClick=${() => onReply(message)} />`}
      ${mine && may && html`<${IconButton} label=${t('chat.edit')} name="pencil" size=${16} onClick=${onEdit} />`}
      ${may && html`<${IconButton} label=${t('chat.delete')} name="trash" size=${16} onClick=${() => setAsking(true)} />`}
      ${
        asking &&
        html`
        <${Confirm} title=${t('chat.deleteTitle')} action=${t('chat.deleteDo')} onConfirm=${remove} onClose=${() => setAsking(false)}>
          <p>${t(message.to ? 'chat.deletePrivateHint' : 'chat.deleteHint')}</p>
          <blockquote dir="auto">${message.text}</blockquote>
        <//>`
      }
    </div>`;
}

/** @param {{call: import('../meeting-session.js').MeetingSession, message: Message, onDone: () => void}} props */
function Editor({ call, message, onDone }) {
  const [text, setText] = useState(message.text);
  const surplus = surplusOf(text);
  const [busy, run] = useBusy();
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useLayoutEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(message.text.length, message.text.length);
  }, []);
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    const written = text.trim();
    if (!written || busy || surplus > 0) return;
    run(async () => {
      try {
        if (written !== message.text) await call.chat.edit(message.id, written);
        onDone();
      } catch (error) {
        toast(errorText(error), 'error');
      }
    });
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (composes(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) save(event);
    if (event.key !== 'Escape') return;
    event.stopPropagation(); // or the whole panel closes
    onDone();
  };
  return html`
    <form class="message-editor" onSubmit=${save}>
      <textarea ref=${area} rows="2" dir="auto" aria-label=${t('chat.editField')} value=${text}
        onInput=${() => setText(area.current?.value ?? '')} onKeyDown=${pressed}></textarea>
      <${TooLong} surplus=${surplus} />
      <div>
        <button type="button" class="secondary" onClick=${onDone}>${t('app.cancel')}</button>
        <button class="primary" disabled=${busy || !text.trim() || surplus > 0}>${t('app.save')}</button>
      </div>
    </form>`;
}
