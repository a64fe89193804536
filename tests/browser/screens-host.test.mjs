/* Pictures of running a meeting: the lobby from both sides, guests, the host's tools, and being removed. */
import { after, before } from 'node:test';
import { api, openSocket, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { DARK, arrive, look, nothingWrong } from './look.mjs';
import { startBrowser, steps, until } from './support.mjs';

const dark = { themes: DARK };
let sys;
let browser;
let ana;
let bo;
let grace; // has no account
let desk; // Ana's meetings by REST
let code;
let path;
const people = {}; // who are in the meeting without a browser, by name
const test = steps(() => [ana, bo, grace]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo, grace] = await Promise.all(
    ['Ana Lima', 'Bo Nilsson', 'Grace'].map((name) => arrive(browser, sys.base, name)),
  );
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  desk = api(sys, await ana.page.evaluate(async () => (await window.echomeet.api.token()).token));
  ({
    body: { code },
  } = await desk.post('/meetings', { title: 'Weekly planning', waitingRoom: true }));
  path = `/meetings/${code}`;
});
after(async () => {
  for (const { socket } of Object.values(people)) socket?.terminate();
  await browser?.close();
  await sys?.stop();
});

const closed = (person) => person.page.locator('dialog').waitFor({ state: 'detached' });
/** To the meeting's page anew: addresses that follow each other too fast are one change. */
async function comeAnew(person, hash = `#/m/${code}`) {
  await person.go('#/');
  await person.page.locator('.dashboard, form.card').waitFor();
  await person.go(hash);
}
/** They knock, and wait until somebody lets them in. */
async function knock(name, user) {
  const { id, token } = user ?? (await register(sys, name));
  const socket = await openSocket(sys, token);
  await socket.request('join_room', { meetingId: code });
  people[name] = { id, socket };
}
async function guestKnocks(name) {
  const {
    body: { user, accessToken: token },
  } = await api(sys).post(`${path}/guests`, { displayName: name });
  await knock(name, { id: user.id, token });
}

test('the door for guests', async () => {
  await grace.go(`#/m/${code}`);
  await grace.page.getByText('This meeting is for people with an account.').waitFor();
  await look(grace, 'guest-door-closed');
  await desk.patch(path, { allowGuests: true });
  await comeAnew(grace);
  await grace.page.getByLabel('Your name').waitFor();
  await look(grace, 'guest-door');
  const {
    body: { token },
  } = await desk.post(`${path}/invites`, {
    role: 'participant',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await comeAnew(grace, `#/m/${code}?invite=${token.slice(0, -2)}xx`);
  await grace.page.getByText('This invitation is no longer valid.').waitFor();
  await look(grace, 'guest-invited-wrongly');
  await comeAnew(grace);
  await grace.page.getByLabel('Your name').fill('Grace');
  await grace.button('Continue as guest').click();
  await grace.button('Join').waitFor();
  await look(grace, 'before-guest');
  nothingWrong();
});

test('the lobby from outside', async () => {
  await ana.join(code);
  await grace.button('Join').click();
  await grace.page.locator('main').getByText('You’re in the waiting room. The host will let you in soon.').waitFor();
  await look(grace, 'lobby-waiting');
  const {
    body: {
      items: [{ userId }],
    },
  } = await desk.get(`${path}/lobby`);
  await desk.post(`${path}/lobby/refuse`, { userId });
  await grace.page.locator('main').getByText('Your request was declined.').waitFor();
  await look(grace, 'lobby-refused');
  await grace.button('Ask again').click();
  await ana.button('People, 1 waiting').waitFor();
  await desk.post(`${path}/lobby/admit`, { userId });
  await grace.page.locator('.call').waitFor();
  await desk.post(`${path}/lobby/return`, { userId });
  await grace.page.locator('main').getByText('You were moved to the waiting room.').waitFor();
  await look(grace, 'lobby-sent-back');
  nothingWrong();
});

test('the lobby from inside, and the list of people', async () => {
  for (const name of ['王芳', 'Maximilian von und zu Hohenfels']) await knock(name);
  await guestKnocks('李雷');
  await ana.button('People, 4 waiting').waitFor();
  await look(ana, 'host-waiting-card', dark);
  await ana.button('People, 4 waiting').click();
  await ana.page.locator('.lobby-person').nth(3).waitFor();
  await look(ana, 'host-lobby', dark);
  await desk.post(`${path}/lobby/admit`, { all: true });
  await grace.page.locator('.call').waitFor();
  await desk.patch(path, { waitingRoom: false });
  for (const name of ['Dora', 'Karim']) await knock(name);
  await guestKnocks('Noor');
  await bo.join(code);
  await desk.patch(`${path}/participants/${people['王芳'].id}`, { role: 'cohost' });
  for (const name of ['Dora', '李雷']) await people[name].socket.request('raise_hand', {});
  await people['王芳'].socket.request('media_control', { audio: true, video: true, screen: false });
  await ana.page.locator('.person-hand').nth(1).waitFor();
  await ana.page.locator('.person', { hasText: 'Co-host' }).waitFor();
  await look(ana, 'host-people', dark);
  await look(bo, 'guest-people', {
    ...dark,
    again: () => bo.page.evaluate(() => window.echomeet.settings.set({ panel: 'people' })),
  });
  await ana.page.getByLabel('Search people').fill('nobody of this name');
  await ana.page.getByText('No one by that name.').waitFor();
  await look(ana, 'host-people-none', dark);
  await ana.page.getByLabel('Search people').fill('');
  nothingWrong();
});

test('what the host may do about one person', async () => {
  await ana.button('Actions for 王芳').click();
  await ana.page.locator('.person-do').waitFor();
  await look(ana, 'host-person', dark);
  for (const [item, name] of [
    ['Change name', 'rename'],
    ['Make host', 'hand-over'],
    ['Remove from meeting', 'remove'],
  ]) {
    await ana.page.locator('.person-do').getByRole('button', { name: item, exact: true }).click();
    await ana.page.locator('dialog').waitFor();
    await look(ana, `host-${name}`, dark);
    await ana.page.keyboard.press('Escape');
    await closed(ana);
  }
  await ana.button('Actions for 王芳').click();
  nothingWrong();
});

test("the host's dialogs", async () => {
  await ana.button('Meeting settings').click();
  await ana.page.locator('.settings').waitFor();
  await look(ana, 'host-settings', dark);
  await ana.button('Edit meeting').click();
  await ana.page.locator('.meeting-form').waitFor();
  await look(ana, 'host-edit', dark);
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  await ana.button('Invite links').click();
  await ana.page.locator('.row').waitFor();
  await look(ana, 'host-invitations', dark);
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  await ana.button('Removed people').click();
  await ana.page.getByText('No one has been removed.').waitFor();
  await look(ana, 'host-removed-none', dark);
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  await desk.delete(`${path}/participants/${people.Karim.id}`);
  await desk.delete(`${path}/participants/${await bo.myId()}`);
  await bo.page.getByRole('heading', { name: 'You were removed from the meeting' }).waitFor();
  await look(bo, 'ended-removed');
  await comeAnew(bo);
  await bo.page.getByText('You were removed from this meeting.').waitFor();
  await until(
    () => bo.page.evaluate(() => window.echomeet.call.media.store.get().camera === null),
    'nobody is filmed at a door that stays closed',
  );
  await look(bo, 'before-removed');
  await ana.button('Removed people').click();
  await ana.page.locator('.row').nth(1).waitFor();
  await look(ana, 'host-removed', dark);
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  nothingWrong();
});

test('the same meeting in another window', async () => {
  const second = await ana.context.newPage();
  await second.goto(`${sys.base}/#/m/${code}`);
  await second.getByRole('button', { name: 'Join' }).click();
  await ana.page.getByRole('heading', { name: 'You opened this meeting in another window' }).waitFor();
  await look(ana, 'ended-elsewhere');
  await desk.post(`${path}/end`);
  await grace.page.getByRole('heading', { name: 'The meeting has ended' }).waitFor();
  await look(grace, 'ended-guest');
  nothingWrong();
});
