/* GET /api/v1/meetings/{meetingId}/media, `media` of a join and GET /api/v1/media: STUN from the configuration, TURN with credentials that run out. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import { after, before, test } from 'node:test';
import { eventually } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, nowSeconds, ok, people, refused } from './support.mjs';

const secret = 'the north wind and the sun';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-turn-'));
const secretFile = path.join(folder, 'secret');
const turnUrls = ['turn:turn.example.org:3478', 'turns:turn.example.org:5349?transport=tcp'];
const ttl = 600;

let sys;
before(async () => {
  fs.writeFileSync(secretFile, `${secret}\n`, { mode: 0o600 });
  sys = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    workers: { api: 1, signin: 1, relay: 1 },
    env: {
      ECHOMEET_ICE_SERVERS: 'stun:a.example.org, stun:b.example.org:3479',
      ECHOMEET_TURN_URLS: turnUrls.join(', '),
      ECHOMEET_TURN_SECRET_FILE: secretFile,
      ECHOMEET_TURN_TTL_S: String(ttl),
      ECHOMEET_LOG_LEVEL: 'debug',
    },
  });
});
after(async () => {
  await sys?.stop();
  fs.rmSync(folder, { recursive: true });
});

/* begun: a time before they were asked for, in seconds */
function checkMedia(media, user, begun, lasts = ttl) {
  assert.deepEqual(
    media.iceServers.map(({ urls }) => urls),
    ['stun:a.example.org', 'stun:b.example.org:3479', turnUrls],
  );
  const { username, credential } = media.iceServers[2];
  const [expires, id] = username.split(':').map(Number);
  assert.equal(id, user.id);
  assert.ok(expires >= begun + lasts && expires <= nowSeconds() + lasts, `${expires} is ${lasts} s after ${begun}`);
  assert.equal(credential, createHmac('sha1', secret).update(username).digest('base64'));
  assert.equal(media.ttl, lasts);
  assert.equal(Date.parse(media.expiresAt), expires * 1000);
  return credential;
}

async function guestOf(meeting) {
  const { accessToken, user } = ok(
    await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'Grace' }),
    201,
  );
  return { id: user.id, client: api(sys, accessToken) };
}

const stunOnly = { mode: 'mesh', iceServers: [{ urls: 'stun:a.example.org' }, { urls: 'stun:b.example.org:3479' }] };

test('whoever is in a meeting gets credentials of their own, with a join and by the call', async () => {
  const [ada, bo] = await people(sys, 'Ada', 'Bo');
  const begun = nowSeconds();
  const meeting = await createMeeting(ada);
  const { media } = await join(bo, meeting);
  assert.equal(media.mode, 'mesh');
  const first = checkMedia(media, bo, begun);
  for (const address of [
    `/meetings/${meeting.code}/media`,
    `/meetings/${meeting.id}/media`,
    '/media',
    '/media?for=test',
  ])
    checkMedia(ok(await bo.client.get(address)), bo, begun);
  await join(ada, meeting);
  const second = checkMedia(ok(await ada.client.get('/media')), ada, begun);
  assert.notEqual(first, second);
  for (const text of [secret, first, second])
    assert.ok(!sys.log('pool').includes(text), 'neither secret nor credentials are logged');
});

test('whoever is in none gets STUN only; an account, to try the network, credentials that run out soon', async () => {
  const begun = nowSeconds();
  const [ada, bo] = await people(sys, 'Ada', 'Bo');
  const meeting = await createMeeting(ada, { allowGuests: true, waitingRoom: true });
  assert.equal((await api(sys).get('/media')).status, 401);
  assert.deepEqual(ok(await bo.client.get('/media')), stunOnly);
  assert.deepEqual(ok(await bo.client.get('/media?for=call')), stunOnly);
  refused(await bo.client.get('/media?for=fun'), 'validation_failed', 'for');
  checkMedia(ok(await bo.client.get('/media?for=test')), bo, begun, 120);
  assert.equal((await join(bo, meeting)).waiting, true);
  assert.deepEqual(ok(await bo.client.get('/media')), stunOnly, 'who waits is not in');
  await join(ada, meeting);
  checkMedia(ok(await ada.client.get('/media')), ada, begun);
  ok(await ada.client.post(`/meetings/${meeting.id}/leave`, {}));
  assert.deepEqual(ok(await ada.client.get('/media')), stunOnly, 'nor who left');
  const guest = await guestOf(await createMeeting(ada, { allowGuests: true }));
  assert.deepEqual(ok(await guest.client.get('/media?for=test')), stunOnly);
});

test('the media of a meeting are for who is in it, as long as it goes on', async () => {
  const begun = nowSeconds();
  const [ada, bo, cy] = await people(sys, 'Ada', 'Bo', 'Cy');
  const meeting = await createMeeting(ada, { waitingRoom: true });
  const address = `/meetings/${meeting.code}/media`;
  refused(await api(sys).get(address), 'unauthorized');
  refused(await ada.client.get(address), 'not_joined');
  await join(ada, meeting);
  const { mode, iceServers } = ok(await ada.client.get(address));
  assert.deepEqual([mode, iceServers.length], ['mesh', 3]);
  assert.equal((await join(bo, meeting)).waiting, true);
  for (const other of [bo, cy]) refused(await other.client.get(address), 'not_joined');
  refused(await cy.client.get(`/meetings/${meeting.id}/media`), 'not_found');
  ok(await ada.client.post(`/meetings/${meeting.id}/lobby/admit`, { userId: bo.id }), 204);
  checkMedia(ok(await bo.client.get(address)), bo, begun);
  ok(await ada.client.post(`/meetings/${meeting.id}/end`, {}));
  refused(await bo.client.get(address), 'meeting_ended');
});

test('a guest, too, renews what came with the join', async () => {
  const [ada] = await people(sys, 'Ada');
  const meeting = await createMeeting(ada, { allowGuests: true });
  const guest = await guestOf(meeting);
  const begun = nowSeconds();
  checkMedia((await join(guest, meeting)).media, guest, begun);
  for (const address of [`/meetings/${meeting.code}/media`, '/media'])
    checkMedia(ok(await guest.client.get(address)), guest, begun);
});

test('without a TURN server nothing runs out', async () => {
  const plain = await startSystem({
    only: ['mariadb', 'redis', 'pool', 'web'],
    workers: { api: 1, signin: 1, relay: 1 },
  });
  try {
    const [ada] = await people(plain, 'Ada');
    assert.deepEqual(ok(await ada.client.get('/media')), { mode: 'mesh', iceServers: [] });
  } finally {
    await plain.stop();
  }
});

test('addresses without a secret and what is no TURN address keep the pool from starting; a secret that is not there is named in the log', async () => {
  const only = ['mariadb', 'redis', 'pool'];
  await assert.rejects(startSystem({ only, env: { ECHOMEET_TURN_URLS: turnUrls[0] } }), /ECHOMEET_TURN_SECRET_FILE/);
  await assert.rejects(
    startSystem({ only, env: { ECHOMEET_TURN_URLS: 'stun:x', ECHOMEET_TURN_SECRET_FILE: secretFile } }),
    /ECHOMEET_TURN_URLS must be/,
  );
  const none = path.join(folder, 'none');
  const broken = await startSystem({ only, env: { ECHOMEET_TURN_URLS: turnUrls[0], ECHOMEET_TURN_SECRET_FILE: none } });
  try {
    await eventually(() => broken.log('pool').includes(`event=secret_unreadable file=${none}`));
  } finally {
    await broken.stop();
  }
});
