/** What the statistics of a connection say. Pure. */

/** @typedef {import('../media-transport.js').Sample} Sample */
/** @typedef {RTCInboundRtpStreamStats & RTCIceCandidatePairStats & {candidateType?: string}} Report what is read of one, whichever it is */

/** @param {Iterable<Report>} reports of RTCPeerConnection.getStats() @returns {Sample} */
export function sampleOf(reports) {
  const sample = { received: 0, lost: 0, roundTripMs: 0 };
  for (const report of reports) {
    if (report.type === 'inbound-rtp') {
      sample.received += report.packetsReceived ?? 0;
      sample.lost += report.packetsLost ?? 0;
    } else if (report.type === 'candidate-pair' && report.nominated) {
      sample.roundTripMs = Math.max(sample.roundTripMs, (report.currentRoundTripTime ?? 0) * 1000);
    }
  }
  return sample;
}

/** With so few packets a share says nothing. */
const ENOUGH_PACKETS = 30;

/** The share of packets lost between two looks. @param {{received: number, lost: number}} before @param {{received: number, lost: number}} now */
export function lossBetween(before, now) {
  const lost = Math.max(0, now.lost - before.lost);
  const all = lost + Math.max(0, now.received - before.received);
  return all >= ENOUGH_PACKETS ? lost / all : 0;
}

/** @typedef {import('../media-transport.js').Flow} Flow */

/**
 * What goes over a connection, line by line; a camera that goes out in several sizes is one.
 * @param {RTCStatsReport} stats
 * @returns {(Omit<Flow, 'userId'> & {mid: string})[]}
 */
export function flowsOf(stats) {
  const reports = [...stats.values()];
  const relayed = isRelayed(stats);
  const { roundTripMs } = sampleOf(reports);
  /** @type {Map<string, Omit<Flow, 'userId'> & {mid: string}>} */
  const flows = new Map();
  for (const report of reports) {
    const out = report.type === 'outbound-rtp';
    if (!out && report.type !== 'inbound-rtp') continue;
    const key = `${report.type} ${report.mid}`;
    const flow = flows.get(key) ?? {
      mid: report.mid,
      kind: report.kind,
      direction: out ? 'out' : 'in',
      bytes: 0,
      packets: 0,
      lost: 0,
      frames: 0,
      trackId: report.trackIdentifier ?? '',
      width: 0,
      height: 0,
      framesPerSecond: 0,
      roundTripMs,
      relayed,
    };
    flows.set(key, flow);
    flow.bytes += (out ? report.bytesSent : report.bytesReceived) ?? 0;
    flow.packets += (out ? report.packetsSent : report.packetsReceived) ?? 0;
    flow.frames += (out ? report.framesSent : report.framesDecoded) ?? 0;
    flow.lost += (out ? stats.get(report.remoteId)?.packetsLost : report.packetsLost) ?? 0;
    if ((report.frameHeight ?? 0) <= flow.height || (out && report.active === false)) continue;
    flow.width = report.frameWidth;
    flow.height = report.frameHeight;
    flow.framesPerSecond = report.framesPerSecond ?? 0;
  }
  return [...flows.values()];
}

/** Whether media run over a TURN server of ours. @param {RTCStatsReport} stats */
export function isRelayed(stats) {
  for (const report of stats.values()) {
    if (report.type !== 'candidate-pair' || !report.nominated || report.state !== 'succeeded') continue;
    if (stats.get(report.localCandidateId)?.candidateType === 'relay') return true;
  }
  return false;
}
