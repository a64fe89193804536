/* A meeting of many, in which each sees up to 25 others at once, and a page among them. Nobody is dropped, and nearly every packet arrives.
 * ECHOMEET_MANY_PEOPLE (15) and ECHOMEET_MANY_SECONDS (10) say how large and how long;
 * of several numbers the first is taken that the machine carries with all the clients. `make soak` takes two minutes.
 * All the people's connections are one program's, so that two cores carry them beside Janus. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Person, startBrowser, until } from '../browser/support.mjs';
import { startSystem } from '../lib/system.mjs';
import { LOST_MOST, lostShare, startMany } from './many.mjs';

const COUNTS = (process.env.ECHOMEET_MANY_PEOPLE || '15').split(',').map(Number);
const SECONDS = Number(process.env.ECHOMEET_MANY_SECONDS || 10);
const WINDOW_S = 5;

let sys;
let browser;
let many;
let page;

before(async () => {
  [sys, browser] = await Promise.all([
    startSystem({ media: 1, env: { ECHOMEET_MESH_MAX: '0', ECHOMEET_MEDIA_CAPACITY_PPS: '1000000' } }),
    startBrowser(),
  ]);
  many = await startMany(sys, { counts: COUNTS, tiles: 25, kbits: 120, talkers: 3 });
  page = await Person.arrive(browser, sys.base, 'Ana Lima');
  await page.signUp('ana@example.org');
  await page.join(many.meeting.code);
});
after(async () => {
  await browser?.close();
  await many?.stop();
  await sys?.stop();
});

/** Pictures drawn so far in each tile of the page that has any. */
const drawn = () =>
  page.page.evaluate(() =>
    [...document.querySelectorAll('.tile video')]
      .map((video) => video.getVideoPlaybackQuality().totalVideoFrames)
      .filter((frames) => frames > 0),
  );

test(`a meeting of ${COUNTS[0]} goes on for ${SECONDS} s`, async (t) => {
  const { crowd, count, tiles } = many;
  if (count < COUNTS[0])
    t.diagnostic(`this machine does not carry ${COUNTS[0]} people and their clients: ${count} were tried`);
  const janus = sys.janusPid();
  await until(async () => (await drawn()).length >= 4, 'the page shows people');
  const [gone, moved] = ['gone', 'media_moved'].map((kind) => many.heard(kind));
  const began = Date.now();
  let received = 0;
  let lost = 0;
  await crowd.stats();
  for (let end = began + SECONDS * 1000; Date.now() < end; ) {
    await sleep(WINDOW_S * 1000);
    const stats = await crowd.stats();
    received += stats.received;
    lost += stats.lost;
    assert.ok(many.least(stats) >= tiles, `somebody sees ${many.least(stats)} only`);
  }
  const share = lostShare({ received, lost });
  t.diagnostic(
    `${count} were sent, ${tiles} pictures each, ${Math.round(received / ((Date.now() - began) / 1000))} packets a second, ${(share * 100).toFixed(3)} % got lost`,
  );
  assert.ok(share < LOST_MOST);
  assert.deepEqual([many.heard('gone'), many.heard('media_moved'), sys.janusPid()], [gone, moved, janus]);
  const before = (await drawn()).reduce((sum, frames) => sum + frames, 0);
  await until(async () => (await drawn()).reduce((sum, frames) => sum + frames, 0) > before, 'the page goes on');
});
