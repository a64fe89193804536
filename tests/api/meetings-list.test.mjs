/* Finding meetings: every filter alone and together, paging, order, and what nobody else may see. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, ok, people, refused } from './support.mjs';

let sys;
let ada, ben, eve;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben, eve] = await people(sys, 'Ada', 'Ben', 'Eve');
  await fill();
});
after(() => sys?.stop());

/* Twelve meetings. Ada's carry a letter, Ben's a number. */
const day = (n) => `2031-03-${String(n).padStart(2, '0')}T12:00:00.000Z`;
async function fill() {
  const make = (user, title, startDay, more = {}) =>
    createMeeting(user, { title, startTime: day(startDay), isPublic: true, ...more });
  await make(ada, 'Apple 100% sure', 1);
  await make(ada, 'Banana snake_case', 2, { password: 'x', description: 'about apple trees' });
  await make(ada, 'Cherry snakeXcase', 3, { isRecorded: true });
  await make(ada, 'Date hidden', 4, { isPublic: false });
  const ended = await make(ada, 'Elder ended', 5);
  ok(await ada.client.post(`/meetings/${ended.id}/end`));
  const cancelled = await make(ada, 'Fig cancelled', 6);
  ok(await ada.client.delete(`/meetings/${cancelled.id}`), 204);
  const running = await make(ben, '1 running', 7, { isRecorded: true, password: 'y' });
  await join(ben, running, 'y');
  await join(ada, running, 'y');
  const left = await make(ben, '2 left by Ada', 8, { isPublic: false });
  await join(ben, left);
  await join(ada, left);
  ok(await ada.client.post(`/meetings/${left.id}/leave`));
  await make(ben, '3 hidden from all', 9, { isPublic: false, password: 'z' });
  await make(ben, '4 back\\slash!', 10, { description: 'a!b c\\d' });
  await make(ben, '5 会议 ÄRGER', 11);
  await make(ben, "6 O'Hara; DROP TABLE meetings; --", 12);
}

const list = async (user, query = '') =>
  ok(await user.client.get(`/meetings?sort=startTime${query ? `&${query}` : ''}`));
/* the first letter of each title, in order */
const found = async (user, query) => (await list(user, query)).items.map((m) => m.title[0]).join('');

test('one sees the public meetings, one’s own, and those one has been in', async () => {
  assert.equal(await found(ada), 'ABCDEF12456');
  assert.equal(await found(ben), 'ABCEF123456');
  assert.equal(await found(eve), 'ABCEF1456');
});

test('what the list shows can be looked at, and nothing else', async () => {
  const rows = await sys.sql('SELECT id FROM meetings');
  for (const user of [ada, ben, eve]) {
    const listed = new Set((await list(user, 'pageSize=100')).items.map((m) => m.id));
    for (const { id } of rows)
      assert.equal(
        (await user.client.get(`/meetings/${id}`)).status,
        listed.has(id) ? 200 : 404,
        `${user.displayName} ${id}`,
      );
  }
});

test('an item of the list is the meeting as its detail has it', async () => {
  for (const item of (await list(ada, 'pageSize=100')).items) {
    const { participants, ...meeting } = ok(await ada.client.get(`/meetings/${item.id}`));
    assert.deepEqual(item, meeting);
  }
});

/* who asks, the query, the first letters of what must be found */
const filters = [
  ['ada', 'status=1', 'ABCD456'],
  ['ada', 'status=2', '12'],
  ['ada', 'status=3', 'E'],
  ['ada', 'status=4', 'F'],
  ['eve', 'status=2', '1'],
  ['ada', 'creatorId=ADA', 'ABCDEF'],
  ['ada', 'creatorId=BEN', '12456'],
  ['eve', 'creatorId=BEN', '1456'],
  ['ada', 'creatorId=999999', ''],
  ['ada', 'isPrivate=true', 'B1'],
  ['ada', 'isPrivate=false', 'ACDEF2456'],
  ['ben', 'isPrivate=true', 'B13'],
  ['ada', 'isRecorded=true', 'C1'],
  ['ada', 'isRecorded=false', 'ABDEF2456'],
  ['ada', 'onlyJoined=true', '12'],
  ['ben', 'onlyJoined=true', '12'],
  ['eve', 'onlyJoined=true', ''],
  ['ada', 'onlyJoined=false', 'ABCDEF12456'],
  ['ada', 'onlyCreated=true', 'ABCDEF'],
  ['ben', 'onlyCreated=true', '123456'],
  ['eve', 'onlyCreated=true', ''],
  ['eve', 'onlyCreated=false', 'ABCEF1456'],
  ['ada', `startFrom=${day(5)}`, 'EF12456'],
  ['ada', `startTo=${day(5)}`, 'ABCD'],
  ['ada', `startFrom=${day(5)}&startTo=${day(7)}`, 'EF'],
  ['ada', `startFrom=${encodeURIComponent('2031-03-05T20:00:00+08:00')}&startTo=2031-03-05T12:00:00.001Z`, 'E'],
  ['ada', `startFrom=${day(7)}&startTo=${day(5)}`, ''],
  ['ada', 'startTo=1970-01-01T00:00:01Z', ''],
  ['ada', 'startFrom=1970-01-01T00:00:01Z', 'ABCDEF12456'],
  ['ada', 'keyword=apple', 'AB'],
  ['ada', 'keyword=APPLE', 'AB'],
  ['ada', 'keyword=hidden', 'D'],
  ['ben', 'keyword=hidden', '3'],
  ['eve', 'keyword=hidden', ''],
  ['ada', 'keyword=%25', 'A'],
  ['ada', 'keyword=100%25%20s', 'A'],
  ['ada', 'keyword=1%25', ''],
  ['ada', 'keyword=_', 'B'],
  ['ada', 'keyword=snake_case', 'B'],
  ['ada', 'keyword=e_c', 'B'],
  ['ada', 'keyword=%25%25', ''],
  ['ada', 'keyword=__', ''],
  ['ada', 'keyword=%5C', '4'],
  ['ada', 'keyword=back%5Cslash', '4'],
  ['ada', 'keyword=%5C%25', ''],
  ['ada', 'keyword=!', '4'],
  ['ada', 'keyword=a!b', '4'],
  ['ada', 'keyword=!!', ''],
  ['ada', 'keyword=!%25', ''],
  ['ada', 'keyword=c%5Cd', '4'],
  ['ada', 'keyword=%E4%BC%9A', '5'],
  ['ada', 'keyword=%C3%A4rger', '5'],
  ['ada', "keyword=O'Hara", '6'],
  ['ada', "keyword='%20OR%20'1'='1", ''],
  ['ada', 'keyword=%22', ''],
  ['ada', 'keyword=DROP+TABLE', '6'],
  ['ada', 'keyword=about%20apple%20trees', 'B'],
  ['ada', 'status=1&isPrivate=true', 'B'],
  ['ada', 'status=2&isRecorded=true&isPrivate=true&onlyJoined=true', '1'],
  ['ada', 'creatorId=BEN&onlyJoined=true&isPrivate=false', '2'],
  ['ada', 'onlyCreated=true&onlyJoined=true', ''],
  ['ben', 'onlyCreated=true&onlyJoined=true', '12'],
  ['ada', `keyword=snake&isRecorded=false&startTo=${day(4)}`, 'B'],
  ['ada', 'onlyCreated=true&creatorId=BEN', ''],
  ['ben', 'onlyCreated=true&isPrivate=true&status=1', '3'],
  [
    'ada',
    `status=1&creatorId=ADA&keyword=a&startFrom=${day(1)}&startTo=${day(3)}&isPrivate=true&isRecorded=false&onlyCreated=true&onlyJoined=false`,
    'B',
  ],
];

test('each filter finds what it says, alone and with others', async () => {
  const users = { ada, ben, eve };
  for (const [who, query, letters] of filters) {
    const real = query.replace('ADA', ada.id).replace('BEN', ben.id);
    assert.equal(await found(users[who], real), letters, `${who}: ${decodeURIComponent(real)}`);
    assert.equal((await list(users[who], `${real}&pageSize=1`)).total, letters.length, `total of ${real}`);
  }
});

test('pages are cut cleanly and count everything', async () => {
  for (const pageSize of [1, 2, 4, 5, 11, 12, 100]) {
    const all = [];
    const pages = Math.ceil(11 / pageSize);
    for (let page = 1; page <= pages + 1; page++) {
      const body = await list(ada, `pageSize=${pageSize}&page=${page}`);
      assert.deepEqual([body.page, body.pageSize, body.total, body.totalPages], [page, pageSize, 11, pages]);
      assert.equal(body.items.length, page > pages ? 0 : Math.min(pageSize, 11 - (page - 1) * pageSize));
      all.push(...body.items.map((m) => m.title[0]));
    }
    assert.equal(all.join(''), 'ABCDEF12456');
  }
  const plain = ok(await ada.client.get('/meetings'));
  assert.deepEqual([plain.page, plain.pageSize, plain.total, plain.totalPages], [1, 20, 11, 1]);
  const none = await list(ada, 'keyword=nothing+like+this');
  assert.deepEqual([none.total, none.totalPages, none.items], [0, 0, []]);
  assert.deepEqual((await list(ada, 'page=1000000&pageSize=100')).items, []);
  assert.equal(plain.nextCursor, null);
});

test('every order, upwards and downwards', async () => {
  const order = async (sort) =>
    ok(await ada.client.get(`/meetings?sort=${sort}`))
      .items.map((m) => m.title[0])
      .join('');
  const reverse = (text) => [...text].reverse().join('');
  assert.equal(await order('startTime'), 'ABCDEF12456');
  assert.equal(await order('createdAt'), 'ABCDEF12456');
  assert.equal(await order('title'), '12456ABCDEF');
  for (const sort of ['startTime', 'createdAt', 'title'])
    assert.equal(await order(`-${sort}`), reverse(await order(sort)));
  assert.equal(
    ok(await ada.client.get('/meetings'))
      .items.map((m) => m.title[0])
      .join(''),
    await order('-startTime'),
  );
});

test('equal meetings keep one order over pages', async () => {
  for (let i = 0; i < 6; i++) await createMeeting(eve, { title: 'Twin', startTime: day(20) });
  for (const sort of ['title', '-startTime']) {
    const ids = [];
    for (let page = 1; page <= 3; page++)
      ids.push(
        ...ok(await eve.client.get(`/meetings?onlyCreated=true&sort=${sort}&page=${page}&pageSize=2`)).items.map(
          (m) => m.id,
        ),
      );
    assert.equal(new Set(ids).size, 6, sort);
  }
});

/* All that a list has, by its cursors. between: what happens after each page. */
async function walk(user, query, between = async () => {}) {
  const all = [];
  let answer = ok(await user.client.get(`/meetings?${query}`));
  for (;;) {
    all.push(...answer.items);
    if (!answer.nextCursor) return all;
    await between(all.at(-1));
    answer = ok(await user.client.get(`/meetings?${query}&cursor=${answer.nextCursor}`));
    assert.deepEqual(Object.keys(answer).sort(), ['items', 'nextCursor', 'pageSize']);
  }
}

test('cursors lead through the same list as pages do, in every order', async () => {
  for (const user of [ada, ben, eve])
    for (const sort of ['startTime', '-startTime', 'createdAt', '-createdAt', 'title', '-title'])
      for (const filter of [
        '',
        '&status=1',
        '&keyword=a',
        '&isRecorded=false',
        `&startFrom=${day(3)}`,
        '&onlyJoined=true',
      ]) {
        const whole = ok(await user.client.get(`/meetings?sort=${sort}${filter}&pageSize=100`));
        assert.equal(whole.nextCursor, null);
        assert.equal(whole.totalIsLowerBound, false);
        const ids = (await walk(user, `sort=${sort}${filter}&pageSize=2`)).map((m) => m.id);
        assert.deepEqual(
          ids,
          whole.items.map((m) => m.id),
          `${user.displayName} ${sort}${filter}`,
        );
      }
});

test('a list that is walked by cursors leaves nothing out and shows nothing twice while meetings come and go', async () => {
  const [zoe] = await people(sys, 'Zoe');
  for (let i = 0; i < 9; i++) await createMeeting(zoe, { title: `Same ${i % 2}`, startTime: day(15) });
  for (const sort of ['startTime', '-startTime', 'title', '-title', '-createdAt']) {
    const before = (await walk(zoe, `onlyCreated=true&sort=${sort}&pageSize=100`)).map((m) => m.id);
    const met = await walk(zoe, `onlyCreated=true&sort=${sort}&pageSize=2`, async ({ id }) => {
      await createMeeting(zoe, { title: `Same ${id % 3}`, startTime: day(15) });
      await sys.sql('DELETE FROM meetings WHERE id = ?', [id]); // the very one that the cursor names
    });
    const ids = met.map((m) => m.id);
    assert.equal(new Set(ids).size, ids.length, sort);
    for (const id of before) assert.ok(ids.includes(id), `${sort}: ${id} was there all the time until it was shown`);
  }
});

test('a cursor of another list is refused, and so is what is no cursor', async () => {
  const { nextCursor } = await list(ada, 'pageSize=3');
  const cursor = encodeURIComponent(nextCursor);
  for (const query of [
    'sort=title',
    'sort=startTime&status=1',
    'sort=startTime&keyword=a',
    'sort=startTime&onlyJoined=true',
    '',
  ])
    refused(await ada.client.get(`/meetings?${query}&cursor=${cursor}`), 'invalid_cursor', 'cursor', query);
  refused(await ben.client.get(`/meetings?sort=startTime&cursor=${cursor}`), 'invalid_cursor', 'cursor');
  for (const text of [
    'x',
    'AAAA',
    `${cursor}x`,
    cursor.slice(0, -9),
    Buffer.from('0 1 2 ').toString('base64url'),
    '%00',
    '%F0%9F%98%80',
  ])
    assert.equal((await ada.client.get(`/meetings?sort=startTime&cursor=${text}`)).status, 400, text);
  refused(await ada.client.get(`/meetings?sort=startTime&page=2&cursor=${cursor}`), 'validation_failed', 'page');
  assert.equal(
    (await list(ada, `pageSize=5&cursor=${cursor}`)).items.length,
    5,
    'another size of the page is the same list',
  );
});

test('a long list is counted up to a thousand, its pages end, and cursors go on', async () => {
  const [mia] = await people(sys, 'Mia');
  await sys.sql(
    `INSERT INTO meetings (code, title, description, creator_id, host_id, status, start_time, duration_minutes, max_participants, is_public,
        is_recorded, created_at, updated_at) SELECT CONCAT(SUBSTR('ACDEFGHJKM', 1 + seq DIV 1 MOD 10, 1), SUBSTR('ACDEFGHJKM', 1 + seq DIV 10 MOD 10, 1), SUBSTR('ACDEFGHJKM', 1 + seq DIV 100 MOD 10, 1), SUBSTR('ACDEFGHJKM', 1 + seq DIV 1000 MOD 10, 1), SUBSTR('ACDEFGHJKM', 1 + seq DIV 10000 MOD 10, 1), SUBSTR('ACDEFGHJKM', 1 + seq DIV 100000 MOD 10, 1)), IF(seq = 2, 'The needle', 'Hay'), '', ?, ?, 3, '2030-01-01' + INTERVAL seq MINUTE, 60, 10, 0, seq = 1, NOW(), NOW()
        FROM seq_1_to_10200`,
    [mia.id, mia.id],
  );
  const first = await list(mia, 'onlyCreated=true');
  assert.deepEqual([first.total, first.totalIsLowerBound, first.totalPages], [1000, true, 50]);
  assert.equal((await list(mia, 'onlyCreated=true&page=101&pageSize=100')).items.length, 100);
  refused(await mia.client.get('/meetings?onlyCreated=true&page=102&pageSize=100'), 'page_too_deep', 'page');
  refused(await mia.client.get('/meetings?onlyCreated=true&page=1000000'), 'page_too_deep', 'page');
  assert.equal((await walk(mia, 'onlyCreated=true&pageSize=100')).length, 10200);
  // what no index tells is looked for in 2,000 of them at a time
  const looked = ok(await mia.client.get('/meetings?onlyCreated=true&keyword=needle'));
  assert.deepEqual([looked.items, looked.total, looked.totalIsLowerBound], [[], 0, true]);
  assert.ok(looked.nextCursor);
  for (const query of [
    'keyword=needle',
    'isRecorded=true',
    'keyword=needle&sort=title',
    'keyword=needle&sort=startTime',
  ])
    assert.equal((await walk(mia, `onlyCreated=true&${query}`)).length, 1, query);
  await sys.sql('DELETE FROM meetings WHERE creator_id = ?', [mia.id]);
});

test('a wrong parameter is refused and named', async () => {
  const wrong = {
    page: ['0', '-1', '1.5', 'x', '', '1000001', '1e3', '+1', ' 1', '99999999999999999999', '0x10', 'null'],
    pageSize: ['0', '101', 'all', '', '-5', '2.0'],
    status: ['0', '5', 'ongoing', '', '1,2', '-1'],
    creatorId: ['0', 'me', '', '-3', '9223372036854775808'],
    startFrom: [
      '',
      'today',
      '2031-03-01',
      '2031-03-01T00:00:00',
      '2031-03-01T20:00:00+08:00',
      '1',
      '2031-02-30T00:00:00Z',
    ],
    startTo: ['', 'x', '2031-03-01T25:00:00Z', '1970-01-01T00:00:00Z', '1969-12-31T23:59:59Z'],
    isPrivate: ['', '1', '0', 'yes', 'TRUE', 'null'],
    isRecorded: ['', '2', 'nope'],
    onlyJoined: ['', '1', 'on'],
    onlyCreated: ['', '1', 'me'],
    sort: ['', 'name', '%2Btitle', 'title,startTime', '--title', 'TITLE', 'startTime|-startTime', 'title;DROP', 'id'],
    keyword: ['', '%20', 'x'.repeat(201)],
    cursor: ['', 'x'.repeat(1201)],
  };
  for (const [name, values] of Object.entries(wrong))
    for (const value of values) {
      const answer = await ada.client.get(`/meetings?${name}=${value}`);
      assert.equal(answer.status, 400, `${name}=${value} → ${JSON.stringify(answer.body).slice(0, 200)}`);
      refused(answer, 'validation_failed', name, `${name}=${value}`);
    }
  for (const name of ['limit', 'Page', 'page[]', 'page%20', 'isPublic', 'keywords', 'order', '%F0%9F%98%80'])
    refused(await ada.client.get(`/meetings?${name}=1`), 'validation_failed', decodeURIComponent(name), name);
  refused(await ada.client.get('/meetings?page=1&page=2'), 'validation_failed', 'page');
  refused(await ada.client.get('/meetings?page=1&%70age=1'), 'validation_failed', 'page');
});

test('odd query strings are read or refused, never guessed', async () => {
  for (const query of ['', '&', '&&&', 'page=1&', '&page=1', 'page=1&&pageSize=20', '%70age=1'])
    assert.equal(ok(await ada.client.get(`/meetings?${query}`)).page, 1, query);
  for (const query of ['keyword=%', 'keyword=%4', 'keyword=%zz', '%=1', 'page%=1'])
    refused(await ada.client.get(`/meetings?${query}`), 'bad_request', undefined, query);
  for (const query of ['=', '=1', 'page', '=page', 'page=1=1', '?page=1', 'page=1;pageSize=1'])
    assert.equal((await ada.client.get(`/meetings?${query}`)).body.code, 'validation_failed', query);
});

test('nobody lists without a token', async () => {
  refused(await api(sys).get('/meetings'), 'unauthorized');
});
