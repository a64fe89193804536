/** What two looks at a call's media say of the time between them, person by person. Pure. */

/** @typedef {import('./media-transport.js').Flow} Flow */
/**
 * @typedef {object} PersonStatistics
 * @property {number} userId of one's own: what is sent
 * @property {{width: number, height: number, framesPerSecond: number} | null} picture the largest one
 * @property {number} bitsPerSecond
 * @property {number | null} loss share of the packets, null: there were none
 * @property {number} roundTripMs
 * @property {boolean} relayed over a TURN server
 */

/** @param {Flow[]} flows @param {keyof Flow & ('bytes' | 'packets' | 'lost')} what */
const sum = (flows, what) => flows.reduce((total, flow) => total + flow[what], 0);

/**
 * @param {Flow[]} before @param {Flow[]} now @param {number} seconds between them
 * @returns {PersonStatistics[]} in the order in which people stand in `now`
 */
export function statisticsOf(before, now, seconds) {
  return [...new Set(now.map(({ userId }) => userId))].map((userId) => {
    const [earlier, flows] = [before, now].map((list) => list.filter((flow) => flow.userId === userId));
    const since = (/** @type {'bytes' | 'packets' | 'lost'} */ what) =>
      Math.max(0, sum(flows, what) - sum(earlier, what));
    const [largest] = flows.filter(({ height }) => height > 0).sort((a, b) => b.height - a.height);
    const [out] = flows;
    const all = since('packets') + (out.direction === 'in' ? since('lost') : 0);
    return {
      userId,
      picture: largest ?? null,
      bitsPerSecond: (since('bytes') * 8) / seconds,
      loss: all > 0 ? Math.min(1, since('lost') / all) : null,
      roundTripMs: Math.max(...flows.map(({ roundTripMs }) => roundTripMs)),
      relayed: flows.some(({ relayed }) => relayed),
    };
  });
}
