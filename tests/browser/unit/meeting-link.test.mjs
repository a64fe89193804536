/* Codes and links of meetings as people paste them, and as mail programs leave them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMeetingLink } from '../../../www/js/meeting-link.js';

const code = (text) => readMeetingLink(text)?.code ?? null;
const HOST = 'https://meet.example.org/';
const TOKEN = '12.AbC-_fghijklmnopqrstuv';
/* What stands after a link, or after a code, where somebody copied a little more, or a program added to it. */
const TAILS = [
  '.',
  ',',
  ')',
  '>',
  ']',
  '"',
  '”',
  "'",
  '’',
  '%20',
  ' ',
  '\u00a0',
  '\u200b',
  '%E2%80%8B',
  '\ufeff',
  '\u202c',
  '\u00ad',
  '。',
  '，',
  '）',
  '》',
  '」',
  '%E3%80%82',
  '.\n',
  ').',
  '*',
  '…',
  '%',
  '%E3%80',
  '。请准时参加',
];

test('a code is read as it is said, typed and pasted', () => {
  for (const text of [
    '4CR7R6',
    '4cr7r6',
    '4CR 7R6',
    '4cr-7r6',
    '4 C R 7 R 6',
    ' 4CR7R6\n',
    '４ＣＲ７Ｒ６',
    '４ＣＲ　７Ｒ６',
    '4CR\u20117R6',
    '4CR–7R6',
    '4C\u200bR7R6',
    '“4CR7R6”',
    '«4CR7R6»',
    '《4CR7R6》',
    '(4CR7R6)',
    '<4CR7R6>',
    '*4CR7R6*',
    'Code: 4CR7R6',
    'Code: 4cr 7r6',
    '会议号：4CR7R6',
    '会议号：４ＣＲ７Ｒ６。',
    '会议号4CR7R6，不见不散',
    'Meeting code 4CR7R6',
    'Please join 4CR7R6 at half past nine',
    'Title: Plan\nCode: 4CR7R6\nPassword: tea',
  ]) {
    assert.deepEqual(readMeetingLink(text), { code: '4CR7R6', invite: '' }, JSON.stringify(text));
  }
  for (const tail of TAILS) assert.equal(code(`4CR7R6${tail}`), '4CR7R6', JSON.stringify(tail));
});

test('a link is read with what stands around it', () => {
  for (const tail of [...TAILS, '&utm=mail', '?utm_source=mail', '/', '#', '\nCode: GHJ4GH']) {
    for (const link of [
      `${HOST}#/m/4CR7R6`,
      `${HOST}#/m/4cr7r6`,
      '#/m/4CR7R6',
      '#m/4CR7R6',
      `${HOST}m/4CR7R6`,
      '/m/4cr7r6',
      `<${HOST}#/m/4CR7R6`,
      `请点击 ${HOST}#/m/4CR7R6`,
    ]) {
      assert.deepEqual(readMeetingLink(link + tail), { code: '4CR7R6', invite: '' }, JSON.stringify(link + tail));
    }
  }
  assert.equal(code(`https://safe.example/?url=${encodeURIComponent(`${HOST}#/m/4CR7R6`)}&data=05`), '4CR7R6');
  assert.equal(code(`${HOST}＃／ｍ／４ＣＲ７Ｒ６`), '4CR7R6');
});

test('the invitation of a link is kept, without what stands around it', () => {
  for (const tail of [
    '',
    ...TAILS.filter((tail) => tail !== '%' && tail !== '%E3%80'),
    '&utm=mail',
    '_',
    '.Please come',
  ]) {
    for (const link of [`${HOST}#/m/4CR7R6`, `${HOST}m/4CR7R6`])
      assert.deepEqual(
        readMeetingLink(`${link}?invite=${TOKEN}${tail}`),
        { code: '4CR7R6', invite: TOKEN },
        JSON.stringify(link + tail),
      );
  }
  assert.equal(readMeetingLink(`#/m/4CR7R6?utm=x&invite=${TOKEN}`).invite, TOKEN);
  assert.equal(readMeetingLink(`#/m/4CR7R6?utm=x&amp;invite=${TOKEN}`).invite, TOKEN);
  assert.equal(readMeetingLink('#/m/4CR7R6?invite=spoilt').invite, 'spoilt', 'the server says what is wrong with it');
});

test('what is none is not taken for one', () => {
  for (const text of [
    '',
    ' ',
    '4CR7R',
    '4CR7R66',
    'see you at the usual place',
    'Code:',
    'https://example.org/',
    '#/m/',
    '#/m/4CR7R66',
    '#/m/4CR7R',
    '#/network',
    '#/signin?next=x',
    '4CR7R6 or GHJ4GH',
    'äöüäöü',
    '%',
    '%zz',
  ]) {
    assert.equal(readMeetingLink(text), null, JSON.stringify(text));
  }
});

test('a long text takes no time', () => {
  const begun = process.cpuUsage().user;
  for (const part of ['#/m/', 'ABCDEF ', ':', '%20', '%E3%80', 'invite=', '\u200b', 'A', 'AB:CD'])
    readMeetingLink(part.repeat(1_000_000 / part.length));
  assert.ok(process.cpuUsage().user - begun < 5_000_000, 'microseconds of this processor');
});
