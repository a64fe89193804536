/* docs/openapi.yaml agrees with itself and with the sources: its examples fit its schemas, its codes are those of
 * core/err.def, its limits those of core/limits.h, its calls those of the router's table. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/system.mjs';
import { document, errors, resolve, schemaProblem } from './contract.mjs';

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const operations = Object.entries(document.paths).flatMap(([template, item]) =>
  methods
    .filter((m) => item[m])
    .map((method) => ({ template, method, operation: item[method], pointer: ['paths', template, method] })),
);

const source = (name) => fs.readFileSync(path.join(root, name), 'utf8');

/* Calls visit(node, pointer) for everything in the document. */
function walk(node, visit, pointer = []) {
  visit(node, pointer);
  if (node && typeof node === 'object')
    for (const [key, child] of Object.entries(node)) walk(child, visit, [...pointer, key]);
}

test('every reference leads somewhere', () => {
  walk(document, (node, pointer) => {
    if (typeof node?.$ref === 'string') {
      assert.match(node.$ref, /^#\//);
      assert.ok(resolve(node.$ref.slice(2).split('/')).node, `${pointer.join('.')} → ${node.$ref}`);
    }
  });
});

test('every example fits its schema', () => {
  let count = 0;
  const fits = (pointer, value) => {
    count++;
    assert.equal(schemaProblem(pointer, value), '', `${pointer.join('.')}: ${JSON.stringify(value)}`);
  };
  walk(document, (node, pointer) => {
    if (node?.schema && 'example' in node) fits([...pointer, 'schema'], node.example);
    if (node?.schema && node.examples)
      for (const { value } of Object.values(node.examples)) fits([...pointer, 'schema'], value);
    if (pointer.at(-2) === 'schemas' && Array.isArray(node?.examples))
      for (const value of node.examples) fits(pointer, value);
  });
  assert.ok(count >= 20, `only ${count} examples were found`);
});

test('every schema of an object is closed, so that an unknown member is noticed', () => {
  const open = new Set([
    'components.schemas.MeetingMembers', // closed where it is used
    'components.schemas.Event.properties.data', // each type of event closes its own
    'components.schemas.AuditEntry.properties.data',
  ]); // an event's data
  walk(document.components.schemas, (node, pointer) => {
    if (node?.type === 'object' && node.additionalProperties !== false && node.unevaluatedProperties !== false)
      assert.ok(open.has(`components.schemas.${pointer.join('.')}`), `components.schemas.${pointer.join('.')} is open`);
  });
});

test('every call says who may make it and what can come back', () => {
  const ids = new Set();
  for (const { template, method, operation } of operations) {
    const name = `${method} ${template}`;
    assert.ok(operation.operationId && !ids.has(operation.operationId), `${name}: operationId`);
    ids.add(operation.operationId);
    assert.ok(operation.summary, `${name}: summary`);
    const statuses = Object.keys(operation.responses);
    const tokenNeeded = !operation.security;
    assert.equal(statuses.includes('401') || !tokenNeeded, true, `${name}: 401`);
    assert.equal(statuses.includes('404'), template.includes('{'), `${name}: 404`);
    for (const status of ['408', '413', '415'])
      assert.equal(statuses.includes(status), Boolean(operation.requestBody), `${name}: ${status}`);
    for (const parameter of template.matchAll(/\{(\w+)\}/g))
      assert.ok(
        document.paths[template].parameters
          .map((p) => (p.$ref ? resolve(p.$ref.slice(2).split('/')).node : p))
          .some((p) => p.in === 'path' && p.name === parameter[1]),
        `${name}: ${parameter[1]}`,
      );
  }
});

test('the codes are those of core/err.def, each with its status', () => {
  const { description, enum: codes } = document.components.schemas.ErrorCode;
  assert.deepEqual(codes, [...errors.keys()]);
  const table = [...description.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  assert.deepEqual(
    table,
    [...errors].map(([code, { status }]) => [code, status]),
  );
});

test('the codes of a response belong to its status', () => {
  for (const { template, method, operation } of operations)
    for (const status of Object.keys(operation.responses).filter((s) => Number(s) >= 400)) {
      const { node } = resolve(['paths', template, method, 'responses', status]);
      walk(node, (at) => {
        for (const code of at?.properties?.code?.enum ?? [at?.properties?.code?.const].filter(Boolean))
          assert.equal(errors.get(code)?.status, Number(status), `${method} ${template} ${status} ${code}`);
      });
    }
});

test('the limits are those of core/limits.h', () => {
  const limit = (name) => {
    const [, expression] = source('core/limits.h').match(new RegExp(`\\b${name} = ([0-9* ]+)`)) ?? [];
    assert.ok(expression, `${name} is not in core/limits.h`);
    return expression.split('*').reduce((product, factor) => product * Number(factor), 1);
  };
  const { schemas } = document.components;
  const query = (template, name) => document.paths[template].get.parameters.find((p) => p.name === name).schema;
  const pairs = [
    [schemas.Email.maxLength, 'LIMIT_EMAIL_CHARS'],
    [schemas.DisplayName.maxLength, 'LIMIT_DISPLAY_NAME_CHARS'],
    [schemas.AccountPassword.minLength, 'LIMIT_PASSWORD_MIN_CHARS'],
    [schemas.AccountPassword.maxLength, 'LIMIT_PASSWORD_MAX_CHARS'],
    [schemas.MeetingTitle.maxLength, 'LIMIT_TITLE_CHARS'],
    [schemas.MeetingDescription.maxLength, 'LIMIT_DESCRIPTION_CHARS'],
    [schemas.MeetingDuration.maximum, 'LIMIT_DURATION_MINUTES'],
    [schemas.MeetingInput.properties.duration.default, 'LIMIT_DEFAULT_DURATION_MINUTES'],
    [schemas.MeetingPassword.maxLength, 'LIMIT_MEETING_PASSWORD_CHARS'],
    [schemas.MeetingSeats.maximum, 'LIMIT_PARTICIPANTS'],
    [schemas.MeetingInput.properties.maxParticipants.default, 'LIMIT_DEFAULT_PARTICIPANTS'],
    [schemas.MessageText.maxLength, 'LIMIT_MESSAGE_CHARS'],
    [schemas.ClientId.maxLength, 'LIMIT_CLIENT_ID_CHARS'],
    [schemas.Join.properties.messages.maxItems, 'LIMIT_JOIN_MESSAGES'],
    [query('/meetings', 'page').maximum, 'LIMIT_PAGE'],
    [query('/meetings', 'pageSize').maximum, 'LIMIT_PAGE_SIZE'],
    [query('/meetings', 'pageSize').default, 'LIMIT_DEFAULT_PAGE_SIZE'],
    [query('/meetings/{meetingId}/messages', 'limit').maximum, 'LIMIT_MESSAGES_PAGE'],
  ];
  for (const [documented, name] of pairs) assert.equal(documented, limit(name), name);
  const [, alphabet] = source('core/ids.h').match(/IDS_CODE_ALPHABET "(\w+)"/);
  assert.equal(schemas.MeetingCode.pattern, `^[${alphabet}]{${limit('LIMIT_CODE_CHARS')}}$`);
});

test('the events are those of docs/protocol.md', () => {
  const [, table] = source('docs/protocol.md')
    .split('### Room events')[1]
    .match(/\n\n(\| type \| data \|\n[^]*?)\n\n/);
  const described = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, type]) => type);
  assert.deepEqual(
    document.components.schemas.Event.oneOf.map((event) => event.properties.type.const),
    described,
  );
});

test('the calls are those of the router’s table', () => {
  const text = source('handlers/routes.c');
  const macros = Object.fromEntries(
    [...text.matchAll(/^#define (\w+) "(.*)"$/gm)].map(([, name, value]) => [name, value]),
  );
  const routed = [...text.matchAll(/\{"([A-Z]+)", (?:(\w+) )?"([^"]*)", ACCESS_(\w+)/g)]
    .map(([, method, macro, rest, access]) => [method, (macro ? macros[macro] : '') + rest, access])
    .filter(([, pattern]) => !pattern.startsWith('/internal/'));
  assert.ok(routed.length >= 20, 'the table in handlers/routes.c cannot be read');
  const documented = operations.map(({ template, method, operation }) => [
    `${method.toUpperCase()} ${document.paths[template].servers ? '' : document.servers[0].url}${template.replace(/\{(\w+)\}/g, ':$1')}`,
    operation.security ? 'ANYBODY' : 'USER',
  ]);
  /* a guest and an administrator call with a token like anybody else */
  const table = routed.map(([method, pattern, access]) => [
    `${method} ${pattern}`,
    ['MEMBER', 'ADMIN'].includes(access) ? 'USER' : access,
  ]);
  const sorted = (list) => list.map((entry) => entry.join(' ')).sort();
  assert.deepEqual(sorted(table), sorted(documented));
});
