/* Making a meeting and looking at it: what is stored, what is shown to whom, every wrong field. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { api, document } from './contract.mjs';
import { createMeeting, join, ok, people, refused } from './support.mjs';

let sys;
let ada, ben, eve;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] });
  [ada, ben, eve] = await people(sys, 'Ada', 'Ben', 'Eve');
});
after(() => sys?.stop());

const create = (body, headers) =>
  ada.client.post('/meetings', typeof body === 'string' ? body : { title: 'Planning', ...body }, { headers });
const detail = (user, meeting, headers) => user.client.get(`/meetings/${meeting.id}`, { headers });
const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();

test('a meeting with a title alone gets the defaults', async () => {
  const start = Date.now();
  const meeting = await createMeeting(ada, { title: '  Stand-up ' });
  const { id, code, startTime, createdAt, updatedAt, ...rest } = meeting;
  assert.deepEqual(rest, {
    title: 'Stand-up',
    description: '',
    creator: { id: ada.id, displayName: 'Ada' },
    host: { id: ada.id, displayName: 'Ada' },
    status: 1,
    statusText: 'Scheduled',
    duration: 60,
    actualStartTime: null,
    actualEndTime: null,
    maxParticipants: 100,
    hasPassword: false,
    password: null,
    isPublic: false,
    isRecorded: false,
    participantCount: 0,
    onlineCount: 0,
    locked: false,
    waitingRoom: false,
    joinBeforeHost: true,
    muteOnEntry: false,
    allowUnmute: true,
    allowShare: true,
    allowChat: true,
    allowGuests: false,
    endsOnTime: false,
    keepUntilEnd: false,
    guestsWait: false,
    mediaServer: false,
    hostLossPolicy: 'hand_over',
    hostLossMinutes: 5,
    emptyMinutes: 0,
    keepDays: 0,
    chatKeptDays: 365,
    hostAway: false,
    endsAt: null,
    hostAwayEndsAt: null,
  });
  for (const time of [startTime, createdAt, updatedAt]) assert.ok(Math.abs(Date.parse(time) - start) < 10_000, time);
  assert.deepEqual(ok(await detail(ada, meeting)), { ...meeting, participants: [] });
});

test('everything that is said is kept, and comes back to the host', async () => {
  const input = {
    title: 'Ünïcödé 会议 😀 "quoted" \\ </script>',
    description: 'Line one\n\tline two\r\n終',
    startTime: '2031-02-03T04:05:06.789+08:00',
    duration: 480,
    password: 'tülip 🌷',
    maxParticipants: 2,
    isPublic: false,
    isRecorded: true,
    locked: true,
    waitingRoom: true,
    joinBeforeHost: false,
    muteOnEntry: true,
    allowUnmute: false,
    allowShare: false,
    allowChat: false,
    allowGuests: true,
    endsOnTime: true,
    keepUntilEnd: true,
    guestsWait: true,
    mediaServer: true,
    hostLossPolicy: 'lock',
    hostLossMinutes: 9,
    emptyMinutes: 8,
    keepDays: 7,
  };
  const meeting = await createMeeting(ada, input);
  const { password, ...open } = { ...input, startTime: '2031-02-02T20:05:06.789Z', hasPassword: true };
  for (const seen of [meeting, ok(await detail(ada, meeting))])
    for (const [name, value] of Object.entries({ ...open, password })) assert.deepEqual(seen[name], value, name);
  const [row] = await sys.sql('SELECT password_box FROM meetings WHERE id = ?', [meeting.id]);
  assert.ok(!row.password_box.includes(Buffer.from('lip')), 'the password stands in the database as it is');
});

test('the code has its own alphabet and leads to the meeting, in any case', async () => {
  const meeting = await createMeeting(ada, { isPublic: true });
  assert.match(meeting.code, new RegExp(document.components.schemas.MeetingCode.pattern));
  const forms = [
    meeting.code,
    meeting.code.toLowerCase(),
    `${meeting.code.slice(0, 3)}-${meeting.code.slice(3)}`,
    encodeURIComponent(`${meeting.code.slice(0, 3)} ${meeting.code.slice(3)}`),
    `%${meeting.code.charCodeAt(0).toString(16)}${meeting.code.slice(1)}`,
  ];
  for (const form of forms) assert.equal(ok(await ben.client.get(`/meetings/${form}`)).id, meeting.id, form);
});

test('codes differ from each other and are never numbers', async () => {
  const codes = new Set();
  for (let i = 0; i < 60; i++) codes.add((await createMeeting(ada)).code);
  assert.equal(codes.size, 60);
  for (const code of codes) assert.match(code, /[A-Z]/, 'a code of digits alone would be read as a number');
  const letters = new Set([...codes].join(''));
  assert.ok(letters.size > 18, 'sixty codes use nearly the whole alphabet');
});

test('limits hold at their edges, in characters and not in bytes', async () => {
  for (const edge of [
    { title: 'x' },
    { title: 'x'.repeat(200) },
    { title: '😀'.repeat(200) },
    { description: '' },
    { description: '終'.repeat(4000) },
    { description: '😀'.repeat(4000) },
    { duration: 1 },
    { duration: 480 },
    { password: 'x' },
    { password: '😀'.repeat(64) },
    { password: ' blank ' },
    { maxParticipants: 2 },
    { maxParticipants: 10000 },
    { startTime: inMinutes(-4) },
    { startTime: inMinutes(3659 * 24 * 60) },
  ]) {
    const [[name, value]] = Object.entries(edge);
    const meeting = await createMeeting(ada, edge);
    if (name === 'startTime') assert.equal(Date.parse(meeting.startTime), Date.parse(value));
    else assert.equal(meeting[name], value, name);
  }
});

/* [what is sent, the field that must be named]; a text is sent as it is */
const wrong = [
  ['{}', 'title'],
  [{ title: null }, 'title'],
  [{ title: 7 }, 'title'],
  [{ title: ['x'] }, 'title'],
  [{ title: '' }, 'title'],
  [{ title: ' \t ' }, 'title'],
  [{ title: 'x'.repeat(201) }, 'title'],
  [{ title: '😀'.repeat(201) }, 'title'],
  [{ title: 'a\nb' }, 'title'],
  [{ title: 'a\u0000b' }, 'title'],
  [{ title: 'a\u009fb' }, 'title'],
  [{ description: 'x'.repeat(4001) }, 'description'],
  [{ description: 5 }, 'description'],
  [{ description: null }, 'description'],
  [{ description: 'a\u0000b' }, 'description'],
  [{ description: 'bell\u0007' }, 'description'],
  ...[
    '',
    'tomorrow',
    '2031-02-03',
    '2031-02-03T04:05:06',
    '2031-02-03 04:05:06Z',
    '2031-02-30T00:00:00Z',
    '2031-13-01T00:00:00Z',
    '2031-02-03T24:00:00Z',
    '2031-02-03T04:60:00Z',
    '2031-02-03T04:05:06+25:00',
    '2031-02-03T04:05Z',
    '10000-01-01T00:00:00Z',
    '-2031-02-03T04:05:06Z',
    '2031-2-3T4:5:6Z',
    '2031-02-03T04:05:06Zzz',
    ' 2031-02-03T04:05:06Z',
    '2031-02-03T04:05:06.Z',
    1960000000,
    null,
    true,
    {},
  ].map((startTime) => [{ startTime }, 'startTime']),
  [{ startTime: inMinutes(-6) }, 'startTime'],
  [{ startTime: inMinutes(3661 * 24 * 60) }, 'startTime'],
  [{ startTime: '9999-12-31T23:59:59Z' }, 'startTime'],
  [{ startTime: '1970-01-01T00:00:00Z' }, 'startTime'],
  [{ startTime: '1969-12-31T23:59:59Z' }, 'startTime'],
  ...[0, -1, 481, 1.5, '60', '', null, true, [60], {}, 1e12].map((duration) => [{ duration }, 'duration']),
  ...[
    '60.0',
    '6e1',
    '1e400',
    '-0.5',
    '9223372036854775808',
    '-9223372036854775809',
    '18446744073709551616',
    '18446744073709551676',
    '1'.repeat(400),
  ].map((number) => [`{"title":"x","duration":${number}}`, 'duration']),
  ...['', 'x'.repeat(65), '😀'.repeat(65), 1234, true, {}, ['x'], 'a\u0000'].map((password) => [
    { password },
    'password',
  ]),
  ...[1, 0, -5, 10001, 2.5, '10', null, false].map((maxParticipants) => [{ maxParticipants }, 'maxParticipants']),
  ...['true', 1, 0, null, [], 'yes'].flatMap((flag) => [
    [{ isPublic: flag }, 'isPublic'],
    [{ isRecorded: flag }, 'isRecorded'],
  ]),
  [{ code: 'AAAAAA' }, 'code'],
  [{ id: 1 }, 'id'],
  [{ status: 2 }, 'status'],
  [{ hostId: 1 }, 'hostId'],
  [{ Title: 'x' }, 'Title'],
  [{ 'is public': true }, 'is public'],
];

test('every wrong field is refused and named, and nothing is stored', async () => {
  const count = async () => (await sys.sql('SELECT COUNT(*) AS n FROM meetings'))[0].n;
  const stored = await count();
  for (const [body, field] of wrong) {
    const answer = await create(body);
    assert.equal(answer.status, 400, `${JSON.stringify(body)} → ${JSON.stringify(answer.body)}`);
    refused(answer, 'validation_failed', field, JSON.stringify(body).slice(0, 100));
  }
  assert.equal(await count(), stored);
});

test('the first wrong field is named', async () => {
  refused(await create('{"duration":0,"title":""}'), 'validation_failed', 'duration');
  refused(await create('{"title":"","duration":0}'), 'validation_failed', 'title');
});

test('a private meeting is shown to creator and participants; to strangers who have its code from outside', async () => {
  const meeting = await createMeeting(ada, {
    title: 'Board',
    description: 'The figures.',
    password: 'sesame',
    allowGuests: true,
  });
  refused(await detail(eve, meeting), 'not_found');
  const outside = async (user) => {
    const seen = ok(await user.client.get(`/meetings/${meeting.code}`));
    assert.deepEqual(
      [seen.title, seen.host.displayName, seen.hasPassword, seen.description, seen.participants],
      ['Board', 'Ada', true, '', []],
    );
    assert.ok(!('password' in seen));
    return seen;
  };
  assert.equal((await outside(eve)).status, 1);
  refused(await eve.client.get(`/meetings/${meeting.id}/participants`), 'not_found');
  refused(await eve.client.get(`/meetings/${meeting.code}/participants`), 'forbidden');
  await join(ben, meeting, 'sesame');
  assert.equal(ok(await detail(ada, meeting)).description, 'The figures.');
  const { user, accessToken } = ok(
    await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'Grace' }),
    201,
  );
  for (const who of [eve, { ...user, client: api(sys, accessToken) }])
    assert.deepEqual(
      [await outside(who)].map(({ status, participantCount }) => [status, participantCount]),
      [[2, 1]],
      'whether it has begun',
    );
  assert.deepEqual(
    ok(await detail(ben, meeting)).participants.map((p) => p.userId),
    [ben.id],
  );
  ok(await ben.client.post(`/meetings/${meeting.id}/leave`));
  assert.equal(ok(await detail(ben, meeting)).status, 3, 'who was in it may look at it later');
  refused(await detail(eve, meeting), 'not_found');
});

test('a public meeting is shown to everybody who is signed in', async () => {
  const meeting = await createMeeting(ada, { password: 'tulip', isPublic: true });
  const seen = ok(await detail(eve, meeting));
  assert.equal(seen.hasPassword, true);
  refused(await api(sys).get(`/meetings/${meeting.id}`), 'unauthorized');
});

test('only the host ever sees the password', async () => {
  const meeting = await createMeeting(ada, { password: 'tulip', isPublic: true });
  const joined = await join(ben, meeting, 'tulip');
  assert.ok(!('password' in joined.meeting));
  const ways = {
    detail: async (user) => ok(await detail(user, meeting)),
    list: async (user) =>
      ok(await user.client.get(`/meetings?creatorId=${ada.id}&pageSize=100`)).items.find((m) => m.id === meeting.id),
  };
  for (const [name, way] of Object.entries(ways)) {
    assert.equal((await way(ada)).password, 'tulip', name);
    for (const user of [ben, eve]) assert.ok(!('password' in (await way(user))), name);
  }
  const log = ok(await ben.client.get(`/meetings/${meeting.id}/events`));
  assert.ok(!JSON.stringify(log).includes('tulip'));
});

test('the status text speaks the caller’s language', async () => {
  const meeting = await createMeeting(ada);
  const english = [
    undefined,
    '*',
    'en',
    'en-GB',
    'sv',
    'eng',
    'it, en;q=0.5',
    'en, zh-CN',
    'xx'.repeat(2000),
    ';;;,,q=',
    '',
  ];
  const chinese = ['zh-CN', 'zh', 'zh-cn', 'zh-Hans-CN', 'zh-CN,zh;q=0.9,en;q=0.5', 'sv, zh;q=0.8'];
  for (const language of english)
    assert.equal(
      ok(await detail(ada, meeting, language === undefined ? {} : { 'accept-language': language })).statusText,
      'Scheduled',
      language,
    );
  for (const language of chinese)
    assert.match(
      ok(await detail(ada, meeting, { 'accept-language': language })).statusText,
      /^\p{Script=Han}+$/u,
      language,
    );
  for (const [language, text] of [
    ['de-AT, en', 'Geplant'],
    ['FR', 'Planifiée'],
  ])
    assert.equal(ok(await detail(ada, meeting, { 'accept-language': language })).statusText, text);
  const texts = new Set();
  for (const change of [
    ['join', 200],
    ['end', 200],
  ]) {
    ok(await ada.client.post(`/meetings/${meeting.id}/${change[0]}`), change[1]);
    texts
      .add(ok(await detail(ada, meeting, { 'accept-language': 'zh-CN' })).statusText)
      .add(ok(await detail(ada, meeting)).statusText);
  }
  assert.equal(texts.size, 4);
});

test('an unknown meeting is not found, whatever its name', async () => {
  for (const name of [
    '999999',
    '0',
    '-1',
    '1.0',
    '1e3',
    '9223372036854775807',
    '9223372036854775808',
    '99999999999999999999999',
    'AAAAAA',
    'ABC',
    'AAAAAAA',
    'OOOOOO',
    '0O1I2Z',
    'null',
    'undefined',
    '%20',
    '%F0%9F%98%80',
    "1'%20OR%20'1'='1",
    'x'.repeat(500),
    '1%2Fjoin',
    '١',
    '１',
  ])
    refused(await ada.client.get(`/meetings/${name}`), 'not_found', undefined, name);
});
