/* What a phone gives a page that asks for it: a place among the apps, and a screen that stays on. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { Person, startWholeBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startWholeBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima', { settings: { microphoneOn: false, cameraOn: false } });
  await ana.context.addInitScript(() => {
    window.locks = [];
    const ask = WakeLock.prototype.request;
    WakeLock.prototype.request = async function request(kind) {
      const lock = await ask.call(this, kind);
      window.locks.push(lock);
      return lock;
    };
  });
  await ana.signUp('ana@example.org');
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});
const step = steps(() => [ana]);

step('the page can be installed, and every icon is as large as it says', async () => {
  const session = await ana.context.newCDPSession(ana.page);
  const { data, errors, url } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  assert.deepEqual([manifest.name, manifest.display], ['EchoMeet', 'standalone']);
  const sizes = await ana.page.evaluate(
    (icons) =>
      Promise.all(
        icons.map(async (src) => {
          const image = Object.assign(new Image(), { src });
          await image.decode();
          return `${image.naturalWidth}x${image.naturalHeight}`;
        }),
      ),
    manifest.icons.filter(({ type }) => type === 'image/png').map(({ src }) => new URL(src, url).href),
  );
  assert.deepEqual(
    sizes,
    manifest.icons.filter(({ type }) => type === 'image/png').map((icon) => icon.sizes),
  );
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  assert.deepEqual(
    installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), // as tests always are
    [],
  );
});

/** How many locks the page holds. */
const held = () => ana.page.evaluate(() => window.locks.filter(({ released }) => !released).length);

step('the screen stays on while one is in a call, also after the page was hidden, and no longer', async () => {
  const { code } = await ana.page.evaluate(() => window.echomeet.api.post('/meetings', { title: 'Plan' }));
  await ana.go(`#/m/${code}`);
  await ana.button('Join').waitFor();
  assert.equal(await held(), 0);
  await ana.join(code);
  await until(async () => (await held()) === 1, 'the screen stays on');
  await ana.page.evaluate(() => window.locks.at(-1).release()); // as the browser does with a hidden page
  await ana.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await until(async () => (await held()) === 1, 'it does so again');
});

step('on a small phone everything can be touched, and nothing stands in the way', async () => {
  const { page } = ana;
  const { code } = await page.evaluate(() => window.echomeet.call.store.get().room.meeting);
  const bo = await register(sys, 'Bo Nilsson');
  await bo.client.post(`/meetings/${code}/join`);
  await page.locator('.self-view').waitFor();
  assert.equal(
    await page.evaluate(() => navigator.mediaSession.metadata.title),
    'Plan',
    'the system knows of the call',
  );
  const touchable = (selector) =>
    page.locator(selector).evaluateAll((list) =>
      list
        .map((one) => ({
          name: one.getAttribute('aria-label') ?? one.textContent.trim(),
          ...one.getBoundingClientRect().toJSON(),
        }))
        .filter(({ width }) => width > 0)
        .map(({ name, width, height, left, right, top, bottom }) => ({
          name,
          fits: width >= 44 && height >= 44 && left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight,
        })),
    );
  for (const [width, height] of [
    [320, 568],
    [390, 844],
    [667, 375],
  ]) {
    await page.setViewportSize({ width, height });
    const bar = await touchable('.bar button');
    assert.ok(bar.length >= 6);
    assert.deepEqual(
      bar.filter(({ fits }) => !fits),
      [],
      `${width} × ${height}`,
    );
  }
  await page.setViewportSize({ width: 320, height: 568 });
  const head = page.locator('.call-head');
  await head.getByText('Plan').waitFor();
  await head.getByLabel('2 people').waitFor();
  await ana.button('More').click();
  const menu = await touchable('.bar-more .menu button');
  assert.deepEqual(
    menu.filter(({ fits }) => !fits).map(({ name }) => name),
    [],
  );
  assert.ok(
    menu.some(({ name }) => name === 'Raise hand'),
    'what the bar has no room for',
  );
  await page.locator('.menu').getByRole('button', { name: 'Raise hand' }).click();
  await page.locator('.tile-hand').waitFor();
  await page.evaluate(async () => (await import('/js/toasts.js')).toast('Bo Nilsson joined'));
  const [note, picture] = await Promise.all(
    ['.toast:last-of-type', '.tiles .tile'].map((one) => page.locator(one).boundingBox()),
  );
  assert.ok(note.y + note.height <= picture.y + 12, 'a notification covers no picture');
  await page.setViewportSize({ width: 1280, height: 800 });
  await ana.leave();
  await until(async () => (await held()) === 0, 'it no longer does');
});

step('it does so while one waits to be let in', async () => {
  const host = await register(sys, 'Bo Nilsson');
  const { code } = (await host.client.post('/meetings', { title: 'Plan', waitingRoom: true })).body;
  await host.client.post(`/meetings/${code}/join`);
  await ana.go(`#/m/${code}`);
  await ana.page.locator('.before').getByRole('button', { name: 'Join', exact: true }).click();
  await ana.page.getByText('You’re in the waiting room').first().waitFor();
  await until(async () => (await held()) === 1, 'the screen stays on');
  await ana.go('#/');
  await until(async () => (await held()) === 0, 'it no longer does');
});

step('the console has nothing to say', () => assert.deepEqual(ana.complaints, []));
