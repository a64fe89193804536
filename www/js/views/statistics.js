/** The dialog that says how media go at this moment: which way, how large, how much, and what is lost. For whoever wants to know. */
import { html, useEffect, useState } from '../ui.js';
import { number, t } from '../i18n.js';
import { statisticsOf } from '../call-statistics.js';
import { Dialog } from './dialog.js';

/** @typedef {import('../call-statistics.js').PersonStatistics} PersonStatistics */
/** @typedef {import('../meeting-session.js').MeetingSession} MeetingSession */

const EVERY_MS = 2_000;

/** @param {{call: MeetingSession, room: import('../room-state.js').Room, onClose: () => void}} props */
export function CallStatistics({ call, room, onClose }) {
  const people = useStatistics(call);
  const mode = call.roomMedia?.mode;
  const self = (/** @type {PersonStatistics} */ { userId }) => userId === room.myId;
  const rows = people && [...people].sort((a, b) => Number(self(b)) - Number(self(a)));
  return html`
    <${Dialog} class="statistics-dialog" title=${t('statistics.title')} onClose=${onClose}>
      <p>${t(mode === 'sfu' ? 'statistics.server' : 'statistics.direct')}</p>
      ${
        rows?.length
          ? html`
        <div class="table" tabindex="0" role="region" aria-label=${t('statistics.title')}><table>
          <thead><tr>${COLUMNS.map((name) => html`<th key=${name} scope="col">${t(`statistics.${name}`)}</th>`)}</tr></thead>
          <tbody>${rows.map((row) => html`<${Row} key=${row.userId} row=${row} self=${self(row)} name=${room.everyone[row.userId] ?? ''} mode=${mode} />`)}</tbody>
        </table></div>`
          : html`<p class="quiet">${t(people ? 'statistics.nothing' : 'statistics.measuring')}</p>`
      }
    <//>`;
}

const COLUMNS = /** @type {const} */ (['person', 'picture', 'rate', 'loss', 'delay', 'way']);

/** @param {{row: PersonStatistics, self: boolean, name: string, mode?: string}} props */
function Row({ row: { picture, bitsPerSecond, loss, roundTripMs, relayed }, self, name, mode }) {
  const way = relayed ? 'turn' : mode === 'sfu' ? 'throughServer' : 'straight';
  return html`
    <tr>
      <th scope="row">${self ? t('statistics.sent') : html`<bdi translate=${false}>${name}</bdi>`}</th>
      <td>${picture ? t('statistics.size', { width: picture.width, height: picture.height, rate: Math.round(picture.framesPerSecond) }) : '–'}</td>
      <td>${t('statistics.kbits', { rate: number(Math.round(bitsPerSecond / 1000)) })}</td>
      <td>${loss === null ? '–' : number(loss, { style: 'percent', maximumFractionDigits: 1 })}</td>
      <td>${roundTripMs > 0 ? t('network.ms', { ms: Math.round(roundTripMs) }) : '–'}</td>
      <td>${t(`statistics.${way}`)}</td>
    </tr>`;
}

/** Of each person, renewed for as long as the dialog is open; null: not measured yet. @param {MeetingSession} call @returns {PersonStatistics[] | null} */
function useStatistics(call) {
  const [people, setPeople] = useState(/** @type {PersonStatistics[] | null} */ (null));
  useEffect(() => {
    /** @type {{flows: import('../media-transport.js').Flow[], at: number} | null} */
    let before = null;
    let open = true;
    const look = async () => {
      const flows = (await call.roomMedia?.transport?.flows()) ?? [];
      const at = performance.now();
      if (!open) return;
      if (before) setPeople(statisticsOf(before.flows, flows, (at - before.at) / 1000));
      before = { flows, at };
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => {
      open = false;
      clearInterval(timer);
    };
  }, [call]);
  return people;
}
