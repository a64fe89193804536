/* Deleting an account: what is asked and refused, the grace, and what is left of a person afterwards. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { openSocket } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { api, register } from './contract.mjs';
import { createMeeting, join, logOf, meetingOf, ok, people, refused, rowsOf, until } from './support.mjs';

let sys, root, ben;
before(async () => {
  sys = await startSystem({ env: { ECHOMEET_RATE_SIGN_IN_ACCOUNT: '20' } });
  [root, ben] = await people(sys, 'Root', 'Ben');
  await sys.sql('UPDATE users SET is_admin = 1 WHERE id = ?', [root.id]);
});
after(() => sys?.stop());

const DAY_MS = 24 * 3600 * 1000;
const say = async (user, meeting, text, extra = {}) =>
  ok(
    await user.client.post(`/meetings/${meeting.code}/messages`, { text, clientId: `${Math.random()}`, ...extra }),
    201,
  );
/* Node.js does not say by itself how long the body of a DELETE is. */
const removeWith = (user, body) =>
  user.client.delete('/users/me', {
    body,
    headers: { 'content-length': String(Buffer.byteLength(JSON.stringify(body))) },
  });
const remove = (user, password = user.password) => removeWith(user, { password });
const signIn = async (user) => {
  const body = ok(await api(sys).post('/auth/login', { email: user.email, password: user.password, client: 'api' }));
  return { ...user, token: body.accessToken, client: api(sys, body.accessToken) };
};
/* As if the grace were over: the job is done at once. */
async function graceOver(user) {
  await sys.sql('UPDATE users SET delete_at = UTC_TIMESTAMP(3) WHERE id = ?', [user.id]);
  const [job] = await sys.sql('SELECT id FROM jobs WHERE job_key = ?', [`deletion ${user.id}`]);
  ok(await root.client.post(`/admin/jobs/${job.id}/repeat`));
}
const isGone = (user) =>
  until('the account is gone', async () => {
    const [row] = await sys.sql('SELECT email, password_hash, display_name FROM users WHERE id = ?', [user.id]);
    return row.email === null && row.password_hash === null && row.display_name === 'Former member';
  });

function dump() {
  const run = spawnSync(
    'mariadb-dump',
    ['--no-defaults', '-u', 'root', '-S', sys.env.ECHOMEET_MYSQL_SOCKET, '--skip-extended-insert', 'echomeet'],
    { maxBuffer: 1 << 30 },
  );
  assert.equal(run.status, 0, String(run.stderr));
  return run.stdout.toString('utf8').toLowerCase();
}

test('it takes the password, ends every sign-in and every stay, and can be taken back', async () => {
  const ana = await register(sys, 'Ana');
  const other = await signIn(ana);
  const meeting = await meetingOf(ben);
  await join(ana, meeting);
  const socket = await openSocket(sys, other.token);
  await socket.request('join_room', { meetingId: meeting.code });
  refused(await remove(ana, 'wrong'), 'invalid_credentials');
  refused(await removeWith(ana, {}), 'validation_failed', 'password');
  const { deletesAt } = ok(await remove(ana));
  assert.ok(Math.abs(Date.parse(deletesAt) - Date.now() - 14 * DAY_MS) < 60_000, deletesAt);
  assert.equal((await socket.closed).code, 4401);
  refused(await ana.client.get('/users/me'), 'unauthorized');
  refused(await other.client.get('/users/me'), 'unauthorized');
  assert.equal((await rowsOf(sys, meeting)).find((row) => row.user_id === ana.id).status, 2);

  const back = await signIn(ana);
  assert.equal(ok(await back.client.get('/users/me')).deletesAt, deletesAt);
  assert.equal(ok(await back.client.post('/users/me/keep')).deletesAt, null);
  const [job] = await sys.sql('SELECT id FROM jobs WHERE job_key = ?', [`deletion ${ana.id}`]);
  ok(await root.client.post(`/admin/jobs/${job.id}/repeat`));
  await until(
    'the job is done',
    async () => (await sys.sql('SELECT state FROM jobs WHERE id = ?', [job.id]))[0].state === 3,
  );
  assert.equal(ok(await back.client.get('/users/me')).displayName, 'Ana');
});

test('guessing the password is limited', async () => {
  const eve = await register(sys, 'Eve');
  const answers = [];
  for (let i = 0; i < 40 && answers.at(-1) !== 'rate_limited'; i++)
    answers.push((await remove(eve, `guess ${i}`)).body.code);
  assert.equal(answers.at(-1), 'rate_limited');
  assert.ok(answers.slice(0, -1).every((code) => code === 'invalid_credentials'));
});

test('an administrator deletes accounts, and takes it back; not the own one, and the last one stays', async () => {
  const dan = await register(sys, 'Dan');
  refused(await ben.client.delete(`/admin/users/${dan.id}`), 'forbidden');
  refused(await root.client.delete(`/admin/users/${root.id}`), 'conflict');
  refused(await root.client.delete('/admin/users/999999'), 'not_found');
  const { deletesAt } = ok(await root.client.delete(`/admin/users/${dan.id}`));
  refused(await dan.client.get('/users/me'), 'unauthorized');
  const listed = async () =>
    ok(await root.client.get('/admin/users?keyword=Dan')).items.find(({ id }) => id === dan.id);
  assert.equal((await listed()).deletesAt, deletesAt);
  assert.equal(ok(await root.client.post(`/admin/users/${dan.id}/keep`)).deletesAt, null);
  assert.equal((await listed()).deletesAt, null);
  ok(await root.client.delete(`/admin/users/${dan.id}`));
  await graceOver(dan);
  await isGone(dan);
  assert.equal(await listed(), undefined);
  refused(await root.client.post(`/admin/users/${dan.id}/keep`), 'not_found');
  refused(await root.client.patch(`/admin/users/${dan.id}`, { disabled: false }), 'not_found');

  const ada = await register(sys, 'Ada');
  await sys.sql('UPDATE users SET is_admin = (id = ?)', [ada.id]);
  refused(await remove(ada), 'conflict');
  await sys.sql('UPDATE users SET is_admin = 1 WHERE id = ?', [root.id]);
  ok(await remove(ada));
});

test('nothing of the person is left in the database, and everything of the others is', async () => {
  const NAMES = ['Zoë "Quux" Wintergreen', 'Renamed Xylophone', 'Lobbyist Zyx', 'Guestname Qwrt'];
  const TEXTS = [
    'secret-of-zoe-1',
    'secret-of-zoe-2',
    'private-of-zoe-3',
    'deleted-of-zoe-4',
    'zoe-title-9',
    'zoe-about-9',
    'client-id-of-zoe',
  ];
  const zoe = await register(sys, NAMES[0], { locale: 'fr' });
  const cleo = await register(sys, 'Cleo');
  const carl = await register(sys, 'Carl');

  // one of her own, in which others are too, and one of somebody else, over the socket
  const hers = await createMeeting(zoe, {
    title: `Review by ${NAMES[0]}`,
    description: `Ask ${zoe.email} first`,
    allowGuests: true,
  });
  for (const user of [zoe, cleo, carl]) await join(user, hers);
  await say(zoe, hers, TEXTS[0], { clientId: TEXTS[6] });
  const question = await say(cleo, hers, 'a question of Cleo');
  const answer = await say(zoe, hers, TEXTS[1], { replyTo: question.id });
  await say(carl, hers, 'Carl answers', { replyTo: answer.id });
  await say(zoe, hers, TEXTS[2], { to: carl.id });
  await say(carl, hers, 'Carl in private', { to: zoe.id });
  const gone = await say(zoe, hers, TEXTS[3]);
  assert.equal((await zoe.client.delete(`/meetings/${hers.code}/messages/${gone.id}`)).status, 204);
  ok(await zoe.client.patch(`/meetings/${hers.code}/participants/me`, { displayName: NAMES[1] }));
  ok(await zoe.client.patch(`/meetings/${hers.code}`, { title: `${NAMES[1]} was here` }));
  ok(await zoe.client.patch(`/meetings/${hers.code}/participants/${cleo.id}`, { role: 'cohost' }));

  const guest = ok(await api(sys).post(`/meetings/${hers.code}/guests`, { displayName: NAMES[3] }), 201);
  const visitor = { id: guest.user.id, client: api(sys, guest.accessToken) };
  await join(visitor, hers);
  await say(visitor, hers, 'said-by-the-guest');

  // the lobby of another one
  const lobby = await createMeeting(cleo, { waitingRoom: true });
  await join(cleo, lobby);
  ok(await zoe.client.patch('/users/me', { displayName: NAMES[2] }));
  const waiting = await openSocket(sys, zoe.token);
  await waiting.request('join_room', { meetingId: lobby.code });
  assert.equal((await cleo.client.post(`/meetings/${lobby.code}/lobby/admit`, { userId: zoe.id })).status, 204);
  ok(await zoe.client.patch('/users/me', { displayName: NAMES[0] }));

  // one that nobody else ever came to
  const own = await createMeeting(zoe, { title: TEXTS[4], description: TEXTS[5] });
  await join(zoe, own);
  await say(zoe, own, 'note-to-herself');

  const titled = await createMeeting(zoe, { title: 'Plans' });
  for (const user of [zoe, cleo]) await join(user, titled);

  const before = dump();
  for (const text of [
    ...NAMES.slice(1),
    ...TEXTS.filter((t) => t !== TEXTS[3]),
    zoe.email,
    'wintergreen',
    'note-to-herself',
    'said-by-the-guest',
  ])
    assert.ok(before.includes(text.toLowerCase()), `the test has it stored: ${text}`);
  const others = ['a question of cleo', 'carl answers', 'carl in private'];
  const counts = async (meeting) => {
    const { id, code, participantCount, onlineCount } =
      ok(await cleo.client.get(`/meetings/${meeting.code}`)).meeting ??
      ok(await cleo.client.get(`/meetings/${meeting.code}`));
    return { id, code, participantCount, onlineCount };
  };

  ok(await remove(zoe));
  ok(await root.client.delete(`/admin/users/${visitor.id}`)); // a guest has no grace
  const logBefore = await logOf(sys, hers);
  const countsBefore = await counts(hers);
  await graceOver(zoe);
  await isGone(zoe);
  await isGone(visitor);

  const left = dump();
  for (const text of [...NAMES, ...TEXTS, zoe.email, 'wintergreen', 'quux', 'note-to-herself', 'said-by-the-guest'])
    assert.ok(
      !left.includes(text.toLowerCase()),
      `still there: ${text}\n${left
        .split('\n')
        .filter((l) => l.includes(text.toLowerCase()))
        .slice(0, 3)
        .join('\n')
        .slice(0, 2000)}`,
    );
  for (const text of others) assert.ok(left.includes(text), `lost: ${text}`);
  assert.deepEqual(await sys.sql('SELECT id FROM sessions WHERE user_id = ?', [zoe.id]), []);
  assert.equal(
    (
      await sys.sql(
        'SELECT COUNT(*) AS n FROM refresh_tokens t LEFT JOIN sessions s ON s.id = t.session_id WHERE s.id IS NULL',
      )
    )[0].n,
    0,
  );

  // the meetings of others stand, and so do hers that others were in
  assert.deepEqual(await counts(hers), countsBefore);
  refused(await cleo.client.get(`/meetings/${own.code}`), 'not_found');
  assert.deepEqual(await sys.sql('SELECT id FROM meetings WHERE id = ?', [own.id]), []);
  const detail = ok(await cleo.client.get(`/meetings/${hers.code}`));
  assert.equal(detail.title, 'Meeting');
  assert.equal(detail.description, '');
  assert.equal(detail.creator.displayName, 'Former member');
  assert.equal(ok(await cleo.client.get(`/meetings/${titled.code}`)).title, 'Plans');
  const { items } = ok(await cleo.client.get(`/meetings/${hers.code}/messages`));
  assert.deepEqual(
    items.filter((m) => !m.deletedAt).map((m) => m.text),
    ['a question of Cleo', 'Carl answers'],
  );
  assert.ok(
    items
      .filter((m) => m.sender.id === zoe.id)
      .every((m) => m.deletedAt && m.text === '' && m.sender.displayName === 'Former member'),
  );
  assert.equal(items.find((m) => m.text === 'Carl answers').replyTo.sender.displayName, 'Former member');

  // the log is the same events under the same numbers, and tells the room as it is
  const log = await logOf(sys, hers);
  assert.deepEqual(
    log.map(({ seq, type, audience }) => [seq, type, audience]),
    logBefore.map(({ seq, type, audience }) => [seq, type, audience]),
  );
  const socket = await openSocket(sys, cleo.token);
  await socket.request('join_room', { meetingId: hers.code, since: 0 });
  const replayed = ok(await cleo.client.get(`/meetings/${hers.code}/events?after=0`)).items;
  const chat = new Map();
  for (const { type, data } of replayed)
    if (['chat_message', 'message_edited', 'message_deleted'].includes(type)) chat.set(data.message.id, data.message);
  for (const message of items) assert.deepEqual(chat.get(message.id), message);
  await socket.close();

  // the address is free
  const again = ok(
    await api(sys).post('/auth/register', {
      email: zoe.email,
      password: 'correct horse 2',
      displayName: 'Another one',
      client: 'api',
    }),
    201,
  );
  assert.notEqual(again.user.id, zoe.id);
});

test('a worker that is killed in between leaves nothing undone', async () => {
  const max = await register(sys, 'Maximilian Quappendorf');
  const meetings = [];
  for (let i = 0; i < 6; i++) {
    const meeting = await createMeeting(max);
    for (const user of [max, ben]) await join(user, meeting);
    meetings.push(meeting);
    await sys.sql(
      `INSERT INTO messages (meeting_id, sender_id, body, client_id, created_at)
         SELECT ?, ?, CONCAT('quappe ', seq), seq, UTC_TIMESTAMP(3) FROM seq_1_to_1200`,
      [meeting.id, max.id],
    );
  }
  ok(await remove(max));
  await graceOver(max);
  await until(
    'it has begun',
    async () => (await sys.sql('SELECT deleted_at FROM users WHERE id = ?', [max.id]))[0].deleted_at,
  );
  sys.processes.pool.signal('SIGHUP'); // each worker is to end: the job gives back what it has not done
  await isGone(max);
  const left = dump();
  assert.ok(!left.includes('quapp'));
  for (const meeting of meetings) assert.equal((await rowsOf(sys, meeting)).length, 2);
});

test('what an administrator holds is kept until the hold is lifted, and then goes as well', async () => {
  const lea = await register(sys, 'Leander Holdworth');
  const meetings = [];
  for (const title of ['Held', 'Free', 'Own']) {
    const meeting = await createMeeting(lea, { title });
    for (const user of title === 'Own' ? [lea] : [lea, ben]) await join(user, meeting);
    await say(lea, meeting, `holdtext ${title}`);
    meetings.push(meeting);
  }
  const [held, free, own] = meetings;
  const path = (meeting) => `/admin/meetings/${meeting.id}/hold`;
  refused(await ben.client.put(path(held), { reason: 'x' }), 'forbidden');
  refused(await root.client.put(path(held), {}), 'validation_failed', 'reason');
  refused(await root.client.put('/admin/meetings/999999/hold', { reason: 'x' }), 'not_found');
  refused(await root.client.get(path(held)), 'not_found');
  refused(await root.client.delete(path(held)), 'not_found');
  for (const meeting of [held, own]) ok(await root.client.put(path(meeting), { reason: 'Case 14' }));
  assert.deepEqual((({ reason, by }) => [reason, by])(ok(await root.client.put(path(held), { reason: 'Case 15' }))), [
    'Case 15',
    root.id,
  ]);
  assert.equal(ok(await root.client.get(path(held))).reason, 'Case 15');

  assert.equal(ok(await remove(lea)).partlyKept, true);
  await graceOver(lea);
  await isGone(lea);
  const texts = async ({ id }) =>
    (await sys.sql('SELECT body FROM messages WHERE meeting_id = ?', [id])).map((m) => m.body);
  assert.deepEqual(
    [await texts(held), await texts(free), await texts(own)],
    [['holdtext Held'], [''], ['holdtext Own']],
  );
  assert.equal((await rowsOf(sys, held)).find((row) => row.user_id === lea.id).display_name, 'Leander Holdworth');
  assert.ok(dump().includes('holdworth'));

  for (const meeting of [held, own]) assert.equal((await root.client.delete(path(meeting))).status, 204);
  await until('nothing is left', () => !dump().includes('hold' + 'worth') && !dump().includes('holdtext'));
  assert.deepEqual(await sys.sql('SELECT id FROM meetings WHERE id = ?', [own.id]), []);
  assert.equal((await rowsOf(sys, held)).length, 2);
});
