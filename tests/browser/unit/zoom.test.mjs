/* Looking closer at a shared screen: the point under the pointer stays, and the picture never leaves its box. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LARGEST, WHOLE, pan, zoom } from '../../../www/js/zoom.js';

const box = { width: 800, height: 400 };
/** Where a point of the picture, from its middle at scale 1, is seen. */
const seen = ({ scale, x, y }, point) => ({ x: point.x * scale + x, y: point.y * scale + y });

test('what is under the pointer stays there', () => {
  const at = { x: 100, y: -50 };
  const twice = zoom(WHOLE, 2, box, at);
  assert.equal(twice.scale, 2);
  assert.deepEqual(seen(twice, at), at);
  const more = zoom(twice, 1.5, box, { x: -200, y: 20 });
  const point = { x: (-200 - twice.x) / 2, y: (20 - twice.y) / 2 };
  assert.deepEqual(seen(more, point), { x: -200, y: 20 });
});

test('it is never smaller than its box, nor enlarged beyond the limit, nor moved off its edge', () => {
  assert.deepEqual(zoom(zoom(WHOLE, 3, box, { x: 400, y: 200 }), 0.1, box), WHOLE);
  assert.equal(zoom(WHOLE, 100, box).scale, LARGEST);
  assert.deepEqual(pan(WHOLE, { x: 50, y: 50 }, box), WHOLE);
  assert.deepEqual(pan({ scale: 2, x: 0, y: 0 }, { x: 9999, y: -9999 }, box), { scale: 2, x: 400, y: -200 });
});
