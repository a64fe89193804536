/* Chat over REST: sending, sending again, private messages, history by pages. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, logOf, meetingOf, ok, people, refused } from './support.mjs';

let sys;
let ada, ben, cleo, eve;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben, cleo, eve] = await people(sys, 'Ada', 'Ben', 'Cleo', 'Eve');
});
after(() => sys?.stop());

let serial = 0;
const send = (user, meeting, text, more = {}) =>
  user.client.post(`/meetings/${meeting.code}/messages`, { text, clientId: `c${serial++}`, ...more });
const read = async (user, meeting, query = '') =>
  ok(await user.client.get(`/meetings/${meeting.code}/messages${query}`));
const texts = async (user, meeting, query) => (await read(user, meeting, query)).items.map((m) => m.text);

test('a message is stored, shown to everybody inside, and told as an event', async () => {
  const meeting = await meetingOf(ada, ben);
  const text = 'Hello 😀 <b>"all"</b>\n\tand 终 \\u0000';
  const message = ok(await send(ben, meeting, text, { clientId: 'mine-1' }), 201);
  const { id, createdAt, ...rest } = message;
  assert.deepEqual(rest, {
    sender: { id: ben.id, displayName: 'Ben' },
    to: null,
    text,
    replyTo: null,
    clientId: 'mine-1',
    editedAt: null,
    deletedAt: null,
  });
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 10_000);
  for (const user of [ada, ben]) assert.deepEqual(await read(user, meeting), { items: [message], hasMore: false });
  const last = (await logOf(sys, meeting)).at(-1);
  assert.deepEqual([last.type, last.audience, last.data], ['chat_message', '*', { message }]);
});

test('the history is there for who joins later, the newest fifty at once', async () => {
  const meeting = await meetingOf(ada);
  assert.deepEqual((await join(ben, meeting)).messages, []);
  for (let i = 1; i <= 55; i++) ok(await send(ada, meeting, `m${i}`), 201);
  const room = await join(cleo, meeting);
  assert.deepEqual(
    room.messages.map((m) => m.text),
    Array.from({ length: 50 }, (_, i) => `m${i + 6}`),
  );
  assert.equal((await texts(cleo, meeting, '?limit=100')).length, 55);
});

test('sent twice under one client id, it is stored once', async () => {
  const meeting = await meetingOf(ada, ben);
  const first = ok(await send(ada, meeting, 'once', { clientId: 'x' }), 201);
  assert.deepEqual(ok(await send(ada, meeting, 'once', { clientId: 'x' }), 200), first);
  assert.deepEqual(ok(await send(ada, meeting, 'another text', { clientId: 'x' }), 200), first, 'the first one stays');
  assert.deepEqual(ok(await send(ada, meeting, 'private?', { clientId: 'x', to: ben.id }), 200), first);
  assert.notEqual(
    ok(await send(ada, meeting, 'once', { clientId: 'X' }), 201).id,
    first.id,
    'ids are compared letter by letter',
  );
  assert.notEqual(
    ok(await send(ben, meeting, 'once', { clientId: 'x' }), 201).id,
    first.id,
    'everybody has ids of their own',
  );
  const other = await meetingOf(ada);
  assert.notEqual(ok(await send(ada, other, 'once', { clientId: 'x' }), 201).id, first.id, 'and every meeting');
  assert.equal((await logOf(sys, meeting)).filter((e) => e.type === 'chat_message').length, 3);
});

test('sent many times at once under one client id, it is stored once', async () => {
  const meeting = await meetingOf(ada);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => send(ada, meeting, 'storm', { clientId: 'storm' })),
  );
  assert.deepEqual(answers.map((a) => a.status).sort(), [200, 200, 200, 200, 200, 200, 200, 201]);
  assert.equal(new Set(answers.map((a) => a.body.id)).size, 1);
  assert.deepEqual(await texts(ada, meeting), ['storm']);
});

test('a private message is for two', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  const message = ok(await send(ada, meeting, 'psst', { to: ben.id }), 201);
  assert.deepEqual(message.to, { id: ben.id, displayName: 'Ben' });
  ok(await send(cleo, meeting, 'hello'), 201);
  assert.deepEqual(await texts(ada, meeting), ['psst', 'hello']);
  assert.deepEqual(await texts(ben, meeting), ['psst', 'hello']);
  assert.deepEqual(await texts(cleo, meeting), ['hello']);
  assert.deepEqual(
    (await join(eve, meeting)).messages.map((m) => m.text),
    ['hello'],
  );
  ok(await ben.client.post(`/meetings/${meeting.code}/leave`));
  assert.deepEqual(
    (await join(ben, meeting)).messages.map((m) => m.text),
    ['psst', 'hello'],
    'the receiver finds it again',
  );
  const events = async (user) =>
    ok(await user.client.get(`/meetings/${meeting.code}/events`))
      .items.filter((e) => e.type === 'chat_message')
      .map((e) => e.data.message.text);
  assert.deepEqual(await events(ben), ['psst', 'hello']);
  assert.deepEqual(await events(cleo), ['hello']);
  const [{ audience }] = (await logOf(sys, meeting)).filter((e) => e.type === 'chat_message');
  assert.deepEqual(
    audience
      .split(',')
      .map(Number)
      .sort((a, b) => a - b),
    [ada.id, ben.id].sort((a, b) => a - b),
  );
});

test('a private message needs somebody who is in the meeting', async () => {
  const meeting = await meetingOf(ada, ben);
  for (const to of [eve.id, 999999]) refused(await send(ada, meeting, 'psst', { to }), 'validation_failed', 'to');
  ok(await ben.client.post(`/meetings/${meeting.code}/leave`));
  refused(await send(ada, meeting, 'psst', { to: ben.id }), 'validation_failed', 'to');
  assert.deepEqual(await texts(ada, meeting), []);
});

test('pages run backwards without a gap or a double', async () => {
  const meeting = await meetingOf(ada, ben, cleo);
  const wanted = [];
  for (let i = 1; i <= 30; i++) {
    const hidden = i % 5 === 0; // for Ben alone
    ok(await send(ada, meeting, `p${i}`, hidden ? { to: ben.id } : {}), 201);
    if (!hidden) wanted.push(`p${i}`);
  }
  for (const limit of [1, 7, 12, 23, 24, 25, 100]) {
    const all = [];
    let before = '';
    for (;;) {
      const { items, hasMore } = await read(cleo, meeting, `?limit=${limit}${before}`);
      assert.deepEqual(
        items.map((m) => m.id),
        items.map((m) => m.id).sort((a, b) => a - b),
        'the oldest comes first',
      );
      all.unshift(...items.map((m) => m.text));
      assert.equal(hasMore, all.length < wanted.length, `hasMore with limit ${limit} after ${all.length}`);
      if (!hasMore) break;
      before = `&before=${items[0].id}`;
    }
    assert.deepEqual(all, wanted);
  }
  assert.deepEqual(await texts(ben, meeting, '?limit=3'), ['p28', 'p29', 'p30']);
  assert.deepEqual(await read(ben, meeting, '?before=1'), { items: [], hasMore: false });
  assert.equal((await texts(ben, meeting, '?before=9007199254740991&limit=100')).length, 30);
});

test('messages of one meeting do not show in another', async () => {
  const [one, two] = [await meetingOf(ada), await meetingOf(ada)];
  ok(await send(ada, one, 'in one'), 201);
  assert.deepEqual(await texts(ada, two), []);
});

test('limits hold at their edges, in characters and not in bytes', async () => {
  const meeting = await meetingOf(ada);
  for (const text of ['x', ' ', '😀'.repeat(4000), 'x'.repeat(4000), '\r\n\t'])
    assert.equal(ok(await send(ada, meeting, text), 201).text, text);
  for (const clientId of ['x', '😀'.repeat(64), '-'.repeat(64), "'; --"])
    assert.equal(ok(await send(ada, meeting, 'id', { clientId }), 201).clientId, clientId);
});

test('every wrong field is refused and named', async () => {
  const meeting = await meetingOf(ada, ben);
  for (const [change, field] of [
    [{ text: undefined }, 'text'],
    [{ text: '' }, 'text'],
    [{ text: null }, 'text'],
    [{ text: 5 }, 'text'],
    [{ text: 'x'.repeat(4001) }, 'text'],
    [{ text: '😀'.repeat(4001) }, 'text'],
    [{ text: 'a\u0000b' }, 'text'],
    [{ text: 'bell\u0007' }, 'text'],
    [{ text: '\u001b[2J' }, 'text'],
    [{ clientId: undefined }, 'clientId'],
    [{ clientId: '' }, 'clientId'],
    [{ clientId: null }, 'clientId'],
    [{ clientId: 7 }, 'clientId'],
    [{ clientId: 'x'.repeat(65) }, 'clientId'],
    [{ clientId: 'a\nb' }, 'clientId'],
    [{ to: 0 }, 'to'],
    [{ to: -1 }, 'to'],
    [{ to: String(ben.id) }, 'to'],
    [{ to: 1.5 }, 'to'],
    [{ to: [ben.id] }, 'to'],
    [{ to: 'all' }, 'to'],
    [{ sender: 1 }, 'sender'],
    [{ id: 1 }, 'id'],
    [{ createdAt: '2031-01-01T00:00:00Z' }, 'createdAt'],
  ])
    refused(await send(ada, meeting, 'text', change), 'validation_failed', field, JSON.stringify(change).slice(0, 60));
  assert.deepEqual(await texts(ada, meeting), []);
  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=x', 'limit'],
    ['limit=', 'limit'],
    ['before=0', 'before'],
    ['before=-1', 'before'],
    ['before=last', 'before'],
    ['after=1', 'after'],
    ['limit=1&limit=2', 'limit'],
    ['before=9223372036854775808', 'before'],
  ])
    refused(await ada.client.get(`/meetings/${meeting.code}/messages?${query}`), 'validation_failed', field, query);
});

test('only who is in the meeting writes, only who was in it reads', async () => {
  const meeting = await meetingOf(ada, ben);
  ok(await send(ada, meeting, 'before'), 201);
  refused(await send(eve, meeting, 'let me in'), 'not_joined');
  refused(await eve.client.get(`/meetings/${meeting.code}/messages`), 'forbidden');
  ok(await ben.client.post(`/meetings/${meeting.code}/leave`));
  refused(await send(ben, meeting, 'one more thing'), 'not_joined');
  assert.deepEqual(await texts(ben, meeting), ['before']);
  const nobody = api(sys);
  refused(await nobody.get(`/meetings/${meeting.code}/messages`), 'unauthorized');
  refused(await nobody.post(`/meetings/${meeting.code}/messages`, { text: 'x', clientId: 'x' }), 'unauthorized');
  const scheduled = await createMeeting(ada);
  refused(await send(ada, scheduled, 'too early'), 'not_joined');
  refused(await send(ada, { id: 999999 }, 'nowhere'), 'not_found');
  refused(await ada.client.get('/meetings/999999/messages'), 'not_found');
});

test('after the end the chat can be read and not written', async () => {
  const meeting = await meetingOf(ada, ben);
  const message = ok(await send(ben, meeting, 'bye', { clientId: 'bye' }), 201);
  ok(await ada.client.post(`/meetings/${meeting.code}/end`));
  refused(await send(ben, meeting, 'still here?'), 'meeting_ended');
  assert.deepEqual((await read(ben, meeting)).items, [message]);
  const cancelled = await meetingOf(ada, ben);
  ok(await ada.client.delete(`/meetings/${cancelled.code}`), 204);
  refused(await send(ben, cancelled, 'still here?'), 'meeting_cancelled');
});

test('a member’s new name does not rewrite the history', async () => {
  const [fay] = await people(sys, 'Fay');
  const meeting = await meetingOf(ada, fay);
  ok(await send(fay, meeting, 'as Fay'), 201);
  ok(await fay.client.patch('/users/me', { displayName: 'Morgan' }));
  assert.equal((await read(ada, meeting)).items[0].sender.displayName, 'Fay');
});
