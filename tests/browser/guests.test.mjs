/* Around a meeting: making and changing one with every option, links that open it, guests, answers in the chat, and what stays. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;
let bo;
let guest;
let code;
let link;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  const context = {
    bypassCSP: true,
    acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write', 'camera', 'microphone'],
  };
  [ana, bo, guest] = await Promise.all(
    ['Ana Lima', 'Bo Nilsson', 'Grace'].map((name) => Person.arrive(browser, sys.base, name, context)),
  );
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const step = steps(() => [ana, bo, guest]);

const people = (person) => person.openPanel('People');
const chat = (person) => person.openPanel('Chat');
const inCall = (person) => person.page.locator('.call').waitFor();
const line = (person, text) =>
  person.page.locator('.chat-log .message', { has: person.page.locator('p', { hasText: text }) });

step('a meeting is planned with every option, and changed', async () => {
  await ana.button('Schedule').click();
  await ana.page.getByRole('textbox', { name: 'Title' }).fill('Design review');
  await ana.page.getByLabel('Description (optional)').fill('Bring drawings.');
  await ana.page.getByLabel('Password (optional)').fill('green tea');
  await ana.page.locator('summary', { hasText: 'Access' }).click();
  await ana.page.getByRole('switch', { name: 'Show in search' }).uncheck();
  await ana.page.getByRole('switch', { name: 'Allow guests' }).uncheck();
  await ana.page.locator('summary', { hasText: 'Start and end' }).click();
  await ana.page.getByLabel('If the host leaves').selectOption({ label: 'End the meeting' });
  await ana.page.getByLabel('Wait for the host (minutes)').fill('0');
  await ana.button('Schedule meeting').click();
  await ana.page.getByText('Enter 1 to 1,440 minutes.').waitFor();
  await ana.page.getByLabel('Wait for the host (minutes)').fill('7');
  await ana.button('Schedule meeting').click();
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  await ana.page.locator('.meeting').waitFor();
  code = (await ana.page.locator('.meeting .code').textContent()).trim();
  const meeting = () => ana.page.evaluate((which) => window.echomeet.api.get(`/meetings/${which}`), code);
  const made = await meeting();
  assert.deepEqual(
    [made.description, made.password, made.isPublic, made.hostLossPolicy, made.hostLossMinutes, made.allowGuests],
    ['Bring drawings.', 'green tea', false, 'end', 7, false],
  );
  await ana.button('Edit “Design review”').click();
  await ana.page.getByRole('textbox', { name: 'Title' }).fill('Design review, part two');
  await ana.button('Save').click();
  await ana.page.locator('.meeting-what', { hasText: 'Design review, part two' }).waitFor();
  const now = await meeting();
  assert.deepEqual(
    { ...now, updatedAt: 0 },
    { ...made, title: 'Design review, part two', updatedAt: 0 },
    'nothing else is another',
  );
});

step('a link is made, and it opens the meeting without a password', async () => {
  await ana.button('Invite links for “Design review, part two”').click();
  await ana.page.getByLabel('Maximum uses').fill('2');
  await ana.button('Create and copy link').click();
  await ana.page.getByText('Link copied.').waitFor();
  await ana.page.getByText('Used 0 of 2 times').waitFor();
  link = await ana.page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, new RegExp(`#/m/${code}\\?invite=.+`));
  await ana.page.keyboard.press('Escape');
  await ana.join(code);
  await bo.go(link.slice(link.indexOf('#')));
  await bo.button('Join').waitFor();
  assert.equal(await bo.page.getByLabel('Meeting password').count(), 0);
  await bo.button('Join').click();
  await inCall(bo);
});

step('a guest is not let in without a link, comes in with one, and stays the same one after a reload', async () => {
  await guest.go('#/');
  await guest.page.getByRole('heading', { name: 'Video meetings on your own server' }).waitFor();
  await guest.page.getByLabel('Meeting code or link').fill('ZZZZZ2');
  await guest.button('Join').click();
  await guest.page.getByText('There’s no meeting with this code. Check it and try again.').waitFor();
  await guest.page.getByLabel('Meeting code or link').fill(code);
  await guest.button('Join').click();
  await guest.page.getByText('This meeting is for people with an account. Sign in to join.').waitFor();
  assert.equal(await guest.page.getByLabel('Your name').count(), 0, 'no name is asked for in vain');
  await guest.go('#/nowhere');
  await guest.page.getByText('This address leads nowhere.').waitFor();
  await guest.go(link.slice(link.indexOf('#')));
  await guest.page.getByRole('heading', { name: `You’re invited to meeting ${code}` }).waitFor();
  await guest.page.getByLabel('Your name').fill('Grace');
  await guest.button('Continue as guest').click();
  await guest.button('Join').waitFor();
  assert.deepEqual(
    [
      await guest.page.getByRole('button', { name: /Profile/ }).count(),
      await guest.page.locator('.before-name button').count(),
    ],
    [0, 0],
  );
  await guest.button('Join').click();
  await inCall(guest);
  const id = () => guest.page.evaluate(() => window.echomeet.call.store.get().room.myId);
  const before = await id();
  await people(ana);
  await ana.page.locator(`.person[data-user="${before}"]`, { hasText: 'Guest' }).waitFor();
  await guest.page.reload();
  await guest.button('Join').click();
  await inCall(guest);
  assert.equal(await id(), before);
  await mediaFlowsWithGuest();
  await people(guest);
  assert.equal(await guest.button('Meeting settings').count(), 0);
});

/* The guest is nobody whom the page's own client knows. */
async function mediaFlowsWithGuest() {
  guest.myId = () => guest.page.evaluate(() => window.echomeet.call.store.get().room.myId);
  await mediaFlows([ana, bo, guest], { ms: 60_000 });
}

step('a revoked link opens nothing', async () => {
  await ana.button('Invite links').click();
  await ana.page.getByText('Used 2 of 2 times').waitFor();
  await ana.button('Revoke').click();
  await ana.page.getByText('No links yet.').waitFor();
  await ana.page.keyboard.press('Escape');
  const late = await Person.arrive(browser, sys.base, 'Late');
  await late.go(link.slice(link.indexOf('#')));
  await late.page.getByText('This invitation is no longer valid. Ask for a new link.').waitFor();
  await late.context.close();
});

step('an answer shows what it answers; a private line is answered in private', async () => {
  await bo.say('Shall we start at nine?');
  await chat(ana);
  await line(ana, 'Shall we start at nine?').hover();
  await line(ana, 'Shall we start at nine?').getByRole('button', { name: 'Reply' }).click();
  await ana.page.locator('.replying', { hasText: 'Reply to Bo Nilsson' }).waitFor();
  await ana.page.locator('.composer textarea').fill('Half past is better.');
  await ana.page.locator('.composer textarea').press('Enter');
  await chat(guest);
  const quote = line(guest, 'Half past is better.').locator('.quote');
  await quote.waitFor();
  assert.match(await quote.textContent(), /Bo Nilsson\s+Shall we start at nine\?/);
  await quote.click();
  await until(
    () => guest.page.evaluate(() => document.activeElement?.textContent.includes('Shall we start at nine?')),
    'the line is found',
  );
  await bo.page.getByLabel('To', { exact: true }).selectOption({ label: 'Ana Lima' });
  await bo.page.locator('.composer textarea').fill('A word with you');
  await bo.page.locator('.composer textarea').press('Enter');
  await line(ana, 'A word with you').hover();
  await line(ana, 'A word with you').getByRole('button', { name: 'Reply' }).click();
  await ana.page.getByLabel('Message Bo Nilsson privately').waitFor();
  await ana.page.getByLabel('Message Bo Nilsson privately').press('Escape');
  await ana.page.locator('.replying').waitFor({ state: 'detached' });
  assert.equal(await ana.page.locator('.panel').count(), 1, 'only the answer is given up');
  await ana.page.getByLabel('To', { exact: true }).selectOption({ label: 'Everyone' });
});

step('what was not read is marked, and the server keeps the place', async () => {
  await people(bo);
  const last = await bo.page.evaluate(() => window.echomeet.call.store.get().room.messages.at(-1).id);
  const userId = await bo.myId();
  await until(
    async () =>
      (await sys.sql('SELECT last_read_id FROM participants WHERE user_id = ?', [userId]))[0].last_read_id === last,
    'the server keeps the place',
  );
  await ana.say('Something new');
  await bo.button('Chat, 1 unread').waitFor();
  await bo.go('#/');
  await bo.page.reload(); // nothing of this page is left: the server knows
  await bo.join(code, 'green tea');
  await bo.button('Chat, 1 unread').click();
  await bo.page.locator('.unread-mark').waitFor();
  assert.equal(
    await bo.page.evaluate(() =>
      document.querySelector('.unread-mark').nextElementSibling.textContent.includes('Something new'),
    ),
    true,
  );
  const [download] = await Promise.all([ana.page.waitForEvent('download'), ana.button('Save chat as text').click()]);
  const text = fs.readFileSync(await download.path(), 'utf8');
  assert.match(text, /Something new/);
  assert.doesNotMatch(text, /A word with you/);
});

step('what stays of it: who was there when, what was done, the chat', async () => {
  await people(ana);
  await ana.button('Mute all').click();
  await ana.button('Leave the meeting').click();
  await ana.button('End for everyone').click();
  await guest.page.getByRole('heading', { name: 'The meeting has ended' }).waitFor();
  assert.equal(await guest.page.getByRole('link', { name: 'Meeting report' }).count(), 0);
  assert.equal(await guest.page.getByRole('link', { name: 'Back to my meetings' }).count(), 0);
  await ana.page.getByRole('link', { name: 'Meeting report' }).click();
  await ana.page.locator('.chart rect').first().waitFor();
  assert.deepEqual(await ana.page.locator('.table tbody th').allTextContents(), [
    'Ana Lima',
    'Bo Nilsson',
    'Grace Guest',
  ]);
  await ana.page.locator('.audit li', { hasText: 'Ana Lima muted everyone' }).waitFor();
  const [table] = await Promise.all([ana.page.waitForEvent('download'), ana.button('Download CSV').click()]);
  const csv = fs.readFileSync(await table.path(), 'utf8');
  assert.match(
    csv,
    /^\ufeff"Name","Guest","From \([^)]+, UTC[^)]*\)",/,
    'UTF-8 that Excel knows; the zone of the times',
  );
  assert.match(
    csv,
    /"Grace","Yes","\d{4}-\d\d-\d\d \d\d:\d\d:\d\d","\d{4}-\d\d-\d\d \d\d:\d\d:\d\d","\d+:\d\d:\d\d"\r\n/,
  );
  // longer than one answer of the server: it is saved whole
  await sys.sql(
    `INSERT INTO messages (meeting_id, sender_id, body, client_id, created_at)
    SELECT id, host_id, CONCAT('long ', seq, REPEAT('.', 3900)), CONCAT('long-', seq), NOW(3) FROM meetings JOIN seq_1_to_700 WHERE code = ?`,
    [code],
  );
  const [chat] = await Promise.all([ana.page.waitForEvent('download'), ana.button('Save chat as text').click()]);
  const saved = fs.readFileSync(await chat.path(), 'utf8');
  assert.match(saved, /^Design review, part two \(\w+\)\nTimes: .*\n\n\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /);
  const numbers = [...saved.matchAll(/long (\d+)\./g)].map((m) => Number(m[1]));
  assert.deepEqual(
    numbers,
    Array.from({ length: 700 }, (_, i) => i + 1),
  );
  await ana.go('#/');
  await ana.page.getByRole('link', { name: 'Report for “Design review, part two”' }).waitFor();
  await bo.go(`#/m/${code}/records`);
  await bo.page.getByText('You don’t have permission to do this.').waitFor();
  const rest = [ana, bo, guest].flatMap(({ complaints }) =>
    complaints.filter((text) => !/Failed to load resource/.test(text)),
  );
  assert.deepEqual(rest, []);
});
