/** The chat: what was written, and the field to write in. */
import {
  html,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useStore,
  classes,
  composes,
} from '../ui.js';
import { icon } from '../icons.js';
import { errorText, t } from '../i18n.js';
import { can, mayDelete, others } from '../room-state.js';
import { saveFile } from '../save-file.js';
import { toast } from '../toasts.js';
import { useBusy, useFieldId } from './controls.js';
import { SystemMessageItem, Quote, Replying, UnreadMark, entriesOf, jumpTo, useReading } from './chat-messages.js';
import { EmojiButton } from './emoji.js';
import { MessageItem, TooLong, surplusOf } from './message.js';

/** @typedef {import('../room-state.js').Message} Message */

/** Messages of one person within this time stand under one name. */
const TOGETHER_MS = 120_000;
/** So many messages are drawn at first, and so many more on demand: a long chat must not make the page slow. */
const DRAWN = 150;
/** With fewer messages than the server sends at once there is nothing before them. */
const PAGE = 50;
/** So close to the end counts as reading the newest messages. */
const NEAR_END_PX = 80;
/** More names of those who write would only be read by nobody. */
const WRITERS = 2;

/** @param {{call: import('../meeting-session.js').MeetingSession, room: import('../room-state.js').Room}} props */
export function Chat({ call, room }) {
  const { pending } = useStore(call.store);
  const { messages, myId, systemMessages } = room;
  const [editing, setEditing] = useState(/** @type {number | null} */ (null));
  const composer = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const log = useRef(/** @type {HTMLElement | null} */ (null));
  const atEnd = useRef(true);
  const { drawn, hidden, showEarlier } = useDrawn(messages, atEnd);
  const showMore = useRef(showEarlier);
  showMore.current = showEarlier;
  const firstUnread = useReading(call, messages, myId);
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const entries = useMemo(
    () => entriesOf(drawn, systemMessages, !hidden),
    [drawn[0], messages, systemMessages, hidden],
  );
  const toEnd = () => {
    if (atEnd.current && log.current) log.current.scrollTop = log.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [messages, pending]);
  useEffect(() => {
    const resized = new ResizeObserver(toEnd); // by a longer text below, or by the window
    resized.observe(/** @type {HTMLElement} */ (log.current));
    return () => resized.disconnect();
  }, []);
  const scrolled = () => {
    const { scrollTop, clientHeight, scrollHeight } = /** @type {HTMLElement} */ (log.current);
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    call.chat.readsBack = !atEnd.current;
  };
  useEffect(
    () => () => {
      call.chat.readsBack = false;
    },
    [call],
  );
  const focusComposer = useCallback(() => composer.current?.focus(), []);
  const jump = useCallback(
    (/** @type {number} */ id) =>
      jumpTo(
        id,
        log.current,
        async () =>
          showMore.current() ||
          (!call.store.get().room?.messages.some((one) => one.id <= id) && call.chat.fetchEarlier().catch(() => false)),
      ),
    [],
  );
  const reply = useCallback((/** @type {Message} */ message) => {
    call.chat.reply(message);
    focusComposer();
  }, []);
  const edit = useCallback((/** @type {number | null} */ id) => {
    setEditing(id);
    if (id === null) focusComposer();
  }, []);
  const onItsWay = pending.some(({ failed }) => !failed);
  const [editsNext, setEditsNext] = useState(false); // the last message is one that the server does not have yet
  const editLast = () => {
    setEditsNext(onItsWay);
    const last = messages.filter(({ sender, deletedAt }) => sender.id === myId && !deletedAt).at(-1);
    if (last && !onItsWay) setEditing(last.id);
  };
  useLayoutEffect(() => {
    if (editsNext && !onItsWay) editLast();
  }, [editsNext, onItsWay]);
  const mayWrite = can(room, 'chat');
  return html`
    <div class="chat">
      <div class="chat-log" ref=${log} onScroll=${scrolled} tabindex="0" role="log" aria-live="off" aria-label=${t('chat.log')}>
        ${can(room, 'read_records') && messages.length > 0 && html`<${Transcript} call=${call} room=${room} />`}
        ${(hidden || messages.length >= PAGE) && html`<${Earlier} call=${call} log=${log} oldest=${messages[0]?.id ?? 0} showEarlier=${showEarlier} />`}
        ${entries.length + pending.length === 0 && html`<p class="empty">${t('chat.empty')}</p>`}
        ${entries.flatMap(({ message, systemMessage }, i) =>
          message
            ? [
                message.id === firstUnread && html`<${UnreadMark} key="unread" />`,
                html`<${MessageItem} key=${message.id} call=${call} myId=${myId} message=${message} quoted=${message.replyTo ? byId.get(message.replyTo.id) : undefined}
            first=${message.id === firstUnread || !together(entries[i - 1]?.message, message)} may=${mayDelete(room, message)}
            editing=${editing === message.id} onEdit=${edit} onDeleted=${focusComposer} onReply=${mayWrite ? reply : null} onJump=${jump} />`,
              ]
            : [html`<${SystemMessageItem} key=${`h${systemMessage.seq}`} systemMessage=${systemMessage} />`],
        )}
        ${pending.map((message) => html`<${PendingItem} key=${message.clientId} message=${message} room=${room} />`)}
      </div>
      <${Writing} call=${call} room=${room} />
      ${room.meeting.chatKeptDays > 0 && html`<p class="quiet chat-kept">${t('chat.kept', { count: room.meeting.chatKeptDays })}</p>`}
      <${Composer} call=${call} room=${room} area=${composer} onEditLast=${editLast} onSent=${() => {
        atEnd.current = true;
      }} />
    </div>`;
}

/**
 * Which messages are drawn: the last ones while one reads at the end; where one reads further up, none is taken away.
 * @param {Message[]} messages @param {{current: boolean}} atEnd
 */
function useDrawn(messages, atEnd) {
  const from = useRef(0); // the id of the first one drawn
  const [, redraw] = useState(0);
  const newest = messages.at(-DRAWN)?.id ?? 0;
  if (atEnd.current || from.current > newest) from.current = newest;
  const start = Math.max(
    0,
    messages.findIndex(({ id }) => id >= from.current),
  );
  /** Draws more of those at hand. @returns {boolean} false where there are none: those that are fetched then will be */
  const showEarlier = () => {
    atEnd.current = false;
    if (start === 0) from.current = 0;
    if (start === 0) return false;
    from.current = messages[Math.max(0, start - DRAWN)].id;
    redraw((n) => n + 1);
    return true;
  };
  return { drawn: messages.slice(start), hidden: start > 0, showEarlier };
}

/** @param {Message | undefined} before @param {Message} message */
function together(before, message) {
  if (before?.sender.id !== message.sender.id || before.to?.id !== message.to?.id) return false;
  return Date.parse(message.createdAt) - Date.parse(before.createdAt) < TOGETHER_MS;
}

/** @param {{message: import('../session-core.js').PendingMessage, room: import('../room-state.js').Room}} props */
const PendingItem = ({ message, room }) => html`
  <article class=${classes('message', 'mine', 'first', message.to !== null && 'private', message.failed ? 'failed' : 'waiting')}>
    <header>${message.to && html`<span class="private-mark">${t('chat.toOne', { name: room.everyone[message.to] ?? '' })}</span> `}
      ${message.failed ? t('chat.failed', { reason: message.failed }) : t('chat.sending')}</header>
    ${message.replyTo && html`<${Quote} replyTo=${message.replyTo} quoted=${message.replyTo} onJump=${() => {}} />`}
    <p dir="auto">${message.text}</p>
  </article>`;

/** The whole chat as the server keeps it. @param {{call: import('../meeting-session.js').MeetingSession, room: import('../room-state.js').Room}} props */
function Transcript({ call, room: { meeting } }) {
  const [busy, run] = useBusy();
  const save = () =>
    run(async () => {
      try {
        saveFile(`EchoMeet ${meeting.code}.txt`, await call.api.text(`/meetings/${meeting.code}/transcript`));
      } catch (error) {
        toast(errorText(error), 'error');
      }
    });
  return html`<button type="button" class="link earlier" disabled=${busy} onClick=${save}>${t('records.transcript')}</button>`;
}

/** @param {{call: import('../meeting-session.js').MeetingSession, log: {current: HTMLElement | null}, oldest: number, showEarlier: () => boolean}} props */
function Earlier({ call, log, oldest, showEarlier }) {
  const [first, setFirst] = useState(/** @type {number | null} */ (null)); // the meeting's first message, once it is known
  const [busy, run] = useBusy();
  if (first !== null && oldest <= first) return null;
  const load = () =>
    run(async () => {
      const element = log.current;
      const fromEnd = element ? element.scrollHeight - element.scrollTop : 0;
      try {
        if (!showEarlier() && !(await call.chat.fetchEarlier())) setFirst(call.store.get().room?.messages[0]?.id ?? 0);
        requestAnimationFrame(() => element && (element.scrollTop = element.scrollHeight - fromEnd)); // stay where one reads
      } catch (error) {
        toast(errorText(error), 'error');
      }
    });
  return html`<button type="button" class="link earlier" disabled=${busy} onClick=${load}>${t('chat.earlier')}</button>`;
}

/**
 * Who is writing now. It is always there, so that nothing jumps.
 * @param {{call: import('../meeting-session.js').MeetingSession, room: import('../room-state.js').Room}} props
 */
function Writing({ call, room }) {
  const { typing } = useStore(call.store);
  const names = others(room)
    .filter(({ userId }) => userId in typing)
    .map(({ displayName }) => displayName);
  const text =
    names.length > WRITERS
      ? t('chat.manyWriting', { count: names.length })
      : names.length > 0 &&
        t(names.length === 1 ? 'chat.oneWriting' : 'chat.twoWriting', { name: names[0], other: names[1] ?? '' });
  return html`<p class="writing quiet">${text}</p>`;
}

/**
 * @param {{call: import('../meeting-session.js').MeetingSession, room: import('../room-state.js').Room, area: {current: HTMLTextAreaElement | null},
 *   onEditLast: () => void, onSent: () => void}} props
 */
function Composer({ call, room, area, onEditLast, onSent }) {
  const { chatTo, replyTo } = useStore(call.store);
  const mayWrite = can(room, 'chat');
  const [text, setText] = useState('');
  const surplus = surplusOf(text);
  const present = others(room);
  // Who was chosen may go meanwhile. What was meant for them alone must not go to everybody then.
  const gone = chatTo !== null && !present.some(({ userId }) => userId === chatTo);
  const name = chatTo === null ? '' : (room.everyone[chatTo] ?? '');
  useLayoutEffect(() => area.current?.focus({ preventScroll: true }), []);
  useEffect(() => () => call.chat.typing(false), []);
  useLayoutEffect(() => {
    if (!area.current) return;
    area.current.style.height = 'auto';
    area.current.style.height = `${area.current.scrollHeight + 2}px`;
  }, [text]);
  const typed = () => {
    const now = area.current?.value ?? '';
    setText(now);
    call.chat.typing(now.trim() !== '');
  };
  /** Where the caret is. @param {string} emoji */
  const insert = (emoji) => {
    const field = area.current;
    if (!field) return;
    field.focus();
    field.setRangeText(emoji, field.selectionStart, field.selectionEnd, 'end');
    typed();
  };
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    const written = text.trim();
    if (!written || gone || !mayWrite || surplus > 0) return;
    onSent();
    call.chat.send(written, chatTo);
    setText('');
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (composes(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) send(event);
    if (event.key === 'Escape' && replyTo) {
      event.stopPropagation(); // or the whole panel closes
      call.chat.reply(null);
    }
    if (event.key !== 'ArrowUp' || text) return;
    event.preventDefault();
    onEditLast();
  };
  const label = !mayWrite
    ? t('may.chat')
    : chatTo === null
      ? t('chat.placeholder')
      : t('chat.placeholderOne', { name });
  return html`
    <form class=${classes('composer', chatTo !== null && 'private')} onSubmit=${send}>
      ${
        mayWrite &&
        replyTo &&
        html`<${Replying} message=${replyTo} onClose=${() => {
          call.chat.reply(null);
          area.current?.focus();
        }} />`
      }
      ${mayWrite && (present.length > 0 || gone) && html`<${Recipient} call=${call} people=${present} chatTo=${chatTo} goneName=${gone ? name : null} />`}
      ${mayWrite && html`<${EmojiButton} onChoose=${insert} />`}
      <textarea ref=${area} rows="1" dir="auto" aria-label=${label} placeholder=${label} disabled=${!mayWrite}
        value=${text} aria-invalid=${surplus > 0 ? 'true' : undefined} onInput=${typed} onKeyDown=${pressed}></textarea>
      <button class="icon-button" aria-label=${t('chat.send')} data-tip=${t('chat.send')} disabled=${!text.trim() || gone || !mayWrite || surplus > 0}>
        ${icon('send')}</button>
      <${TooLong} surplus=${surplus} />
    </form>`;
}

/**
 * Everybody, or one person.
 * @param {{call: import('../meeting-session.js').MeetingSession, people: import('../room-state.js').Participant[], chatTo: number | null, goneName: string | null}} props
 */
function Recipient({ call, people, chatTo, goneName }) {
  const id = useFieldId();
  const choose = (/** @type {Event} */ event) => {
    call.chat.typing(false);
    call.store.set({ chatTo: Number(/** @type {HTMLSelectElement} */ (event.target).value) || null });
  };
  return html`
    <div class="composer-to">
      <label for=${id}>${t('chat.to')}</label>
      <select id=${id} onChange=${choose} aria-describedby=${goneName === null ? undefined : `${id}-gone`}>
        <option value="" selected=${chatTo === null}>${t('chat.everybody')}</option>
        ${people.map(
          ({ userId, displayName }) => html`
          <option key=${userId} value=${userId} dir="auto" translate=${false} selected=${userId === chatTo}>${displayName}</option>`,
        )}
        ${goneName !== null && html`<option value=${chatTo} selected disabled>${goneName}</option>`}
      </select>
      ${chatTo !== null && html`<span class="private-mark">${icon('lock', 14)} ${t('chat.private')}</span>`}
      ${goneName !== null && html`<p id="${id}-gone" class="field-error" role="alert">${t('chat.gone', { name: goneName })}</p>`}
    </div>`;
}
