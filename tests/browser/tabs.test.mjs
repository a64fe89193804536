/* The tabs of one browser share a sign-in. What happens to it in one of them never ends a call in another without a word. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, steps, until } from './support.mjs';

const PASSWORD = 'correct horse battery';

let sys;
let browser;
let ben;
let ana;
let code;
const test = steps(() => [ana, ben]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ben, ana] = await Promise.all(['Ben', 'Ana'].map((name) => Person.arrive(browser, sys.base, name)));
  await ben.signUp('ben@example.org');
  await ana.signUp('ana@example.org');
  code = await ben.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Tabs', allowGuests: true })).code,
  );
  await ben.join(code);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

/** Something done in another tab of Ana's browser. */
async function inAnotherTab(work) {
  const here = ana.page;
  await ana.open();
  await ana.go('#/');
  await work();
  await ana.page.close();
  ana.page = here;
}
const signIn = (name) =>
  ana.page.evaluate(
    ([email, password]) => window.echomeet.api.signIn(email, password),
    [`${name}@example.org`, PASSWORD],
  );
const silent = () =>
  ana.page.evaluate(() => {
    const { microphone, camera } = window.echomeet.call.media.store.get();
    return microphone === null && camera === null;
  });

test('signed out in another tab: the call ends here, and says why', async () => {
  const id = await ana.myId();
  await ana.join(code);
  await mediaFlows([ben, ana]);
  await inAnotherTab(() => ana.button('Sign out').click());
  await ana.page.getByRole('heading', { name: 'You’re signed out' }).waitFor();
  await ana.page
    .getByText('You signed out in another tab, or your session ended, so you have left the meeting.')
    .waitFor();
  assert.equal(await silent(), true);
  assert.equal(await ana.button('Rejoin').count(), 0);
  await ben.tile(id).waitFor({ state: 'detached' });
  await ana.page.getByRole('link', { name: 'Back to my meetings' }).click();
  await ana.page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('a guest goes on in the call when somebody signs in in another tab, and is at the door of the account afterwards', async () => {
  await ana.go(`#/m/${code}`);
  await ana.page.getByLabel('Your name').fill('Gus');
  await ana.page.locator('.guest-form button').click();
  await ana.button('Join').click();
  await ana.page.locator('.call').waitFor();
  await inAnotherTab(() => signIn('ana'));
  await until(
    () => ana.page.evaluate(() => window.echomeet.api.session.get().user?.displayName === 'Ana'),
    'this tab knows of it',
  );
  const benId = await ben.myId();
  const before = await until(() => ana.received(benId), 'connected');
  await until(async () => (await ana.received(benId)).frames > before.frames + 5, 'pictures go on');
  await ana.say('still a guest');
  await until(async () => (await ben.messages()).includes('still a guest'), 'the line arrives');
  await ana.button('Leave the meeting').click();
  await ana.button('Rejoin').click();
  await ana.page.getByText('Joining as Ana').waitFor();
});

test('signed in as somebody else in another tab: the call ends here, and says why', async () => {
  const id = await ana.myId();
  await ana.button('Join').click();
  await ana.page.locator('.call').waitFor();
  await mediaFlows([ben, ana]);
  await inAnotherTab(() => signIn('ben'));
  await ana.page.getByRole('heading', { name: 'You’re now signed in as someone else' }).waitFor();
  assert.equal(await silent(), true);
  await ben.tile(id).waitFor({ state: 'detached' });
  await ana.page.getByRole('link', { name: 'Back to my meetings' }).click();
  await ana.button('New meeting').waitFor();
  assert.equal(await ana.page.locator('.page-header-user .name').textContent(), 'Ben');
});

test('somebody signs in while the sign-in before is being renewed: the later one holds', async () => {
  await inAnotherTab(async () => {
    await ana.button('New meeting').waitFor();
    await ana.page.route('**/api/v1/auth/refresh', async (route) => {
      const response = await route.fetch();
      await pause(1_000); // long enough for the sign-in, if it does not wait for its turn
      await route.fulfill({ response });
    });
    const renewing = ana.page.waitForRequest('**/api/v1/auth/refresh');
    const renewed = ana.page.evaluate(() => window.echomeet.api.token({ fresh: true }).then(() => {}));
    await renewing;
    await signIn('ana');
    await renewed;
    await ana.page.unroute('**/api/v1/auth/refresh');
    await ana.page.reload();
    await ana.page.locator('.page-header-user .name').getByText('Ana').waitFor();
  });
  await ana.page.locator('.page-header-user .name').getByText('Ana').waitFor();
});

test('a sign-in that was ended from elsewhere ends the call with a line, too', async () => {
  await ana.page.evaluate(
    ([email, password]) => window.echomeet.api.signIn(email, password),
    ['ana@example.org', PASSWORD],
  );
  await ana.go('#/');
  await ana.join(code);
  await mediaFlows([ben, ana]);
  await sys.sql(
    "UPDATE sessions s JOIN users u ON u.id = s.user_id SET s.ended_at = NOW(3) WHERE u.display_name = 'Ana'",
  );
  await ana.page.evaluate(() => window.echomeet.api.token({ fresh: true }).catch(() => {}));
  await ana.page.getByRole('heading', { name: 'You’re signed out' }).waitFor();
  assert.equal(await silent(), true);
});
