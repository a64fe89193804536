/* deploy/turnserver.conf on the real coturn: whom it lets packets be sent to. RFC 8656, as much of it as that takes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '../lib/client.mjs';
import { freePorts, root } from '../lib/system.mjs';

const MAGIC = 0x2112a442;
const ALLOCATE = 0x003,
  CREATE_PERMISSION = 0x008;
const USERNAME = 0x006,
  INTEGRITY = 0x008,
  ERROR_CODE = 0x009,
  PEER = 0x012,
  REALM = 0x014,
  NONCE = 0x015,
  FAMILY = 0x017,
  TRANSPORT = 0x019;

/* Of a media server in a private network, allowed in the way that the file shows. */
const MEDIA_SERVER = '10.20.30.40';

const secret = randomBytes(16).toString('hex');
const realm = 'echomeet.test';
let folder, coturn, port;
let log = '';

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-coturn-'));
  const [listening, tlsPort, relayPort] = await freePorts(3);
  port = listening;
  const text = fs
    .readFileSync(path.join(root, 'deploy/turnserver.conf'), 'utf8')
    .replace(/^listening-port=.*$/m, `listening-port=${port}`)
    .replace(/^tls-listening-port=.*$/m, `tls-listening-port=${tlsPort}`)
    .replace(/^realm=.*$/m, `realm=${realm}`)
    .replace(/^static-auth-secret=.*$/m, `static-auth-secret=${secret}`)
    .replace(/^(cert|pkey)=.*\n/gm, '')
    .replace(/^#(allowed-peer-ip)=.*$/m, `$1=${MEDIA_SERVER}`);
  const own = [
    'listening-ip=127.0.0.1',
    'listening-ip=::1',
    'relay-ip=127.0.0.1',
    'relay-ip=::1',
    `min-port=${relayPort}`,
    `max-port=${relayPort + 50}`,
    'no-tls',
    'no-dtls',
    `pidfile=${folder}/pid`,
    `userdb=${folder}/users`,
    'log-file=stdout',
    'verbose',
    'cli-password=unused',
  ];
  fs.writeFileSync(path.join(folder, 'turnserver.conf'), `${text}\n${own.join('\n')}\n`, { mode: 0o600 });
  coturn = spawn('setpriv', ['--pdeathsig', 'TERM', 'turnserver', '-c', path.join(folder, 'turnserver.conf')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [coturn.stdout, coturn.stderr])
    stream.on('data', (data) => {
      log += data;
    });
  await eventually(() => /listener opened on.*127\.0\.0\.1/i.test(log));
});

after(async () => {
  if (coturn && coturn.exitCode === null) {
    coturn.kill('SIGKILL');
    await new Promise((resolve) => {
      coturn.once('exit', resolve);
    });
  }
  fs.rmSync(folder, { recursive: true, force: true });
});

/* --- STUN: a header of 20 bytes, and attributes --- */

function attribute(type, value) {
  const data = Buffer.from(value);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}

function message(type, attributes, key) {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(type, 0);
  head.writeUInt32BE(MAGIC, 4);
  const start = Buffer.concat([head, randomBytes(12)]);
  const body = Buffer.concat(attributes);
  start.writeUInt16BE(body.length + (key ? 24 : 0), 2);
  const plain = Buffer.concat([start, body]);
  return key ? Buffer.concat([plain, attribute(INTEGRITY, createHmac('sha1', key).update(plain).digest())]) : plain;
}

function parse(data) {
  const found = {};
  for (let at = 20; at + 4 <= data.length; ) {
    const length = data.readUInt16BE(at + 2);
    found[data.readUInt16BE(at)] ??= data.subarray(at + 4, at + 4 + length);
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  const error = found[ERROR_CODE];
  return { found, code: error ? error[2] * 100 + error[3] : 0, id: data.subarray(8, 20) };
}

/* XOR-PEER-ADDRESS, port 9. `address`: its bytes. */
function peer(bytes, id) {
  const mask = Buffer.concat([Buffer.from([0x21, 0x12, 0xa4, 0x42]), id]);
  return attribute(PEER, [0, bytes.length === 4 ? 1 : 2, 0x21, 0x12 ^ 9, ...bytes.map((b, i) => b ^ mask[i])]);
}

/* One client: asks, waits, asks again where nothing came (UDP). */
class Client {
  constructor() {
    this.socket = dgram.createSocket('udp4');
    const username = `${Math.floor(Date.now() / 1000) + 3600}:7`;
    const password = createHmac('sha1', secret).update(username).digest('base64');
    this.username = username;
    this.key = createHash('md5').update(`${username}:${realm}:${password}`).digest();
  }

  async ask(data) {
    for (let i = 0; i < 10; i++) {
      const answer = new Promise((resolve) => {
        this.socket.once('message', resolve);
      });
      this.socket.send(data, port, '127.0.0.1');
      const got = await Promise.race([
        answer,
        new Promise((resolve) => {
          setTimeout(resolve, 500);
        }),
      ]);
      this.socket.removeAllListeners('message');
      if (got) return parse(got);
    }
    throw new Error(`coturn does not answer:\n${log.slice(-2000)}`);
  }

  signed(type, make) {
    const id = randomBytes(12);
    const data = message(type, [
      ...make(id),
      attribute(USERNAME, this.username),
      attribute(REALM, realm),
      attribute(NONCE, this.nonce),
    ]);
    id.copy(data, 8);
    data.writeUInt16BE(data.length - 20 + 24, 2);
    return this.ask(Buffer.concat([data, attribute(INTEGRITY, createHmac('sha1', this.key).update(data).digest())]));
  }

  async allocate(family, transport = 17) {
    const wants = [
      attribute(TRANSPORT, [transport, 0, 0, 0]),
      ...(family ? [attribute(FAMILY, [family, 0, 0, 0])] : []),
    ];
    this.nonce = (await this.ask(message(ALLOCATE, wants))).found[NONCE];
    return (await this.signed(ALLOCATE, () => wants)).code;
  }

  async permit(bytes) {
    return (await this.signed(CREATE_PERMISSION, (id) => [peer(bytes, id)])).code;
  }

  close() {
    this.socket.close();
  }
}

const v4 = (text) => text.split('.').map(Number);
function v6(text) {
  const [head, tail = ''] = text.split('::');
  const words = (part) =>
    part
      .split(':')
      .filter(Boolean)
      .map((word) => parseInt(word, 16));
  const [a, b] = [words(head), words(tail)];
  return [...a, ...Array(8 - a.length - b.length).fill(0), ...b].flatMap((word) => [word >> 8, word & 255]);
}

const FORBIDDEN = 403;

test('on IPv4: nothing that only this machine or its own network can reach', async () => {
  const client = new Client();
  assert.equal(await client.allocate(), 0, log.slice(-2000));
  for (const address of [
    '10.0.0.5',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.1.1',
    '127.0.0.1',
    '127.1.2.3',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.255.254',
    '198.18.0.1',
    '198.19.255.254',
    '192.0.0.1',
    '192.0.0.192',
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
  ])
    assert.equal(await client.permit(v4(address)), FORBIDDEN, address);
  for (const address of [
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.1.1',
    '198.17.0.1',
    '198.20.0.1',
    '223.255.255.1',
  ])
    assert.equal(await client.permit(v4(address)), 0, address);
  client.close();
});

test('but to a media server that is named, and to it alone', async () => {
  const client = new Client();
  assert.equal(await client.allocate(), 0, log.slice(-2000));
  assert.equal(await client.permit(v4(MEDIA_SERVER)), 0);
  for (const address of ['10.20.30.39', '10.20.30.41', '10.0.0.5'])
    assert.equal(await client.permit(v4(address)), FORBIDDEN, address);
  client.close();
});

test('on IPv6: nor there, and no IPv4 address in its clothes', async () => {
  const client = new Client();
  assert.equal(await client.allocate(2), 0, log.slice(-2000));
  for (const address of [
    '::1',
    '::',
    'fd00::1',
    'fc00::1',
    'fdff:ffff::1',
    'fe80::1',
    'febf::1',
    'fec0::1',
    'ff02::1',
    '::ffff:a00:5',
    '::ffff:7f00:1',
    '::ffff:808:808',
    '64:ff9b::a00:5',
    '64:ff9b:1::1',
    '2001:db8::1',
    '2002:a00:5::1',
    '2001::1',
    '100::1',
  ])
    assert.equal(await client.permit(v6(address)), FORBIDDEN, address);
  for (const address of ['2606:4700::1', '2a00:1450::1', '2003::1'])
    assert.equal(await client.permit(v6(address)), 0, address);
  client.close();
});

test('no TCP towards peers', async () => {
  const client = new Client();
  assert.notEqual(await client.allocate(undefined, 6), 0);
  client.close();
});

test('each person, and all together, have bounds', () => {
  const text = fs.readFileSync(path.join(root, 'deploy/turnserver.conf'), 'utf8');
  for (const line of ['user-quota=100', 'total-quota=', 'max-bps=', 'no-tcp-relay', 'no-cli', 'use-auth-secret'])
    assert.match(text, new RegExp(`^${line}`, 'm'), line);
});
