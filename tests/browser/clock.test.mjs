/* A person's own clock is wrong, and hours or days so: what the page makes and says of times is right all the same. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser } from './support.mjs';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/* The web server's Date has whole seconds, and a form takes a moment to be filled in. */
const SLACK_MS = 60_000;

let sys;
let browser;
before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

/** Somebody whose computer's clock is off by so much. */
async function arriveWithClock(name, offMs) {
  const person = await Person.arrive(browser, sys.base, name, {
    permissions: ['clipboard-read', 'clipboard-write'],
    timezoneId: 'Europe/Berlin',
  });
  await person.context.addInitScript((off) => {
    const { now } = Date;
    window.Date = class extends Date {
      constructor(...values) {
        super(...(values.length > 0 ? values : [now() + off]));
      }
      static now() {
        return now() + off;
      }
    };
  }, offMs);
  return person;
}

for (const [off, offMs] of [
  ['26 hours behind', -26 * HOUR_MS],
  ['26 hours ahead', 26 * HOUR_MS],
  ['10 minutes behind', -600_000],
]) {
  test(`with a clock ${off} meetings and links are of the right time`, async () => {
    const ana = await arriveWithClock('Ana Lima', offMs);
    await ana.signUp(`ana${offMs}@example.org`);
    assert.ok(
      Math.abs((await ana.page.evaluate(() => Date.now())) - Date.now() - offMs) < SLACK_MS,
      'the clock is wrong',
    );
    await ana.button('Schedule').click();
    await ana.page.getByLabel('Title').fill('Design review');
    await ana.button('Schedule meeting').click();
    await ana.page.getByRole('link', { name: 'Join “Design review”' }).waitFor();
    const meetings = () => ana.page.evaluate(() => window.echomeet.api.get('/meetings', { onlyCreated: true }));
    const [{ code, startTime }] = (await meetings()).items;
    const ahead = Date.parse(startTime) - Date.now();
    assert.ok(ahead > -SLACK_MS && ahead < 31 * 60_000, `proposed: ${startTime}`);
    const day = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin', dateStyle: 'short' });
    const said = day.format(new Date(startTime)) === day.format(new Date()) ? 'Today' : 'Tomorrow';
    assert.equal(await ana.page.locator('.meeting-when span').innerText(), said);

    await ana.button('Invite links for “Design review”').click();
    for (const [lasts, ms] of [
      ['1 hour', HOUR_MS],
      ['1 day', DAY_MS],
    ]) {
      await ana.page.getByLabel('Expires after').selectOption({ label: lasts });
      await ana.button('Create and copy link').click();
      await ana.page.getByText('Link copied.').waitFor();
      const { items } = await ana.page.evaluate((path) => window.echomeet.api.get(path), `/meetings/${code}/invites`);
      const newest = items.sort((a, b) => b.id - a.id)[0];
      assert.ok(
        Math.abs(Date.parse(newest.expiresAt) - Date.parse(newest.createdAt) - ms) < SLACK_MS,
        `${lasts}: ${newest.createdAt} to ${newest.expiresAt}`,
      );
    }
    assert.equal(await ana.page.getByText('Expired').count(), 0);
    await ana.page.keyboard.press('Escape');
    await sys.sql('UPDATE invites SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE');
    await ana.button('Invite links for “Design review”').click();
    await ana.page.getByText('Expired').first().waitFor();
    assert.deepEqual(ana.complaints, []);
    await ana.context.close();
  });
}

test('with a wrong clock a call has gone on for as long as it has', async () => {
  const bo = await arriveWithClock('Bo Nilsson', 26 * HOUR_MS);
  await bo.signUp('bo@example.org');
  const { code } = await bo.page.evaluate(() => window.echomeet.api.post('/meetings', { title: 'Standup' }));
  await bo.join(code);
  assert.match(await bo.page.locator('.bar .elapsed').innerText(), /^0:\d\d$/);
  assert.deepEqual(bo.complaints, []);
  await bo.context.close();
});
