/* The page's files, when some of them cannot be had: a network that fails for a moment, and an update of the files under an open
 * page. Nobody is live without a way to mute and to leave, and the page says what is the matter. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, root, startBrowser, steps, until } from './support.mjs';

let www; // a copy that is changed while it is served
let sys;
let browser;
let ana;
let bo;
let code;
const test = steps(() => [ana, bo]);

before(async () => {
  www = fs.mkdtempSync(path.join(os.tmpdir(), 'em-www-'));
  fs.cpSync(path.join(root, 'www'), www, { recursive: true });
  [sys, browser] = await Promise.all([startSystem({ webRoot: www }), startBrowser()]);
  [ana, bo] = await Promise.all(['Ana', 'Bo'].map((name) => Person.arrive(browser, sys.base, name)));
  for (const person of [ana, bo]) await person.signUp(`${person.name.toLowerCase()}@example.org`);
  code = await ana.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'New files' })).code,
  );
  await ana.join(code);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
  fs.rmSync(www, { recursive: true, force: true });
});

let later = 2; // files are told apart by the second in which they were written
/** Newly written files, some of them gone. The web server looks at its files once a second. */
async function update(...gone) {
  for (const name of gone) fs.rmSync(path.join(www, name));
  const at = new Date(1000 * (Math.floor(Date.now() / 1000) + (later += 2)));
  fs.utimesSync(path.join(www, 'index.html'), at, at);
  await until(
    async () =>
      Date.parse((await fetch(`${sys.base}/`, { method: 'HEAD' })).headers.get('Last-Modified')) === at.getTime(),
    'the new files are served',
  );
}
const restore = (name) => fs.copyFileSync(path.join(root, 'www', name), path.join(www, name));
const text = (person, words) => person.page.getByText(words);
const boIsIn = async () =>
  (
    await sys.sql(
      "SELECT 1 FROM participants p JOIN users u ON u.id = p.user_id WHERE u.display_name = 'Bo' AND p.status = 1",
    )
  ).length > 0;

async function atTheDoor(person) {
  await person.go('#/');
  await person.page.reload();
  await person.go(`#/m/${code}`);
  await person.button('Join').waitFor();
}

test('what a call is seen in cannot be fetched: one is not in it, is told so, and comes in by another try', async () => {
  await atTheDoor(bo);
  await bo.page.route('**/js/views/stage.js', (route) => route.abort());
  await bo.button('Join').click();
  await text(bo, 'Part of this page could not be loaded.').waitFor();
  assert.equal(await boIsIn(), false);
  assert.equal(await ana.tiles().count(), 1);
  await bo.page.unroute('**/js/views/stage.js');
  await bo.button('Reload the page').click();
  await bo.page.getByText('Part of this page could not be loaded.').waitFor({ state: 'detached' });
  await bo.button('Join').click();
  await bo.page.locator('.call').waitFor();
  assert.equal(await boIsIn(), true);
  await mediaFlows([ana, bo]);
  await bo.button('Leave the meeting').click();
  await bo.button('Rejoin').waitFor();
});

test('without a network at the door one is told so, not put before an empty page', async () => {
  await atTheDoor(bo);
  await bo.context.setOffline(true);
  await bo.button('Join').click();
  await text(bo, 'Can’t reach the server. Check your connection and try again.').waitFor();
  await bo.context.setOffline(false);
  assert.equal(await boIsIn(), false);
});

test('the files are replaced under the door: the page says so, and is loaded again', async () => {
  await atTheDoor(bo);
  await update('js/views/in-call.js');
  await bo.button('Join').click();
  await text(bo, 'EchoMeet has been updated, but this page is still the old version.').waitFor();
  await bo.page.locator('.page-note').getByText('EchoMeet has been updated.').waitFor();
  assert.equal(await boIsIn(), false);
  restore('js/views/in-call.js');
  await update();
  await bo.page.locator('.page-note').getByRole('button', { name: 'Reload the page' }).click();
  await bo.page.locator('.page-note').waitFor({ state: 'detached' });
  await bo.button('Join').click();
  await bo.page.locator('.call').waitFor();
  await mediaFlows([ana, bo]);
});

test('the files are replaced under a call: it goes on, and the page says so then and afterwards', async () => {
  await update('vendor/qrcode.mjs');
  await bo.page.locator('.bar').getByRole('button', { name: 'Meeting information' }).click();
  await text(bo, 'The QR code could not be loaded. The link opens the same page.').waitFor();
  await bo.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await sys.processes.relay.stop(); // as an update does
  await sys.processes.relay.start();
  for (const person of [ana, bo])
    await person.page.locator('.toast').getByText('EchoMeet has been updated. Your call isn’t affected').waitFor();
  await mediaFlows([ana, bo]);
  await bo.button('Leave the meeting').click();
  await bo.page.locator('.page-note').getByText('EchoMeet has been updated.').waitFor();
});

test('a page that cannot be fetched says so and offers another try', async () => {
  restore('vendor/qrcode.mjs');
  await bo.go('#/');
  await bo.page.reload();
  await bo.page.route('**/js/views/network.js', (route) => route.abort());
  await bo.go('#/network');
  await text(bo, 'Part of this page could not be loaded.').waitFor();
  await bo.page.unroute('**/js/views/network.js');
  await bo.button('Reload the page').click();
  await bo.button('Start test').waitFor();
});

test('where nothing of the page starts it says so, too', async () => {
  await bo.page.route('**/js/main.js', (route) => route.abort());
  await bo.go('#/');
  await bo.page.reload();
  await text(bo, 'EchoMeet does not start.').waitFor();
});
