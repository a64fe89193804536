/* Every text is there in every language, with the same values in it, and every text that the page asks for exists. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { STEPS } from '../../../www/js/network-test.js';
import en from '../../../www/lang/en.js';
import zh from '../../../www/lang/zh-CN.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = (folder) =>
  fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory() ? sources(name) : [name];
  });
const values = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, word]) => word).sort();

/* Chinese has one plural form. */
const singular = (key) => key.endsWith('.one');

test('no text is missing in Chinese, none is there without an English one', () => {
  assert.deepEqual(
    Object.keys(en).filter((key) => !singular(key) && !(key in zh)),
    [],
  );
  assert.deepEqual(
    Object.keys(zh).filter((key) => !(key in en)),
    [],
  );
});

test('both languages put the same values into a text', () => {
  for (const [key, text] of Object.entries(zh)) assert.deepEqual(values(text), values(en[key]), key);
});

test('every text that the page names exists', () => {
  const exists = (key) => key in en || `${key}.other` in en;
  for (const file of sources('www/js')) {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    for (const [, key] of text.matchAll(/\b(?:t|notify)\('([\w.]+)'/g)) assert.ok(exists(key), `${file}: ${key}`);
    for (const [, first, second] of text.matchAll(/\bt\([\w.]+ \? '([\w.]+)' : '([\w.]+)'/g)) {
      assert.ok(exists(first) && exists(second), `${file}: ${first}, ${second}`);
    }
  }
});

test('every outcome of the network test has words', () => {
  const device = ['ok', 'none', 'denied', 'busy', 'insecure', 'failed'];
  const reasons = {
    browser: ['ok', 'insecure', 'old', 'failed'],
    microphone: [...device, 'silent'],
    camera: [...device, 'dark'],
    server: ['ok', 'slow', 'unreachable', 'failed'],
    socket: ['ok', 'slow', 'blocked', 'broken', 'silent', 'failed'],
    media: ['ok', 'blocked', 'dark', 'failed'],
    stun: ['ok', 'direct', 'none', 'unreachable', 'failed'],
    turn: ['ok', 'none', 'unreachable', 'refused', 'blocked', 'dark', 'failed'],
  };
  assert.deepEqual(Object.keys(reasons).sort(), [...STEPS].sort());
  for (const [step, list] of Object.entries(reasons))
    for (const reason of list) assert.ok(en[`network.${step}.${reason}`], `${step} ${reason}`);
  const source = fs.readFileSync(path.join(root, 'www/js/network-test.js'), 'utf8');
  const used = [...source.matchAll(/\b(?:ok|warning|problem|skipped)\((?:[^'()]+\? )?'(\w+)'(?: : '(\w+)')?/g)].flatMap(
    ([, ...words]) => words.filter(Boolean),
  );
  assert.ok(used.length > 10);
  for (const word of used)
    assert.ok(
      Object.values(reasons).some((list) => list.includes(word)),
      word,
    );
});

test('every error code of the server has words', () => {
  const codes = [...fs.readFileSync(path.join(root, 'core/err.def'), 'utf8').matchAll(/^ERR\(\w+,\s*"(\w+)"/gm)].map(
    ([, code]) => code,
  );
  // These say that the page itself is wrong; the server's own words have to do.
  const ours = [
    'malformed_json',
    'bad_request',
    'unknown_type',
    'method_not_allowed',
    'payload_too_large',
    'unsupported_media_type',
    'headers_too_large',
    'not_implemented',
  ];
  assert.ok(codes.length > 20);
  assert.deepEqual(
    [...new Set(codes)].filter((code) => !ours.includes(code) && !(`error.${code}` in en)),
    [],
  );
});
