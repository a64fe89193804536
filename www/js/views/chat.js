/** The chat: what was written, and the line one writes in. */
import { html, useEffect, useLayoutEffect, useRef, useState, useStore, classes } from '../ui.js';
import { icon } from '../icons.js';
import { clockTime, errorText, t } from '../i18n.js';
import { toast } from '../toasts.js';
import { useBusy } from './controls.js';

/** @typedef {import('../room-state.js').Message} Message */

/** Lines of one person within this time stand under one name. */
const TOGETHER_MS = 120_000;
const LONGEST = 4000;
/** With fewer lines than the server sends at once there is nothing before them. */
const PAGE = 50;
/** So close to the end counts as reading the newest lines. */
const NEAR_END_PX = 80;

/** @param {{call: import('../call.js').Call, room: import('../room-state.js').Room}} props */
export function Chat({ call, room }) {
  const { pending } = useStore(call.store);
  const { messages, myId } = room;
  const log = useRef(/** @type {HTMLElement | null} */ (null));
  const atEnd = useRef(true);
  useEffect(() => call.seen(), [messages]);
  useLayoutEffect(() => {
    if (atEnd.current && log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [messages, pending]);
  const scrolled = () => {
    const { scrollTop, clientHeight, scrollHeight } = /** @type {HTMLElement} */ (log.current);
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  };
  return html`
    <div class="chat">
      <div class="chat-log" ref=${log} onScroll=${scrolled} tabindex="0" role="log" aria-live="off" aria-label=${t('chat.log')}>
        ${messages.length >= PAGE && html`<${Earlier} call=${call} log=${log} />`}
        ${messages.length + pending.length === 0 && html`<p class="empty">${t('chat.empty')}</p>`}
        ${messages.map((message, i) => html`<${Line} key=${message.id} message=${message} mine=${message.sender.id === myId}
          first=${!together(messages[i - 1], message)} />`)}
        ${pending.map((line) => html`<${Waiting} key=${line.clientId} line=${line} />`)}
      </div>
      <${Composer} onSend=${(/** @type {string} */ text) => {
        atEnd.current = true;
        call.chat(text);
      }} />
    </div>`;
}

/** @param {Message | undefined} before @param {Message} message */
function together(before, message) {
  if (before?.sender.id !== message.sender.id) return false;
  return Date.parse(message.createdAt) - Date.parse(before.createdAt) < TOGETHER_MS;
}

/** @param {{message: Message, mine: boolean, first: boolean}} props */
function Line({ message, mine, first }) {
  return html`
    <article class=${classes('line', mine && 'mine', first && 'first')} data-message=${message.id}>
      ${first && html`<header><strong>${mine ? t('chat.you') : message.sender.displayName}</strong>${' '}
        <time dateTime=${message.createdAt}>${clockTime(message.createdAt)}</time></header>`}
      <p>${message.text}</p>
    </article>`;
}

/** @param {{line: import('../call.js').PendingLine}} props */
const Waiting = ({ line }) => html`
  <article class=${classes('line', 'mine', 'first', line.failed ? 'failed' : 'waiting')}>
    <header>${line.failed ? t('chat.failed', { reason: line.failed }) : t('chat.sending')}</header>
    <p>${line.text}</p>
  </article>`;

/** @param {{call: import('../call.js').Call, log: {current: HTMLElement | null}}} props */
function Earlier({ call, log }) {
  const [more, setMore] = useState(true);
  const [busy, run] = useBusy();
  if (!more) return null;
  const load = () => run(async () => {
    const element = log.current;
    const fromEnd = element ? element.scrollHeight - element.scrollTop : 0;
    try {
      setMore(await call.earlierMessages());
      requestAnimationFrame(() => element && (element.scrollTop = element.scrollHeight - fromEnd)); // stay where one reads
    } catch (error) {
      toast(errorText(error), 'error');
    }
  });
  return html`<button type="button" class="link earlier" disabled=${busy} onClick=${load}>${t('chat.earlier')}</button>`;
}

/** @param {{onSend: (text: string) => void}} props */
function Composer({ onSend }) {
  const [text, setText] = useState('');
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => area.current?.focus({ preventScroll: true }), []);
  useLayoutEffect(() => {
    if (!area.current) return;
    area.current.style.height = 'auto';
    area.current.style.height = `${area.current.scrollHeight + 2}px`;
  }, [text]);
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    const line = text.trim();
    if (!line) return;
    onSend(line);
    setText('');
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    // While an input method composes, Enter chooses a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) send(event);
  };
  return html`
    <form class="composer" onSubmit=${send}>
      <textarea ref=${area} rows="1" maxlength=${LONGEST} aria-label=${t('chat.placeholder')} placeholder=${t('chat.placeholder')}
        value=${text} onInput=${() => setText(area.current?.value ?? '')} onKeyDown=${pressed}></textarea>
      <button class="icon-button" aria-label=${t('chat.send')} data-tip=${t('chat.send')} disabled=${!text.trim()}>
        ${icon('send')}</button>
    </form>`;
}
