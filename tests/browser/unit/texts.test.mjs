/* Every text is there in every language, with the same values in it, and every text that the page asks for exists. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { LANGUAGES } from '../../../www/js/i18n.js';
import { STEPS } from '../../../www/js/network-test.js';
import en from '../../../www/lang/en.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = (folder) =>
  fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory() ? sources(name) : [name];
  });
/** Every file in www/lang. */
const languages = new Map();
for (const file of fs.readdirSync(path.join(root, 'www/lang')))
  languages.set(file.replace(/\.js$/, ''), (await import(path.join(root, 'www/lang', file))).default);
const values = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, word]) => word).sort();

/** Where the language's plural rules ask for a form of its own; "many" (French: of millions) takes the one of "other". */
const plural = (name) =>
  new Intl.PluralRules(name).resolvedOptions().pluralCategories.filter((form) => form !== 'many');
/** The keys of English in another language: one for each of its plural forms. */
const wanted = (name) =>
  Object.keys(en).flatMap((key) => {
    if (key.endsWith('.one') && `${key.slice(0, -4)}.other` in en) return [];
    const [, stem] = /^(.*)\.other$/.exec(key) ?? [];
    return stem && `${stem}.one` in en ? plural(name).map((form) => `${stem}.${form}`) : [key];
  });

test('every language can be chosen, and no other', () => {
  assert.deepEqual([...languages.keys()].sort(), Object.keys(LANGUAGES).sort());
  assert.ok(languages.size >= 4);
});

for (const [name, texts] of languages) {
  test(`${name}: no text is missing, none is too many, each takes the values that the English one takes`, () => {
    assert.deepEqual(Object.keys(texts).sort(), wanted(name).sort());
    for (const [key, text] of Object.entries(texts))
      assert.deepEqual(values(text), values(en[key] ?? en[key.replace(/\.\w+$/, '.other')]), key);
    assert.deepEqual(
      Object.entries(texts).filter(([, text]) => typeof text !== 'string' || !text.trim()),
      [],
    );
  });
}

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
