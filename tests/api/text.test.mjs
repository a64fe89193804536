/* What people and programs write, beyond ASCII: names that can be seen, ids that stay as they are, half characters. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, meetingOf, ok, people, refused } from './support.mjs';

let sys, ada, ben, open;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], env: { ECHOMEET_RATE_GUESTS: '0' } });
  [ada, ben] = await people(sys, 'Ada', 'Ben');
  open = await createMeeting(ada, { allowGuests: true });
  await join(ben, open);
});
after(() => sys?.stop());

/* every place where people name themselves, each other or something: [field, how a text is sent there, where it comes back] */
const namePlaces = () => [
  ['displayName', (name) => ben.client.patch('/users/me', { displayName: name }), (body) => body.displayName],
  [
    'displayName',
    (name) => api(sys).post(`/meetings/${open.code}/guests`, { displayName: name }),
    (body) => body.user.displayName,
  ],
  [
    'displayName',
    (name) => ben.client.patch(`/meetings/${open.id}/participants/me`, { displayName: name }),
    (body) => body.displayName,
  ],
  ['title', (title) => ada.client.post('/meetings', { title }), (body) => body.title],
  ['title', (title) => ada.client.patch(`/meetings/${open.id}`, { title }), (body) => body.title],
];

const invisible = [
  '\u3000',
  '\u00a0',
  '\u2028',
  '\u200b',
  '\u202e\u202c',
  '\u2066\u2069',
  '\u3164',
  '\u2800',
  '\u00ad',
  '\ufe0f',
  '\u200d',
  '\u{e0041}',
  '\u0301',
  ' \u200b\u3000 ',
];

test('a name that nobody could see is refused and the field is named', async () => {
  for (const [field, send] of namePlaces())
    for (const text of invisible)
      refused(await send(text), 'validation_failed', field, `${field} U+${text.codePointAt(0).toString(16)}`);
  for (const text of invisible)
    refused(
      await api(sys).post('/auth/register', {
        email: 'unseen@example.org',
        password: 'correct horse 1',
        displayName: text,
      }),
      'validation_failed',
      'displayName',
    );
});

test('a name comes back trimmed, composed, and without what turns or hides', async () => {
  const names = [
    ['　计划　', '计划'],
    ['\u00a0Ana\u2003', 'Ana'],
    ['Ana\u202e)host(', 'Ana)host('],
    ['\u2067Ana\u2069', 'Ana'],
    ['A\u200bna', 'Ana'],
    ['E\u0301va', '\u00c9va'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['👩🏽\u200d💻', '👩🏽\u200d💻'],
    ['❤\ufe0f', '❤\ufe0f'],
    [
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    ],
    ['葛\u{e0100}城', '葛\u{e0100}城'],
    ['x'.repeat(64), 'x'.repeat(64)],
  ];
  for (const [, send, where] of namePlaces())
    for (const [sent, stored] of names) {
      const answer = await send(sent);
      assert.ok(answer.status < 300, JSON.stringify(answer.body));
      assert.equal(where(answer.body), stored);
    }
});

test('a title is found by what it looks like', async () => {
  await createMeeting(ada, { title: 'Caf\u00e9 Planning' });
  const { items } = ok(await ada.client.get(`/meetings?keyword=${encodeURIComponent('\u3000Cafe\u0301\u200b ')}`));
  assert.deepEqual(
    items.map((m) => m.title),
    ['Caf\u00e9 Planning'],
  );
});

test('marks do not grow over the lines around a name', async () => {
  const marks = '\u0315\u0316\u0317\u0318\u0319\u031c\u031d\u031e\u031f';
  for (const [field, send] of namePlaces()) {
    refused(await send(`z${marks}`), 'validation_failed', field);
    refused(await send(`z${marks.slice(0, 8)}\u034f${marks.slice(8)}`), 'validation_failed', field);
    assert.ok((await send(`z${marks.slice(0, 8)}y${marks.slice(0, 8)}`)).status < 300);
  }
});

test('half a surrogate pair is no text', async () => {
  const bodies = [
    '{"title":"\\ud800"}',
    '{"title":"x\\udfff"}',
    '{"title":"\\ude00\\ud83d"}',
    '{"title":"x","\\udc00":1}',
    '{"title":"x","description":"\\ud83d\\n"}',
  ];
  for (const body of bodies) assert.equal((await ada.client.post('/meetings', body)).body.code, 'malformed_json', body);
  assert.equal(ok(await ada.client.post('/meetings', '{"title":"\\ud83d\\ude00"}'), 201).title, '😀');
});

test('a client id is taken as it is, or not at all', async () => {
  const meeting = await meetingOf(ada, ben);
  const send = (clientId, text = 'x') => ada.client.post(`/meetings/${meeting.id}/messages`, { text, clientId });
  for (const clientId of [' lead', 'trail ', '\u3000a', 'a\u00a0', 'a\u200bb', '\ufeffa', 'a\u202e', 'a\ufe0f'])
    refused(await send(clientId), 'validation_failed', 'clientId', JSON.stringify(clientId));
  for (const clientId of ['a', 'A', 'a b', 'a  b', 'e\u0301', '\u00e9', '{"x":1}'])
    assert.equal(ok(await send(clientId), 201).clientId, clientId, 'each is another message');
  for (const half of ['k\\ud800', 'k\\udbff'])
    assert.equal(
      (await ada.client.post(`/meetings/${meeting.id}/messages`, `{"text":"lost?","clientId":"${half}"}`)).body.code,
      'malformed_json',
    );
});

test('what is still to be written cannot be marked as read', async () => {
  const meeting = await meetingOf(ada, ben);
  const say = async (text) =>
    ok(await ada.client.post(`/meetings/${meeting.id}/messages`, { text, clientId: text }), 201);
  const mark = (messageId) => ben.client.post(`/meetings/${meeting.id}/read`, { messageId });
  const again = async () => {
    ok(await ben.client.post(`/meetings/${meeting.id}/leave`, {}));
    const { lastReadMessageId, unreadCount } = await join(ben, meeting);
    return [lastReadMessageId, unreadCount];
  };
  ok(await mark(Number.MAX_SAFE_INTEGER), 204);
  const first = await say('one');
  assert.equal((await again())[1], 1);
  ok(await mark(Number.MAX_SAFE_INTEGER), 204);
  assert.deepEqual(await again(), [first.id, 0]);
  await say('two');
  assert.deepEqual(await again(), [first.id, 1]);
});

test('records quote what others would read as something else', async () => {
  const { id } = await meetingOf(ada);
  for (const displayName of ['＝1+1', '＋1', '－1', '＠SUM(1)']) {
    ok(await ada.client.patch(`/meetings/${id}/participants/me`, { displayName }));
    const { body } = await ada.client.get(`/meetings/${id}/attendance?format=csv`);
    assert.ok(body.includes(`\n"'${displayName}",`), body);
  }
  const { createdAt } = ok(
    await ada.client.post(`/meetings/${id}/messages`, {
      text: 'one\u2028[2026-01-31T10:00:00.000Z] Ben: two\u2029three\rfour\r\nfive',
      clientId: '1',
    }),
    201,
  );
  const chat = await ada.client.get(`/meetings/${id}/transcript`);
  assert.equal(
    chat.body,
    `[${createdAt}] ＠SUM(1): one\n    [2026-01-31T10:00:00.000Z] Ben: two\n    three\n    four\n    five\n`,
  );
});
