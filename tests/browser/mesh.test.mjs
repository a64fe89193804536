/* The media mesh by itself: several meshes in one page, joined by a network of the test's own that delays, loses and
 * overtakes signals. No back end. What counts is always the same: frames are decoded at the other end. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { serveFiles, startBrowser } from './support.mjs';

let files;
let browser;
let page;

before(async () => {
  files = await serveFiles();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  files?.close();
});
beforeEach(async (context) => {
  await page?.close();
  page = await browser.newPage();
  page.on('console', (message) => message.type() === 'error' && context.diagnostic?.(message.text()));
  await page.goto(`${files.base}/empty.html`);
  await page.evaluate(workbench);
});

/* The page again, with a clock that a test can put forward: `await skip(ms)` in the page. Between skips it goes on as ever. */
async function ownClock() {
  await page.clock.install();
  await page.exposeFunction('skip', (ms) => page.clock.fastForward(ms));
  await page.goto(`${files.base}/empty.html`);
  await page.evaluate(workbench);
}

/* Runs in the page: window.bench with people, a network between them, and the proof that pictures arrive. */
async function workbench() {
  const { Mesh } = await import('/js/transport/mesh.js');
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const bench = {
    meshes: new Map(),
    /** (from, to, data) -> delay in ms, or null: lost */
    network: () => 5,
    log: [],
    sleep,
    async devices() {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: true,
        video: { width: 160, height: 90, frameRate: 10 },
      });
      return { microphone: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0], screen: null };
    },
    /** A picture of its own, as a screen would be. */
    screen() {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [160, 90];
      const context = canvas.getContext('2d');
      let n = 0;
      setInterval(() => {
        n += 1;
        context.fillStyle = `hsl(${n * 7} 80% 50%)`;
        context.fillRect(0, 0, 160, 90);
      }, 80);
      return canvas.captureStream(10);
    },
    person(id, local) {
      const mesh = new Mesh({ myId: id, relayOnly: false, send: (to, data) => bench.send(id, to, data, mesh) });
      mesh.setLocal(local);
      bench.meshes.set(id, mesh);
      return mesh;
    },
    people: (...ids) => ids.map((userId) => ({ userId, online: true })),
    /** Two people with devices, 1 and 2, who do not know of each other yet. @returns [mesh of 1, mesh of 2, what both send] */
    async strangers() {
      const local = await bench.devices();
      return [bench.person(1, local), bench.person(2, local), local];
    },
    /** Everybody who is there is told of everybody. */
    meet() {
      for (const mesh of bench.meshes.values()) mesh.setPeople(bench.people(...bench.meshes.keys()));
    },
    /** Two people, 1 and 2, who see each other: see `strangers`. */
    async pair() {
      const made = await bench.strangers();
      bench.meet();
      await bench.bothWays(1, 2);
      return made;
    },
    send(from, to, data, mesh) {
      if (bench.meshes.get(from) !== mesh) return; // a page that is gone says nothing more
      const copy = JSON.parse(JSON.stringify(data));
      const delay = bench.network(from, to, copy);
      bench.log.push(
        `${from}>${to} ${copy.kind} ${copy.description?.type ?? ''}${copy.restart ? 'restart' : ''}${delay === null ? ' lost' : ''}`,
      );
      if (delay !== null) setTimeout(() => bench.meshes.get(to)?.receive(from, copy), delay);
    },
    async frames(at, from, role = 'camera') {
      const peer = bench.meshes.get(at)?.peers.get(from);
      const track = peer?.remote[role]?.getTracks()[0];
      if (!track) return -1;
      for (const report of (await peer.pc.getStats()).values()) {
        if (report.type === 'inbound-rtp' && report.trackIdentifier === track.id)
          return report.framesDecoded ?? report.packetsReceived ?? 0;
      }
      return -1;
    },
    async until(condition, what, ms = 25_000) {
      for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) if (await condition()) return;
      throw new Error(`never: ${what}\n${bench.log.slice(-40).join('\n')}\n${await bench.state()}`);
    },
    /** What every connection says of itself, for the report of a failure. */
    async state() {
      const lines = [];
      for (const [id, mesh] of bench.meshes) {
        for (const [other, { pc, state }] of mesh.peers) {
          lines.push(
            `${id} with ${other}: ${state}, ${pc.connectionState}, ice ${pc.iceConnectionState}, ${pc.signalingState}`,
          );
          for (const { mid, direction, currentDirection, sender, receiver } of pc.getTransceivers()) {
            lines.push(
              `  line ${mid}: ${direction}, now ${currentDirection}; sends ${sender.track?.readyState}, receives ${receiver.track.muted ? 'nothing' : 'something'}`,
            );
          }
          for (const {
            type,
            kind,
            ssrc,
            packetsSent,
            framesEncoded,
            packetsReceived,
            framesDecoded,
            packetsLost,
            pliCount,
          } of (await pc.getStats()).values()) {
            if (/^(in|out)bound-rtp$/.test(type))
              lines.push(
                `  ${JSON.stringify({ type, kind, ssrc, packetsSent, framesEncoded, packetsReceived, framesDecoded, packetsLost, pliCount })}`,
              );
          }
        }
      }
      return lines.join('\n');
    },
    async flows(at, from, role = 'camera') {
      let first = -1;
      await bench.until(async () => {
        const now = await bench.frames(at, from, role);
        if (first < 0) first = now;
        return first >= 0 && now > first + 2;
      }, `${role} of ${from} arrives at ${at}`);
    },
    /** What the browser says of a connection, by hand. */
    pretend(pc, connectionState) {
      Object.defineProperty(pc, 'connectionState', { configurable: true, get: () => connectionState });
      pc.onconnectionstatechange();
    },
    async bothWays(a, b) {
      await Promise.all([bench.flows(a, b), bench.flows(b, a)]);
    },
  };
  window.bench = bench;
}

test('two people see each other, a third joins, one leaves', async () => {
  const left = await page.evaluate(async () => {
    const { bench } = window;
    const [a, b, local] = await bench.pair();
    const c = bench.person(3, local);
    bench.meet();
    await Promise.all([bench.bothWays(1, 3), bench.bothWays(2, 3), bench.flows(1, 3, 'microphone')]);
    for (const mesh of [a, b]) mesh.setPeople(bench.people(1, 2));
    c.close();
    return [[...a.peers.keys()], [...b.peers.keys()], [...c.peers.keys()]];
  });
  assert.deepEqual(left, [[2], [1], []]);
});

test('signals of somebody who is not known wait until they are; late ones of somebody who left begin nothing', async () => {
  const [before, after] = await page.evaluate(async () => {
    const { bench } = window;
    const [a, b] = await bench.strangers();
    b.setPeople(bench.people(1, 2)); // the offers of 2 overtake the news of 2's arrival
    await bench.until(() => bench.log.some((line) => line.startsWith('2>1 description')), 'an offer');
    await bench.sleep(300);
    const unknown = [a.peers.size, bench.log.some((line) => line.startsWith('1>2'))];
    a.setPeople(bench.people(1, 2));
    await bench.bothWays(1, 2);
    a.setPeople(bench.people(1));
    b.renegotiate();
    await bench.sleep(300);
    return [unknown, a.peers.size];
  });
  assert.deepEqual(before, [0, false], 'nothing is begun with a stranger');
  assert.equal(after, 0);
});

test('offers cross again and again, with screens on both sides: media works in the end', async () => {
  const result = await page.evaluate(async () => {
    const { bench } = window;
    const [a, b, local] = await bench.pair();
    bench.network = () => 120; // long enough for both to offer before either hears
    for (let i = 0; i < 5; i += 1) {
      await Promise.all([a.renegotiate(), b.renegotiate()]);
      await bench.sleep(i * 70);
    }
    a.setLocal({ ...local, screen: bench.screen() });
    b.setLocal({ ...local, screen: bench.screen() });
    await Promise.all([bench.bothWays(1, 2), bench.flows(1, 2, 'screen'), bench.flows(2, 1, 'screen')]);
    a.setLocal(local);
    b.setLocal(local);
    await bench.until(() => !a.peers.get(2).remote.screen && !b.peers.get(1).remote.screen, 'the screens go away');
    await bench.bothWays(1, 2);
    a.setLocal({ ...local, screen: bench.screen() }); // and once more, on the lines that were given up
    await bench.flows(2, 1, 'screen');
    const offers = bench.log.filter((line) => line.endsWith('offer'));
    return { states: [a, b].map((mesh) => [...mesh.peers.values()][0].pc.signalingState), offers: offers.length };
  });
  assert.deepEqual(result.states, ['stable', 'stable']);
  assert.ok(result.offers >= 8, `${result.offers} offers were made`);
});

test('somebody wants to offer while they answer: the one offer does not spoil the other', async () => {
  const states = await page.evaluate(async () => {
    const { bench } = window;
    const [a, b, local] = await bench.pair();
    for (const [answers, offers] of [
      [a, b],
      [b, a],
    ]) {
      const [{ pc }] = answers.peers.values();
      pc.setRemoteDescription = (description) => {
        delete pc.setRemoteDescription;
        const done = pc.setRemoteDescription(description);
        answers.renegotiate(); // the other's offer is being taken in
        return done;
      };
      await offers.renegotiate();
      await bench.until(
        () => [a, b].every((mesh) => [...mesh.peers.values()][0].pc.signalingState === 'stable'),
        'nobody waits',
      );
    }
    a.setLocal({ ...local, screen: bench.screen() });
    b.setLocal({ ...local, screen: bench.screen() });
    await Promise.all([bench.bothWays(1, 2), bench.flows(1, 2, 'screen'), bench.flows(2, 1, 'screen')]);
    return [a, b].map((mesh) => [...mesh.peers.values()][0].pc.signalingState);
  });
  assert.deepEqual(states, ['stable', 'stable']);
});

test('candidates come before their description', async () => {
  await page.evaluate(async () => {
    const { bench } = window;
    bench.network = (from, to, { kind }) => (kind === 'description' ? 400 : 1);
    await bench.pair();
  });
});

test('every fourth signal or so is lost, and those that nobody was there to hear', async () => {
  await page.evaluate(async () => {
    const { bench } = window;
    const local = await bench.devices();
    let n = 7;
    bench.network = () => {
      n = (n * 1103515245 + 12345) % 2 ** 31; // the same losses in every run
      return (n >> 16) % 4 === 0 ? null : 5;
    };
    const b = bench.person(2, local);
    b.setPeople(bench.people(1, 2)); // the impolite side offers into the void
    await bench.sleep(300);
    const a = bench.person(1, local);
    a.setPeople(bench.people(1, 2));
    await bench.bothWays(1, 2);
  });
});

test('a page that is loaded again gets a fresh connection, whichever side it is on', async () => {
  await page.evaluate(async () => {
    const { bench } = window;
    const [, , local] = await bench.pair();
    for (const id of [1, 2, 1]) {
      const old = bench.meshes.get(id);
      bench.person(id, local).setPeople(bench.people(1, 2)); // the other one keeps its mesh
      old.close();
      await bench.bothWays(1, 2);
    }
  });
});

test('somebody who was taken for gone comes back with the page that he had', async () => {
  await page.evaluate(async () => {
    const { bench } = window;
    const [a, b] = await bench.pair();
    for (const [stays, goes, id] of [
      [a, b, 2],
      [b, a, 1],
    ]) {
      bench.network = () => null;
      stays.setPeople(bench.people(3 - id)); // user_left by timeout; the other knows nothing of it
      await bench.sleep(200);
      bench.network = () => 5;
      stays.setPeople(bench.people(1, 2));
      goes.wake();
      await bench.bothWays(1, 2);
    }
  });
});

test('without devices at first; camera and screen come later, and an ICE restart in between', async () => {
  await page.evaluate(async () => {
    const { bench } = window;
    const none = { microphone: null, camera: null, screen: null };
    const [a, b] = [bench.person(1, none), bench.person(2, none)];
    bench.meet();
    await bench.until(() => a.peers.get(2).pc.connectionState === 'connected', 'connected without a track');
    const local = await bench.devices();
    a.setLocal({ ...local, screen: bench.screen() });
    await Promise.all([bench.flows(2, 1), bench.flows(2, 1, 'screen'), bench.flows(2, 1, 'microphone')]);
    b.peers.get(1).restartIce();
    a.peers.get(2).restartIce();
    b.setLocal(local);
    await bench.bothWays(1, 2);
    a.setLocal({ ...local, camera: null });
    await bench.sleep(300);
    a.setLocal(local);
    await bench.bothWays(1, 2);
  });
});

test('nothing is begun towards a page that is away; a connection that stands is kept', async () => {
  const kept = await page.evaluate(async () => {
    const { bench } = window;
    const [, b] = await bench.strangers();
    const away = [{ userId: 1, online: false }];
    b.setPeople(away);
    await bench.sleep(300);
    if (b.peers.size || bench.log.length) throw new Error('begun');
    bench.meet();
    await bench.bothWays(1, 2);
    const { pc } = b.peers.get(1);
    b.setPeople(away);
    await bench.bothWays(1, 2);
    b.wake(1);
    b.setPeople(bench.people(1, 2));
    await bench.bothWays(1, 2);
    return b.peers.get(1).pc === pc;
  });
  assert.equal(kept, true);
});

test('where the network lets nothing through that is said, and over as soon as it does', async () => {
  await ownClock();
  const states = await page.evaluate(async () => {
    const { bench, skip } = window;
    const local = await bench.devices();
    let open = false;
    bench.network = (from, to, data) => {
      // neither learns an address of the other
      if (open) return 5;
      if (data.kind === 'candidate') return null;
      if (data.description) data.description.sdp = data.description.sdp.replace(/a=candidate:.*\r\n/g, '');
      return 5;
    };
    const [a] = [bench.person(1, local), bench.person(2, local)];
    const seen = [];
    a.on('change', ([view]) => view && seen.at(-1) !== view.state && seen.push(view.state));
    bench.meet();
    /** @param {number} ms put forward before each look */
    const comesTo = (state, ms, longest) =>
      bench.until(
        async () => {
          await skip(ms);
          return seen.at(-1) === state;
        },
        state,
        longest,
      );
    await comesTo('blocked', 3_000, 90_000);
    open = true;
    await comesTo('connected', 300, 60_000); // slower, for real packets go to and fro between
    await bench.bothWays(1, 2);
    return seen;
  });
  assert.deepEqual(states, ['connecting', 'trouble', 'blocked', 'connected']);
});

test('it works no more at one end only: the polite side asks, the other one restarts, and nothing crosses', async () => {
  await ownClock();
  const [log, restarted] = await page.evaluate(async () => {
    const { bench, skip } = window;
    const [a] = await bench.pair();
    await skip(3_500); // not so soon after the last try
    const [{ pc }] = a.peers.values();
    const ufrag = () => /a=ice-ufrag:(.*)/.exec(pc.remoteDescription.sdp)[1];
    const before = ufrag();
    bench.log.length = 0;
    bench.pretend(pc, 'disconnected');
    await skip(6_100); // the polite side's patience
    await bench.until(() => bench.log.some((line) => line === '1>2 description answer'), 'an offer is answered');
    await bench.bothWays(1, 2);
    return [bench.log, ufrag() !== before];
  });
  assert.ok(log.includes('1>2 hello restart'), `${log}`);
  assert.ok(!log.some((line) => line.startsWith('1>2 description offer')), `${log}`);
  assert.equal(restarted, true);
});

test('a restart is given its time, whatever the browser says meanwhile; the same holds for the next one', async () => {
  await ownClock();
  const [offers, same] = await page.evaluate(async () => {
    const { bench, skip } = window;
    const [, b] = await bench.pair();
    const [{ pc }] = b.peers.values();
    bench.log.length = 0;
    bench.pretend(pc, 'failed');
    await bench.until(() => bench.log.includes('1>2 description answer'), 'the restart is answered');
    for (const state of ['disconnected', 'failed', 'disconnected']) {
      await skip(3_200);
      await bench.sleep(300); // what it would begin has been said
      bench.pretend(pc, state);
    }
    return [bench.log.filter((line) => line === '2>1 description offer').length, [...b.peers.values()][0].pc === pc];
  });
  assert.equal(offers, 1);
  assert.equal(same, true);
});

test('a wish that was lost while the other was away is said again when they are back', async () => {
  const told = await page.evaluate(async () => {
    const { bench } = window;
    const [a, b] = await bench.pair();
    bench.network = (from, to, data) => (data.kind === 'wants' ? null : 5);
    a.setWants(new Map([[2, { camera: 'none', screen: 'none' }]]));
    bench.network = () => 5;
    bench.log.length = 0;
    b.wake(); // the socket is back
    await bench.until(() => bench.log.some((line) => line.startsWith('1>2 wants')), 'the wish is said again');
    await bench.sleep(300);
    return bench.log;
  });
  assert.equal(told.filter((line) => line.includes('wants')).length, 2, `${told}`); // and it ends there
});

test('offers cross while the way is broken: a new connection is made', async () => {
  await page.evaluate(async () => {
    const { bench } = window;
    const [a, b] = await bench.pair();
    const [{ pc }] = a.peers.values();
    bench.pretend(pc, 'disconnected');
    bench.network = () => 300;
    await Promise.all([a.renegotiate(), b.renegotiate()]);
    await bench.until(() => [...a.peers.values()][0].pc !== pc, 'it is made anew');
    await bench.bothWays(1, 2);
  });
});

test('signals of an earlier connection that were held up change nothing', async () => {
  const kept = await page.evaluate(async () => {
    const { bench } = window;
    const [a, b] = await bench.strangers();
    let heldUp;
    bench.network = (from, to, data) => {
      if (from === 2 && data.kind === 'description') heldUp ??= data;
      return 5;
    };
    b.setPeople(bench.people(1, 2));
    await bench.sleep(100);
    a.setPeople(bench.people(1, 2));
    await bench.bothWays(1, 2);
    b.setPeople(bench.people(2));
    b.setPeople(bench.people(1, 2));
    await bench.until(() => a.peers.get(2).remoteInstance !== heldUp.instance, 'a new connection');
    await bench.bothWays(1, 2);
    const { pc } = a.peers.get(2);
    a.receive(2, heldUp);
    await bench.sleep(300);
    await bench.bothWays(1, 2);
    return heldUp.for === undefined && a.peers.get(2).pc === pc;
  });
  assert.equal(kept, true);
});

test('where nothing ever gets through it is tried for ever, after pauses that grow', async () => {
  await ownClock();
  await page.evaluate(() => {
    const { bench } = window;
    bench.made = [];
    const Connection = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Connection {
      constructor(configuration) {
        super(configuration);
        bench.made.push(Date.now());
      }
    };
    bench.network = () => null;
    for (const id of [1, 2]) bench.person(id, { microphone: null, camera: null, screen: null });
    bench.meet();
  });
  await page.clock.runFor(20 * 60_000);
  const [start, ...made] = await page.evaluate(() => window.bench.made.filter((at, n) => n % 2 === 0));
  const pauses = made.map((at, n) => at - (made[n - 1] ?? start));
  assert.ok(pauses.length > 10 && pauses.every((pause) => pause <= 120_000), `${pauses}`);
  assert.ok(pauses[1] > pauses[0] && pauses.at(-1) > 2 * pauses[0], `${pauses}`);
});

test('signals that are nonsense harm nothing', async () => {
  await page.evaluate(async () => {
    const { bench } = window;
    const [a, b] = await bench.pair();
    const { instance } = b.peers.get(1);
    for (const nonsense of [
      null,
      5,
      {},
      { instance: 7 },
      { instance, kind: 'what' },
      { instance, kind: 'description' },
      { instance, kind: 'description', n: 99, description: { type: 'offer', sdp: 'v=0' } },
      { instance, kind: 'candidate', candidate: { candidate: 'x' } },
      { instance, kind: 'description', n: 1, description: { type: 'answer', sdp: '' } },
    ])
      a.receive(2, nonsense);
    await bench.bothWays(1, 2);
    a.renegotiate();
    b.renegotiate();
    await bench.bothWays(1, 2);
  });
});
