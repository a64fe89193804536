/* What no call expects: addresses and methods that do not exist, bodies that are no JSON, too much of anything. Each gets a problem
 * with the right code, none a server error, and the same workers are there afterwards. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { api as plainApi } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { api, document } from './contract.mjs';
import { createMeeting, join, ok, people, refused, workerPids } from './support.mjs';

let sys;
let ada, ben, meeting, pids;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben] = await people(sys, 'Ada', 'Ben');
  await sys.sql('UPDATE users SET is_admin = 1 WHERE id = ?', [ada.id]); // every call is hers to make
  meeting = await createMeeting(ada);
  await join(ada, meeting);
  pids = await workerPids(sys);
});
after(() => sys?.stop());

/* Every call with a body, ready to be made: [method, address]. */
const calls = () =>
  Object.entries(document.paths).flatMap(([template, item]) =>
    ['post', 'patch'].filter((m) => item[m]?.requestBody).map((method) => [method.toUpperCase(), filled(template)]),
  );
const filled = (template) =>
  template
    .replace('{meetingId}', meeting.id)
    .replace('{userId}', ada.id)
    .replace('{sessionId}', '1')
    .replace('{messageId}', '1');

/* Sends bytes as they are and answers the status line and all that follows. */
function raw(bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(sys.port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setTimeout(10_000, () => reject(new Error('no answer')));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

/* --- bodies --- */

const utf8 = (...bytes) => Buffer.concat([Buffer.from('{"title":"'), Buffer.from(bytes), Buffer.from('"}')]);

const malformed = {
  'a word': 'hello',
  'an opening brace': '{',
  'a closing brace': '}',
  'no value': '{"title":}',
  'no colon': '{"title" "x"}',
  'no quotes': '{title:"x"}',
  'single quotes': "{'title':'x'}",
  'a comma at the end': '{"title":"x",}',
  'a comma before': '{,"title":"x"}',
  'two commas': '{"title":"x",,"duration":1}',
  'no comma': '{"title":"x""duration":1}',
  'an open text': '{"title":"x}',
  'an open object': '{"title":"x"',
  'two objects': '{"title":"x"}{"title":"y"}',
  'rubbish behind': '{"title":"x"}x',
  'a comment': '{"title":"x"/* why */}',
  'a line comment': '{"title":"x"} // end',
  'an open array': '[1,2',
  'a byte order mark': '\ufeff{"title":"x"}',
  'a line end in a text': '{"title":"a\nb"}',
  'a tab in a text': '{"title":"a\tb"}',
  'a wrong escape': '{"title":"\\x41"}',
  'an open escape': '{"title":"\\',
  'half a \\u': '{"title":"\\u12"}',
  'no hex in \\u': '{"title":"\\uzzzz"}',
  'a plus': '{"duration":+1}',
  'a leading point': '{"duration":.5}',
  'a point at the end': '{"duration":1.}',
  hex: '{"duration":0x10}',
  'a leading zero': '{"duration":01}',
  'no exponent': '{"duration":1e}',
  'two minuses': '{"duration":--1}',
  True: '{"isPublic":True}',
  nul: '{"password":nul}',
  trueish: '{"isPublic":truex}',
  NaN: '{"duration":NaN}',
  Infinity: '{"duration":Infinity}',
  '-Infinity': '{"duration":-Infinity}',
  undefined: '{"duration":undefined}',
  'a NUL byte': '{"title":"a\0b"}',
  'a NUL byte behind': '{"title":"x"}\0',
  'NUL bytes only': '\0\0\0',
  XML: '<title>x</title>',
  'a form': 'title=x&duration=1',
  'a number as a name': '{1:"x"}',
  'null as a name': '{null:"x"}',
  'brackets that cross': '{"title":["x"}]',
  'a closing bracket': ']',
  'a colon': ':',
  'a comma': ',',
  'a quote': '"',
  'a minus': '-',
  'a backslash': '\\',
  'an overlong form': utf8(0xc0, 0xaf),
  'an overlong NUL': utf8(0xc0, 0x80),
  'half a character': utf8(0xe4, 0xbc),
  'a lone tail': utf8(0x80),
  'a surrogate': utf8(0xed, 0xa0, 0x80),
  'above U+10FFFF': utf8(0xf4, 0x90, 0x80, 0x80),
  FF: utf8(0xff),
  'FE FF': Buffer.from([0xfe, 0xff, 0x00, 0x7b]),
  'Latin-1': utf8(0xfc),
  'UTF-16': Buffer.from('{"title":"x"}', 'utf16le'),
  'bad UTF-8 in a name': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  gzip: Buffer.from('1f8b0800000000000003', 'hex'),
  'deep objects': `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`,
  'deep arrays': `${'['.repeat(17)}${']'.repeat(17)}`,
  'very deep arrays': '['.repeat(200_000),
  'very deep objects': '{"a":'.repeat(40_000),
  'deep behind a field': `{"title":"x","description":${'['.repeat(100)}${']'.repeat(100)}}`,
};

test('a body that is no JSON is malformed_json, whichever call it is for', async () => {
  let sent = 0;
  for (const [method, target] of calls())
    for (const [name, body] of Object.entries(malformed)) {
      const answer = await ada.client.request(method, target, { body });
      assert.equal(answer.status, 400, `${method} ${target} ${name} → ${JSON.stringify(answer.body)}`);
      refused(answer, 'malformed_json', undefined, `${method} ${target} ${name}`);
      sent++;
    }
  assert.ok(sent >= 300, `${sent} requests`);
});

test('JSON that is no object is refused', async () => {
  for (const [method, target] of calls())
    for (const body of ['[]', '[{"title":"x"}]', '"title"', '1', '-1.5e3', 'true', 'null', '""', ' [ ] '])
      refused(
        await ada.client.request(method, target, { body }),
        'validation_failed',
        undefined,
        `${method} ${target} ${body}`,
      );
});

test('an unknown field is refused and named by every call', async () => {
  for (const [method, target] of calls()) {
    refused(
      await ada.client.request(method, target, { body: { surprise: 1 } }),
      'validation_failed',
      'surprise',
      `${method} ${target}`,
    );
    refused(
      await ada.client.request(method, target, { body: { '会议 😀': null } }),
      'validation_failed',
      '会议 😀',
      `${method} ${target}`,
    );
    const long = (await ada.client.request(method, target, { body: { ['x'.repeat(5000)]: 1 } })).body;
    assert.equal(long.code, 'validation_failed');
    assert.match(long.field, /^x{20,200}$/, 'a long name is cut');
    const cut = (await ada.client.request(method, target, { body: { ['終'.repeat(500)]: 1 } })).body;
    assert.match(cut.field, /^終+$/, 'but not within a character');
  }
});

test('an id that a JSON parser may round is refused', async () => {
  const path = `/meetings/${meeting.id}`;
  for (const number of ['9007199254740992', '9223372036854775807', '9223372036854775808', '99999999999999999999']) {
    for (const [target, field, rest] of [
      [`${path}/read`, 'messageId', ''],
      [`${path}/messages`, 'to', ',"text":"x","clientId":"1"'],
      [`${path}/messages`, 'replyTo', ',"text":"x","clientId":"1"'],
      [`${path}/host`, 'userId', ''],
    ])
      refused(
        await ada.client.post(target, `{"${field}":${number}${rest}}`),
        'validation_failed',
        field,
        `${target} ${number}`,
      );
    for (const [target, field] of [
      ['/meetings', 'creatorId'],
      [`${path}/messages`, 'before'],
      [`${path}/events`, 'after'],
      [`${path}/audit`, 'after'],
      [`${path}/transcript`, 'after'],
      ['/admin/users', 'after'],
    ])
      refused(await ada.client.get(`${target}?${field}=${number}`), 'validation_failed', field, `${target} ${number}`);
  }
  ok(await ada.client.post(`${path}/read`, { messageId: Number.MAX_SAFE_INTEGER }), 204);
});

test('a field that stands twice is refused', async () => {
  for (const body of [
    '{"title":"one","title":"two"}',
    '{"title":"x","title":"x"}',
    '{"title":"x","\\u0074itle":"y"}',
    '{"title":"x","duration":1,"password":"a,b\\",","duration":2}',
  ])
    refused(await ada.client.post('/meetings', body), 'validation_failed', undefined, body);
  ok(await ada.client.post('/meetings', '{"title":"a,\\"title\\":{[,","duration":60 , "password":"{,}"}'), 201);
});

test('white space around the JSON is fine', async () => {
  for (const body of [
    '{"title":"x"} ',
    '\r\n\t {"title":"x"}\n\n',
    '{ "title" : "x" }',
    '{"title":"\\u0078\\ud83d\\ude00\\/"}',
    `{"title":"x"}${' '.repeat(100_000)}`,
  ])
    ok(await ada.client.post('/meetings', body), 201);
});

test('half a pair of surrogates does no harm', async () => {
  for (const body of ['{"title":"\\ud83d"}', '{"title":"\\ude00\\ud83d"}', '{"title":"\\ud83dx"}']) {
    const { status } = await ada.client.post('/meetings', body);
    assert.ok([201, 400].includes(status), body);
  }
});

test('a body of another type is refused', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'text/json',
    'application/jsonx',
    'application/json-patch+json',
    'application/problem+json',
    'application/merge-patch+json',
    'json',
    '*/*',
    'application/json,text/plain',
    '',
    ' ',
  ])
    for (const [method, target] of calls())
      refused(
        await ada.client.request(method, target, { body: '{}', headers: { 'content-type': type } }),
        'unsupported_media_type',
        undefined,
        `${method} ${target} '${type}'`,
      );
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json;charset=UTF-8',
    'application/json ; x=y',
  ])
    ok(await ada.client.post('/meetings', '{"title":"x"}', { headers: { 'content-type': type } }), 201);
});

test('a body over 256 KiB is refused, one of just that size is read', async () => {
  const padded = (size) => `{"title":"x"}${' '.repeat(size - 13)}`;
  ok(await ada.client.post('/meetings', padded(256 * 1024)), 201);
  for (const size of [256 * 1024 + 1, 1_000_000])
    for (const [method, target] of calls())
      refused(
        await ada.client.request(method, target, { body: padded(size) }),
        'payload_too_large',
        undefined,
        `${method} ${target}`,
      );
  refused(
    await api(sys).post('/auth/register', { email: 'a@example.org', password: 'x'.repeat(200_000), displayName: 'x' }),
    'validation_failed',
    'password',
  );
  const many = Object.fromEntries(Array.from({ length: 8000 }, (_, i) => [`field${i}`, i]));
  refused(await ada.client.post('/meetings', many), 'validation_failed', 'field0');
});

test('the web server refuses what is larger still by itself', async () => {
  const { status } = await plainApi(sys, ada.token).post('/meetings', `{"title":"x"}${' '.repeat(3_000_000)}`);
  assert.equal(status, 413);
});

/* --- addresses and methods --- */

test('an address that does not exist is not found, with a token or without', async () => {
  for (const target of [
    '/api/',
    '/api/v1',
    '/api/v1/',
    '/api/v2/meetings',
    '/api/v1/nothing',
    '/api/v1/meetings/',
    `/api/v1/meetings/${meeting.id}/`,
    `/api/v1/meetings/${meeting.code}/join/`,
    `/api/v1/meetings/${meeting.id}/nothing`,
    `/api/v1/meetings/${meeting.code}/join/now`,
    '/api/v1//meetings',
    '/api/v1/meetings//join',
    `/api/v1/meetings/${meeting.id}/participants/1/2`,
    '/api/v1/Meetings',
    '/API/v1/meetings',
    '/api/v1/users',
    '/api/v1/users/1',
    '/api/v1/users/me/',
    '/api/v1/auth',
    '/api/v1/auth/',
    '/api/v1/auth/nothing',
    '/api/v1/auth/login/x',
    '/api/v1/internal/sync',
    '/api/v1/meetings/1%2Fjoin/x',
    '/api/v1/meetings;x=1',
    '/api/v1/meetings%00x'.replace('%00', '%2F'),
    '/api/v1/%6deetings/1/2/3',
  ])
    for (const client of [api(sys), ada.client])
      for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'OPTIONS']) {
        const answer = await (target.startsWith('/API') ? plainApi(sys) : client).request(method, target, {
          body: method === 'POST' ? {} : undefined,
        });
        assert.equal(answer.status, 404, `${method} ${target} → ${answer.status}`);
        if (!target.startsWith('/API'))
          // that is a file's address
          refused(answer, 'not_found', undefined, `${method} ${target}`);
      }
});

test('internal routes are not to be had from outside', async () => {
  for (const target of [
    '/internal/sync',
    '/internal/media/sync',
    `/internal/meetings/${meeting.id}/media`,
    `/internal/meetings/${meeting.id}/join_room`,
    `/internal/meetings/${meeting.id}/events`,
    `/api/internal/meetings/${meeting.id}/join_room`,
    '/api/v1/../../internal/sync',
    '/api/%2e%2e/internal/sync',
    '/healthz/../internal/sync',
    `/api/../internal/meetings/${meeting.id}/events?after=0`,
  ])
    for (const method of ['GET', 'POST']) {
      const answer = await raw(
        `${method} ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\nEchomeet-User: ${ada.id}\r\nEchomeet_User: ${ada.id}\r\n` +
          `Echomeet-Relay: r1\r\nEchomeet-Connection: r1.1\r\n${method === 'POST' ? 'Content-Type: application/json\r\nContent-Length: 2\r\n' : ''}Connection: close\r\n\r\n${method === 'POST' ? '{}' : ''}`,
      );
      assert.match(answer, /^HTTP\/1\.1 (403|404|405) /, `${method} ${target}`);
    }
});

test('a method that an address does not know is answered with those it does', async () => {
  for (const [template, item] of Object.entries(document.paths)) {
    const known = ['get', 'post', 'put', 'patch', 'delete'].filter((m) => item[m]).map((m) => m.toUpperCase());
    const target = filled(template);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].filter(
      (m) => !known.includes(m),
    ))
      for (const client of [api(sys), ada.client]) {
        const answer = await client.request(method, item.servers ? target : `/api/v1${target}`);
        refused(answer, 'method_not_allowed', undefined, `${method} ${target}`);
        assert.deepEqual(
          answer.headers
            .get('allow')
            .split(', ')
            .filter((m) => m !== 'HEAD')
            .sort(),
          [...known].sort(),
          `${method} ${target}`,
        );
      }
  }
});

test('HEAD answers as GET does, without the body', async () => {
  for (const target of [
    '/meetings',
    `/meetings/${meeting.id}`,
    '/users/me',
    `/meetings/${meeting.id}/events`,
    '/healthz',
    '/readyz',
  ]) {
    const answer = await ada.client.head(target);
    assert.equal(answer.status, 200, target);
    assert.equal(answer.headers.get('content-type'), 'application/json');
  }
  assert.equal((await ada.client.head('/meetings/999999')).status, 404);
  assert.equal((await api(sys).head('/meetings')).status, 401);
  assert.equal((await ada.client.head('/auth/login')).status, 405);
});

test('an address may be percent-encoded, and must be so properly', async () => {
  for (const target of [
    `/api/v1/meetings/%3${meeting.id}`,
    `/api/v1/meetings/${meeting.code.replace(/^./, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`,
  ]) {
    const { status } = await plainApi(sys, ada.token).get(target);
    assert.equal(status, 200, target);
  }
  for (const [template, item] of Object.entries(document.paths).filter(([name]) => name.includes('{')))
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE'].filter((m) => item[m.toLowerCase()]))
      for (const broken of [`${meeting.id}%`, '%', '%4', '%zz', '%C3%']) {
        const target = filled(template.replace(/\{\w+\}(?!.*\{)/, broken)); // the last part of its kind
        if (sys.server === 'apache')
          // it refuses these itself, with a page of its own
          assert.equal((await plainApi(sys, ada.token).request(method, `/api/v1${target}`)).status, 400);
        else refused(await ada.client.request(method, target), 'bad_request', undefined, `${method} ${target}`);
      }
});

test('an address that is no text is refused', async () => {
  for (const target of [
    '/meetings/%00',
    '/meetings/a%00b',
    '/meetings/%ff',
    '/meetings/%c0%af',
    '/meetings/%ed%a0%80',
    '/meetings/a%0d%0aX-Evil:%201',
    '/meetings/%7f',
    '/meetings?keyword=%ff',
    '/meetings?keyword=%00',
    '/meetings?keyword=a%01b',
    `/meetings/${meeting.id}/events?after=%00`,
  ]) {
    const answer = await plainApi(sys, ada.token).get(`/api/v1${target}`);
    assert.ok([400, 404].includes(answer.status), `${target} → ${answer.status}`);
    if (sys.server !== 'apache')
      // which refuses some of these itself
      assert.ok(
        ['bad_request', 'validation_failed', 'not_found'].includes(answer.body?.code),
        `${target} → ${JSON.stringify(answer.body)}`,
      );
    assert.equal(answer.headers.get('x-evil'), null);
  }
});

test('long addresses and headers are refused, not fatal', async () => {
  for (const size of [1000, 4000, 7000]) refused(await ada.client.get(`/meetings/${'x'.repeat(size)}`), 'not_found');
  for (const size of [20_000, 100_000]) {
    const { status } = await plainApi(sys, ada.token)
      .get(`/api/v1/meetings/${'x'.repeat(size)}`)
      .catch(() => ({ status: 414 }));
    assert.ok([400, 404, 413, 414, 431].includes(status), `${status}`);
    const answer = await plainApi(sys, ada.token)
      .get('/api/v1/meetings', { headers: { 'x-long': 'x'.repeat(size) } })
      .catch(() => ({ status: 431 }));
    assert.ok([200, 400, 413, 431].includes(answer.status), `${answer.status}`);
  }
});

test('raw rubbish on the web server’s port does no harm', async () => {
  for (const bytes of [
    '\r\n\r\n',
    'GET\r\n\r\n',
    'GET /api/v1/meetings\r\n\r\n',
    'GET  HTTP/1.1\r\nHost: x\r\n\r\n',
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'GET /api/v1/meetings HTTP/9.9\r\nHost: x\r\n\r\n',
    'POST /api/v1/meetings HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\nConnection: close\r\n\r\n',
    'POST /api/v1/meetings HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\nConnection: close\r\n\r\n',
    'POST /api/v1/meetings HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}',
    'POST /api/v1/meetings HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  ]) {
    const answer = await raw(bytes).catch(() => '');
    assert.ok(
      answer === '' || /^HTTP\/1\.[01] (4\d\d|505) /.test(answer),
      `${JSON.stringify(bytes)} → ${answer.slice(0, 60)}`,
    );
  }
});

test('a chunked body is read like any other', async () => {
  const body = JSON.stringify({ title: 'In pieces' });
  const head = `POST /api/v1/meetings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
  const answer = await raw(`${head}${[...body].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 201 /);
  assert.match(answer, /"title":"In pieces"/);
});

test('a client that goes away in the middle of a body harms nobody', async () => {
  for (let i = 0; i < 5; i++)
    await new Promise((resolve) => {
      const socket = net.connect(sys.port, '127.0.0.1', () => {
        socket.write(
          'POST /api/v1/meetings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"title":',
        );
        setTimeout(() => {
          socket.destroy();
          resolve();
        }, 50);
      });
    });
  ok(await ada.client.get('/meetings'));
});

/* --- request ids --- */

test('every answer carries a request id; a good one of the caller’s own is kept', async () => {
  const own = 'my-request.id_2031';
  const idOf = async (id, target = '/meetings/999999') => {
    const answer = await ada.client.get(target, { headers: { 'x-request-id': id } });
    return answer.headers.get('x-request-id');
  };
  assert.equal(await idOf(own), own);
  assert.equal(await idOf(own, '/meetings'), own);
  for (const bad of [
    'short',
    'x'.repeat(65),
    'with blank 123',
    'quote"12345678',
    'semi;colon;12',
    'ümlaut-123456'.normalize('NFC').replace('ü', '%C3%BC'),
    '../../etc/passwd',
    '"><script>alert(1)',
  ]) {
    const id = await idOf(bad);
    assert.notEqual(id, bad);
    assert.match(id, /^[0-9a-f]{16}$/);
  }
  const ids = new Set();
  for (let i = 0; i < 20; i++) ids.add((await ada.client.get('/meetings')).headers.get('x-request-id'));
  assert.equal(ids.size, 20);
});

test('the request id of a change stands in the room’s log', async () => {
  ok(
    await ada.client.post(
      `/meetings/${meeting.id}/messages`,
      { text: 'traced', clientId: 'traced' },
      { headers: { 'x-request-id': 'trace-me-0001' } },
    ),
    201,
  );
  const [row] = await sys.sql(
    "SELECT request_id FROM room_events WHERE meeting_id = ? AND type = 'chat_message' ORDER BY seq DESC LIMIT 1",
    [meeting.id],
  );
  assert.equal(row.request_id, 'trace-me-0001');
});

/* --- afterwards --- */

test('answers are never cached by others', async () => {
  for (const target of ['/meetings', '/users/me', '/meetings/999999'])
    assert.match((await ada.client.get(target)).headers.get('cache-control'), /no-store/);
});

test('after all of this the same workers are there, and nothing was made', async () => {
  assert.ok(pids.length >= 5);
  assert.deepEqual(await workerPids(sys), pids, 'a worker died');
  const log = sys.log('pool');
  assert.doesNotMatch(log, /AddressSanitizer|runtime error|status=5\d\d/);
  for (const secret of [ada.token, ben.token, 'x'.repeat(1000)])
    assert.ok(!log.includes(secret), 'a token or a long input stands in the log');
});
