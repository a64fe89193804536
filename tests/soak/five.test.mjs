/* The fifth person makes a mesh too large: five pages, one of them a Firefox, move to the media server together, and each goes on seeing and hearing all the others. */
import { noNetwork, OWN_ADDRESS } from '../lib/own-network.mjs';
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { FirefoxPerson, mediaFlows, Person, startBrowser, startFirefox, steps, until } from '../browser/support.mjs';

let sys;
let browsers;
let code;
let people = [];
const step = steps(() => people, noNetwork);

before(async () => {
  if (noNetwork) return;
  [sys, ...browsers] = await Promise.all([
    startSystem({ media: 1, env: { ECHOMEET_MEDIA_ADDRESS: OWN_ADDRESS } }),
    startBrowser(),
    startFirefox(),
  ]);
  const names = ['Ana', 'Bo', 'Cem', 'Dee'];
  people = await Promise.all([
    FirefoxPerson.arrive(browsers[1], sys.base, 'Fay'),
    ...names.map((name) => Person.arrive(browsers[0], sys.base, name)),
  ]);
  for (const person of people) await person.signUp(`${person.name}@example.org`);
  code = await people[0].page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Five', isPublic: true })).code,
  );
});
after(async () => {
  await Promise.all((browsers ?? []).map((browser) => browser.close()));
  await sys?.stop();
});

const transport = (person) => person.page.evaluate(() => window.echomeet.call.roomMedia.transport.constructor.name);

step('four people are connected from page to page', async () => {
  for (const person of people.slice(0, 4)) await person.join(code);
  await mediaFlows(people.slice(0, 4));
  for (const person of people.slice(0, 4)) assert.equal(await transport(person), 'Mesh');
});

step('the fifth moves all to the server', async () => {
  await people[4].join(code);
  for (const person of people)
    await until(async () => (await transport(person)) === 'Sfu', `${person.name} has left the mesh`);
  await mediaFlows(people);
  await people[1].shot('five');
});
