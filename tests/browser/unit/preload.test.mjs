/* The page asks for every module of its first view at once, not for one after the other as each names the next. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../support.mjs';

const www = path.join(root, 'www');

/** Everything that a module imports at once, and they in turn. */
function graph(start) {
  const found = new Set([start]);
  for (const file of found) {
    if (file.startsWith('/vendor/')) continue; // they need each other only, and are all needed
    for (const [, name] of fs
      .readFileSync(path.join(www, file), 'utf8')
      .matchAll(/^(?:import|export)\b[^;'"(=]*?['"]([^'"]+)['"]/gm)) {
      found.add(path.resolve(path.dirname(file), name));
    }
  }
  return found;
}

test('index.html preloads what the first page is made of, and nothing else', () => {
  const needed = graph('/js/main.js');
  needed.delete('/js/main.js');
  const preloaded = [
    ...fs.readFileSync(path.join(www, 'index.html'), 'utf8').matchAll(/rel="modulepreload" href="([^"]+)"/g),
  ].map(([, href]) => href);
  assert.ok(needed.size > 10);
  assert.deepEqual(preloaded.sort(), [...needed].sort());
});
