/* Between a media node and its Janus: hands everything on, and notes what would kill a Janus 1.1.2. That is a handle that is detached, or
 * a session that is destroyed, while a request of it is unanswered; and two requests of one handle at once, which may be worked on in
 * the wrong order. An "ack" is no answer: it says that one is to come.
 *
 *     const proxy = await startJanusProxy(janus);   // of startJanus()
 *     proxy.dir        a folder as Janus's own, with the proxy's socket and Janus's admin socket
 *     proxy.faults     what was noted, as texts
 *     proxy.requests   how many went through, by name
 *     await proxy.stop() */
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import WebSocket, { WebSocketServer } from 'ws';

export async function startJanusProxy(janus) {
  const proxy = new JanusProxy(janus);
  await once(proxy.server, 'listening');
  return proxy;
}

class JanusProxy {
  faults = [];
  requests = {};

  constructor(janus) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'em-proxy-'));
    fs.symlinkSync(path.join(janus.dir, 'admin.sock'), path.join(this.dir, 'admin.sock'));
    this.server = http.createServer().listen(path.join(this.dir, 'janus.sock'));
    this.sockets = new WebSocketServer({ server: this.server, handleProtocols: ([first]) => first });
    this.sockets.on('connection', (client) => this.#carry(client, janus.socket));
  }

  #carry(client, socket) {
    const server = new WebSocket(`ws+unix:${socket}:/`, client.protocol);
    const unanswered = new Map(); // transaction → request
    const early = [];
    client.on('message', (bytes) => {
      const text = bytes.toString();
      this.#noteRequest(unanswered, JSON.parse(text));
      if (server.readyState === WebSocket.OPEN) server.send(text);
      else early.push(text);
    });
    server.on('open', () => {
      for (const text of early) server.send(text);
    });
    server.on('message', (bytes) => {
      const text = bytes.toString();
      const { janus: verb, transaction } = JSON.parse(text);
      if (verb !== 'ack' || unanswered.get(transaction)?.janus === 'keepalive') unanswered.delete(transaction);
      client.send(text);
    });
    client.on('close', () => server.terminate());
    server.on('close', () => client.terminate());
    server.on('error', () => client.terminate());
  }

  #noteRequest(unanswered, request) {
    const { janus: verb, session_id: session, handle_id: handle, body } = request;
    const name = body?.request ?? verb;
    this.requests[name] = (this.requests[name] ?? 0) + 1;
    const open = [...unanswered.values()].filter((one) =>
      handle ? one.handle_id === handle : verb === 'destroy' && one.session_id === session && one.handle_id,
    );
    for (const one of open) this.faults.push(`${name} while ${one.body?.request ?? one.janus} is unanswered`);
    unanswered.set(request.transaction, request);
  }

  async stop() {
    for (const client of this.sockets.clients) client.terminate();
    this.server.close();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}
