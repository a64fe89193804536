/* The administrator's page: server, running meetings, jobs, accounts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser } from './support.mjs';

let sys;
let browser;
let ana;
let bo;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima');
  bo = await Person.arrive(browser, sys.base, 'Bo Nilsson');
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const row = (text) => ana.page.locator('.admin tr', { hasText: text });

test('only administrators have it', async () => {
  await ana.go('#/admin');
  await ana.page.getByText('Page not found').waitFor();
  assert.equal(await ana.page.getByRole('link', { name: 'Administration' }).count(), 0);
});

test('server, meetings that go on and accounts are shown; an account is disabled and enabled', async () => {
  await sys.sql("UPDATE users SET is_admin = 1 WHERE email = 'ana@example.org'");
  await bo.startNow();
  await bo.page.locator('.call').waitFor();
  await ana.page.reload();
  await ana.page.getByRole('link', { name: 'Administration' }).click();
  await row('1 of 1 online').waitFor();
  await ana.page.getByText(/^Connections: \d+$/).waitFor();
  await row('bo@example.org').waitFor();
  assert.equal(await row('ana@example.org').getByRole('button').count(), 0, 'nothing to do to oneself');
  await ana.page.getByLabel('Search by name or email').fill('bo@');
  await row('ana@example.org').waitFor({ state: 'detached' });
  await ana.page.getByRole('button', { name: 'Disable Bo Nilsson' }).click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await row('disabled').waitFor();
  await bo.page
    .getByRole('heading', { name: 'Sign in' })
    .or(bo.page.getByText(/signed out|sign in/i))
    .first()
    .waitFor();
  await ana.page.getByRole('button', { name: 'Enable Bo Nilsson' }).click();
  await row('active').waitFor();
  await ana.page.getByRole('button', { name: 'Make administrator Bo Nilsson' }).click();
  await row('administrator').waitFor();
});

test('jobs are shown by state; one that was given up is run again or removed', async () => {
  for (let i = 0; i < 2; i++)
    await sys.sql(
      `INSERT INTO jobs (kind, job_key, payload, state, tries, request_id, created_at, done_at, error)
         VALUES ('retention', ?, '{}', 4, 8, 'test', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 'no route to host')`,
      [`dead${i}`],
    );
  await ana.page.reload();
  await row('dead0').getByText('no route to host').waitFor();
  await row('dead0').getByRole('button', { name: 'Remove retention' }).click();
  await row('dead0').waitFor({ state: 'detached' });
  await row('dead1').getByRole('button', { name: 'Run now retention' }).click();
  await row('dead1').waitFor({ state: 'detached' });
  await ana.page.getByText('No such jobs.').waitFor();
  await ana.page.locator('.admin select').selectOption('waiting');
  await row('dead1').waitFor();
});
