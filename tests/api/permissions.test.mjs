/* docs/permissions.md against the server: every action of the table × every role × every state of a private meeting, by REST under
 * its code and its number, and by WebSocket where there is a message for it. What must come back follows from the table and from the rules below it; what this
 * file adds is only how each permission is put to use. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, openSocket } from '../lib/client.mjs';
import { root, startSystem } from '../lib/system.mjs';
import { api } from './contract.mjs';
import { createMeeting, join, ok, people } from './support.mjs';

const source = (name) => fs.readFileSync(path.join(root, name), 'utf8');

/* --- the table --------------------------------------------------------------------------------------------- */

const ROLES = ['host', 'cohost', 'participant', 'guest'];

/* {chat: {host: true, …, setting: 'allowChat'}, …} */
function readPage() {
  const rows = source('docs/permissions.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  return Object.fromEntries(
    rows.map(([name, ...cells]) => {
      const has = cells.slice(0, 4).map((cell) => {
        assert.match(cell, /^(yes|no)$/, `${name}: ${cell}`);
        return cell === 'yes';
      });
      return [name, { ...Object.fromEntries(ROLES.map((role, i) => [role, has[i]])), setting: cells[4] }];
    }),
  );
}

function readSource() {
  const settings = Object.fromEntries(
    [...source('service/setting.def').matchAll(/^SETTING\((\w+), +\d+, "(\w+)", +(true|false)\)/gm)].map(
      ([, name, json]) => [name, json],
    ),
  );
  return Object.fromEntries(
    [
      ...source('service/permission.def').matchAll(
        /^PERMISSION\(\w+, +"(\w+)", +([01]), ([01]), ([01]), ([01]), (\w+)\)/gm,
      ),
    ].map(([, wire, host, cohost, participant, guest, setting]) => [
      wire,
      {
        host: host === '1',
        cohost: cohost === '1',
        participant: participant === '1',
        guest: guest === '1',
        setting: setting === '0' ? '' : settings[setting.replace('SETTING_', '')],
      },
    ]),
  );
}

const table = readPage();
const may = (permission, role, off) =>
  table[permission][role] && (role === 'host' || role === 'cohost' || !off.includes(table[permission].setting));

/* --- how each permission is put to use ---------------------------------------------------------------------- */

/* kind      own      what one does as somebody who is in
 *           run      what one does to the meeting, or to somebody in it; the host also from outside
 *           read     what one looks at, also when the meeting is over
 * rest, ws  the request, as (world, whom); `whom` is the id of the person or thing that it is about
 * about     who or what that is; without it, it is world.vic, a participant
 * whom      makes such a one anew, where the action uses it up
 * seated    it is about somebody who is in the meeting: where nobody is, they are not found
 * once      afterwards the meeting is another */
const M = (w) => `/meetings/${w.meeting[w.by ?? 'id']}`;
const P = (w, whom) => `${M(w)}/participants/${whom}`;
let serial = 0;
const text = () => ({ text: 'Hello', clientId: `m${serial++}` });

const me = (permission, body, ws) => ({
  permission,
  kind: 'own',
  rest: (w) => ['patch', P(w, 'me'), body],
  ws: () => ws,
});
const them = (permission, body, ws) => ({
  permission,
  kind: 'run',
  seated: true,
  rest: (w, whom) => ['patch', P(w, whom), body],
  ws: (w, whom) => [ws[0], { userId: whom, ...ws[1] }],
});
const all = (permission, address, ws) => ({
  permission,
  kind: 'run',
  rest: (w) => ['post', `${M(w)}/${address}`, {}],
  ws: () => [ws, {}],
});
const look = (permission, address) => ({ permission, kind: 'read', rest: (w) => ['get', `${M(w)}/${address}`] });

const actions = {
  'say something': {
    permission: 'chat',
    kind: 'own',
    rest: (w) => ['post', `${M(w)}/messages`, text()],
    ws: () => ['chat_message', text()],
  },
  'change what one said': {
    permission: 'chat',
    kind: 'own',
    rest: (w, whom, who) => ['patch', `${M(w)}/messages/${w.said[who] ?? w.said.vic}`, { text: 'x' }],
    ws: (w, whom, who) => ['message_edit', { messageId: w.said[who] ?? w.said.vic, text: 'y' }],
  },
  unmute: me('unmute', { audio: true }, ['media_control', { audio: true }]),
  'show oneself': me('start_video', { video: true }, ['media_control', { video: true }]),
  'share a screen': me('share_screen', { screen: true }, ['media_control', { screen: true }]),
  'raise a hand': me('raise_hand', { handRaised: true }, ['raise_hand']),
  'lower one’s hand': me('raise_hand', { handRaised: false }, ['lower_hand']),
  'rename oneself': me('rename_self', { displayName: 'Me' }, ['rename', { displayName: 'Me' }]),
  'delete a message': {
    permission: 'delete_any_message',
    kind: 'own',
    about: (w) => w.said.vic,
    whom: (w) => w.newMessage(),
    rest: (w, whom) => ['delete', `${M(w)}/messages/${whom}`],
    ws: (w, whom) => ['message_delete', { messageId: whom }],
  },
  mute: them('mute_others', { audio: false }, ['media_control', { audio: false }]),
  'stop a screen': them('mute_others', { screen: false }, ['media_control', { screen: false }]),
  'ask to unmute': {
    permission: 'mute_others',
    kind: 'run',
    seated: true,
    rest: (w, whom) => ['post', `${P(w, whom)}/ask-unmute`, {}],
    ws: (w, whom) => ['ask_unmute', { userId: whom }],
  },
  'mute all': all('mute_others', 'mute-all', 'mute_all'),
  'rename somebody': them('rename_others', { displayName: 'You' }, ['rename', { displayName: 'You' }]),
  'lower a hand': them('lower_hands', { handRaised: false }, ['lower_hand']),
  'lower all hands': all('lower_hands', 'lower-hands', 'lower_all_hands'),
  'see who waits': look('use_lobby', 'lobby'),
  admit: lobby('admit', (w) => w.newWaiting()),
  'admit all': {
    permission: 'use_lobby',
    kind: 'run',
    rest: (w) => ['post', `${M(w)}/lobby/admit`, { all: true }],
    ws: () => ['lobby_admit', { all: true }],
    once: true,
  },
  refuse: lobby('refuse', (w) => w.newWaiting()),
  'send back': { ...lobby('return', (w) => w.newParticipant()), seated: true },
  remove: {
    permission: 'remove',
    kind: 'run',
    whom: (w) => w.newParticipant(),
    known: true,
    rest: (w, whom) => ['delete', P(w, whom)],
    ws: (w, whom) => ['remove_participant', { userId: whom }],
  },
  'see who is banned': look('remove', 'removed'),
  'lift a ban': {
    permission: 'remove',
    kind: 'run',
    whom: (w) => w.newRemoved(),
    rest: (w, whom) => ['delete', `${M(w)}/removed/${whom}`],
    ws: (w, whom) => ['lift_ban', { userId: whom }],
  },
  'change a setting': {
    permission: 'change_settings',
    kind: 'run',
    rest: (w) => ['patch', M(w), { muteOnEntry: true }],
    ws: () => ['meeting_update', { muteOnEntry: true }],
  },
  invite: { permission: 'invite', kind: 'run', rest: (w) => ['post', `${M(w)}/invites`, {}] },
  'see the invitations': look('invite', 'invites'),
  'revoke an invitation': {
    permission: 'invite',
    kind: 'run',
    whom: (w) => w.newInvite(),
    rest: (w, whom) => ['delete', `${M(w)}/invites/${whom}`],
  },
  'end the meeting': { ...all('end_meeting', 'end', 'end_meeting'), once: true },
  'read the attendance': look('read_records', 'attendance'),
  'read the attendance as CSV': look('read_records', 'attendance?format=csv'),
  'read the statistics': look('read_records', 'statistics'),
  'read the audit': look('read_records', 'audit'),
  'read the chat as text': look('read_records', 'transcript'),
  'change the title': {
    permission: 'edit_meeting',
    kind: 'run',
    rest: (w) => ['patch', M(w), { title: 'New' }],
    ws: () => ['meeting_update', { title: 'New' }],
  },
  'change title and setting': {
    permission: 'edit_meeting',
    kind: 'run',
    rest: (w) => ['patch', M(w), { title: 'New', muteOnEntry: true }],
    ws: () => ['meeting_update', { title: 'New', muteOnEntry: true }],
  },
  'cancel the meeting': { permission: 'cancel_meeting', kind: 'run', rest: (w) => ['delete', M(w)], once: true },
  'make a co-host': {
    ...them('set_roles', { role: 'cohost' }, ['set_role', { role: 'cohost' }]),
    whom: (w) => w.newParticipant(),
  },
  'make a participant': { ...them('set_roles', { role: 'participant' }, ['set_role', { role: 'participant' }]) },
  'hand over': {
    permission: 'hand_over',
    kind: 'run',
    seated: true,
    rest: (w, whom) => ['post', `${M(w)}/host`, { userId: whom }],
    ws: (w, whom) => ['set_host', { userId: whom }],
    once: true,
  },
};

function lobby(what, whom) {
  return {
    permission: 'use_lobby',
    kind: 'run',
    whom,
    rest: (w, id) => ['post', `${M(w)}/lobby/${what}`, { userId: id }],
    ws: (w, id) => [`lobby_${what}`, { userId: id }],
  };
}

/* --- what must come back ------------------------------------------------------------------------------------ */

const IN = ROLES;
const CAME = {
  host: 'host',
  cohost: 'cohost',
  participant: 'participant',
  guest: 'guest',
  left: 'participant',
  leftCohost: 'cohost',
};
const OVER = { ended: 'meeting_ended', cancelled: 'meeting_cancelled' };

/* Without a row in the meeting, and not its guest: its number names nothing then, for it is private. */
const isStranger = (who, state) =>
  state === 'scheduled'
    ? !['host', 'absentHost', 'guest', 'waiting', 'left', 'removed'].includes(who)
    : ['stranger', 'admin', 'otherGuest'].includes(who);

/* 'ok', or the code. `who` is one of ROLES or of OUTSIDERS; absentHost: the host from outside. */
function expected(action, who, state, off = [], by = 'code') {
  const over = OVER[state];
  if (who === 'nobody') return 'unauthorized';
  if (by === 'id' && isStranger(who, state)) return 'not_found';
  if (who === 'otherGuest') return 'forbidden';
  const isIn = state === 'ongoing' && IN.includes(who);
  const isHost = who === 'host' || who === 'absentHost';
  if (action.kind === 'own') {
    if (over || !isIn) return over ?? 'not_joined';
    return may(action.permission, who, off) ? 'ok' : 'forbidden';
  }
  const counts = isHost || isIn || ((over || action.kind === 'read') && state !== 'scheduled' && who in CAME);
  if (!counts || !may(action.permission, isHost ? 'host' : CAME[who], off)) return 'forbidden';
  if (action.kind === 'read') return 'ok';
  return over ?? (state === 'scheduled' && (action.seated || action.known) ? 'not_found' : 'ok');
}

/* --- a meeting with one of each ------------------------------------------------------------------------------ */

/* admin: an administrator; otherGuest: the guest of another meeting; nobody: not signed in */
const OUTSIDERS = ['waiting', 'left', 'leftCohost', 'removed', 'stranger', 'admin', 'otherGuest', 'nobody'];
const EVERYBODY = [...ROLES, ...OUTSIDERS];

let sys;
before(async () => {
  sys = await startSystem({ workers: { api: 3, relay: 2 } });
});
after(() => sys?.stop());

class World {
  static async make(state, options = {}) {
    const w = new World();
    const [host, cohost, participant, waiting, left, leftCohost, removed, stranger, admin, vic] = await people(
      sys,
      'Host',
      'Cohost',
      'Participant',
      'Waiting',
      'Left',
      'LeftCohost',
      'Removed',
      'Stranger',
      'Admin',
      'Vic',
    );
    await sys.sql('UPDATE users SET is_admin = 1 WHERE id = ?', [admin.id]);
    const nobody = { client: api(sys) };
    Object.assign(w, {
      state,
      host,
      cohost,
      participant,
      waiting,
      left,
      leftCohost,
      removed,
      stranger,
      admin,
      nobody,
      vic,
      said: {},
      sockets: {},
    });
    w.otherGuest = await w.newGuest(await createMeeting(vic, { allowGuests: true }));
    w.meeting = await createMeeting(host, { allowGuests: true, hostLossPolicy: 'end', maxParticipants: 100 });
    w.guest = await w.newGuest();
    await (state === 'scheduled' ? w.fillScheduled() : w.fillOngoing(options));
    if (state === 'ended') ok(await host.client.post(`${M(w)}/end`, {}));
    if (state === 'cancelled') ok(await host.client.delete(M(w)), 204);
    return w;
  }

  /* Nobody is in a meeting that has not begun; somebody may wait for it, may have waited, may be banned. */
  async fillScheduled() {
    await this.set({ waitingRoom: true });
    for (const user of [this.waiting, this.left, this.removed])
      assert.equal((await join(user, this.meeting)).waiting, true);
    ok(await this.left.client.post(`${M(this)}/leave`, {}));
    ok(await this.host.client.delete(P(this, this.removed.id)), 204);
    this.said.vic = 1;
  }

  async fillOngoing({ off = [], hostLeaves = false }) {
    for (const who of ['host', 'cohost', 'participant', 'guest', 'left', 'leftCohost', 'removed', 'vic'])
      await join(this[who], this.meeting);
    for (const who of ['cohost', 'leftCohost'])
      ok(await this.host.client.patch(P(this, this[who].id), { role: 'cohost' }));
    for (const who of ['host', 'cohost', 'participant', 'guest', 'vic'])
      this.said[who] = ok(await this[who].client.post(`${M(this)}/messages`, text()), 201).id;
    for (const who of ['left', 'leftCohost']) ok(await this[who].client.post(`${M(this)}/leave`, {}));
    ok(await this.host.client.delete(P(this, this.removed.id)), 204);
    await this.set({ waitingRoom: true, ...Object.fromEntries(off.map((setting) => [setting, false])) });
    assert.equal((await join(this.waiting, this.meeting)).waiting, true);
    if (hostLeaves) {
      ok(await this.host.client.post(`${M(this)}/leave`, {}));
      await this.housekeepingDone();
    }
  }

  /* A seat has become free and somebody waits: housekeeping looks whether they may come in, which changes the row. */
  async housekeepingDone() {
    const looked = async () =>
      (await sys.sql('SELECT 1 FROM meetings WHERE id = ? AND due_at <= UTC_TIMESTAMP(3)', [this.meeting.id]))
        .length === 0;
    await eventually(looked);
  }

  async set(settings) {
    ok(await this.host.client.patch(M(this), settings));
  }

  async newGuest(meeting = this.meeting) {
    const { user, accessToken } = ok(
      await api(sys).post(`/meetings/${meeting.code}/guests`, { displayName: 'Guest' }),
      201,
    );
    return { id: user.id, token: accessToken, client: api(sys, accessToken) };
  }

  async newWaiting() {
    const [user] = await people(sys, 'Visitor');
    assert.equal((await join(user, this.meeting)).waiting, true);
    return user.id;
  }

  async newParticipant() {
    if (this.state !== 'ongoing') return this.vic.id;
    const id = await this.newWaiting();
    ok(await this.host.client.post(`${M(this)}/lobby/admit`, { userId: id }), 204);
    return id;
  }

  async newRemoved() {
    const id = await this.newWaiting();
    ok(await this.host.client.delete(P(this, id)), 204);
    return id;
  }

  async newInvite() {
    return ok(await this.host.client.post(`${M(this)}/invites`, {}), 201).id;
  }
  async newMessage() {
    return ok(await this.host.client.post(`${M(this)}/messages`, text()), 201).id;
  }

  async openSockets(whose) {
    for (const who of whose.filter((name) => name !== 'nobody')) {
      this.sockets[who] = await openSocket(sys, this[who].token, { relay: 0 });
      if (who === 'waiting' || IN.includes(who))
        await this.sockets[who].request('join_room', { meetingId: this.meeting.code });
    }
  }

  async closeSockets() {
    await Promise.all(Object.values(this.sockets).map((socket) => socket.close()));
  }

  /* What must not change by what is refused. */
  async picture() {
    const [meeting] = await sys.sql('SELECT * FROM meetings WHERE id = ?', [this.meeting.id]);
    const rows = await sys.sql('SELECT * FROM participants WHERE meeting_id = ? ORDER BY user_id', [this.meeting.id]);
    const messages = await sys.sql('SELECT * FROM messages WHERE meeting_id = ? ORDER BY id', [this.meeting.id]);
    const invites = await sys.sql('SELECT * FROM invites WHERE meeting_id = ? ORDER BY id', [this.meeting.id]);
    return JSON.stringify({ meeting, rows, messages, invites });
  }
}

const outcome = ({ status, body }) => (status < 300 ? 'ok' : body.code);

async function byRest(w, action, who, whom) {
  const [method, address, body] = action.rest(w, whom, who);
  return outcome(await w[who].client[method](address, ...(body === undefined ? [] : [body])));
}

async function bySocket(w, action, who, whom) {
  const [type, data] = action.ws(w, whom, who);
  return w.sockets[who].request(type, data).then(
    () => 'ok',
    (error) => error.code,
  );
}

const cells = {}; // how many were looked at, by what was expected

function check(name, who, way, got, wanted, where) {
  cells[wanted] = (cells[wanted] ?? 0) + 1;
  assert.equal(got, wanted, `${who} wants to ${name} (${way}, ${where})`);
}

/* --- the tests ----------------------------------------------------------------------------------------------- */

test('the page, the source and the list of actions name the same permissions', () => {
  assert.ok(Object.keys(table).length >= 15);
  assert.deepEqual(table, readSource());
  assert.deepEqual([...new Set(Object.values(actions).map((a) => a.permission))].sort(), Object.keys(table).sort());
});

test('every call about a meeting is in the list of actions, or needs no permission', () => {
  const free = [
    'GET',
    'POST join',
    'POST leave',
    'GET participants',
    'GET participants/#',
    'GET messages',
    'GET events',
    'GET media',
    'POST read',
    'GET guests',
    'POST guests',
    'join_room',
    'leave_room',
    'mark_read',
  ];
  const w = { meeting: { id: 1 }, said: { vic: 1 }, state: '' };
  const used = new Set(free);
  for (const action of Object.values(actions)) {
    const [method, address] = action.rest(w, 1, 'vic');
    used.add(
      `${method.toUpperCase()} ${address
        .replace('/meetings/1', '')
        .replace(/\?.*/, '')
        .replace(/\/(1|me)\b/g, '/#')
        .slice(1)}`.trim(),
    );
    if (action.ws) used.add(action.ws(w, 1, 'vic')[0]);
  }
  const routes = source('handlers/routes.c');
  const rest = [...routes.matchAll(/\{"(\w+)", API "\/meetings\/:meetingId\/?([^"]*)"/g)].map(([, method, address]) =>
    `${method} ${address.replace(/:\w+/g, '#')}`.trim(),
  );
  const ws = [...routes.matchAll(/\{"POST", ROOM "(\w+)"/g)].map(([, type]) => type);
  assert.deepEqual([...used].sort(), [...rest, ...ws].sort());
});

test('a join tells what each role may do, with and without each setting', async () => {
  const [host] = await people(sys, 'Host');
  for (const off of [[], ['allowChat'], ['allowUnmute'], ['allowShare'], ['allowChat', 'allowUnmute', 'allowShare']]) {
    const meeting = await createMeeting(host, Object.fromEntries(off.map((setting) => [setting, false])));
    const wanted = Object.fromEntries(ROLES.map((role) => [role, Object.keys(table).filter((p) => may(p, role, off))]));
    assert.deepEqual((await join(host, meeting)).permissions, wanted, `without ${off}`);
    const socket = await openSocket(sys, host.token, { relay: 0 });
    assert.deepEqual((await socket.request('join_room', { meetingId: meeting.code })).permissions, wanted);
    ok(await host.client.patch(`/meetings/${meeting.id}`, { allowChat: !off.includes('allowChat') }));
    assert.deepEqual((await socket.waitFor('meeting_updated')).data.permissions, wanted);
    await socket.close();
  }
});

/* All that is refused, in one meeting, which is the same afterwards. */
async function refuseAll(w, who, state, off = []) {
  const before = await w.picture();
  for (const [name, action] of Object.entries(actions)) {
    const wanted = expected(action, who, state, off);
    if (wanted === 'ok' && action.kind !== 'read') continue;
    const whom = action.about?.(w) ?? w.vic.id;
    for (w.by of ['code', 'id'])
      check(
        name,
        who,
        `REST by ${w.by}`,
        await byRest(w, action, who, whom),
        expected(action, who, state, off, w.by),
        state,
      );
    if (action.ws && w.sockets[who])
      check(
        name,
        who,
        'WebSocket',
        await bySocket(w, action, who, whom),
        IN.includes(who) || who === 'waiting' ? wanted : 'not_joined',
        state,
      );
  }
  assert.equal(await w.picture(), before, `what was refused to ${who} has changed nothing`);
}

/* All that is allowed, and leaves the meeting as it is but for whom it is about. */
async function allowAll(w, who, state, off = []) {
  for (const [name, action] of Object.entries(actions)) {
    if (action.once || action.kind === 'read' || expected(action, who, state, off) !== 'ok') continue;
    const whom = async () => (action.whom ? action.whom(w) : w.vic.id);
    for (w.by of ['code', 'id'])
      check(name, who, `REST by ${w.by}`, await byRest(w, action, who, await whom()), 'ok', state);
    if (action.ws && w.sockets[who])
      check(name, who, 'WebSocket', await bySocket(w, action, who, await whom()), 'ok', state);
  }
}

for (const state of ['scheduled', 'ongoing', 'ended', 'cancelled'])
  test(`a meeting that is ${state}: every action by everybody`, async () => {
    const w = await World.make(state);
    if (state === 'ongoing') await w.openSockets(EVERYBODY);
    for (const who of EVERYBODY) await refuseAll(w, who, state);
    for (const who of EVERYBODY) await allowAll(w, who, state);
    await w.closeSockets();
  });

test('without the settings that open them, participants and guests have less', async () => {
  const off = [
    ...new Set(
      Object.values(table)
        .map((row) => row.setting)
        .filter(Boolean),
    ),
  ];
  assert.ok(off.length >= 3);
  const w = await World.make('ongoing', { off });
  await w.openSockets(ROLES);
  for (const who of ROLES) await refuseAll(w, who, 'ongoing', off);
  for (const who of ROLES) await allowAll(w, who, 'ongoing', off);
  await w.closeSockets();
});

test('the host runs the meeting from outside as well', async () => {
  const w = await World.make('ongoing', { hostLeaves: true });
  w.absentHost = w.host;
  await refuseAll(w, 'absentHost', 'ongoing');
  await allowAll(w, 'absentHost', 'ongoing');
});

test('what makes another meeting of it is allowed to whom the table says', async () => {
  for (const [name, action] of Object.entries(actions).filter(([, a]) => a.once))
    for (const state of ['scheduled', 'ongoing'])
      for (const who of ROLES.filter((role) => expected(action, role, state) === 'ok')) {
        let w = await World.make(state);
        check(name, who, 'REST', await byRest(w, action, who, w.vic.id), 'ok', state);
        if (!action.ws || state !== 'ongoing') continue;
        w = await World.make(state);
        await w.openSockets([who]);
        check(name, who, 'WebSocket', await bySocket(w, action, who, w.vic.id), 'ok', state);
        await w.closeSockets();
      }
});

test('chat, log and the people of a private meeting are for who was let in, not for who only waited', async () => {
  const [refused, gone] = await people(sys, 'Refused', 'Gone');
  const reads = async (w, user) =>
    [
      await user.client.get(M(w)),
      await user.client.get(`${M(w)}/participants`),
      await user.client.get(`${M(w)}/messages`),
      await user.client.get(`${M(w)}/events`),
    ].map(outcome);
  const is = async (w, who, codes) =>
    assert.deepEqual(await reads(w, w[who] ?? who), codes, `${w.state}: ${who.displayName ?? who}`);
  const no = ['ok', 'forbidden', 'forbidden', 'forbidden'],
    unknown = Array(4).fill('not_found'),
    yes = Array(4).fill('ok'),
    removed = ['forbidden', 'forbidden', 'removed', 'removed'];
  for (const state of ['ongoing', 'ended', 'cancelled']) {
    const w = await World.make('ongoing');
    for (const user of [refused, gone]) assert.equal((await join(user, w.meeting)).waiting, true);
    ok(await w.host.client.post(`${M(w)}/lobby/refuse`, { userId: refused.id }), 204);
    ok(await gone.client.post(`${M(w)}/leave`, {}));
    w.state = state;
    if (state === 'ended') ok(await w.host.client.post(`${M(w)}/end`, {}));
    if (state === 'cancelled') ok(await w.host.client.delete(M(w)), 204);
    for (const who of [...ROLES, 'left', 'leftCohost']) await is(w, who, yes);
    for (const who of ['waiting', refused, gone]) await is(w, who, no);
    for (const [by, codes] of [
      ['id', unknown],
      ['code', no],
    ])
      await is(Object.assign(w, { by }), 'stranger', codes);
    w.by = 'id';
    await is(w, 'removed', removed);
    for (const [user, seen] of [
      [w.waiting, 0],
      [refused, 0],
      [gone, 0],
      [w.left, 1],
    ])
      assert.equal(
        ok(await user.client.get('/meetings?pageSize=100')).items.filter((m) => m.id === w.meeting.id).length,
        seen,
      );
  }
});

/* Calls that need no permission, in a private meeting that goes on: what they answer to whom, in this order: */
const FREE = {
  'GET ': (w, who) => w[who].client.get(M(w)),
  'GET participants': (w, who) => w[who].client.get(`${M(w)}/participants`),
  'GET participants/#': (w, who) => w[who].client.get(`${M(w)}/participants/me`),
  'GET messages': (w, who) => w[who].client.get(`${M(w)}/messages`),
  'GET events': (w, who) => w[who].client.get(`${M(w)}/events`),
  'GET media': (w, who) => w[who].client.get(`${M(w)}/media`),
  'POST read': (w, who) => w[who].client.post(`${M(w)}/read`, { messageId: 1 }),
  'POST join': (w, who) => w[who].client.post(`${M(w)}/join`, {}),
  'POST leave': (w, who) => w[who].client.post(`${M(w)}/leave`, {}),
};
const always = (code) => Object.keys(FREE).map(() => code);
const yes = (...rest) => ['ok', 'ok', 'ok', 'ok', 'ok', ...rest];
const no = 'forbidden';
const FREE_ANSWERS = {
  ...Object.fromEntries(ROLES.map((role) => [role, yes('ok', 'ok', 'already_joined', 'ok')])),
  waiting: ['ok', no, 'ok', no, no, 'not_joined', 'not_joined', 'ok', 'ok'],
  left: yes('not_joined', 'not_joined', 'ok', 'ok'),
  leftCohost: yes('not_joined', 'not_joined', 'ok', 'ok'),
  removed: [no, no, 'ok', 'removed', 'removed', 'not_joined', 'not_joined', 'removed', 'not_joined'],
  stranger: ['ok', no, 'not_found', no, no, 'not_joined', 'not_joined', 'ok', 'ok'],
  admin: ['ok', no, 'not_found', no, no, 'not_joined', 'not_joined', 'ok', 'ok'],
  otherGuest: always(no),
  nobody: always('unauthorized'),
};

test('what needs no permission is answered to each as it must be, by code and by number', async () => {
  for (const by of ['code', 'id']) {
    const w = Object.assign(await World.make('ongoing'), { by });
    for (const who of [...OUTSIDERS, 'guest', 'participant', 'cohost', 'host']) {
      const answers = by === 'id' && isStranger(who, 'ongoing') ? always('not_found') : FREE_ANSWERS[who];
      for (const [i, [name, call]] of Object.entries(FREE).entries())
        check(name, who, `REST by ${by}`, outcome(await call(w, who)), answers[i], 'ongoing');
    }
  }
});

test('so many cells were looked at', (t) => {
  t.diagnostic(
    Object.entries(cells)
      .map(([code, n]) => `${n} ${code}`)
      .join(', '),
  );
  assert.ok(Object.values(cells).reduce((sum, n) => sum + n, 0) > 1200);
  for (const code of ['ok', 'forbidden', 'not_joined', 'not_found', 'meeting_ended', 'meeting_cancelled'])
    assert.ok(cells[code] >= 10, `${code}: ${cells[code]}`);
});
