/* Coming in where one was not invited: counting through meetings' numbers, guessing their codes. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createMeeting, join, ok, people, refused } from '../api/support.mjs';
import { api, openSocket } from '../lib/client.mjs';
import { callFrom } from '../lib/front.mjs';
import { root, startSystem } from '../lib/system.mjs';

let sys, ada, ben, eve;
before(async () => {
  sys = await startSystem({ workers: { api: 2, relay: 2 } });
  [ada, ben, eve] = await people(sys, 'Ada', 'Ben', 'Eve');
});
after(() => sys?.stop());

const NOWHERE = 987_654;
const bodies = { join: {}, guests: { displayName: 'Eve' } };

/* [method, what comes behind the meeting] of every call about a meeting, from the table of routes. */
const calls = [
  ...fs
    .readFileSync(path.join(root, 'handlers/routes.c'), 'utf8')
    .matchAll(/\{"(\w+)", API "\/meetings\/:meetingId\/?([^"]*)"/g),
].map(([, method, tail]) => [method, tail.replace(/:\w+/g, '1')]);

const ask = async (client, id, [method, tail]) => {
  const body = method === 'GET' || method === 'DELETE' ? undefined : (bodies[tail] ?? {});
  const {
    status,
    body: { requestId, ...problem },
  } = await client.request(method, `/meetings/${id}/${tail}`.replace(/\/$/, ''), { body });
  return { status, problem };
};

test('to a stranger the number of a private meeting is one that does not exist, whatever is asked', async () => {
  const meeting = await createMeeting(ada, { allowGuests: true });
  const elsewhere = await createMeeting(ben, { allowGuests: true });
  const { accessToken } = ok(await api(sys).post(`/meetings/${elsewhere.code}/guests`, { displayName: 'Guest' }), 201);
  await join(ada, meeting);
  assert.ok(calls.length > 30);
  for (const client of [eve.client, api(sys, accessToken)])
    for (const call of calls) {
      const answer = await ask(client, meeting.id, call);
      assert.deepEqual(answer, await ask(client, NOWHERE, call), call.join(' '));
      assert.equal(answer.status, 404, call.join(' '));
    }
  refused(await api(sys).post(`/meetings/${meeting.id}/guests`, { displayName: 'Eve' }), 'not_found');
  for (const { token } of [eve, { token: accessToken }]) {
    const socket = await openSocket(sys, token);
    for (const meetingId of [meeting.id, String(meeting.id), NOWHERE])
      await assert.rejects(socket.request('join_room', { meetingId }), { code: 'not_found' });
    await socket.close();
  }
  const [{ n }] = await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ?', [meeting.id]);
  assert.equal(n, 1);
});

test('the number is good for who belongs to it, with an invitation to it, and for a public meeting', async () => {
  const meeting = await createMeeting(ada),
    open = await createMeeting(ada, { isPublic: true });
  const other = await createMeeting(ben);
  const invite = async (host, m) => ok(await host.client.post(`/meetings/${m.id}/invites`, {}), 201);
  const { id, token } = await invite(ada, meeting);
  const byNumber = (body) => eve.client.post(`/meetings/${meeting.id}/join`, body);
  for (const wrong of [(await invite(ben, other)).token, `${id}.AAAAAAAAAAAAAAAAAAAAAA`, String(id)])
    refused(await byNumber({ invite: wrong }), 'not_found', undefined, wrong);
  ok(await api(sys).post(`/meetings/${meeting.id}/guests`, { displayName: 'Guest', invite: token }), 201);
  ok(await byNumber({ invite: token }));
  ok(await eve.client.post(`/meetings/${meeting.id}/leave`, {}));
  refused(await byNumber({}), 'meeting_ended'); // whoever was in it goes on knowing it
  ok(await ben.client.post(`/meetings/${open.id}/join`, {}));
  assert.equal(ok(await eve.client.get(`/meetings/${open.id}`)).code, open.code);
  const socket = await openSocket(sys, eve.token);
  await socket.request('join_room', { meetingId: open.id });
  await socket.close();
});

/* --- guessing codes ---------------------------------------------------------------------------------------- */

const LIMIT = 6; // wrong ones in a minute, so a bucket fills by one in ten seconds

test('wrong codes are counted over every way in, by account and by network; right ones are not', async () => {
  const limited = await startSystem({
    workers: { api: 2, relay: 1 },
    env: { ECHOMEET_RATE_WRONG_CODES: String(LIMIT) },
  });
  try {
    const [host, member, thief, second, visitor] = await people(
      limited,
      'Host',
      'Member',
      'Thief',
      'Second',
      'Visitor',
    );
    const meeting = await createMeeting(host, { allowGuests: true, waitingRoom: true });
    const open = await createMeeting(host, { isPublic: true });
    await join(member, meeting);
    const socket = await openSocket(limited, thief.token);
    const by = (address, user) => (method, path, body) =>
      callFrom(address, limited.base)(method, path, body, { token: user?.token });
    const steal = by('127.0.0.1', thief);
    const code = ({ status, body }) => (status < 300 ? 'ok' : body.code);
    const knock = (meetingId) =>
      socket.request('join_room', { meetingId }).then(
        () => 'ok',
        (error) => error.code,
      );

    for (
      let i = 0;
      i < 3 * LIMIT;
      i++ // a right one is no guess, nor what cannot be a code
    )
      assert.equal(
        code(await steal('GET', i % 3 ? `/meetings/${meeting.code}` : '/meetings/no+code')),
        i % 3 ? 'ok' : 'not_found',
      );
    const ways = [
      () => steal('GET', '/meetings/AAAAAA'),
      () => steal('POST', '/meetings/AAAAAC/join', {}),
      () => by('127.0.0.1')('POST', '/meetings/AAAAAD/guests', { displayName: 'x' }),
      () => steal('GET', '/meetings/AAAAAE/lobby'),
      () => steal('GET', `/meetings/${meeting.id}`),
    ];
    for (const way of ways) assert.equal(code(await way()), 'not_found');
    assert.equal(await knock('AAAAAF'), 'not_found');
    for (const way of [
      ...ways,
      () => steal('GET', `/meetings/${meeting.code}`),
      () => steal('POST', `/meetings/${meeting.code}/join`, {}),
      () => by('127.0.0.1')('POST', `/meetings/${meeting.code}/guests`, { displayName: 'x' }),
    ]) {
      const { body } = await way();
      assert.equal(body.code, 'rate_limited');
      assert.ok(body.detail.includes('Try again in'));
    }
    assert.equal(await knock('AAAAAA'), 'rate_limited');
    assert.equal(await knock(meeting.code), 'rate_limited', 'the right one is not told from a wrong one');

    const guess = {
      'their account elsewhere': by('127.0.0.2', thief),
      'another account from there': by('127.0.0.1', second),
    };
    assert.deepEqual(
      code(await guess['their account elsewhere']('GET', '/meetings/AAAAAA')),
      'not_found',
      'guests’ guesses count for the network alone',
    );
    for (const [name, way] of Object.entries(guess))
      assert.equal(code(await way('GET', '/meetings/AAAAAG')), 'rate_limited', name);
    // everybody else goes on
    assert.equal(code(await by('127.0.0.3', visitor)('POST', `/meetings/${meeting.code}/join`, {})), 'ok');
    assert.equal(code(await by('127.0.0.1', member)('GET', `/meetings/${meeting.code}`)), 'ok');
    assert.equal(code(await by('127.0.0.1', host)('GET', `/meetings/${meeting.code}`)), 'ok');
    assert.equal(code(await steal('GET', `/meetings/${open.code}`)), 'ok', 'the list has it anyway');
    const { token } = ok(await host.client.post(`/meetings/${meeting.id}/invites`, {}), 201);
    assert.equal(
      code(await steal('POST', `/meetings/${meeting.code}/join`, { invite: token })),
      'ok',
      'an invitation is no guess',
    );
    await socket.close();
  } finally {
    await limited.stop();
  }
});
