/* A meeting of many, in which each sees up to 25 others at once, and pages among them. Nobody is dropped, and nearly every packet arrives.
 * ECHOMEET_MANY_PEOPLE (15) and ECHOMEET_MANY_SECONDS (10) say how large and how long, ECHOMEET_MANY_TILES (25) how many each sees;
 * of several numbers of people the first is taken that the machine carries with all the clients. `make soak` takes two minutes.
 * ECHOMEET_MANY_PAGES (1): so many pages beside them. Where there are several they are as small as a phone, so that two cores draw them.
 * All the people's connections are one program's, so that two cores carry them beside Janus. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Person, startBrowser, until } from '../browser/support.mjs';
import { startSystem } from '../lib/system.mjs';
import { LOST_MOST, lostShare, startMany } from './many.mjs';

const COUNTS = (process.env.ECHOMEET_MANY_PEOPLE || '15').split(',').map(Number);
const SECONDS = Number(process.env.ECHOMEET_MANY_SECONDS || 10);
const TILES = Number(process.env.ECHOMEET_MANY_TILES || 25);
const NAMES = ['Ana', 'Bo', 'Cem', 'Dee', 'Eva'].slice(0, Number(process.env.ECHOMEET_MANY_PAGES || 1));
const WINDOW_S = 5;

let sys;
let browser;
let many;
let pages;

before(async () => {
  [sys, browser] = await Promise.all([
    startSystem({ media: 1, env: { ECHOMEET_MESH_MAX: '0', ECHOMEET_MEDIA_CAPACITY_PPS: '1000000' } }),
    startBrowser(),
  ]);
  many = await startMany(sys, { counts: COUNTS, tiles: TILES, kbits: 120, talkers: 3 });
  const look = NAMES.length > 1 ? { viewport: { width: 390, height: 844 } } : {};
  pages = await Promise.all(NAMES.map((name) => Person.arrive(browser, sys.base, name, look)));
  for (const page of pages) {
    await page.signUp(`${page.name}@example.org`);
    await page.join(many.meeting.code);
  }
});
after(async () => {
  await browser?.close();
  await many?.stop();
  await sys?.stop();
});

/** Pictures drawn so far in each tile of a page that has any. */
const drawn = ({ page }) =>
  page.evaluate(() =>
    [...document.querySelectorAll('.tile video')]
      .map((video) => video.getVideoPlaybackQuality().totalVideoFrames)
      .filter((frames) => frames > 0),
  );
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

test(`a meeting of ${COUNTS[0]} goes on for ${SECONDS} s`, async (t) => {
  const { crowd, count, tiles } = many;
  if (count < COUNTS[0])
    t.diagnostic(`this machine does not carry ${COUNTS[0]} people and their clients: ${count} were tried`);
  const janus = sys.janusPid();
  for (const page of pages)
    await until(async () => (await drawn(page)).length >= 4, `${page.name}’s page shows people`);
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
  for (const page of pages) {
    const before = await drawn(page);
    t.diagnostic(`${page.name}’s page shows ${before.length} people`);
    await until(async () => sum(await drawn(page)) > sum(before), `${page.name}’s page goes on`);
  }
});
