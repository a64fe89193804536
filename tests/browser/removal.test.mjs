/* Removing somebody: that one alone, or with a choice new people from the same network too, who are not told that they were removed. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, steps } from './support.mjs';

const QUIET = { settings: { microphoneOn: false, cameraOn: false } };

let sys;
let browser;
let ana;
let code;
const guests = [];

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima', QUIET);
  await ana.signUp('ana@example.org');
  ({ code } = await ana.page.evaluate(() =>
    window.echomeet.api.post('/meetings', { title: 'School', allowGuests: true }),
  ));
  await ana.join(code);
  await ana.openPanel('People');
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});
const step = steps(() => [ana, ...guests]);

/** A guest of this network, before the door. */
async function knock(name) {
  const guest = await Person.arrive(browser, sys.base, name, QUIET);
  guests.push(guest);
  await guest.go(`#/m/${code}`);
  await guest.page.getByLabel('Your name').fill(name);
  await guest.button('Continue as guest').click();
  await guest.button('Join').click();
  return guest;
}
const inCall = (person) => person.page.locator('.call').waitFor();
const askToRemove = async (name) => {
  await ana.button(`Actions for ${name}`).click();
  await ana.button('Remove from meeting').click();
  await ana.page.locator('dialog').getByText('can’t rejoin until you let them back in').waitFor();
};
const confirm = () => ana.page.locator('dialog').getByRole('button', { name: 'Remove', exact: true }).click();

step('one is removed, and the next one of the same network comes in', async () => {
  const uma = await knock('Uma');
  await inCall(uma);
  await askToRemove('Uma');
  assert.equal(
    await ana.page.getByRole('switch', { name: 'Make newcomers from this network wait' }).isChecked(),
    false,
  );
  await ana.shot('remove');
  await confirm();
  await uma.page.getByRole('heading', { name: 'You were removed from the meeting' }).waitFor();
  await inCall(await knock('Vic'));
});

step('with the choice made the next one waits, is not told of a removal, and is let in', async () => {
  await askToRemove('Vic');
  await ana.page.getByRole('switch', { name: 'Make newcomers from this network wait' }).check();
  await confirm();
  await guests[1].page.getByRole('heading', { name: 'You were removed from the meeting' }).waitFor();
  await ana.button('Removed people').click();
  await ana.page
    .locator('.row', { hasText: 'Vic' })
    .getByText('Newcomers from the same network wait to be let in.')
    .waitFor();
  assert.equal(await ana.page.locator('.row', { hasText: 'Uma' }).getByText('Newcomers').count(), 0);
  await ana.shot('removed-list');
  await ana.page.keyboard.press('Escape');
  const wil = await knock('Wil');
  await wil.page.getByText('You’re in the waiting room. The host will let you in soon.').first().waitFor();
  assert.equal(await wil.page.getByText(/removed/i).count(), 0);
  await ana.button('Admit Wil').click();
  await inCall(wil);
});
