/* How the programs are built that run for real: with Debian's hardening. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/system.mjs';

const readelf = (...args) => {
  const { status, stdout, stderr } = spawnSync('readelf', ['--wide', ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  assert.equal(status, 0, stderr);
  return stdout;
};

for (const [name, main] of [
  ['echomeet-api', 'fcgi/main.o'],
  ['echomeet-relay', 'relay/main.o'],
  ['echomeet-media', 'media/main.o'],
])
  test(`${name} has what makes a fault hard to use`, () => {
    const program = path.join(root, 'build/release', name);
    assert.match(readelf('--file-header', program), /Type: +DYN/, 'loaded at another address each time');
    const segments = readelf('--segments', program);
    assert.match(segments, /GNU_RELRO/);
    assert.match(segments, /GNU_STACK.* RW +0x/, 'no code on the stack');
    assert.match(
      readelf('--dynamic', program),
      /FLAGS_1.*\bNOW\b.*\bPIE\b/,
      'addresses of functions cannot be written after the start',
    );
    const symbols = readelf('--dyn-syms', program);
    assert.match(symbols, /__stack_chk_fail/);
    assert.match(symbols, /__(memcpy|snprintf|vsnprintf|fprintf)_chk/, 'lengths are checked');
    if (os.arch() === 'x64')
      // in our own code; a C library that has it not takes the mark from the whole
      assert.match(
        readelf('--notes', path.join(root, 'build/release', main)),
        /IBT.*SHSTK/,
        'jumps and returns only where they belong',
      );
  });
