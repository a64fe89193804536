/**
 * A hand that is raised is lowered when its owner has spoken; people forget it. It is told, with a way back, and who
 * raises it again at once keeps it.
 */
import { t } from './i18n.js';
import { me } from './room-state.js';
import { LOUD } from './speaking.js';
import { announce, toast } from './toasts.js';

/** So much of a voice is a contribution, not a cough. Words are loud for less than half of their time. */
const SPOKEN_MS = 2_000;
/** After such a silence it was another one. */
const PAUSE_MS = 6_000;

/** How long somebody has been loud since the last long pause. */
export class Contribution {
  #loudMs = 0;
  #loudAt = -Infinity;
  #lookedAt = Infinity;

  /** @param {number} level 0 to 1 @param {number} now ms @returns {boolean} whether enough was said */
  hear(level, now) {
    if (now - this.#loudAt > PAUSE_MS) this.#loudMs = 0;
    if (level > LOUD) {
      this.#loudMs += Math.min(1_000, Math.max(0, now - this.#lookedAt));
      this.#loudAt = now;
    }
    this.#lookedAt = now;
    return this.#loudMs >= SPOKEN_MS;
  }
}

/** @param {import('./meeting-session.js').MeetingSession} call in its room @returns {() => void} ends it */
export function lowerHandAfterSpeaking(call) {
  /** @type {Contribution | null} since the hand was raised */
  let contribution = null;
  let kept = false;
  const raised = () => {
    const { room } = call.store.get();
    return Boolean(room && me(room)?.handRaisedAt);
  };
  const raiseAgain = () => {
    kept = true;
    if (!raised()) call.toggleHand();
  };
  return (
    call.roomMedia?.on('ownLevel', async (level) => {
      if (!raised()) {
        contribution = null;
        return;
      }
      contribution ??= new Contribution();
      if (kept || !contribution.hear(level, performance.now())) return;
      contribution = null;
      await call.toggleHand();
      if (raised()) return; // it was not to be
      const text = t('hand.lowered');
      announce(text);
      toast(text, 'info', { label: t('hand.raiseAgain'), run: raiseAgain });
    }) ?? (() => {})
  );
}
