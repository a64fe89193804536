/* The contract, enforced: `api` and `register` do what their namesakes in tests/lib/client.mjs do, and every answer that
 * arrives is held against docs/openapi.yaml: status, content type, body, headers. What is not documented there fails the test.
 * It works the other way round too: a request that the document calls wrong must not succeed.
 *
 *     import { api, register } from './contract.mjs';
 *     const { status, body } = await api(sys, token).get('/meetings/7');
 *
 * A server error (5xx) fails as well, although documented, unless the test says that it may come:
 *     await api(sys, token, { may: [503] }).get('/meetings');
 *
 * With ECHOMEET_CONTRACT_SEEN=FILE each call and status that was seen is added to that file, to find what no test reaches. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { api as plainApi } from '../lib/client.mjs';
import { root } from '../lib/system.mjs';

export const document = parse(fs.readFileSync(path.join(root, 'docs/openapi.yaml'), 'utf8'));

/* The lines of core/err.def: code → {status, retryable, title}. The database's own kinds are not for callers. */
export const errors = new Map(
  [
    ...fs
      .readFileSync(path.join(root, 'core/err.def'), 'utf8')
      .matchAll(/^ERR\((\w+),\s*"(\w+)",\s*(\d+),\s*([01]),\s*"(.*)"\)$/gm),
  ]
    .filter(([, name]) => !name.startsWith('DB_'))
    .map(([, , code, status, retryable, title]) => [
      code,
      { status: Number(status), retryable: retryable === '1', title },
    ]),
);

/* --- schemas ----------------------------------------------------------------------------------------------- */

const ajv = new Ajv2020.default({ strict: false, allErrors: true, validateFormats: true });
/* Date.parse makes the 2nd of March of a 30th of February: the day must come back as it was. */
const isDay = (day) =>
  !Number.isNaN(Date.parse(`${day}T00:00:00Z`)) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
ajv.addFormat(
  'date-time',
  (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) &&
    !Number.isNaN(Date.parse(text)) &&
    isDay(text.slice(0, 10)),
);
ajv.addSchema(document, 'openapi');
const compiled = new Map();

/* The check of a schema that stands at `pointer` (a list of keys) in the document: answers a text, empty where the value fits. */
export function schemaProblem(pointer, value) {
  const key = pointer
    .map((part) => `/${encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
  if (!compiled.has(key)) compiled.set(key, ajv.compile({ $ref: `openapi#${key}` }));
  const check = compiled.get(key);
  return check(value) ? '' : ajv.errorsText(check.errors, { separator: '\n  ', dataVar: '' });
}

/* Follows OpenAPI's own references; answers {node, pointer}. */
export function resolve(pointer) {
  const node = pointer.reduce((at, key) => at?.[key], document);
  return node?.$ref && Object.keys(node).length === 1 ? resolve(node.$ref.slice(2).split('/')) : { node, pointer };
}

/* --- operations -------------------------------------------------------------------------------------------- */

const BASE = document.servers[0].url;

const templates = Object.entries(document.paths).map(([template, item]) => {
  const full = (item.servers ? '' : BASE) + template;
  return { template, item, pattern: new RegExp(`^${full.replaceAll('.', '\\.').replace(/\{\w+\}/g, '([^/]+)')}$`) };
});

/* The documented address that a path belongs to, or undefined. */
export function findPath(pathname) {
  return templates.find(({ pattern }) => pattern.test(pathname));
}

function queryProblem(template, method, query) {
  const wanted = [
    ...(document.paths[template].parameters ?? []).map((p, i) => ['paths', template, 'parameters', i]),
    ...(document.paths[template][method].parameters ?? []).map((p, i) => ['paths', template, method, 'parameters', i]),
  ]
    .map(resolve)
    .filter(({ node }) => node.in === 'query');
  for (const [name, text] of query) {
    const parameter = wanted.find(({ node }) => node.name === name);
    if (!parameter) return wanted.length ? `there is no parameter ${name}` : '';
    const [as] = [parameter.node.schema.type ?? 'integer'];
    const value =
      as === 'integer'
        ? /^\d+$/.test(text)
          ? Number(text)
          : text
        : as === 'boolean'
          ? ({ true: true, false: false }[text] ?? text)
          : text;
    const problem = schemaProblem([...parameter.pointer, 'schema'], value);
    if (problem) return `parameter ${name}: ${problem}`;
  }
  return new Set(query.keys()).size < [...query].length ? 'a parameter stands twice' : '';
}

/* --- checks ------------------------------------------------------------------------------------------------ */

function checkProblem(answer) {
  const { status, headers, body } = answer;
  const known = errors.get(body.code);
  assert.ok(known, `code ${body.code} is not in core/err.def`);
  assert.equal(body.status, status, 'the problem tells another status');
  assert.equal(known.status, status, `core/err.def has another status for ${body.code}`);
  assert.equal(body.title, known.title);
  assert.equal(body.type, `urn:echomeet:problem:${body.code}`);
  assert.equal(body.requestId, headers.get('x-request-id'), 'the problem tells another request id than the header');
  if (status === 401)
    assert.match(headers.get('www-authenticate') ?? '', /^Bearer/, 'RFC 9110 wants WWW-Authenticate with 401');
  if (status === 429 || status === 503)
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/, `${status} without Retry-After`);
  if (status === 405) assert.match(headers.get('allow') ?? '', /^[A-Z]+(, [A-Z]+)*$/, '405 without Allow');
}

function checkBody(responsePointer, response, { headers, body }) {
  const type = (headers.get('content-type') ?? '').split(';')[0];
  const content = response.content;
  if (!content) {
    assert.equal(body, '', 'a body where none is documented');
    return;
  }
  assert.ok(content[type], `content type '${type}' is not documented`);
  const problem = schemaProblem([...responsePointer, 'content', type, 'schema'], body);
  assert.equal(problem, '', `the body is not as documented:\n  ${problem}\n  ${JSON.stringify(body)}`);
}

function checkHeaders(responsePointer, response, headers) {
  assert.match(headers.get('x-request-id') ?? '', /^[A-Za-z0-9._-]{8,64}$/, 'no header X-Request-Id');
  for (const name of Object.keys(response.headers ?? {})) {
    const text = headers.get(name);
    const { node, pointer } = resolve([...responsePointer, 'headers', name]);
    if (text !== null)
      assert.equal(
        schemaProblem([...pointer, 'schema'], node.schema.type === 'integer' ? Number(text) : text),
        '',
        `header ${name}: ${text}`,
      );
  }
}

/* Where the document knows no such call: 404 or 405, or 400 for an address that cannot be read. */
function checkUnknown(answer, place, method) {
  const { status, headers, body } = answer;
  assert.ok([400, 404, 405].includes(status), `an address that is not documented answered ${status}`);
  assert.equal(headers.get('content-type'), 'application/problem+json');
  if (method === 'HEAD') return assert.equal(body, '');
  assert.equal(schemaProblem(['components', 'schemas', 'Problem'], body), '', JSON.stringify(body));
  checkProblem(answer);
  if (status === 400) assert.equal(body.code, 'bad_request');
  else assert.equal(body.code, place ? 'method_not_allowed' : 'not_found');
  return undefined;
}

function checkAccepted(place, key, query, sent) {
  const pointer = ['paths', place.template, key, 'requestBody', 'content', 'application/json', 'schema'];
  if (document.paths[place.template][key].requestBody && sent !== undefined) {
    const problem = schemaProblem(pointer, sent);
    assert.equal(
      problem,
      '',
      `the document refuses this body, the server took it:\n  ${problem}\n  ${JSON.stringify(sent)}`,
    );
  }
  const problem = queryProblem(place.template, key, query);
  assert.equal(problem, '', `the document refuses this query, the server took it: ${problem}`);
}

function note(text) {
  if (process.env.ECHOMEET_CONTRACT_SEEN) fs.appendFileSync(process.env.ECHOMEET_CONTRACT_SEEN, `${text}\n`);
}

/* Holds one answer against the document. `sent`: the body as a value, where it was one. */
export function checkAnswer(method, target, sent, answer, may = []) {
  const { pathname, searchParams } = new URL(target, 'http://x');
  const place = findPath(pathname);
  const key = (method === 'HEAD' ? 'GET' : method).toLowerCase();
  const operation = place?.item[key];
  try {
    assert.ok(answer.status < 500 || may.includes(answer.status), `a server error: ${answer.status}`);
    if (!operation) return checkUnknown(answer, place, method);
    note(`${key} ${place.template} ${answer.status} ${answer.body?.code ?? ''}`);
    const { node: response, pointer } = resolve(['paths', place.template, key, 'responses', String(answer.status)]);
    assert.ok(response, `status ${answer.status} is not documented`);
    checkHeaders(pointer, response, answer.headers);
    if (method === 'HEAD') {
      assert.equal(answer.body, '', 'an answer to HEAD with a body');
      return undefined;
    }
    checkBody(pointer, response, answer);
    if (answer.headers.get('content-type')?.startsWith('application/problem+json')) checkProblem(answer);
    else checkAccepted(place, key, searchParams, sent);
  } catch (error) {
    error.message = `${method} ${target} → ${answer.status}: ${error.message}\n${JSON.stringify(answer.body)}`;
    throw error;
  }
  return undefined;
}

/* --- the client, checked ----------------------------------------------------------------------------------- */

function value(body) {
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return body;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/* Like api() of the client library. `may`: server errors that this test expects. */
export function api(sys, token, { may = [] } = {}) {
  const plain = plainApi(sys, token);
  const request = async (method, target, options = {}) => {
    const full = /^\/(api\/|healthz|readyz|metrics)/.test(target) ? target : BASE + target;
    const answer = await plain.request(method, full, options);
    checkAnswer(method, full, value(options.body), answer, may);
    return answer;
  };
  return {
    request,
    get: (target, options) => request('GET', target, options),
    post: (target, body, options) => request('POST', target, { body, ...options }),
    patch: (target, body, options) => request('PATCH', target, { body, ...options }),
    put: (target, body, options) => request('PUT', target, { body, ...options }),
    delete: (target, options) => request('DELETE', target, options),
    head: (target, options) => request('HEAD', target, options),
  };
}

/* A new account, signed in as a program. */
export async function register(sys, displayName = 'Ana', extra = {}) {
  const account = { email: `${randomBytes(8).toString('hex')}@example.org`, password: 'correct horse 1', displayName };
  const { status, body } = await api(sys).post('/auth/register', { ...account, client: 'api', ...extra });
  assert.equal(status, 201, JSON.stringify(body));
  return {
    ...account,
    ...extra,
    id: body.user.id,
    token: body.accessToken,
    refreshToken: body.refreshToken,
    client: api(sys, body.accessToken),
  };
}
