/* A page's line to the media server, of which the way down can be made narrow, as that of a home is: what does not fit at once waits
 * a moment, and is lost where the wait would be longer. */
import dgram from 'node:dgram';

const WAIT_MS = 200;

export class NarrowLine {
  /** what the way down carries, in bits a second */
  rate = Infinity;
  #freeAt = 0;
  #sockets = [];

  /** Lies in the way of all that the page of `person` receives from now on. Before the page is opened. */
  async lay(person) {
    await person.context.exposeFunction('lineTo', (port) => this.#lineTo(port));
    await person.context.addInitScript(() => {
      const take = RTCPeerConnection.prototype.setRemoteDescription;
      const CANDIDATE = /(a=candidate:\S+ \d udp \d+ 127\.0\.0\.1) (\d+)/g;
      RTCPeerConnection.prototype.setRemoteDescription = async function ({ type, sdp }) {
        const [, , port] = (type === 'offer' && [...sdp.matchAll(CANDIDATE)][0]) || [];
        const near = port && (await window.lineTo(Number(port)));
        return take.call(this, { type, sdp: near ? sdp.replaceAll(CANDIDATE, `$1 ${near}`) : sdp });
      };
    });
  }

  close() {
    for (const socket of this.#sockets) socket.close();
  }

  /** @returns {Promise<number>} the port of the near end */
  async #lineTo(port) {
    const near = await this.#open();
    const ways = new Map(); // from each of the page's sockets
    near.on('message', async (packet, { port: from }) => {
      if (!ways.has(from)) {
        const far = this.#open();
        ways.set(from, far);
        (await far).on('message', (down) => this.#down(() => near.send(down, from, '127.0.0.1'), down.length));
      }
      (await ways.get(from)).send(packet, port, '127.0.0.1');
    });
    return near.address().port;
  }

  async #open() {
    const socket = dgram.createSocket('udp4');
    this.#sockets.push(socket);
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return socket;
  }

  #down(deliver, bytes) {
    const now = performance.now();
    const at = Math.max(now, this.#freeAt);
    if (at - now > WAIT_MS) return;
    this.#freeAt = at + (bytes * 8000) / this.rate;
    if (at - now < 1) deliver();
    else setTimeout(deliver, at - now);
  }
}
