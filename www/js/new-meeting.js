/** What a meeting that the page makes is like where nobody says anything, and other than the API's own. */
export const NEW_MEETING = Object.freeze({
  /** A link that was sent to others still leads somewhere when its sender has closed the page. */
  emptyMinutes: 60,
  /** Whoever has only the link knocks, and comes in by one click of the host. */
  allowGuests: true,
  guestsWait: true,
});
