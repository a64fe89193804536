/* What is copied: said only where it was, also over plain HTTP and inside a dialog; and a time that its reader understands. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser } from './support.mjs';

let sys;
let browser;
before(async () => {
  [sys, browser] = await Promise.all([
    startSystem(),
    startBrowser(['--host-resolver-rules=MAP meet.example 127.0.0.1']),
  ]);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

/** What is in the clipboard: only a page that the browser trusts may look. */
async function clipboard(person) {
  const page = await person.context.newPage();
  await page.goto(`${sys.base}/icon.svg`);
  await page.bringToFront();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  await page.close();
  return text;
}

async function arrive(base, name, more) {
  const person = await Person.arrive(browser, base, name, more);
  await person.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: sys.base });
  await person.signUp(`${name}@example.org`);
  await person.button('Schedule').click();
  await person.page.getByLabel('Title').fill('Plan');
  await person.button('Schedule meeting').click();
  await person.page.getByRole('link', { name: 'Join “Plan”' }).waitFor();
  return person;
}

test('over plain HTTP a link is copied, inside a dialog too', async () => {
  const ana = await arrive(`http://meet.example:${new URL(sys.base).port}`, 'ana');
  assert.equal(await ana.page.evaluate(() => isSecureContext), false);
  await ana.button('Copy the link to “Plan”').click();
  await ana.page.getByText('Copied', { exact: true }).waitFor();
  assert.match(await clipboard(ana), /#\/m\/\w{6}$/);
  await ana.button('Invite links for “Plan”').click();
  await ana.button('Create and copy link').click();
  await ana.page.getByText('Link copied.').waitFor();
  const link = await clipboard(ana);
  assert.match(link, /\?invite=/);
  await ana.button('Create and copy link').click();
  await ana.page.locator('.row').nth(1).waitFor();
  await ana.page.locator('dialog .row').first().getByRole('button', { name: 'Copy link' }).click();
  assert.match(await clipboard(ana), /\?invite=/);
  assert.equal(
    await ana.page.evaluate(() => document.activeElement.getAttribute('aria-label')),
    'Copy link',
    'the focus is where it was',
  );
  await ana.context.close();
});

test('where the browser refuses, the text is shown and selected, and nobody says “Copied”', async () => {
  const bo = await arrive(sys.base, 'bo');
  await bo.page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    document.execCommand = () => false;
  });
  for (const copy of [
    () => bo.button('Copy the link to “Plan”').click(),
    async () => {
      await bo.button('Invite links for “Plan”').click();
      await bo.button('Create and copy link').click();
    },
  ]) {
    await copy();
    await bo.page.getByRole('heading', { name: 'Copy this text' }).waitFor();
    const selected = await bo.page.evaluate(() => String(getSelection()));
    assert.match(selected, /#\/m\/\w{6}/);
    assert.equal(await bo.page.evaluate(() => document.querySelector('.copy-text').value), selected);
    await bo.shot('copy-by-hand');
    await bo.page.keyboard.press('Escape');
    await bo.page.locator('.copy-text').waitFor({ state: 'detached' });
  }
  assert.equal(await bo.page.getByText(/copied/i).count(), 0);
  assert.deepEqual(bo.complaints, []);
  await bo.context.close();
});

test('an invitation says day, year, time and time zone, in the language of the page', async () => {
  for (const [locale, expected] of [
    ['en-US', 'Time: Tuesday, January 5, 2027, 10:21 PM (Europe/Berlin, UTC+1)'],
    ['en-GB', 'Time: Tuesday 5 January 2027, 22:21 (Europe/Berlin, UTC+1)'],
    ['de-AT', 'Zeit: Dienstag, 5. Jänner 2027, 22:21 (Europe/Berlin, UTC+1)'],
    ['zh-CN', '时间: 2027年1月5日星期二 22:21（Europe/Berlin，UTC+1）'],
  ]) {
    const cy = await Person.arrive(browser, sys.base, 'Cy', { locale, timezoneId: 'Europe/Berlin' });
    await cy.go('');
    await cy.page.locator('h1').waitFor();
    const said = await cy.page.evaluate(async () => {
      const { invitation } = await import('/js/views/info.js');
      return invitation({ title: 'Plan', code: '4CR7R6', startTime: '2027-01-05T21:21:00.000Z' });
    });
    const plain = (text) => text.replace(/[,\s]+/g, ' '); // of which versions of ICU have more or fewer
    assert.ok(plain(said).includes(plain(expected)), said);
    await cy.context.close();
  }
});

test('a time of another day says the day, of another year the year', async () => {
  const di = await Person.arrive(browser, sys.base, 'Di', { timezoneId: 'Asia/Kolkata' });
  await di.go('');
  await di.page.locator('h1').waitFor();
  const said = await di.page.evaluate(async () => {
    const { clockTime, duration, fullTime, longDate, timeOn } = await import('/js/i18n.js');
    const noon = new Date(new Date().setHours(12, 0, 0, 0));
    return [
      timeOn(noon),
      timeOn('2019-02-03T04:05:00Z'),
      longDate('2019-02-03T04:05:00Z'),
      timeOn('2019-02-03T04:05:00Z', '2019-02-03T01:00:00Z'),
      clockTime('2019-02-02T18:35:00Z'),
      fullTime('2019-02-03T04:05:00Z'),
      ...[22, 300, 3900, 7200, 360_000].map(duration),
    ].map((text) => text.replaceAll('\u202f', ' '));
  });
  assert.deepEqual(said, [
    '12:00 PM',
    'Feb 3, 2019 9:35 AM',
    'Sun, Feb 3, 2019',
    '9:35 AM',
    '12:05 AM',
    'Sunday, February 3, 2019, 9:35 AM (Asia/Kolkata, UTC+5:30)'.replace(
      'Kolkata',
      said[5].includes('Calcutta') ? 'Calcutta' : 'Kolkata',
    ),
    '22 s',
    '5 min',
    '1 h 05 min',
    '2 h',
    '100 h',
  ]);
  await di.context.close();
});
