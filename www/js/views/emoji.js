/** A small choice of emoji for the chat. Every one is a character; the system draws it and screen readers know its name. */
import { html } from '../ui.js';
import { t } from '../i18n.js';
import { IconButton, useMenu } from './controls.js';

const COLUMNS = 8;
const EMOJI = (
  '😀 😄 😂 🙂 😉 😊 😍 😎 🤔 😐 😕 😢 😭 😡 😴 🥳 👍 👎 👌 👏 🙌 🙏 💪 👋 ' +
  '✅ ❌ ❓ ❗ 💡 🔥 ⭐ 🎉 ❤️ 💚 💙 ☕ 🍰 🌞 🌧️ 🚀 📌 📎 📅 ⏰ 💻 🔗 📈 🐞'
).split(' ');

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };

/** @param {{onChoose: (emoji: string) => void}} props */
export function EmojiButton({ onChoose }) {
  const { open, setOpen, root, onEscape } = useMenu();
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    onEscape(event);
    const step = STEPS[event.key];
    if (!open || !step) return;
    event.preventDefault();
    const all = [...(root.current?.querySelectorAll('.menu button') ?? [])];
    /** @type {HTMLElement | undefined} */ (all[all.indexOf(/** @type {Element} */ (event.target)) + step])?.focus();
  };
  const choose = (/** @type {string} */ emoji) => {
    setOpen(false);
    onChoose(emoji);
  };
  return html`
    <div class="emoji" ref=${root} onKeyDown=${pressed}>
      <${IconButton} name="face-slightly-smiling" label=${t('chat.emoji')} aria-expanded=${open} onClick=${() => setOpen(!open)} />
      ${
        open &&
        html`
        <div class="menu emoji-menu" role="group" aria-label=${t('chat.emoji')}>
          ${EMOJI.map(
            (emoji, i) => html`
            <button type="button" key=${emoji} tabindex=${i === 0 ? 0 : -1} onClick=${() => choose(emoji)}>${emoji}</button>`,
          )}
        </div>`
      }
    </div>`;
}
