/* docs/protocol.md against the system: its example is played, its tables name what the sources name. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openSocket, register } from '../lib/client.mjs';
import { mediaNode } from '../lib/internal.mjs';
import { makeMeeting } from '../lib/rooms.mjs';
import { root, startSystem } from '../lib/system.mjs';

const source = (name) => fs.readFileSync(path.join(root, name), 'utf8');
const page = source('docs/protocol.md');

/* The words in backquotes of the first column of the table below a heading. */
function firstColumn(heading) {
  const part = page.slice(page.indexOf(`\n${heading}\n`)).split(/\n#+ /)[1];
  return part
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1].matchAll(/`(\w+)`/g)].map((m) => m[1]))
    .sort();
}

const transcript = /```text\n([^]*?)```/.exec(page)[1].split('\n').filter(Boolean);
const documented = { messages: firstColumn('### Client messages'), events: firstColumn('### Room events') };

/* "…" stands for anything: as a value, as {…} or […], or, at the end of an object, for its other members. */
function readPattern(text) {
  return JSON.parse(
    text
      .replaceAll(/,\s*…\}/g, ',"…":true}')
      .replaceAll('{…}', '"…"')
      .replaceAll('[…]', '"…"'),
  );
}

/* Numbers of the example that stand for others, and times: their kind counts. */
const freely = /^(seq|at|createdAt|joinedAt|handRaisedAt|endsAt|connection|message)$/;

function matches(pattern, value, key = '') {
  if (pattern === '…') return value !== undefined;
  if (pattern === null || typeof pattern !== 'object')
    return freely.test(key) ? typeof value === typeof pattern : value === pattern;
  if (Array.isArray(pattern))
    return Array.isArray(value) && value.length === pattern.length && pattern.every((p, i) => matches(p, value[i]));
  if (value === null || typeof value !== 'object') return false;
  const names = Object.keys(pattern).filter((name) => name !== '…');
  return (
    names.every((name) => matches(pattern[name], value[name], name)) &&
    ('…' in pattern || Object.keys(value).length === names.length)
  );
}

let sys;
let users;
let meeting;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_MEDIA_LEASE_MS: '600000' } });
  await mediaNode(sys, 'n1').sync('starting'); // the example has a meeting that moves to it
  users = { ana: await register(sys, 'Ana'), ben: await register(sys, 'Ben'), cleo: await register(sys, 'Cleo') };
  meeting = await makeMeeting(users.ana, { title: 'Planning' });
});
after(() => sys?.stop());

test('the example runs as it stands there', async () => {
  const sockets = {},
    names = { 3: 'ana', 4: 'ben', 5: 'cleo' };
  const open = async (name, via) => {
    sockets[name] = await openSocket(sys, users[name].token, { relay: 0, via });
  };
  let messageId;
  /* the example's numbers become ours */
  const ours = (value, key = '') => {
    if (value && typeof value === 'object' && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, ours(v, name)]));
    if (key === 'meetingId') return value === 7 ? meeting.id : meeting.code;
    if (/^(userId|from|by|to|previousUserId|id)$/.test(key) && names[value]) return users[names[value]].id;
    if ((key === 'messageId' || key === 'id') && value === 12) return messageId;
    if (key === 'since') return sockets.ana.seq - 1;
    return value;
  };
  /* the id of a message is the example's own, at the top alone */
  const translate = (m) => ({ ...ours({ ...m, id: undefined }), ...('id' in m ? { id: m.id } : {}) });
  const clean = (m) => Object.fromEntries(Object.entries(m).filter(([, v]) => v !== undefined));
  await open('ana', 'none');
  await open('ben');
  await open('cleo');
  for (const line of transcript) {
    const [, name, what, rest = ''] = /^(\w+) (\S+) ?(.*)$/.exec(line);
    if (what === '→') {
      if (sockets[name].closeCode !== undefined) await open(name);
      const message = clean(translate(JSON.parse(rest)));
      if (message.data?.token) message.data.token = users[name].token;
      sockets[name].sendText(JSON.stringify(message));
    } else if (what === '←') {
      const raw = readPattern(rest);
      const probe = clean({ type: raw.type, ...('id' in raw ? { id: raw.id } : {}) });
      const answer = await sockets[name]
        .waitFor(probe.type, (m) => !('id' in probe) || m.id === probe.id)
        .catch((error) => assert.fail(`${line}\n${error.message}`));
      messageId ??= raw.data?.id === 12 ? answer.data.id : undefined;
      assert.ok(matches(clean(translate(raw)), answer), `${line}\nbut it was\n${JSON.stringify(answer)}`);
    } else if (what === '✕') {
      sockets[name].terminate();
      await sockets[name].closed;
    } else if (what === '=') {
      assert.equal((await sockets[name].closed).code, Number(rest), line);
    } else {
      const [, target, body] = /^(\S+) (.*)$/.exec(rest);
      const url = target
        .replace('/meetings/7', `/meetings/${meeting.id}`)
        .replace('/participants/4', `/participants/${users.ben.id}`);
      const { status } = await users[name].client.request(what, url, { body: ours(JSON.parse(body)) });
      assert.ok(status < 300, `${line}: ${status}`);
    }
  }
  await sockets.ben.close();
});

test('the example holds every message and every event of the tables, and every kind of answer', () => {
  const types = (arrow) =>
    new Set(transcript.filter((l) => l.includes(` ${arrow} {`)).map((l) => /"type":"(\w+)"/.exec(l)[1]));
  assert.deepEqual([...types('→')].sort(), documented.messages);
  assert.deepEqual(
    [...types('←')].sort(),
    [...documented.events, 'ack', 'error', 'hello', 'pong', 'reaction', 'typing', 'webrtc_signal'].sort(),
  );
});

test('the events of the table are those of service/event.def', () => {
  const events = [...source('service/event.def').matchAll(/^EVENT\(\w+, +"(\w+)"/gm)].map((m) => m[1]);
  assert.deepEqual(events.sort(), documented.events);
});

test('the messages of the table are those that relay and workers know', () => {
  const own = [...source('relay/message.c').matchAll(/^ {4}\{"(\w+)", take_/gm)].map((m) => m[1]);
  const workers = [...source('handlers/routes.c').matchAll(/\{"POST", ROOM "(\w+)"/g)].map((m) => m[1]);
  assert.ok(own.length >= 5 && workers.length >= 6);
  assert.deepEqual([...own, ...workers].sort(), documented.messages);
});

test('the close codes of the table are those of the sources', () => {
  const table = page.slice(page.indexOf('\n## Close codes\n'));
  const listed = [...table.matchAll(/^\| ([\d, ]+) \|/gm)]
    .flatMap((m) => m[1].split(', '))
    .filter((code) => code.startsWith('4'))
    .sort();
  const known = ['core/ws.h', ...fs.readdirSync(path.join(root, 'service')).map((f) => `service/${f}`)].flatMap((f) =>
    [...source(f).matchAll(/(?:WS_CODE|CLOSE)_\w+ = (4\d\d\d)/g)].map((m) => m[1]),
  );
  assert.deepEqual([...new Set(known)].sort(), listed);
});

test('every block of JSON is JSON', () => {
  const blocks = [...page.matchAll(/```json\n([^]*?)```/g)].map((m) => m[1]);
  assert.ok(blocks.length >= 5);
  for (const block of blocks) for (const text of block.replaceAll(/\n\s+/g, '').trim().split('\n')) readPattern(text);
});
