/* The arrangement of tiles: fits, wastes little, cuts faces only where the window is upright. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSpeaker, keepOrder, layoutPages, layoutTiles, onPage, promote } from '../../../www/js/layout.js';

const WINDOWS = [
  [1440, 800],
  [1920, 1000],
  [768, 940],
  [390, 740],
  [320, 480],
  [1000, 300],
];

test('tiles of 1 to 50 people fit into every window', () => {
  for (const [width, height] of WINDOWS) {
    for (let count = 1; count <= 50; count += 1) {
      const grid = layoutTiles({ width, height, count, gap: 8 });
      const where = `${count} in ${width}x${height}: ${JSON.stringify(grid)}`;
      assert.ok(grid.columns * grid.rows >= count, where);
      assert.ok(grid.columns * grid.width + (grid.columns - 1) * 8 <= width, where);
      assert.ok(grid.rows * grid.height + (grid.rows - 1) * 8 <= height, where);
      assert.ok(grid.width > 0 && grid.height > 0, where);
    }
  }
});

test('pictures are 16:9 in a wide window and at most 3:4 upright in a tall one', () => {
  for (const [width, height] of WINDOWS) {
    for (let count = 1; count <= 12; count += 1) {
      const { width: w, height: h } = layoutTiles({ width, height, count });
      if (width >= height) assert.ok(Math.abs(w / h - 16 / 9) < 0.03, `${count} in ${width}x${height}: ${w}x${h}`);
      else assert.ok(w / h >= 0.74 && w / h <= 1.8, `${count} in ${width}x${height}: ${w}x${h}`);
    }
  }
});

test('the usual cases look as expected', () => {
  const columns = (width, height, count) => layoutTiles({ width, height, count }).columns;
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 9].map((count) => columns(1440, 800, count)),
    [1, 2, 2, 2, 3, 3, 3],
  );
  assert.deepEqual(
    [1, 2, 3].map((count) => columns(390, 740, count)),
    [1, 1, 1],
  );
  assert.equal(columns(768, 940, 3), 1);
});

test('no room, no people: nothing breaks', () => {
  assert.equal(layoutTiles({ width: 0, height: 0, count: 3 }).width, 0);
  assert.equal(layoutTiles({ width: 800, height: 600, count: 0 }).width, 0);
});

test('who is large: the one chosen, else who speaks; it stands still while several speak, and is never oneself unasked', () => {
  const choose = (fields) =>
    chooseSpeaker({ ids: [2, 3, 4, 1], myId: 1, pinned: null, speaking: new Set(), before: null, ...fields });
  assert.equal(choose({}), 2);
  assert.equal(choose({ speaking: new Set([1, 3]) }), 3);
  assert.equal(choose({ speaking: new Set([1]), before: 4 }), 4);
  assert.equal(choose({ speaking: new Set([2, 4]), before: 4 }), 4, 'goes on speaking');
  assert.equal(choose({ speaking: new Set([2]), before: 4 }), 2);
  assert.equal(choose({ before: 9 }), 2, 'has left');
  assert.equal(choose({ before: 1 }), 2, 'was oneself, by choice');
  assert.equal(choose({ pinned: 1, speaking: new Set([2]) }), 1);
  assert.equal(choose({ pinned: 9, speaking: new Set([3]) }), 3);
  assert.equal(choose({ ids: [1] }), 1);
});

test('any window, any number of people: no tile is too small to know a face, everybody is on some page, once', () => {
  for (const [width, height] of [
    [1416, 810],
    [1068, 810],
    [744, 940],
    [374, 740],
    [820, 330],
    [2540, 1360],
  ]) {
    for (let count = 1; count <= 60; count += 1) {
      const { perPage, pages } = layoutPages({ width, height, count });
      const people = Array.from({ length: count }, (_, i) => i);
      const shown = Array.from({ length: pages }, (_, page) => onPage(people, perPage, page));
      assert.deepEqual(
        shown.flat().sort((a, b) => a - b),
        people,
        `${count} in ${width} x ${height}`,
      );
      assert.ok(shown[0].includes(count - 1), 'oneself is on the first page');
      for (const page of shown) {
        assert.ok(page.length > 0 && page.length <= perPage);
        const tile = layoutTiles({ width, height, count: page.length });
        assert.ok(
          tile.width >= 110 && tile.width * tile.height >= 12_000,
          `${count} in ${width} x ${height}: ${tile.width} x ${tile.height}`,
        );
        assert.ok(
          tile.columns * (tile.width + 8) - 8 <= width && tile.rows * (tile.height + 8) - 8 <= height,
          'it fits',
        );
      }
    }
  }
  assert.equal(layoutPages({ width: 1416, height: 810, count: 49 }).pages, 1, 'a desk shows 49 at once');
  assert.ok(layoutPages({ width: 374, height: 740, count: 50 }).pages > 2, 'a phone does not');
});

test('two in a wide window sit side by side', () => {
  const { columns } = layoutTiles({ width: 1416, height: 810, count: 2 });
  assert.equal(columns, 2);
});

test('people keep their place on the pages; who is new comes last, who is away behind the others', () => {
  const away = new Set([3]);
  const place = (id) => Number(away.has(id));
  assert.deepEqual(keepOrder([5, 1, 4], [1, 2, 4, 5], place), [5, 1, 4, 2]);
  assert.deepEqual(keepOrder([3, 1, 4], [1, 2, 3, 4], place), [1, 4, 2, 3]);
});

test('who speaks comes to the page that is looked at, for whoever was quiet there for longest', () => {
  const order = [1, 2, 3, 4, 5, 6];
  const spoke = new Map([
    [1, 100],
    [3, 50],
  ]);
  assert.equal(promote(order, [1, 2, 3], new Set([2]), spoke), order, 'nothing changes where all are seen');
  assert.deepEqual(promote(order, [1, 2, 3], new Set([6]), spoke), [1, 6, 3, 4, 5, 2]);
  assert.deepEqual(promote(order, [1, 2, 3], new Set([2, 5]), spoke), [1, 2, 5, 4, 3, 6], 'nobody who speaks goes');
  assert.deepEqual(promote(order, [4, 5, 6], new Set([1]), spoke), [6, 2, 3, 4, 5, 1], 'on another page as well');
  assert.deepEqual(promote(order, [1, 2], new Set([1, 2, 3, 4]), spoke), order, 'where all speak nobody moves');
});
