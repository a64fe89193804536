/* Away for longer than a seat is kept: the others were told that one has left, and yet the page returns by itself into
 * the meeting, and everybody sees and hears everybody. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, Wire, mediaFlows, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let people;
let wires;
const test = steps(() => people);

before(async () => {
  [sys, browser] = await Promise.all([
    startSystem({ env: { ECHOMEET_GRACE_LOST_MS: '1000', ECHOMEET_GRACE_CLOSED_MS: '1000' } }),
    startBrowser(),
  ]);
  people = [];
  wires = [];
  for (const name of ['Ana', 'Bo', 'Cy']) {
    wires.push(await Wire.lay(sys.base));
    people.push(await Person.arrive(browser, wires.at(-1).base, name));
  }
  for (const person of people) await person.signUp(`${person.name.toLowerCase()}@example.org`);
  const code = await people[0].page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Long way', password: 'tea' })).code,
  );
  await people[0].join(code);
  for (const person of people.slice(1)) await person.join(code, 'tea');
  await mediaFlows(people);
});
after(async () => {
  await browser?.close();
  for (const wire of wires ?? []) wire.close();
  await sys?.stop();
});

const online = (person) => person.page.evaluate(() => window.echomeet.call.client?.state === 'online');

test('somebody is away until the seat is gone, and comes back into a meeting with a password', async () => {
  const [ana, bo, cy] = people;
  const id = await bo.myId();
  wires[1].cut();
  for (const person of [ana, cy]) await person.tile(id).waitFor({ state: 'detached', timeout: 30_000 });
  await ana.say('Bo is gone');
  wires[1].mend();
  await until(() => online(bo), 'Bo is back', 60_000);
  for (const person of people)
    await until(async () => (await person.tiles().count()) === 3, `${person.name} sees three tiles`);
  await until(async () => (await bo.messages()).includes('Bo is gone'), 'the line that Bo missed');
  await mediaFlows(people, { ms: 60_000 });
});

test('the host is away until the seat is gone: another one hosts, and the first is a guest after the return', async () => {
  const [ana, bo, cy] = people;
  wires[0].cut();
  await bo.page.getByRole('button', { name: 'People' }).click();
  const host = bo.page.locator('.person', { hasText: 'Host' });
  await until(async () => !(await host.textContent()).includes('Ana'), 'somebody else hosts', 30_000);
  wires[0].mend();
  await until(() => online(ana), 'Ana is back', 60_000);
  for (const person of people)
    await until(async () => (await person.tiles().count()) === 3, `${person.name} sees three tiles`);
  await mediaFlows([ana, bo, cy], { ms: 60_000 });
  assert.equal(await host.count(), 1);
});
