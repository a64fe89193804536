/* What the API tests share: people who are there at once, meetings, tokens made by hand, and short ways to say what an answer must be. */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { api } from './contract.mjs';

/* --- tokens ------------------------------------------------------------------------------------------------ */

const base64url = (data) => Buffer.from(data).toString('base64url');

/* A JSON Web Token. `alg` names the algorithm, `hash` the one that really signs; an empty `hash` signs not at all. */
export function signToken(claims, key, { alg = 'HS256', hash = 'sha256', header = {} } = {}) {
  const text = `${base64url(JSON.stringify({ alg, typ: 'JWT', kid: 'k1', ...header }))}.${base64url(JSON.stringify(claims))}`;
  return `${text}.${hash ? createHmac(hash, key).update(text).digest('base64url') : ''}`;
}

export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/* --- people ------------------------------------------------------------------------------------------------ */

/* Accounts put straight into the database, with tokens signed by hand: a real sign-up costs a tenth of a second of
 * processor time each. They cannot sign in. Answers [{id, displayName, token, client}]. */
export async function people(sys, ...names) {
  const users = [];
  for (const displayName of names) {
    const { insertId: id } = await sys.sql(
      `INSERT INTO users (email, password_hash, display_name, locale, created_at, updated_at)
            VALUES (?, 'none', ?, 'en', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [`${randomBytes(8).toString('hex')}@example.org`, displayName],
    );
    const { insertId: sid } = await sys.sql(
      `INSERT INTO sessions (user_id, user_agent, address, created_at, last_used_at)
            VALUES (?, 'test', '127.0.0.1', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [id],
    );
    const token = signToken(
      { iss: 'echomeet', sub: String(id), sid, iat: nowSeconds(), exp: nowSeconds() + 900 },
      sys.jwtKey,
    );
    users.push({ id, displayName, token, client: api(sys, token) });
  }
  return users;
}

export const crowd = (sys, count, name = 'Guest') =>
  people(sys, ...Array.from({ length: count }, (_, i) => `${name} ${i + 1}`));

/* --- meetings ---------------------------------------------------------------------------------------------- */

export async function createMeeting(host, input = {}) {
  return ok(await host.client.post('/meetings', { title: 'Planning', ...input }), 201);
}

export async function join(user, meeting, password) {
  return ok(await user.client.post(`/meetings/${meeting.code}/join`, password === undefined ? {} : { password }), 200);
}

/* A meeting that `host` made and everybody named is in, the host first. */
export async function meetingOf(host, ...others) {
  const meeting = await createMeeting(host);
  for (const user of [host, ...others]) await join(user, meeting);
  return meeting;
}

/* As if the meeting's past lay that much further back. */
export function age(sys, meeting, minutes) {
  const back = ['start_time', 'actual_start_time', 'host_lost_at', 'empty_since', 'due_at']
    .map((column) => `${column} = ${column} - INTERVAL ${minutes} MINUTE`)
    .join(', ');
  return sys.sql(`UPDATE meetings SET ${back} WHERE id = ?`, [meeting.id]);
}

/* Housekeeping has had a whole turn since: of all that is due it comes to a new meeting of `host` last. */
export async function housekeepingTurn(sys, host) {
  const { id } = await createMeeting(host);
  await sys.sql('UPDATE meetings SET due_at = UTC_TIMESTAMP(3) WHERE id = ?', [id]);
  await until('housekeeping looks', async () => {
    const [{ due }] = await sys.sql('SELECT due_at <= UTC_TIMESTAMP(3) AS due FROM meetings WHERE id = ?', [id]);
    return !due;
  });
}

/* The whole log of a room, from the database: [{seq, type, audience, data}]. */
export async function logOf(sys, meeting) {
  const rows = await sys.sql('SELECT seq, type, audience, data FROM room_events WHERE meeting_id = ? ORDER BY seq', [
    meeting.id,
  ]);
  return rows.map((row) => ({ ...row, data: parse(row.data) }));
}

function parse(text) {
  return typeof text === 'string' ? JSON.parse(text) : text;
}

/* The rows of everybody who ever was in it, in the order of their ids. */
export function rowsOf(sys, meeting) {
  return sys.sql('SELECT * FROM participants WHERE meeting_id = ? ORDER BY user_id', [meeting.id]);
}

/* The row's counter, and the rows counted. */
export async function seatsOf(sys, meeting) {
  const [row] = await sys.sql(
    `SELECT participant_count AS counter,
        (SELECT COUNT(*) FROM participants p WHERE p.meeting_id = m.id AND p.status = 1) AS counted FROM meetings m WHERE m.id = ?`,
    [meeting.id],
  );
  return row;
}

/* --- what an answer must be -------------------------------------------------------------------------------- */

/* The body of an answer that must have this status. */
export function ok({ status, body }, wanted = 200) {
  assert.equal(status, wanted, JSON.stringify(body));
  return body;
}

/* An answer that must be this problem; its status follows from the code. */
export function refused({ status, body }, code, field, message = '') {
  assert.equal(body.code, code, `${message} ${status} ${JSON.stringify(body)}`);
  assert.equal(body.field, field, `${message} ${JSON.stringify(body)}`);
  return body;
}

/* The processes of the pool that work: [pid], in order. */
export async function workerPids(sys) {
  const { readFileSync, readdirSync } = await import('node:fs');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          Number(
            readFileSync(`/proc/${pid}/stat`, 'utf8')
              .replace(/^.*\) \S /, '')
              .split(' ')[0],
          ) === sys.processes.pool.pid
        );
      } catch {
        return false; // it ended meanwhile
      }
    })
    .sort((a, b) => a - b);
}

/* Those of one pool, by its number in http/request.h. */
export async function workersOf(sys, pool) {
  const { readFileSync } = await import('node:fs');
  return (await workerPids(sys)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[3] === String(pool);
    } catch {
      return false; // it ended meanwhile
    }
  });
}

export const POOL_HOUSEKEEPING = 3;
export const POOL_JOBS = 4;

const PATIENCE_MS = 60_000; // nothing waits for it but what fails

/* What check() answers once that is something true, for what housekeeping does. `what` is in the failure. */
export async function until(what, check) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const value = await check();
    if (value) return value;
    await sleep(25);
  }
  return assert.fail(`never: ${what}`);
}

export { sleep };
