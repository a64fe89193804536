/* What the tests read of the media transport of a call: the one place, beside the mesh's own tests, that knows how it is
 * made. Everything here names people, so that a test says what it wants to know and not where it is found. */

/** What is known of the connection with somebody, read in the page of `person` by `work(peer, argument)`; null without one. */
async function ofPeer(person, userId, work, argument) {
  const peer = await person.page.evaluateHandle(
    (id) => window.echomeet.call?.roomMedia?.transport?.peers?.get(id),
    userId,
  );
  try {
    return (await peer.evaluate((one) => one === undefined)) ? null : await peer.evaluate(work, argument);
  } finally {
    await peer.dispose();
  }
}

/** What has arrived from somebody so far: {frames, sound, screenFrames, state}; null without a connection. */
export const received = async (person, userId) =>
  (await receivedByPeer(person, userId)) ?? receivedByServer(person, userId);

/** The same where a media server brings it; sound is counted in packets then. */
const receivedByServer = (person, userId) =>
  person.page.evaluate(async (id) => {
    const transport = window.echomeet.call?.roomMedia?.transport;
    const view = transport?.view().find((one) => one.userId === id);
    if (!view) return null;
    const flows = (await transport.flows()).filter((flow) => flow.direction === 'in' && flow.userId === id);
    const sum = (what, which) => flows.filter(which).reduce((total, flow) => total + flow[what], 0);
    const screen = view.remote.screen?.getTracks()[0]?.id;
    return {
      state: view.state,
      sound: sum('packets', ({ kind }) => kind === 'audio'),
      frames: sum('frames', ({ kind, trackId }) => kind === 'video' && trackId !== screen),
      screenFrames: sum('frames', ({ kind, trackId }) => kind === 'video' && trackId === screen),
    };
  }, userId);

const receivedByPeer = (person, userId) =>
  ofPeer(person, userId, async ({ pc, remote }) => {
    const result = { frames: 0, sound: 0, screenFrames: 0, state: pc.connectionState };
    const screen = remote.screen?.getTracks()[0].id;
    for (const report of (await pc.getStats()).values()) {
      if (report.type !== 'inbound-rtp') continue;
      if (report.kind === 'audio') result.sound += report.totalAudioEnergy ?? 0;
      else if (report.trackIdentifier === screen) result.screenFrames += report.framesDecoded ?? 0;
      else result.frames += report.framesDecoded ?? 0;
    }
    return result;
  });

/** What `person` sends somebody of the camera, and was asked to: {frames, maxBitrate, height, active}. */
export const sentCamera = (person, userId) =>
  ofPeer(person, userId, async ({ pc }) => {
    const { sender } = pc.getTransceivers().find((one) => one.receiver.track.kind === 'video');
    const { active, maxBitrate, scaleResolutionDownBy } = sender.getParameters().encodings[0];
    const height = Math.round(sender.track.getSettings().height / scaleResolutionDownBy);
    const report = [...(await sender.getStats()).values()].find(({ type }) => type === 'outbound-rtp');
    return { frames: report.framesSent, maxBitrate, height, active };
  });

/** How high the picture of somebody arrives. */
export const receivedHeight = (person, userId) =>
  ofPeer(person, userId, async ({ pc }) => {
    const reports = [...(await pc.getStats()).values()];
    return reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video').frameHeight ?? 0;
  });

/** What both sides have agreed on with somebody, as text: a negotiation changes it. */
export const agreement = (person, userId) => ofPeer(person, userId, ({ pc }) => pc.localDescription.sdp);

/** The addresses that `person` tells somebody, as candidates in the text of SDP. */
export const candidates = async (person, userId) => (await agreement(person, userId)).match(/a=candidate.*/g) ?? [];

/** Of the way that media take now: [type of our end, type of the other's]. */
export const way = (person, userId) =>
  ofPeer(person, userId, async ({ pc }) => {
    const stats = await pc.getStats();
    const transport = [...stats.values()].find(({ type }) => type === 'transport');
    const pair = stats.get(transport.selectedCandidatePairId);
    return [stats.get(pair.localCandidateId).candidateType, stats.get(pair.remoteCandidateId).candidateType];
  });

/** The last of the ICE servers that are in use with somebody. */
export const iceServer = (person, userId) =>
  ofPeer(person, userId, ({ pc }) => pc.getConfiguration().iceServers.at(-1));

/** Names that other connections in the place of these do not have: of each peer, and with a media server of each line that comes from it. */
export const connectionNames = (person) =>
  person.page.evaluate(async () => {
    const { transport } = window.echomeet.call.roomMedia;
    if (transport.peers) return [...transport.peers.values()].map(({ instance }) => instance);
    const lines = (await transport.flows()).filter(({ direction }) => direction === 'in');
    return lines.map(({ trackId }) => trackId).sort();
  });

/** Negotiates with everybody, without need; with a media server there is nobody to negotiate with but the server, which begins. */
export const renegotiate = (person) =>
  person.page.evaluate(() => window.echomeet.call.roomMedia.transport.renegotiate?.());

/** How the negotiation with each of the others stands. */
export const signalingStates = (person) =>
  person.page.evaluate(() =>
    [...(window.echomeet.call.roomMedia.transport.peers?.values() ?? [])].map(({ pc }) => pc.signalingState),
  );
