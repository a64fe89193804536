/* What the fault tests share: members of a room who remember all that they are shown, and the comparison of that with the room's log. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const OPEN_MS = 10_000;
const ANSWER_MS = 15_000; // longer than a worker call may take

/* One person in one meeting, over any number of connections. Each stay that began with the whole room is a `view`:
 * {from: seq of the picture, events: [{seq, text}]}; a return with `since` goes on with the last one. `people` is whom this member
 * would show in the room. */
export class Member {
  constructor(sys, person, meetingId, { onEvent } = {}) {
    Object.assign(this, { sys, person, meetingId, onEvent });
    this.views = [];
    this.people = new Map();
    this.seen = 0; // the last number seen in this view
    this.inside = false; // joined, as far as this member knows
    this.pending = new Map();
    this.nextId = 1;
    this.faults = []; // what must never happen
    this.history = []; // what this member did and what became of it, for who looks for a fault
  }

  note(text) {
    this.history.push(`${new Date().toISOString().slice(11, 23)} ${text}`);
  }

  get view() {
    return this.views.at(-1);
  }
  get connected() {
    return this.ws?.readyState === WebSocket.OPEN;
  }
  /* In the room by this very connection: one that is open, but whose join failed, has no seat. */
  get present() {
    return this.inside && this.connected && this.joinedBy === this.ws;
  }

  /* Joins, with `since` where this member was in the room before (null: without), by a new socket where none is open. */
  async enter(relay, { since = this.view && this.seen } = {}) {
    if (!this.connected) await this.open(relay);
    await this.ask('join_room', {
      meetingId: this.meetingId,
      ...(since === undefined || since === null ? {} : { since }),
    });
  }

  async open(relay) {
    const ws = new WebSocket(this.sys.relayUrls[relay], ['echomeet.v1', `bearer.${this.person.token}`], {
      perMessageDeflate: false,
      handshakeTimeout: OPEN_MS,
    });
    this.ws = ws;
    this.connection = undefined;
    this.closeCode = undefined;
    this.note(`opens a socket to relay ${relay}`);
    this.ended = new Promise((resolve) => {
      ws.once('close', (code) => {
        this.onClose(ws, code);
        resolve(code);
      });
    });
    ws.on('message', (data) => this.onMessage(JSON.parse(data.toString()), ws));
    await new Promise((resolve, reject) => {
      ws.once('open', resolve);
      ws.on('error', reject);
    });
  }

  onClose(ws, code) {
    if (this.ws !== ws) return;
    this.closeCode = code;
    this.note(`${this.connection} closed with ${code}`);
    for (const answer of this.pending.values())
      answer({ type: 'error', error: { code: `closed_${code}`, message: 'the connection ended' } });
    this.pending.clear();
  }

  /* The ack's data; throws an error with `code`. */
  async ask(type, data) {
    const id = this.nextId++;
    let timer;
    const answered = new Promise((resolve) => {
      this.pending.set(id, resolve);
      timer = setTimeout(resolve, ANSWER_MS, {
        type: 'error',
        error: { code: 'no_answer', message: `no answer to ${type}` },
      });
    });
    if (this.connected) this.ws.send(JSON.stringify({ id, type, data }));
    else this.onClose(this.ws, this.closeCode ?? 1006);
    const message = await answered;
    clearTimeout(timer);
    this.pending.delete(id);
    if (message.type === 'error' || type === 'join_room' || type === 'leave_room')
      this.note(`${this.connection} ${type}: ${message.error?.code ?? `seq ${message.data?.seq}`}`);
    if (message.type === 'error')
      throw Object.assign(new Error(`${message.error.code}: ${message.error.message}`), { code: message.error.code });
    return message.data;
  }

  /* Everything is taken in the order in which it comes, so also the picture in the ack of a join. */
  onMessage(message, ws) {
    if (this.ws !== ws) return;
    if (message.type === 'hello') this.connection = message.data.connection;
    if (message.seq !== undefined) this.take(message);
    if (message.type === 'ack' && message.data?.meeting) this.onJoined(message.data, ws);
    if (message.type === 'ack' || message.type === 'error') this.pending.get(message.id)?.(message);
  }

  onJoined(room, ws) {
    if (room.resumed) for (const event of room.events) this.take(event);
    else {
      this.views.push({ from: room.seq, events: [] });
      this.seen = room.seq;
      this.people = new Map(room.participants.filter((p) => p.status === 'joined').map((p) => [p.userId, p]));
    }
    if (room.seq < this.seen) this.faults.push(`joined at ${room.seq}, but ${this.seen} was seen before`);
    this.seen = Math.max(this.seen, room.seq);
    this.inside = true;
    this.joinedBy = ws;
  }

  take(event) {
    if (!this.view || event.seq <= (this.view.events.at(-1)?.seq ?? this.view.from)) {
      this.faults.push(
        `event ${event.seq} (${event.type}) came behind ${this.view?.events.at(-1)?.seq ?? this.view?.from}`,
      );
      return;
    }
    this.seen = Math.max(this.seen, event.seq);
    this.view.events.push({ seq: event.seq, text: `${event.type} ${JSON.stringify(event.data)}` });
    this.apply(event);
    this.onEvent?.(event);
  }

  apply({ type, data }) {
    const person = this.people.get(data.userId);
    if (type === 'user_joined') this.people.set(data.participant.userId, data.participant);
    else if (type === 'user_left') {
      if (data.userId === this.person.id) this.note(`${this.connection} left, ${data.reason}`);
      this.people.delete(data.userId);
      this.inside &&= data.userId !== this.person.id;
    } else if (person && type === 'presence_changed') person.online = data.online;
    else if (person && type === 'media_changed')
      Object.assign(person, { audio: data.audio, video: data.video, screen: data.screen });
    else if (person && (type === 'hand_raised' || type === 'hand_lowered'))
      person.handRaisedAt = data.handRaisedAt ?? null;
  }

  /* Leaves for good, or until enter(), which then begins a new view. */
  async leave() {
    await this.ask('leave_room');
    this.inside = false;
    await this.close();
    this.left = true;
  }

  async close() {
    this.ws.close();
    await this.ended;
  }

  async break() {
    this.ws.terminate();
    await this.ended;
  }
}

/* Compares what members were shown with the log and with the rows of the room. Answers a list of what is wrong. */
export async function compare(sys, meetingId, members) {
  const wrong = [];
  const rows = (
    await sys.sql('SELECT seq, type, audience, data FROM room_events WHERE meeting_id = ? ORDER BY seq', [meetingId])
  ).map((row) => ({
    seq: Number(row.seq),
    audience: row.audience,
    text: `${row.type} ${JSON.stringify(JSON.parse(row.data))}`,
  }));
  if (rows.some((row, i) => row.seq !== i + 1)) wrong.push(`room ${meetingId}: the log itself has a gap`);
  for (const member of members) {
    const name = `room ${meetingId}, user ${member.person.id}`;
    wrong.push(...member.faults.map((fault) => `${name}: ${fault}`));
    const before = wrong.length;
    const concerning = rows.filter(
      (row) => row.audience === '*' || row.audience.split(',').includes(String(member.person.id)),
    );
    for (const view of member.views) {
      // the last view of who is inside goes to the end of the log, any other as far as it went
      const end = view === member.view && member.inside ? Infinity : (view.events.at(-1)?.seq ?? view.from);
      compareView(
        name,
        concerning.filter((row) => row.seq > view.from && row.seq <= end),
        view.events,
        wrong,
      );
    }
    if (wrong.length > before)
      wrong.push(
        `${name}, ${member.present ? 'present' : member.connected ? 'connected' : 'not connected'}:\n    ${member.history.slice(-20).join('\n    ')}`,
      );
  }
  await comparePeople(
    sys,
    meetingId,
    members.filter((m) => m.inside),
    wrong,
  );
  return wrong;
}

function compareView(name, expected, shown, wrong) {
  const texts = new Map(shown.map((event) => [event.seq, event.text]));
  const missing = expected.filter((row) => !texts.has(row.seq)).map((row) => row.seq);
  const numbers = new Set(expected.map((row) => row.seq));
  const extra = shown.filter((event) => !numbers.has(event.seq)).map((event) => event.seq);
  const differ = expected.filter((row) => texts.has(row.seq) && texts.get(row.seq) !== row.text);
  if (missing.length || extra.length)
    wrong.push(
      `${name}: of ${expected.length} events ${missing.length} are missing (${missing.slice(0, 8)}), ${extra.length} too many (${extra.slice(0, 8)})`,
    );
  if (differ.length)
    wrong.push(
      `${name}: event ${differ[0].seq} was shown as ${texts.get(differ[0].seq)}, the log has ${differ[0].text}`,
    );
}

/* Who is in the room by the rows, by what its members know of themselves, and by what each of them would show. */
async function comparePeople(sys, meetingId, inside, wrong) {
  const line = (p) =>
    `${p.userId} ${p.online ? 'online' : 'away'} audio=${Boolean(p.audio)} hand=${Boolean(p.handRaisedAt)}`;
  const all = (list) => list.map(line).sort().join('\n');
  const rows = all(
    await sys.sql(
      `SELECT user_id AS userId, offline_at IS NULL AS online, audio, hand_raised_at AS handRaisedAt
        FROM participants WHERE meeting_id = ? AND status = 1`,
      [meetingId],
    ),
  );
  const ids = rows
    .split('\n')
    .map((text) => text.split(' ')[0])
    .join();
  const known = inside
    .map((m) => String(m.person.id))
    .sort()
    .join();
  if (ids !== known) wrong.push(`room ${meetingId}: in it by the rows: ${ids}; who joined and did not leave: ${known}`);
  for (const member of inside)
    if (all([...member.people.values()]) !== rows)
      wrong.push(
        `room ${meetingId}, user ${member.person.id} shows\n${all([...member.people.values()])}\nwhere there is\n${rows}`,
      );
  const [{ count, online, counted, seq, last }] = await sys.sql(
    `SELECT participant_count AS count, online_count AS online, event_seq AS seq,
        (SELECT COUNT(*) FROM participants p WHERE p.meeting_id = meetings.id AND p.status = 1 AND p.connection IS NOT NULL AND p.offline_at IS NULL) AS counted,
        (SELECT MAX(seq) FROM room_events WHERE meeting_id = meetings.id) AS last FROM meetings WHERE id = ?`,
    [meetingId],
  );
  if (Number(count) !== inside.length || Number(seq) !== Number(last))
    wrong.push(`room ${meetingId}: counts ${count} people and ${seq} events, there are ${inside.length} and ${last}`);
  if (Number(online) !== Number(counted))
    wrong.push(`room ${meetingId}: counts ${online} people online, there are ${counted}`);
}

/* Waits until every member inside has seen the end of the log, as far as it concerns them, or one of them lost the connection.
 * Who does not get there is found by compare(). */
export async function settle(sys, members, timeoutMs) {
  const deadline = Date.now() + timeoutMs;
  let before = '';
  for (;;) {
    const ends = new Map(
      (await sys.sql('SELECT id, event_seq FROM meetings')).map((m) => [Number(m.id), Number(m.event_seq)]),
    );
    const inside = members.filter((m) => m.inside);
    // a last private message of others leaves a member behind the end for good: then nothing moves any more
    const now = inside.map((m) => `${m.seen}/${ends.get(m.meetingId)}`).join();
    if (inside.some((m) => !m.present) || inside.every((m) => m.seen >= ends.get(m.meetingId)) || Date.now() > deadline)
      return now === before;
    before = now;
    await sleep(500);
  }
}
