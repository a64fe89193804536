/* People who send and receive over a media server at the cost of few: light_peers (C) has their connections, this has their SDP and
 * what they signal. They obey nothing that the server wishes (REMB), and see no picture: they count packets.
 *
 *     const crowd = await startCrowd();
 *     const person = crowd.person(id, (signal) => …);   // what they say to the media server
 *     person.hear(signal)                               // what it says to them
 *     person.begin(epoch)                               // in this epoch; what was before is over
 *     await person.publish({ kind: 'pub', sound: true, kbits: 120 })   person.send('pub', { sound, kbits })
 *     await person.receive(8, 25)    person.want([[userId, 'camera', size], …])
 *     person.stop(kind)              person.heard: all signals, the last 100
 *     await crowd.stats()            {sent, received, lost, streams: Map of connection to lines that brought something}
 *     crowd.stop()
 *
 * What is awaited waits until the media flow; it is asked again until then, and fails after PATIENCE_MS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../lib/system.mjs';

const PATIENCE_MS = 45_000;
const REPEAT_MS = 2_500;

export async function startCrowd() {
  const crowd = new Crowd();
  await crowd.start();
  return crowd;
}

class Crowd {
  #child;
  #waiting = [];
  #lastId = 0;
  #owners = new Map();
  fingerprint = '';

  async start() {
    const program = path.join(root, 'build', process.env.ECHOMEET_TEST_BUILD || 'address', 'tests/media/light_peers');
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((resolve) => {
      readline.createInterface({ input: this.#child.stdout }).on('line', (line) => {
        const [word, ...rest] = line.split(' ');
        if (word === 'fingerprint') [this.fingerprint] = rest;
        if (word === 'fingerprint') resolve();
        else if (word === 'up') this.#owners.get(Number(rest[0]))?.up();
        else if (word === 'stats') this.#waiting.shift()?.(rest);
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  person(id, say) {
    return new LightPerson(this, id, say);
  }

  tell(...words) {
    this.#child.stdin.write(`${words.join(' ')}\n`);
  }

  close(id) {
    this.#owners.delete(id);
    this.tell('close', id);
  }

  newId(owner) {
    this.#lastId += 1;
    this.#owners.set(this.#lastId, owner);
    return this.#lastId;
  }

  async stats() {
    const words = await new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.tell('stats');
    });
    const [sent, received, lost] = words.map(Number);
    return { sent, received, lost, streams: new Map(words.slice(3).map((word) => word.split(':').map(Number))) };
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }
}

const head = (ufrag, mids, fingerprint, setup) =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mids.join(' ')}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup}`,
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${passwordOf(ufrag)}`,
  ].join('\r\n');

const passwordOf = (ufrag) => ufrag.repeat(6).slice(0, 24);

function line(kind, mid, direction, more = []) {
  const [type, codec] = kind === 'audio' ? [111, 'opus/48000/2'] : [96, 'VP8/90000'];
  return [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${type}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    `a=${direction}`,
    'a=rtcp-mux',
    `a=rtpmap:${type} ${codec}`,
    ...more,
  ].join('\r\n');
}

const linesOf = (sdp) =>
  [...sdp.matchAll(/^m=(audio|video)[^]*?^a=mid:(\S+)/gm)].map(([, kind, mid]) => ({ kind, mid }));

class LightPerson {
  heard = [];
  #crowd;
  #say;
  #epoch = 0;
  /** by kind: {id, gen, ufrag, opened, …} */
  #connections = new Map();
  #wants = null;
  #lastGen = 0;

  constructor(crowd, id, say) {
    this.#crowd = crowd;
    this.id = id;
    this.#say = say;
  }

  begin(epoch) {
    for (const kind of this.#connections.keys()) this.#close(kind);
    this.#epoch = epoch;
  }

  /** The crowd's number of this connection, while there is one. */
  number(kind) {
    return this.#connections.get(kind)?.id;
  }

  async publish({ kind = 'pub', sound = true, kbits = 120 } = {}) {
    const connection = this.#open(kind);
    const { id, ufrag } = connection;
    Object.assign(connection, { sound, kbits });
    const ssrc = (number) => [`a=ssrc:${number} cname:light${id}`];
    connection.question = () => ({
      kind: 'publish',
      sdp: `${[
        head(ufrag, ['0', '1'], this.#crowd.fingerprint, 'actpass'),
        line('audio', '0', 'sendonly', ssrc(2 * id)),
        line('video', '1', 'sendonly', [
          'a=rtcp-fb:96 nack',
          'a=rtcp-fb:96 nack pli',
          'a=rtcp-fb:96 goog-remb',
          ...ssrc(2 * id + 1),
        ]),
      ].join('\r\n')}\r\n`,
    });
    await this.#asks(connection);
  }

  async receive(audio, video) {
    const connection = this.#open('sub');
    connection.question = () => ({ kind: 'receive', audio, video });
    await this.#asks(connection);
    if (this.#wants) this.want(this.#wants);
  }

  send(kind, { sound, kbits }) {
    const connection = this.#connections.get(kind);
    if (!connection) return;
    Object.assign(connection, { sound, kbits });
    if (connection.isUp) this.#crowd.tell('send', connection.id, Number(sound), kbits);
  }

  want(list) {
    this.#wants = list;
    const connection = this.#connections.get('sub');
    if (connection) this.#tell(connection, { kind: 'wants', list });
  }

  stop(kind) {
    const connection = this.#connections.get(kind);
    if (connection) this.#tell(connection, { kind: 'stop' });
    this.#close(kind);
  }

  hear(signal) {
    this.heard.push(signal);
    if (this.heard.length > 100) this.heard.shift();
    const connection = this.#connections.get(signal.pc);
    if (signal.epoch !== this.#epoch || !connection || signal.gen !== connection.gen) return;
    if (signal.kind === 'answer') this.#connect(connection, signal.sdp, true);
    else if (signal.kind === 'offer') this.#answer(connection, signal);
    else if (signal.kind === 'gone') this.#close(signal.pc);
  }

  #open(kind) {
    this.#close(kind);
    this.#lastGen = Math.max(Date.now(), this.#lastGen + 1);
    const connection = { kind, gen: this.#lastGen, isUp: false };
    connection.done = new Promise((resolve) => {
      connection.up = () => {
        connection.isUp = true;
        if (kind !== 'sub') this.send(kind, connection);
        resolve();
      };
    });
    connection.id = this.#crowd.newId(connection);
    connection.ufrag = `light${connection.id}`;
    this.#connections.set(kind, connection);
    return connection;
  }

  #close(kind) {
    const connection = this.#connections.get(kind);
    if (!connection) return;
    this.#connections.delete(kind);
    this.#crowd.close(connection.id);
    connection.up();
  }

  #tell(connection, message) {
    this.#say({ epoch: this.#epoch, pc: connection.kind, gen: connection.gen, ...message });
  }

  /** Until media flow, or it is closed. */
  async #asks(connection) {
    const deadline = Date.now() + PATIENCE_MS;
    while (!connection.isUp) {
      if (Date.now() > deadline) throw new Error(`${connection.kind} of ${this.id} does not stand`);
      if (!connection.opened) this.#tell(connection, connection.question());
      await Promise.race([connection.done, sleep(REPEAT_MS, undefined, { ref: false })]);
    }
  }

  #connect(connection, sdp, offered) {
    if (connection.opened) return;
    const of = (pattern) => sdp.match(pattern)?.[1];
    connection.opened = true;
    this.#crowd.tell(
      'open',
      connection.id,
      Number(offered),
      connection.ufrag,
      passwordOf(connection.ufrag),
      of(/^a=ice-ufrag:(\S+)/m),
      of(/^a=ice-pwd:(\S+)/m),
      of(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host/im),
    );
  }

  #answer(connection, { n, sdp }) {
    const lines = linesOf(sdp);
    const mids = lines.map(({ mid }) => mid);
    const answer = [
      head(connection.ufrag, mids, this.#crowd.fingerprint, 'active'),
      ...lines.map(({ kind, mid }) => line(kind, mid, 'recvonly')),
    ];
    this.#tell(connection, { kind: 'answered', n, sdp: `${answer.join('\r\n')}\r\n` });
    this.#connect(connection, sdp, false);
  }
}
