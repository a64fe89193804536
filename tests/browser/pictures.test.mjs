/* How much is sent to whom: less to each when more people are in, no larger than it is shown there, and nothing at all of
 * what nobody sees. Read off the browsers' own statistics. A busy machine makes pictures smaller by itself, so only those that
 * must be small are measured; of large ones it is looked at what the browser was asked for. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, mediaFlows, startBrowser, steps, until } from './support.mjs';
import { receivedHeight, sentCamera } from './transport.mjs';

let sys;
let browser;
let ana;
let bo;
let cy;
let code;
const test = steps(() => [ana, bo, cy]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo, cy] = await Promise.all(
    ['Ana', 'Bo', 'Cy'].map((name) =>
      Person.arrive(browser, sys.base, name, {
        viewport: { width: 1440, height: 900 },
        settings: { videoQuality: 'standard', view: 'speaker' },
      }),
    ),
  );
  for (const person of [ana, bo, cy]) await person.signUp(`${person.name.toLowerCase()}@example.org`);
  code = await ana.page.evaluate(async () => (await window.echomeet.api.post('/meetings', { title: 'Pictures' })).code);
  await ana.join(code);
  await bo.join(code);
  await mediaFlows([ana, bo]);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const sent = async (from, to) => sentCamera(from, await to.myId());
const arrives = async (at, from) => receivedHeight(at, await from.myId());

/** Who is no longer seen: the page goes behind another tab. */
const hide = (person, hidden) =>
  person.page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

test('one who is shown large is sent large; two more people, and each gets less', async () => {
  const alone = await until(
    async () => {
      const now = await sent(ana, bo);
      return now.height >= 480 && now;
    },
    'a large picture',
    60_000,
  );
  assert.equal(alone.active, true);
  await cy.join(code);
  await mediaFlows([ana, bo, cy]);
  const together = await sent(ana, bo);
  assert.ok(together.maxBitrate < alone.maxBitrate, `${together.maxBitrate} of ${alone.maxBitrate}`);
});

test('who is shown in a strip is sent small, and large again when shown large', async () => {
  await bo.page.evaluate(async (id) => window.echomeet.call.store.set({ pinned: id }), await ana.myId());
  await until(
    async () => (await sent(ana, bo)).height >= 480 && (await sent(cy, bo)).height <= 180,
    'Ana large, Cy small',
    60_000,
  );
  await until(async () => (await arrives(bo, cy)) <= 180, 'Cy arrives small', 60_000);
  const small = await sent(cy, bo);
  assert.ok(small.maxBitrate <= 150_000, `${small.maxBitrate}`);
  await bo.page.evaluate(async (id) => window.echomeet.call.store.set({ pinned: id }), await cy.myId());
  await until(
    async () => (await sent(cy, bo)).height >= 480 && (await sent(ana, bo)).height <= 180,
    'now the other way round',
    60_000,
  );
  await until(async () => (await arrives(bo, ana)) <= 180, 'Ana arrives small', 60_000);
  await mediaFlows([ana, bo, cy]);
});

test('to a page that nobody sees no picture is sent, only sound; it is back when the page is', async () => {
  await hide(bo, true);
  await until(async () => !(await sent(ana, bo)).active && !(await sent(cy, bo)).active, 'nothing is sent to Bo');
  const before = [await sent(ana, bo), await bo.received(await ana.myId())];
  await mediaFlows([ana, cy]);
  await until(async () => (await bo.received(await ana.myId())).sound > before[1].sound, 'Bo still hears Ana');
  const now = await sent(ana, bo);
  assert.ok(now.frames - before[0].frames <= 2, `${now.frames - before[0].frames} pictures were sent all the same`);
  await hide(bo, false);
  await mediaFlows([ana, bo, cy]);
});

test('what the small window shows is sent though the page itself is hidden, and nothing else', async () => {
  const more = async (item) => {
    await bo.button('More').click();
    await bo.page.locator('.bar-more .menu').getByRole('button', { name: item }).click();
  };
  await more('Picture-in-picture');
  await hide(bo, true);
  await until(
    async () => [(await sent(ana, bo)).active, (await sent(cy, bo)).active].filter(Boolean).length === 1,
    'one of the two is sent',
  );
  await hide(bo, false);
  await more('Close picture-in-picture');
  await mediaFlows([ana, bo, cy]);
});

test('a wish that was lost with the socket is said again', async () => {
  await hide(bo, true);
  await until(async () => !(await sent(ana, bo)).active, 'nothing is sent to Bo');
  await sys.processes.relay.kill();
  await hide(bo, false);
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // said into the void
  assert.equal((await sent(ana, bo)).active, false);
  await sys.processes.relay.start();
  await mediaFlows([ana, bo, cy], { ms: 40_000 });
});
