/* Another proxy in front of a system, and clients that come from different addresses of the loopback.
 *
 *     const front = await startFront(sys);              // a lighttpd that passes everything on to the system's web server
 *     const ana = callFrom('127.0.0.2', front.base);    // REST calls from there
 *     await ana('POST', '/meetings/7/guests', { displayName: 'Ana' }, { token, headers });   // {status, body}
 *     await openSocket(front, token, from('127.0.0.2'));
 *     await front.stop(); */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const from = (localAddress) => ({ options: { localAddress } });

export function callFrom(localAddress, base) {
  return (method, path, body, { token, headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const request = http.request(
        base + (path.startsWith('/metrics') ? path : `/api/v1${path}`),
        {
          method,
          localAddress,
          agent: false,
          headers: {
            ...(body ? { 'content-type': 'application/json' } : {}),
            ...(token ? { authorization: `Bearer ${token}` } : {}),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.on('data', (part) => {
            text += part;
          });
          response.on('end', () =>
            resolve({
              status: response.statusCode,
              headers: response.headers,
              body: /json/.test(response.headers['content-type'] ?? '') && text ? JSON.parse(text) : text,
            }),
          );
        },
      );
      request.on('error', reject);
      request.end(body ? JSON.stringify(body) : method === 'POST' ? '{}' : undefined);
    });
}

export async function startFront(sys) {
  const port = await freePort();
  const { port: behind } = new URL(sys.base);
  const conf = `${sys.dir}/front.conf`;
  fs.writeFileSync(
    conf,
    `
server.modules = ( "mod_proxy" )
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${sys.dir}"
server.errorlog = "${sys.dir}/log/front.log"
proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => ${behind} )) )
proxy.header = ( "upgrade" => "enable" )
server.stream-request-body = 2
server.stream-response-body = 2
`,
  );
  const log = fs.openSync(`${sys.dir}/log/front.out`, 'a');
  const child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', '/usr/sbin/lighttpd', '-D', '-f', conf], {
    stdio: ['ignore', log, log],
  });
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  for (let i = 0; !(await connects(port)); i++) {
    if (i === 400 || child.exitCode !== null)
      throw new Error(`the proxy in front did not start: ${fs.readFileSync(`${sys.dir}/log/front.out`, 'utf8')}`);
    await sleep(25);
  }
  return {
    base: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}/ws`,
    stop: () => {
      child.kill();
      return ended;
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net
      .createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
  });
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
