/* What people do to each other in the kill test: who runs a room mutes, renames, lowers hands, locks, opens and closes the lobby, admits,
 * refuses, sends back, removes, lifts that, gives roles and hands over; and what a member has to know for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { compare, Member } from './support.mjs';

/* A member who may have to wait. Who waits is at the door: shown nothing but what names them, which is no part of a view. */
export class Attendee extends Member {
  constructor(...args) {
    super(...args);
    this.waits = false;
    this.door = []; // what came there: {seq, text}
    this.host = 0; // as this member would show it
  }

  /* In the lobby by this very connection. */
  get waiting() {
    return this.waits && this.connected && this.joinedBy === this.ws;
  }
  get role() {
    return this.host === this.person.id ? 'host' : this.people.get(this.person.id)?.role;
  }
  get runs() {
    return this.role === 'host' || this.role === 'cohost';
  }

  onJoined(room, ws) {
    this.waits = Boolean(room.waiting);
    this.joinedBy = ws;
    if (room.waiting) {
      this.inside = false;
      this.note(`${this.connection} waits`);
      return;
    }
    this.resuming = true;
    super.onJoined(room, ws);
    this.resuming = false;
    this.host = room.meeting.host.id;
  }

  take(event) {
    if (this.inside || this.resuming) super.take(event);
    else this.takeAtDoor(event);
  }

  takeAtDoor(event) {
    if (event.seq <= (this.door.at(-1)?.seq ?? 0))
      this.faults.push(`at the door event ${event.seq} (${event.type}) came behind ${this.door.at(-1).seq}`);
    this.door.push({ seq: event.seq, text: `${event.type} ${JSON.stringify(event.data)}` });
    if (event.type === 'lobby_admitted' || event.type === 'lobby_refused') {
      this.waits = false; // the next join_room goes in, or waits again
      this.note(`${event.type} ${event.seq}`);
    }
  }

  apply(event) {
    super.apply(event);
    const { type, data } = event;
    const person = this.people.get(data.userId);
    if (type === 'user_left' && data.userId === this.person.id && data.reason === 'lobby') this.waits = true;
    else if (type === 'all_muted')
      this.each((p) => {
        p.audio &&= p.role !== 'participant';
      });
    else if (type === 'hands_lowered')
      this.each((p) => {
        p.handRaisedAt = null;
      });
    else if (type === 'host_changed') this.changeHost(data);
    else if (person && type === 'role_changed') person.role = data.role;
    else if (person && type === 'participant_renamed') person.displayName = data.displayName;
  }

  each(change) {
    [...this.people.values()].forEach(change);
  }

  changeHost({ userId, previousUserId, previousRole }) {
    if (previousUserId !== this.host && !this.resuming)
      // who resumes is told of the host in the same answer
      this.faults.push(`the host's seat goes from ${previousUserId}, but ${this.host} had it`);
    this.host = userId;
    const [before, now] = [previousUserId, userId].map((id) => this.people.get(id));
    if (before) before.role = previousRole;
    if (now) now.role = 'host';
  }
}

/* --- actions ----------------------------------------------------------------------------------------------- */

const HOST = [setRole, setRole, setRole, setRole, setRole, handOver, handOver];
const RUNNER = [mute, muteAll, rename, lowerHand, lowerHands, lobby, lobby, lock, sendBack, sendBack, remove];
const WAITED_FOR = [admit, admit, admit, admit, admitAll, refuse, refuse, refuse];

/* One action of a member who is in, of those that they may do; whom it is about is never the one who `stays`, so that there is always
 * somebody who passes lobby and lock. Answers the action's name, and what became of it. */
export async function act(member, room, random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const others = room.members.filter((m) => m !== member && m !== room.stays);
  const stage = {
    member,
    random,
    pick,
    other: pick(others),
    inside: pick(others.filter((m) => m.inside)),
    waiting: pick(others.filter((m) => m.waiting)),
  };
  const actions = [
    renameSelf,
    ...(member === room.stays && member.role !== 'host' ? [reclaim, reclaim] : []),
    ...(member.runs ? RUNNER : []),
    ...(member.runs && stage.waiting ? WAITED_FOR : []),
    ...(member.role === 'host' ? HOST : []),
  ];
  const action = pick(actions);
  try {
    await action(stage);
    return action.name;
  } catch (error) {
    if (!['not_found', 'forbidden'].includes(error.code))
      // somebody was faster
      throw error;
    return `${action.name} ${error.code}`;
  }
}

const id = (member) => ({ userId: member?.person.id ?? 1 });

function renameSelf({ member, random }) {
  return member.ask('rename', { displayName: `I ${Math.floor(random() * 100)}` });
}
function reclaim({ member }) {
  return member.ask('set_host', id(member));
}
function setRole({ member, random, inside }) {
  return member.ask('set_role', { ...id(inside), role: random() < 0.8 ? 'cohost' : 'participant' });
}
function handOver({ member, inside }) {
  return member.ask('set_host', id(inside));
}
function mute({ member, inside }) {
  return member.ask('media_control', { ...id(inside), audio: false });
}
function muteAll({ member }) {
  return member.ask('mute_all');
}
function rename({ member, random, inside }) {
  return member.ask('rename', { ...id(inside), displayName: `You ${Math.floor(random() * 100)}` });
}
function lowerHand({ member, inside }) {
  return member.ask('lower_hand', id(inside));
}
function lowerHands({ member }) {
  return member.ask('lower_all_hands');
}
function lobby({ member, random }) {
  return member.ask('meeting_update', { waitingRoom: random() < 0.4 });
}
function admit({ member, waiting }) {
  return member.ask('lobby_admit', id(waiting));
}
function admitAll({ member }) {
  return member.ask('lobby_admit', { all: true });
}
function refuse({ member, waiting }) {
  return member.ask('lobby_refuse', id(waiting));
}
function sendBack({ member, inside }) {
  return member.ask('lobby_return', id(inside));
}

async function lock({ member, random }) {
  await member.ask('meeting_update', { locked: true });
  await sleep(random() * 500);
  await member.ask('meeting_update', { locked: false });
}

async function remove({ member, random, other }) {
  await member.ask('remove_participant', id(other));
  await sleep(random() * 1500);
  await member.ask('lift_ban', id(other));
}

/* Everybody may come in again: by the one who stays and made the meeting. */
export async function reopen({ stays, id: meetingId }) {
  await stays.ask('set_host', id(stays));
  await stays.ask('meeting_update', { waitingRoom: false, locked: false });
  const { body } = await stays.person.client.get(`/meetings/${meetingId}/removed`);
  for (const { userId } of body.items) await stays.ask('lift_ban', { userId });
}

/* --- the comparison ----------------------------------------------------------------------------------------- */

/* compare(), and what came at the door, the counters of the lobby, the one host, roles and names. */
export async function compareAll(sys, meetingId, members) {
  const wrong = await compare(sys, meetingId, members);
  const rows = (
    await sys.sql('SELECT seq, type, audience, data FROM room_events WHERE meeting_id = ? ORDER BY seq', [meetingId])
  ).map((row) => ({ audience: row.audience, text: `${row.type} ${JSON.stringify(JSON.parse(row.data))}` }));
  for (const member of members)
    for (const { seq, text } of member.door) {
      const row = rows[seq - 1];
      if (row?.text !== text || !row.audience.split(',').includes(String(member.person.id)))
        wrong.push(
          `room ${meetingId}, user ${member.person.id} was shown at the door ${text}; the log has ${row?.text} for ${row?.audience}`,
        );
    }
  const [{ host, waiting, counted }] = await sys.sql(
    `SELECT host_id AS host, waiting_count AS waiting,
        (SELECT COUNT(*) FROM participants p WHERE p.meeting_id = m.id AND p.status = 4) AS counted FROM meetings m WHERE m.id = ?`,
    [meetingId],
  );
  if (Number(waiting) !== Number(counted))
    wrong.push(`room ${meetingId}: counts ${waiting} in the lobby, there are ${counted}`);
  const line = (p) => `${p.userId} ${p.role} ${p.displayName}`;
  const people = (
    await sys.sql(
      `SELECT p.user_id AS userId, CASE WHEN m.host_id = p.user_id THEN 'host' WHEN p.role = 2 THEN 'cohost' ELSE 'participant' END AS role,
        p.display_name AS displayName FROM participants p JOIN meetings m ON m.id = p.meeting_id WHERE m.id = ? AND p.status = 1`,
      [meetingId],
    )
  )
    .map(line)
    .sort()
    .join('\n');
  for (const member of members.filter((m) => m.inside)) {
    if (member.host !== Number(host))
      wrong.push(`room ${meetingId}, user ${member.person.id} takes ${member.host} for the host, it is ${host}`);
    const shown = [...member.people.values()].map(line).sort().join('\n');
    if (shown !== people)
      wrong.push(`room ${meetingId}, user ${member.person.id} shows\n${shown}\nwhere there is\n${people}`);
  }
  return wrong;
}
