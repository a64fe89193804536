/* Random bodies for every call: document and server must agree on each. What the document refuses must not succeed (contract.mjs sees
 * to that), what it allows must not be called wrong, and nothing may end as a server error. ECHOMEET_SEED=… makes others. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SEED } from '../lib/random.mjs';
import { startSystem } from '../lib/system.mjs';
import { document, schemaProblem } from './contract.mjs';
import { meetingOf, people, workerPids } from './support.mjs';

const REQUESTS = 1200;

let sys;
let ada, ben;
before(async () => {
  sys = await startSystem({ only: ['mariadb', 'redis', 'pool', 'web'], env: { ECHOMEET_MEETINGS_PER_PERSON: '0' } });
  [ada, ben] = await people(sys, 'Ada', 'Ben');
});
after(() => sys?.stop());

/* What the schema cannot say: the server's sentence for it. */
const beyondTheSchema = [
  /^to must be somebody who is in the meeting/,
  /^startTime must not lie in the past/,
  /^maxParticipants must not be below/,
  /^email must be an e-mail address/,
  /^replyTo must be a message/,
  /^What answers a private message/,
  /^expiresAt must lie in the future/,
  /^Give either userId or all/,
];

function randomizer(seed) {
  const next = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed / 0x80000000;
  };
  return { chance: (p) => next() < p, pick: (list) => list[Math.floor(next() * list.length)] };
}

const lengths = [1, 7, 8, 63, 64, 65, 128, 129, 199, 200, 201, 4000, 4001];
const values = [
  null,
  true,
  false,
  0,
  1,
  2,
  -1,
  1.5,
  60,
  480,
  481,
  10_000,
  10_001,
  1e20,
  // biome-ignore lint/correctness/noPrecisionLoss: that it is lost is what is tried
  9007199254740993,
  [],
  {},
  [1],
  { a: 1 },
  [[[[]]]],
  '',
  'x',
  'a\nb',
  'a\tb',
  '\u0000',
  '\u007f',
  '\u0085',
  '\u00a0x',
  '\u200b',
  '\u2028',
  '\ufeffx',
  'e\u0301',
  '٣',
  '<b>&amp;"\'\\',
  "'; DROP TABLE users; --",
  '%s%n%x',
  '../..',
  ...lengths.map((n) => 'x'.repeat(n)),
  ...lengths.map((n) => '😀'.repeat(n)),
  '2031-01-01T00:00:00Z',
  '2031-01-01T00:00:00.123456+05:30',
  '2031-02-30T00:00:00Z',
  '1999-01-01T00:00:00Z',
  'en',
  'zh-CN',
  'en|zh-CN',
  'api',
  'browser',
  'cohost',
  'participant',
  'host',
  'a@b.c',
];

/* The calls that take a body, without those that cost a password hash each. */
const calls = Object.entries(document.paths)
  .flatMap(([template, item]) =>
    ['post', 'patch', 'put']
      .filter((method) => item[method]?.requestBody)
      .map((method) => ({
        template,
        method,
        schema: item[method].requestBody.content['application/json'].schema.$ref.split('/').at(-1),
      })),
  )
  .filter(({ template }) => !/register|login|password/.test(template));

function randomBody({ schema }, { chance, pick }, n) {
  const body = {};
  for (const name of Object.keys(document.components.schemas[schema].properties ?? {}))
    if (chance(0.4)) body[name] = pick([...values, ada.id, ben.id]);
  for (const name of document.components.schemas[schema].required ?? [])
    if (chance(0.7)) body[name] = name.endsWith('Id') && name !== 'clientId' ? ben.id : `random ${n}`;
  if (chance(0.05)) body[pick(['extra', 'constructor', 'id', ''])] = pick(values);
  return body;
}

test(`document and server agree on ${REQUESTS} random bodies`, async () => {
  const random = randomizer(SEED);
  const pids = await workerPids(sys);
  const seen = new Map();
  let meeting = await meetingOf(ada, ben);
  for (let n = 0; n < REQUESTS; n++) {
    const call = random.pick(calls);
    const body = randomBody(call, random, n);
    const target = call.template
      .replace('{meetingId}', random.pick([meeting.id, meeting.code, 999999]))
      .replace('{userId}', random.pick([ada.id, ben.id, 'me', 0, 999999]))
      .replace(/\{\w+\}/, '1');
    const where = `seed ${SEED}, request ${n}: ${call.method} ${target} ${JSON.stringify(body).slice(0, 300)}`;
    const answer = await random
      .pick([ada, ben])
      .client.request(call.method.toUpperCase(), target, { body })
      .catch((error) => {
        throw new Error(`${where}\n${error.message}`);
      });
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    const wrong = schemaProblem(
      ['paths', call.template, call.method, 'requestBody', 'content', 'application/json', 'schema'],
      body,
    );
    if (
      answer.body?.code === 'validation_failed' &&
      !beyondTheSchema.some((sentence) => sentence.test(answer.body.detail))
    )
      assert.notEqual(wrong, '', `the document allows this, the server refuses it: ${where}\n${answer.body.detail}`);
    if (['meeting_ended', 'not_joined'].includes(answer.body?.code) || /\/(end|leave)$/.test(target))
      meeting = await meetingOf(ada, ben);
  }
  assert.ok(seen.get(200) > 30 && seen.get(201) > 5 && seen.get(400) > 100, JSON.stringify([...seen]));
  const alive = await workerPids(sys);
  assert.deepEqual(
    pids.filter((pid) => !alive.includes(pid)),
    [],
    'no worker had to die for it',
  );
});
