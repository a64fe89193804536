/* Pictures of the pages around the call. */
import { after, before } from 'node:test';
import { api, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { arrive, look, nothingWrong } from './look.mjs';
import { startBrowser, steps } from './support.mjs';

const HOUR_MS = 3_600_000;
const PASSWORD = 'correct horse battery';
let sys;
let browser;
let ana;
let bo;
let desk; // Ana's meetings by REST
const test = steps(() => [ana, bo]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo] = await Promise.all(['Ana Lima', 'Bo Nilsson'].map((name) => arrive(browser, sys.base, name)));
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const later = (hours) => new Date(Date.now() + hours * HOUR_MS).toISOString();
const closed = (person) => person.page.locator('dialog').waitFor({ state: 'detached' });
const signIn = (email, headers) =>
  api(sys).post('/auth/login', { email, password: PASSWORD, client: 'api' }, { headers });

test('signing in and up', async () => {
  const { email, id } = await register(sys, 'Gone', { password: PASSWORD });
  await sys.sql('UPDATE users SET disabled_at = NOW(3) WHERE id = ?', [id]);
  await ana.go('#/');
  await ana.page.getByText('Meet in your browser').waitFor();
  await look(ana, 'front');
  await ana.go('#/nowhere');
  await ana.page.getByText('This address leads nowhere.').waitFor();
  await look(ana, 'nowhere');
  await ana.go('#/signin');
  await ana.button('Sign in').waitFor();
  await look(ana, 'sign-in');
  await ana.page.getByLabel('Email').fill(email);
  await ana.page.getByLabel('Password').fill('not this one');
  await ana.button('Sign in').click();
  await ana.page.getByText('Wrong email or password.').waitFor();
  await look(ana, 'sign-in-refused');
  await ana.page.getByLabel('Password').fill(PASSWORD);
  await ana.button('Sign in').click();
  await ana.page.getByText('This account is disabled.').waitFor();
  await look(ana, 'sign-in-disabled');
  await ana.go('#/signup');
  await ana.button('Create account').click();
  await ana.page.locator('[role=alert]').first().waitFor();
  await look(ana, 'sign-up-refused');
  await ana.signUp('ana@example.org', PASSWORD);
  await bo.signUp('bo@example.org', PASSWORD);
  desk = api(sys, (await signIn('ana@example.org')).body.accessToken);
  await ana.go('#/nowhere');
  await ana.page.getByText('Page not found').waitFor();
  await look(ana, 'no-such-page');
  nothingWrong();
});

test('the dashboard', async () => {
  await ana.go('#/');
  await ana.page.getByText('No meetings yet.').waitFor();
  await look(ana, 'dashboard-empty');
  for (let n = 1; n <= 12; n += 1) {
    const {
      body: { code },
    } = await desk.post('/meetings', { title: `Stand-up ${n}` });
    await desk.post(`/meetings/${code}/join`, {});
    await desk.post(`/meetings/${code}/end`);
  }
  await desk.post('/meetings', {
    title: 'Design review: the new dashboard, its filters, and a title that is rather long for a phone',
    startTime: later(3),
    duration: 90,
  });
  await desk.post('/meetings', { title: '季度总结会', startTime: later(26), password: 'tulip', isRecorded: true });
  const {
    body: { code },
  } = await desk.post('/meetings', { title: 'Weekly planning', password: 'tulip' });
  await (await register(sys, 'Emil')).client.post(`/meetings/${code}/join`, { password: 'tulip' });
  await ana.page.route('**/api/v1/meetings?*', () => {}); // an answer that takes long
  await ana.page.reload();
  await ana.page.locator('.skeleton').first().waitFor();
  await look(ana, 'dashboard-loading');
  await ana.page.unrouteAll();
  await ana.page.route('**/api/v1/meetings?*', (route) => route.abort());
  await ana.page.reload();
  await ana.page.getByText('Can’t reach the server.').waitFor();
  await look(ana, 'dashboard-away');
  await ana.page.unrouteAll();
  await ana.button('Try again').click();
  await ana.page.locator('.meeting-what').first().waitFor();
  await look(ana, 'dashboard');
  await ana.page.getByLabel('Meeting code or link').fill('not a code');
  await ana.button('Join').click();
  await ana.page.getByText('Meeting codes have 6 letters and digits').waitFor();
  await look(ana, 'dashboard-wrong-code');
  await ana.button('Filters').click();
  await ana.page.getByLabel('Status').selectOption('Ended');
  await ana.page.getByRole('heading', { name: '12 meetings found' }).waitFor();
  await look(ana, 'dashboard-found');
  await ana.page.getByLabel('Search titles and descriptions').fill('nothing of this name');
  await ana.page.getByText('No meetings match. Try fewer filters.').waitFor();
  await look(ana, 'dashboard-none');
  await ana.button('Clear').click();
  nothingWrong();
});

test('planning a meeting, changing it, and giving out links to it', async () => {
  await ana.button('Schedule').click();
  await ana.page.locator('.meeting-form').waitFor();
  await look(ana, 'schedule');
  await ana.page.getByLabel('If the host leaves').evaluate((field) => {
    for (const one of field.form.querySelectorAll('details')) one.open = true;
  });
  await ana.page.getByLabel('If the host leaves').selectOption({ label: 'End the meeting' });
  await ana.page.getByLabel('Wait for the host (minutes)').fill('0');
  await look(ana, 'schedule-options', { again: () => scrollTo('summary') });
  await ana.button('Schedule meeting').click();
  await ana.page.locator('.meeting-form .field-error').first().waitFor();
  await ana.page.getByRole('textbox', { name: 'Title' }).fill('Retrospective');
  await ana.button('Schedule meeting').click();
  await ana.page.getByText('Enter 1 to 1,440 minutes.').waitFor();
  await look(ana, 'schedule-refused', { again: () => scrollTo('.dialog-footer') });
  await ana.page.getByLabel('Wait for the host (minutes)').fill('5');
  await ana.button('Schedule meeting').click();
  await ana.page.locator('#app > .toasts .toast').waitFor();
  await look(ana, 'dashboard-toasts', { again: () => toasts(ana) });
  await closed(ana);
  await ana.button('Edit “季度总结会”').click();
  await ana.page.locator('.meeting-form').waitFor();
  await look(ana, 'edit', { again: () => scrollTo('.dialog-footer') });
  await ana.button('Cancel meeting').click();
  await ana.page.getByText('No one will be able to join.').waitFor();
  await look(ana, 'edit-cancel');
  await ana.page.keyboard.press('Escape');
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  await ana.button('Invite links for “Weekly planning”').click();
  await ana.page.getByText('No links yet.').waitFor();
  await look(ana, 'invitations-none');
  await ana.page.getByLabel('Maximum uses').fill('0.5');
  await ana.button('Create and copy link').click();
  await ana.page.getByText('Between 1 and 10,000, or leave it empty.').waitFor();
  for (const [role, lasts] of [
    ['Co-host', '7 days'],
    ['Participant', 'Never'],
  ]) {
    await ana.page.getByLabel('Join as').selectOption(role);
    await ana.page.getByLabel('Expires after').selectOption(lasts);
    await ana.page.getByLabel('Maximum uses').fill(role === 'Co-host' ? '2' : '');
    await ana.button('Create and copy link').click();
    await ana.page.locator('.row', { hasText: role }).waitFor();
  }
  await sys.sql('UPDATE invites SET uses = max_uses WHERE max_uses IS NOT NULL');
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  await ana.button('Invite links for “Weekly planning”').click();
  await ana.page.locator('.row').nth(1).waitFor();
  await look(ana, 'invitations');
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  nothingWrong();
});

/** @param {string} selector the first of these comes to the top */
const scrollTo = (selector) =>
  ana.page.evaluate((one) => document.querySelector(`dialog[open] ${one}`).scrollIntoView(), selector);

/** As many as there are at once. */
const toasts = (person) =>
  person.page.evaluate(async () => {
    const { toast } = await import('/js/toasts.js');
    const { t } = await import('/js/i18n.js');
    toast(t('schedule.done', { title: 'Design review of the new dashboard and its filters', code: 'K7QX2P' }));
    toast(t('error.unavailable'), 'error');
    toast(t('app.copied'));
  });

test('the profile', async () => {
  for (const userAgent of [
    'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1',
    'a-program-with-a-rather-long-name-of-its-own/1.0',
  ])
    await signIn('ana@example.org', { 'user-agent': userAgent });
  await ana.button('Ana Lima Profile').click();
  await ana.page.locator('.sign-in').nth(4).waitFor();
  await look(ana, 'profile');
  await ana.page.getByLabel('Current password').fill('not this one');
  await ana.page.getByLabel('New password').fill('a new one for today');
  await ana.button('Change password').click();
  await ana.page.getByText('This is not your current password.').waitFor();
  await look(ana, 'profile-refused', { again: () => scrollTo('.profile > :nth-child(2)') });
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  nothingWrong();
});

test('the network test', async () => {
  await ana.page.evaluate(() => {
    const no = (name) => Promise.reject(new DOMException('', name));
    navigator.mediaDevices.getUserMedia = ({ audio }) =>
      audio
        ? new Promise((resolve) => {
            window.goOn = () => resolve(no('NotAllowedError'));
          })
        : no('NotFoundError');
  });
  await ana.page.getByRole('link', { name: 'Check your setup' }).click();
  await ana.button('Start test').waitFor();
  await look(ana, 'network');
  await ana.button('Start test').click();
  await ana.page.locator('.network-step.running[data-step=microphone]').waitFor();
  await look(ana, 'network-running');
  await ana.page.evaluate(() => window.goOn());
  await ana.page.getByText('Something will get in the way of a call.').waitFor({ timeout: 60_000 });
  await look(ana, 'network-outcomes');
  nothingWrong();
});

test('the records', async () => {
  const {
    body: { code },
  } = await desk.post('/meetings', { title: 'Design review', allowGuests: true });
  const people = [];
  for (const name of ['Karim', '王芳', 'Maximilian von und zu Hohenfels', 'Lena'])
    people.push(await register(sys, name));
  const come = ({ client }) => client.post(`/meetings/${code}/join`, {});
  const go = ({ client }) => client.post(`/meetings/${code}/leave`);
  await desk.post(`/meetings/${code}/join`, {});
  for (const one of people) await come(one);
  await desk.patch(`/meetings/${code}/participants/${people[0].id}`, { role: 'cohost' });
  await go(people[1]);
  await desk.post(`/meetings/${code}/mute-all`);
  await come(people[1]);
  await desk.delete(`/meetings/${code}/participants/${people[3].id}`);
  await go(people[2]);
  await desk.patch(`/meetings/${code}`, { locked: true });
  await desk.post(`/meetings/${code}/end`);
  const [{ id }] = await sys.sql('SELECT id FROM meetings WHERE code = ?', [code]);
  // It lasted a while.
  await sys.sql(
    'UPDATE room_events SET at = NOW(3) - INTERVAL 90 MINUTE + INTERVAL seq * 5 MINUTE WHERE meeting_id = ?',
    [id],
  );
  await sys.sql(
    'UPDATE meetings SET actual_start_time = NOW(3) - INTERVAL 85 MINUTE, actual_end_time = NOW(3) - INTERVAL 10 MINUTE WHERE id = ?',
    [id],
  );
  await ana.go(`#/m/${code}/records`);
  await ana.page.locator('.chart rect').first().waitFor();
  await look(ana, 'records');
  await look(ana, 'records-end', {
    again: () => ana.page.locator('#records-audit').evaluate((one) => one.scrollIntoView()),
  });
  await bo.go(`#/m/${code}/records`);
  await bo.page.getByText('You don’t have permission to do this.').waitFor();
  await look(bo, 'records-refused');
  const {
    body: { code: empty },
  } = await desk.post('/meetings', { title: 'Nobody came', startTime: later(1) });
  await ana.go(`#/m/${empty}/records`);
  await ana.page.getByText('No one attended.').waitFor();
  await look(ana, 'records-empty');
  nothingWrong();
});

test("the administrator's page", async () => {
  await sys.sql("UPDATE users SET is_admin = 1 WHERE email = 'ana@example.org'");
  await ana.go('#/');
  await ana.page.reload();
  await ana.page.getByRole('link', { name: 'Administration' }).click();
  await ana.page.getByText(/^Connections: \d+$/).waitFor();
  await ana.page.locator('.admin tr', { hasText: 'bo@example.org' }).waitFor();
  await look(ana, 'admin');
  await ana.button('Disable Bo Nilsson').click();
  await ana.page.getByText('They will be signed out everywhere').waitFor();
  await look(ana, 'admin-question');
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  nothingWrong();
});
