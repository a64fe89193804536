/* Which part of a line of chat becomes a link, and that nothing but http and https ever does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLinks } from '../../../www/js/links.js';

const hrefs = (text) => findLinks(text).filter(({ href }) => href).map(({ href }) => href);

test('addresses in a sentence, without what ends the sentence', () => {
  assert.deepEqual(hrefs('see https://example.org/a?b=1#c, or HTTP://example.org.'), ['https://example.org/a?b=1#c', 'HTTP://example.org']);
  assert.deepEqual(hrefs('(https://example.org/a_(b)) [http://x.test]!'), ['https://example.org/a_(b)', 'http://x.test']);
  assert.deepEqual(hrefs('请看https://example.org/x，谢谢。'), ['https://example.org/x']);
  assert.deepEqual(hrefs('请看 https://example.org/x，谢谢。再看（https://example.org/y）'), ['https://example.org/x', 'https://example.org/y']);
});

test('all parts together are the line', () => {
  for (const text of ['', 'no link', 'https://a.test', 'x https://a.test y https://b.test/?q="z" <b>', 'https:// http://', '"https://a.test"']) {
    assert.equal(findLinks(text).map((part) => part.text).join(''), text);
  }
});

test('nothing else becomes a link', () => {
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'ftp://example.org', 'file:///etc/passwd', 'www.example.org', 'https://',
    'https://bank.test@evil.test/', 'https://user:pass@evil.test', `https://a.test/${'x'.repeat(3000)}`, 'xhttps://a.test']) {
    assert.deepEqual(hrefs(text), [], text);
  }
  assert.deepEqual(hrefs('https://a.test/\u202egnp.exe'), ['https://a.test/'], 'no letter that turns the direction');
  assert.deepEqual(hrefs('https://a.test/"onmouseover=x'), ['https://a.test/']);
});

test('a long line does not take long', () => {
  const begun = process.cpuUsage().user;
  findLinks(`https://a.test/${'('.repeat(3900)}`);
  findLinks(`https://a.test/${')'.repeat(3900)}`);
  findLinks('http://'.repeat(570));
  assert.ok(process.cpuUsage().user - begun < 5_000_000, 'of this processor’s time'); // where each part is looked at anew it is minutes
});
