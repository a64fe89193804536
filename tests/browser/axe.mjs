/* A state is looked at by axe-core, and kept as pictures, wide and on a phone. The person needs `bypassCSP`: axe is brought
 * in as a script of its own, which the page's policy would refuse. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './support.mjs';

const axe = fs.readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const SHAPES = [['wide', 1440, 900], ['phone', 390, 844]];

export async function looksRight(person, what) {
  const { page } = person;
  const before = page.viewportSize();
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity)
    .map((animation) => animation.finished.catch(() => {}))));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  const told = violations.map(({ impact, id, nodes }) => `${what}: ${impact} ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  assert.deepEqual(told, []);
  for (const [shape, width, height] of SHAPES) {
    await page.setViewportSize({ width, height });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${what}, ${shape}: nothing sticks out`);
    await person.shot(`${what}-${shape}`);
  }
  await page.setViewportSize(before);
}
