/* The API's document as the server gives it: as JSON for programs, and as a page for people. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { root, startSystem } from '../lib/system.mjs';
import { startBrowser } from './support.mjs';

let sys;
let browser;
const written = parse(fs.readFileSync(path.join(root, 'docs/openapi.yaml'), 'utf8'));
before(async () => {
  [sys, browser] = await Promise.all([startSystem({ only: ['mariadb', 'redis', 'pool', 'web'] }), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

test('the document is served as JSON, without signing in', async () => {
  const answer = await fetch(`${sys.base}/api/v1/openapi.json`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  assert.deepEqual(await answer.json(), written);
});

test('the page shows every call, its parameters and its answers', async () => {
  const page = await browser.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${sys.base}/api.html#joinMeeting`);
  await page.locator('#joinMeeting').waitFor();
  const shown = await page.locator('section.call h3').allInnerTexts();
  const calls = Object.values(written.paths).flatMap((item) =>
    ['get', 'post', 'put', 'patch', 'delete'].filter((m) => item[m]),
  );
  assert.equal(shown.length, calls.length);
  await page.locator('#joinMeeting summary', { hasText: /^400 / }).click();
  await page.locator('#joinMeeting', { hasText: 'meeting_full' }).waitFor();
  assert.ok(await page.locator('#listMeetings td code', { hasText: /^keyword$/ }).count());
  for (const [name, width, height] of [
    ['api', 1440, 900],
    ['api-phone', 390, 844],
  ]) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: path.join(root, `build/screenshots/${name}.png`) });
    assert.ok(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      `${name}: nothing is wider than the window`,
    );
  }
  await page.reload(); // at the size of a phone, with the list of calls folded
  await page.locator('#joinMeeting').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Find meetings' }).isVisible(), false);
  await page.locator('nav summary').click();
  await page.getByRole('link', { name: 'Find meetings' }).click();
  assert.equal(new URL(page.url()).hash, '#listMeetings');
  assert.deepEqual(complaints, []);
  await page.close();
});
