/* A meeting that the page made does not die because nobody is in it for a while: the link that was sent still works. And nobody is
 * offered a way back that is none. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;
let bo;
const test = steps(() => [ana, bo]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo] = await Promise.all(['Ana', 'Bo'].map((name) => Person.arrive(browser, sys.base, name)));
  for (const person of [ana, bo]) await person.signUp(`${person.name.toLowerCase()}@example.org`);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

async function startNow() {
  await ana.go('#/');
  await ana.startNow();
  await ana.page.locator('.call').waitFor();
  return ana.page.evaluate(() => window.echomeet.call.store.get().room.meeting.code);
}

const nobodyIn = (code) =>
  until(async () => {
    const [{ n }] = await sys.sql('SELECT participant_count AS n FROM meetings WHERE code = ?', [code]);
    return Number(n) === 0;
  }, 'the seat is given up');

async function boComesAndGoes(code) {
  await bo.go('#/');
  await bo.join(code);
  await boLeaves();
}

async function boLeaves() {
  await bo.leave(); // he may be the host now
}

test('a meeting begun at once stays when its maker goes back: the link works', async () => {
  const code = await startNow();
  await ana.page.goBack();
  await ana.button('New meeting').waitFor();
  await nobodyIn(code);
  await boComesAndGoes(code);
});

test('it stays when the tab is closed and the seat was given up, also for its maker', async () => {
  const code = await startNow();
  await ana.page.close();
  await nobodyIn(code); // 5 seconds later
  await boComesAndGoes(code);
  await ana.open();
  await ana.go('#/');
  await ana.join(code);
});

test('a planned meeting that is looked at and left is scheduled as before, and can be joined again', async () => {
  await ana.go('#/');
  await ana.button('Schedule').click();
  await ana.page.getByRole('textbox', { name: 'Title' }).fill('Tomorrow');
  await ana.button('Schedule meeting').click();
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  const row = ana.page.locator('.meeting', { hasText: 'Tomorrow' });
  const code = (await row.locator('.code').textContent()).trim();
  const meeting = () => ana.page.evaluate((which) => window.echomeet.api.get(`/meetings/${which}`), code);
  const made = await meeting();
  assert.deepEqual([made.keepUntilEnd, made.emptyMinutes], [true, 60]);
  await boComesAndGoes(code);
  assert.equal((await meeting()).status, 1);
  await bo.button('Rejoin').click();
  await bo.button('Join').click();
  await bo.page.locator('.call').waitFor();
});

test('it is a setting that can be changed', async () => {
  await ana.button('Edit “Tomorrow”').click();
  await ana.page.locator('summary', { hasText: 'Start and end' }).click();
  await ana.page.getByRole('switch', { name: 'Keep open until the scheduled end' }).uncheck();
  await ana.button('Save').click();
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  const [{ code }] = await sys.sql("SELECT code FROM meetings WHERE title = 'Tomorrow'");
  assert.equal(
    await ana.page.evaluate(async (which) => (await window.echomeet.api.get(`/meetings/${which}`)).keepUntilEnd, code),
    false,
  );
});

test('where the last one out ended the meeting, or it was locked, no way back is offered and the page says why', async () => {
  const make = (settings) =>
    ana.page.evaluate(
      async (more) => (await window.echomeet.api.post('/meetings', { title: 'By a program', ...more })).code,
      settings,
    );
  await boComesAndGoes(await make({}));
  await bo.page.locator('.ended').getByText('This meeting is over.').waitFor();
  assert.equal(await bo.button('Rejoin').count(), 0);
  const code = await make({});
  await ana.join(code);
  await bo.go('#/');
  await bo.join(code);
  await ana.page.evaluate((which) => window.echomeet.api.patch(`/meetings/${which}`, { locked: true }), code);
  await boLeaves();
  await bo.page.locator('.ended').getByText('The meeting is locked.').waitFor();
  assert.equal(await bo.button('Rejoin').count(), 0);
});
