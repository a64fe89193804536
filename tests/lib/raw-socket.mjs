/* A WebSocket without a library: frames made by hand, and the bytes that come back. */
import net from 'node:net';

/* A client frame (RFC 6455). `first` is the first byte: FIN, reserved bits and opcode. */
export function frame(first, payload = '', { masked = true, length } = {}) {
  const data = Buffer.from(payload);
  const mask = Buffer.from([1, 2, 3, 4]);
  const n = length ?? data.length;
  let header;
  if (n < 126) header = Buffer.from([first, n]);
  else if (n <= 0xffff) header = Buffer.from([first, 126, n >> 8, n & 0xff]);
  else {
    header = Buffer.alloc(10);
    header.writeUInt8(first, 0);
    header.writeUInt8(127, 1);
    header.writeBigUInt64BE(BigInt(n), 2);
  }
  if (!masked) return Buffer.concat([header, data]);
  header[1] |= 0x80;
  return Buffer.concat([header, mask, data.map((byte, i) => byte ^ mask[i % 4])]);
}

/* A socket on which bytes are sent as they are. Answers {status, head, send, frames, closed, end}. `closed` is the close
 * code that the server sent, or null where it just ended. */
export async function rawSocket(sys, { relay = 0, token, head, first = Buffer.alloc(0) } = {}) {
  const url = new URL(sys.relayUrls[relay]);
  const socket = net.connect(Number(url.port), url.hostname);
  const request =
    head ??
    [
      'GET /ws HTTP/1.1',
      `Host: ${url.host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...(token ? [`Sec-WebSocket-Protocol: echomeet.v1, bearer.${token}`] : []),
      '',
      '',
    ].join('\r\n');
  let input = Buffer.alloc(0);
  let onHead;
  const raw = { socket, frames: [], send: (data) => socket.write(data), end: () => socket.destroy() };
  const headCame = new Promise((resolve) => {
    onHead = resolve;
  });
  raw.closed = new Promise((resolve) => {
    socket.on('close', () => {
      onHead();
      resolve(raw.code ?? null);
    });
  });
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    input = Buffer.concat([input, chunk]);
    if (!raw.head) {
      const end = input.indexOf('\r\n\r\n');
      if (end < 0) return;
      raw.head = input.toString('latin1', 0, end);
      raw.status = Number(raw.head.split(' ')[1]);
      input = input.subarray(end + 4);
      onHead();
    }
    if (raw.status === 101) input = takeFrames(input, raw);
  });
  socket.write(Buffer.concat([Buffer.from(request), first]));
  await headCame;
  return raw;
}

function takeFrames(input, raw) {
  for (;;) {
    if (input.length < 2) return input;
    let length = input[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (input.length < 4) return input;
      length = input.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (input.length < 10) return input;
      length = Number(input.readBigUInt64BE(2));
      at = 10;
    }
    if (input.length < at + length) return input;
    const payload = input.subarray(at, at + length);
    const opcode = input[0] & 0x0f;
    raw.frames.push({ opcode, text: payload.toString() });
    if (opcode === 8) raw.code = length >= 2 ? payload.readUInt16BE(0) : 1005;
    input = input.subarray(at + length);
  }
}
