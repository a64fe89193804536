/* Which part of a line of chat becomes a link, and that nothing but http and https ever does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLinks } from '../../../www/js/linkify.js';

const hrefs = (text) =>
  findLinks(text)
    .filter(({ href }) => href)
    .map(({ href }) => href);

test('addresses in a sentence, without what ends the sentence', () => {
  assert.deepEqual(hrefs('see https://example.org/a?b=1#c, or HTTP://example.org.'), [
    'https://example.org/a?b=1#c',
    'HTTP://example.org',
  ]);
  assert.deepEqual(hrefs('(https://example.org/a_(b)) [http://x.test]!'), [
    'https://example.org/a_(b)',
    'http://x.test',
  ]);
  assert.deepEqual(hrefs('请看https://example.org/x，谢谢。'), ['https://example.org/x']);
  assert.deepEqual(hrefs('请看 https://example.org/x，谢谢。再看（https://example.org/y）'), [
    'https://example.org/x',
    'https://example.org/y',
  ]);
});

test('all parts together are the line', () => {
  for (const text of [
    '',
    'no link',
    'https://a.test',
    'x https://a.test y https://b.test/?q="z" <b>',
    'https:// http://',
    '"https://a.test"',
  ]) {
    assert.equal(
      findLinks(text)
        .map((part) => part.text)
        .join(''),
      text,
    );
  }
});

test('nothing else becomes a link', () => {
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://example.org',
    'file:///etc/passwd',
    'www.example.org',
    'https://',
    'https://bank.test@evil.test/',
    'https://user:pass@evil.test',
    `https://a.test/${'x'.repeat(3000)}`,
    'xhttps://a.test',
  ]) {
    assert.deepEqual(hrefs(text), [], text);
  }
  assert.deepEqual(hrefs('https://a.test/\u202egnp.exe'), ['https://a.test/'], 'no letter that turns the direction');
  assert.deepEqual(hrefs('https://a.test/"onmouseover=x'), ['https://a.test/']);
});

test('brackets at the end stay as far as they were opened in the address', () => {
  assert.deepEqual(hrefs('http://a.test/(x))). http://b.test/[(y)]}!) http://c.test/(((z'), [
    'http://a.test/(x)',
    'http://b.test/[(y)]',
    'http://c.test/(((z',
  ]);
});

/* Somebody writes it once, and every reader's page works on it. With work that grows by the square these take minutes. */
test('a hostile line of any length is read in one go', () => {
  const long = 65_536;
  const fill = (/** @type {string} */ text) => text.repeat(Math.ceil(long / text.length));
  const begun = process.cpuUsage().user;
  for (const run of ['.', ')', '.)', '…', '()', '([{', ')]}', '.x', '_-', '中', '%']) {
    for (const text of [
      `http://a${fill(run)}`,
      `http://a${fill(run)}x`,
      `http://a/${fill(run)}`,
      `http://${fill(run)}`,
    ])
      findLinks(text);
  }
  for (const text of ['http://', 'http://a', 'ahttp://', 'http://a ', 'h', 'http:/', 'http://a.a)'])
    findLinks(fill(text));
  for (const host of ['中', 'a.', 'ü', '[', '0x', '%41']) findLinks(`http://${host.repeat(1980 / host.length)}`);
  assert.ok(process.cpuUsage().user - begun < 10_000_000, 'microseconds of this processor');
});
