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

/** Whether media run over a TURN server of ours. @param {RTCStatsReport} stats */
export function isRelayed(stats) {
  for (const report of stats.values()) {
    if (report.type !== 'candidate-pair' || !report.nominated || report.state !== 'succeeded') continue;
    if (stats.get(report.localCandidateId)?.candidateType === 'relay') return true;
  }
  return false;
}
