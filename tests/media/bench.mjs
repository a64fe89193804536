/* Pages that have the transport of a meeting over a media server, and nothing else of the page: tests say what is signalled.
 *
 *     const bench = await startBench();
 *     await page.exposeFunction('tellServer', (json) => …);   // what the page says to the media server
 *     await bench.open(page, { id, people });                 // whose page it is, of whom
 *     page.evaluate(…): start(epoch), hear(signal), want(size, of), received(), sent(), framerates()
 *     bench.close() */
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { root } from '../lib/system.mjs';

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript' };

/** A page's part of it: runs in the browser. */
function workbench({ id, people }) {
  const connections = [];
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };
  window.start = async (epoch) => {
    const { Sfu } = await import('/js/transport/sfu.js');
    window.stream ??= await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } });
    window.sfu?.close();
    const send = (_, data) => window.tellServer(JSON.stringify(data));
    const sfu = new Sfu({ myId: id, relayOnly: false, send }, { epoch });
    window.sfu = sfu;
    window.hear = (signal) => window.sfu.receive(0, signal);
    sfu.setPeople(people.map((userId) => ({ userId, online: true })));
    if (window.wanted) window.want(...window.wanted);
    await sfu.setLocal({
      microphone: window.stream.getAudioTracks()[0],
      camera: window.stream.getVideoTracks()[0],
      screen: null,
    });
  };
  window.want = (size, of = people) => {
    window.wanted = [size, of];
    window.sfu?.setWants(new Map(of.filter((one) => one !== id).map((one) => [one, { camera: size, screen: 'none' }])));
  };
  /** Packets and frames by person, of all connections that are open. */
  window.received = async () => {
    const found = {};
    for (const { userId, remote } of window.sfu.view()) {
      const tracks = [remote.microphone, remote.camera].flatMap((stream) => stream?.getTracks() ?? []);
      found[userId] = { packets: 0, frames: 0, width: 0 };
      for (const pc of connections.filter(({ connectionState }) => connectionState === 'connected'))
        for (const receiver of pc.getReceivers().filter(({ track }) => tracks.includes(track)))
          for (const report of (await receiver.getStats()).values()) {
            if (report.type !== 'inbound-rtp') continue;
            if (report.kind === 'audio') found[userId].packets += report.packetsReceived;
            else Object.assign(found[userId], { frames: report.framesDecoded ?? 0, width: report.frameWidth ?? 0 });
          }
    }
    return found;
  };
  /** Of the camera, by size: the most pictures a second; null where there is no limit, or nothing is sent. */
  window.framerates = () =>
    connections
      .filter(({ connectionState }) => connectionState === 'connected')
      .flatMap((pc) => pc.getSenders())
      .filter(({ track }) => track?.kind === 'video')
      .flatMap((sender) => sender.getParameters().encodings)
      .map(({ active, maxFramerate }) => (active && maxFramerate) || null);
  window.sent = async () => {
    const sent = { audio: 0, video: 0 };
    for (const pc of connections.filter(({ connectionState }) => connectionState === 'connected'))
      for (const report of (await pc.getStats()).values())
        if (report.type === 'outbound-rtp') sent[report.kind] += report.packetsSent;
    return sent;
  };
}

function serve(request, response) {
  const file = path.join(root, 'www', path.normalize(request.url));
  if (request.url === '/bench') response.setHeader('content-type', 'text/html').end('<!doctype html><title>t</title>');
  else if (fs.existsSync(file))
    response.setHeader('content-type', TYPES[path.extname(file)] ?? 'text/plain').end(fs.readFileSync(file));
  else response.writeHead(204).end();
}

export async function startBench() {
  const server = http.createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    async open(page, whose) {
      await page.goto(`http://localhost:${server.address().port}/bench`);
      await page.evaluate(workbench, whose);
    },
    close: () => server.close(),
  };
}
