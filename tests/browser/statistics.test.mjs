/* The dialog with the figures of the call: what comes from whom, which way, and that it says what is so now. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;
let bo;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo] = await Promise.all(['Ana Lima', 'Bo Nilsson'].map((name) => Person.arrive(browser, sys.base, name)));
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  await ana.startNow();
  await ana.page.locator('.call').waitFor();
  const code = await ana.page.evaluate(() => window.echomeet.call.store.get().room.meeting.code);
  await bo.join(code);
  await mediaFlows([ana, bo]);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});
const step = steps(() => [ana, bo]);
const rows = (person) =>
  person.page
    .locator('.statistics-dialog tbody tr')
    .evaluateAll((list) => list.map((row) => [...row.cells].map(({ innerText }) => innerText)));

step('it says how large and how much, from each person and of oneself', async () => {
  await ana.button('More').click();
  await ana.button('Call statistics').click();
  await ana.page.getByText('directly between participants').waitFor();
  const [own, other] = await until(async () => {
    const list = await rows(ana);
    return list.length === 2 && list.every(([, , rate]) => parseInt(rate, 10) > 0) && list;
  }, 'figures of both');
  assert.equal(own[0], 'You send');
  assert.equal(other[0], 'Bo Nilsson');
  for (const [, picture, rate, loss, , way] of [own, other]) {
    assert.match(picture, /^\d{2,4} × \d{2,4}, \d+\/s$/);
    assert.match(rate, /^[\d,]+ kbit\/s$/);
    assert.match(loss, /^[\d.]+%$/);
    assert.equal(way, 'Direct');
  }
  await ana.shot('statistics');
});

step('from seven people on it is said that there is no media server, until it has been read', async () => {
  await ana.page.keyboard.press('Escape');
  const crowd = (count) =>
    ana.page.evaluate((most) => {
      const { store } = window.echomeet.call;
      const { room } = store.get();
      const [other] = room.participants.filter(({ userId }) => userId !== room.myId);
      const more = Array.from({ length: Math.max(0, most - 2) }, (_, i) => ({
        ...other,
        userId: 1000 + i,
        online: false,
      }));
      const two = room.participants.filter(({ userId }) => userId < 1000);
      store.set({ room: { ...room, participants: [...two, ...more] } });
    }, count);
  const line = ana.page.locator('.stage-banner', { hasText: 'everyone sends to everyone' });
  await crowd(6);
  assert.equal(await line.count(), 0);
  await crowd(7);
  await line.waitFor();
  await ana.shot('mesh-crowded');
  await line.getByRole('button', { name: 'Close' }).click();
  await line.waitFor({ state: 'detached' });
  await crowd(2);
  await ana.button('More').click();
  await ana.button('Call statistics').click();
});

step('whose camera is off has no picture any more, and nobody who is gone is in it', async () => {
  await bo.page.evaluate(() => window.echomeet.call.media.setCamera(false));
  await until(
    async () => (await rows(ana)).every(([name, , rate]) => name !== 'Bo Nilsson' || parseInt(rate, 10) < 100),
    'only sound',
  );
  await bo.page.evaluate(() => window.echomeet.call.leave());
  await until(async () => (await rows(ana)).length === 0, 'nobody');
  await ana.page.getByText('No audio or video is being sent or received.').waitFor();
  assert.deepEqual(ana.complaints, []);
});
