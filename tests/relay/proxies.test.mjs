/* Behind another proxy: each client has its own address, for workers and relay alike, and cannot choose it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSocket, register } from '../lib/client.mjs';
import { callFrom, from, startFront } from '../lib/front.mjs';
import { makeMeeting } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

let sys;
let front;
let ana;
let serial = 0;
before(async () => {
  sys = await startSystem({
    env: {
      ECHOMEET_METRICS_FROM: '127.0.0.7',
      ECHOMEET_RELAY_UNAUTHENTICATED: '3',
      ECHOMEET_RATE_PASSWORD_GUESSES: '3',
    },
  });
  front = await startFront(sys);
  ana = await register(sys, 'Ana');
});
after(async () => {
  await front?.stop();
  await sys?.stop();
});

async function guestFrom(address, meeting, headers = {}) {
  const call = callFrom(address, front.base);
  const { status, body } = await call(
    'POST',
    `/meetings/${meeting.code}/guests`,
    { displayName: `Guest ${++serial}` },
    { headers },
  );
  assert.equal(status, 201, JSON.stringify(body));
  return { id: body.user.id, token: body.accessToken, call, address };
}

const addressOf = async (meeting, guest) =>
  (await sys.sql('SELECT address FROM participants WHERE meeting_id = ? AND user_id = ?', [meeting.id, guest.id]))[0]
    ?.address;

test('two guests behind one proxy are two addresses, and removing one bans no other', async () => {
  const meeting = await makeMeeting(ana, { allowGuests: true });
  const host = await openSocket(sys, ana.token);
  await host.request('join_room', { meetingId: meeting.code });
  const bad = await guestFrom('127.0.0.2', meeting);
  const good = await guestFrom('127.0.0.3', meeting);
  const socket = await openSocket(front, bad.token, from(bad.address));
  await socket.request('join_room', { meetingId: meeting.code });
  assert.equal(await addressOf(meeting, bad), '127.0.0.2');
  await host.request('remove_participant', { userId: bad.id });
  assert.equal((await socket.closed).code, 4403);
  const other = await openSocket(front, good.token, from(good.address));
  await other.request('join_room', { meetingId: meeting.code });
  assert.equal(await addressOf(meeting, good), '127.0.0.3');
  const third = await guestFrom('127.0.0.4', meeting); // by REST
  assert.equal((await third.call('POST', `/meetings/${meeting.code}/join`, {}, { token: third.token })).status, 200);
  assert.equal(await addressOf(meeting, third), '127.0.0.4');
  await Promise.all([other.close(), host.close()]);
});

test('a client’s own X-Forwarded-Proto changes nothing, a proxy’s marks the cookie', async () => {
  const secure = async (address) => {
    const { status, headers } = await callFrom(address, sys.base)(
      'POST',
      '/auth/login',
      { email: ana.email, password: ana.password },
      { headers: { 'x-forwarded-proto': 'https' } },
    );
    assert.equal(status, 200);
    return headers['set-cookie'].some((cookie) => /; Secure(;|$)/i.test(cookie));
  };
  assert.equal(await secure('127.0.0.2'), false);
  assert.equal(await secure('127.0.0.1'), true); // it is among those that are trusted
});

test('a client’s own X-Forwarded-For changes nothing', async () => {
  const meeting = await makeMeeting(ana, { allowGuests: true });
  for (const forged of [
    '198.51.100.1',
    '127.0.0.1',
    '198.51.100.1, 127.0.0.1',
    'unknown',
    ', ,',
    '198.51.100.1,'.repeat(200),
  ]) {
    const headers = { 'x-forwarded-for': forged };
    const rest = await guestFrom('127.0.0.2', meeting, headers);
    assert.equal(
      (await rest.call('POST', `/meetings/${meeting.code}/join`, {}, { token: rest.token, headers })).status,
      200,
    );
    assert.equal(await addressOf(meeting, rest), '127.0.0.2', forged);
    const live = await guestFrom('127.0.0.3', meeting);
    const socket = await openSocket(front, live.token, { ...from('127.0.0.3'), headers });
    await socket.request('join_room', { meetingId: meeting.code });
    assert.equal(await addressOf(meeting, live), '127.0.0.3', forged);
    await socket.close();
  }
});

test('sockets without a token and guesses count for each client apart', async () => {
  const sockets = [];
  for (let i = 0; i < 3; i++) sockets.push(await openSocket(front, '', { via: 'none', ...from('127.0.0.2') }));
  await assert.rejects(
    openSocket(front, '', { via: 'none', ...from('127.0.0.2'), headers: { 'X-Forwarded-For': '198.51.100.9' } }),
    { status: 429 },
  );
  sockets.push(await openSocket(front, '', { via: 'none', ...from('127.0.0.3') }));
  sockets.forEach((s) => s.terminate());

  const meeting = await makeMeeting(ana, { password: 'tulip' });
  const ben = await register(sys, 'Ben');
  const guess = (address, password) =>
    callFrom(address, front.base)('POST', `/meetings/${meeting.code}/join`, { password }, { token: ben.token });
  const answers = [];
  for (let i = 0; i < 8; i++) answers.push((await guess('127.0.0.2', 'rose')).status);
  assert.ok(answers.includes(400) && answers.at(-1) === 429, `${answers}`);
  assert.equal((await guess('127.0.0.3', 'tulip')).status, 200);
});

test('/metrics is for the client that may, and not for the proxy’s other clients', async () => {
  assert.equal((await callFrom('127.0.0.7', front.base)('GET', '/metrics')).status, 200);
  for (const headers of [{}, { 'x-forwarded-for': '127.0.0.7' }, { 'x-forwarded-for': '127.0.0.7, 127.0.0.1' }])
    assert.equal((await callFrom('127.0.0.2', front.base)('GET', '/metrics', undefined, { headers })).status, 403);
  const relay = callFrom('127.0.0.1', sys.relayUrls[0].replace('ws:', 'http:').replace(/\/$/, ''));
  assert.equal(
    (await relay('GET', '/metrics', undefined, { headers: { 'x-forwarded-for': '198.51.100.1, 127.0.0.7' } })).status,
    200,
  );
  assert.equal(
    (await relay('GET', '/metrics', undefined, { headers: { 'x-forwarded-for': '127.0.0.7, 198.51.100.1' } })).status,
    403,
  );
});
