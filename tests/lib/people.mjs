/* People without the cost of signing them up, and tokens made by hand. */
import { createHmac } from 'node:crypto';
import { api } from './client.mjs';

/* So many accounts with a sign-in each, written into the database at once: {id, token, client}. */
export async function makePeople(sys, count, lifeS = 4 * 3600) {
  const now = new Date().toISOString().slice(0, 23).replace('T', ' ');
  const first = Number(
    (
      await sys.sql(
        'SELECT MAX(id) + 1 AS id FROM (SELECT 0 AS id UNION SELECT id FROM users UNION SELECT id FROM sessions) AS taken',
      )
    )[0].id,
  );
  const ids = Array.from({ length: count }, (_, i) => first + i);
  for (let at = 0; at < count; at += 1000) {
    const some = ids.slice(at, at + 1000);
    await sys.sql(
      'INSERT INTO users (id, email, password_hash, display_name, locale, created_at, updated_at) VALUES ?',
      [some.map((id) => [id, `p${id}@example.org`, '-', `P${id}`, 'en', now, now])],
    );
    await sys.sql('INSERT INTO sessions (id, user_id, user_agent, address, created_at, last_used_at) VALUES ?', [
      some.map((id) => [id, id, '', '', now, now]),
    ]);
  }
  const exp = Math.floor(Date.now() / 1000) + lifeS;
  return ids.map((id) => {
    const token = makeToken(sys, { sub: String(id), sid: id, exp });
    return { id, token, client: api(sys, token) };
  });
}

/* A token made by hand: claims and header may be changed. */
export function makeToken(sys, claims = {}, { header = {}, key = sys.jwtKey } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT', kid: 'k1', ...header })}.${part({
    iss: 'echomeet',
    sub: '1',
    sid: 1,
    iat: now,
    exp: now + 900,
    ...claims,
  })}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}
