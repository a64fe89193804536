/* From one transport to the next: what is shown changes over piece by piece, and the old one ends when it is needed no more. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Emitter } from '../../../www/js/store.js';
import { HandOver } from '../../../www/js/transport/hand-over.js';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

/** A stream with something in it, or one that waits for it. */
const stream = (name, full = true) => ({ name, getTracks: () => (full ? [name] : []) });
const nothing = { microphone: null, camera: null, screen: null, screenAudio: null };

/** A transport as far as it is looked at. */
class Fake extends Emitter {
  closed = false;
  heard = [];
  views = [];
  view = () => this.views;
  show(...views) {
    this.views = views;
    this.emit('change', views);
  }
  close() {
    this.closed = true;
  }
  receive(from, data) {
    this.heard.push(data);
  }
  setWants() {}
  levels = () => new Map();
}
const person = (userId, remote, state = 'connected') => ({ userId, state, remote: { ...nothing, ...remote } });

function begin() {
  const from = new Fake();
  const to = new Fake();
  const finished = mock.fn();
  from.views = [person(2, { microphone: stream('old voice'), camera: stream('old face') }), person(3, {})];
  to.views = [person(2, { camera: stream('new face', false) }, 'connecting'), person(3, {}, 'connecting')];
  return { from, to, finished, both: new HandOver(from, to, finished) };
}
const shown = (both, userId) => both.view().find((view) => view.userId === userId);

test('each picture and sound changes over when it has come, and not before', () => {
  const { to, both } = begin();
  assert.equal(shown(both, 2).remote.camera.name, 'old face');
  assert.equal(shown(both, 2).state, 'connected', 'nothing is missing');
  to.show(person(2, { microphone: stream('new voice'), camera: stream('new face', false) }), person(3, {}));
  assert.equal(shown(both, 2).remote.microphone.name, 'new voice');
  assert.equal(shown(both, 2).remote.camera.name, 'old face');
  both.close();
});

test('the old one ends a while after the new one brings all, for the others may need it still', () => {
  const { from, to, both, finished } = begin();
  to.show(person(2, { microphone: stream('new voice'), camera: stream('new face') }), person(3, {}));
  assert.equal(from.closed, false);
  mock.timers.tick(3_000);
  assert.equal(from.closed, true);
  assert.equal(finished.mock.callCount(), 1);
  assert.equal(to.closed, false);
  mock.timers.tick(60_000);
  assert.equal(finished.mock.callCount(), 1, 'once');
  both.close();
});

test('a picture that nobody looks at is not waited for', () => {
  const { from, to, both } = begin();
  both.setWants(new Map([[2, { camera: 'none', screen: 'none' }]]));
  to.show(person(2, { microphone: stream('new voice') }), person(3, {}));
  mock.timers.tick(3_000);
  assert.equal(from.closed, true);
  both.close();
});

test('what does not come the new way is not kept for ever the old way', () => {
  const { from, both, finished } = begin();
  mock.timers.tick(9_999);
  assert.equal(from.closed, false);
  mock.timers.tick(1);
  assert.equal(from.closed, true);
  assert.equal(finished.mock.callCount(), 1);
  both.close();
});

test('whoever is known to one of them only is there; both hear what is said', () => {
  const { from, to, both } = begin();
  from.show(person(4, { microphone: stream('old voice') }));
  assert.deepEqual(
    both
      .view()
      .map(({ userId }) => userId)
      .sort(),
    [2, 3, 4],
  );
  both.receive(0, 'hello');
  assert.deepEqual([from.heard, to.heard], [['hello'], ['hello']]);
  both.close();
  assert.deepEqual([from.closed, to.closed], [true, true]);
  mock.timers.tick(60_000);
});

test('one that is itself handed over goes on telling what the new one brings', () => {
  const { to, both } = begin();
  const told = mock.fn();
  both.on('change', told);
  mock.timers.tick(10_000);
  to.show(person(2, { camera: stream('new face') }));
  assert.equal(told.mock.callCount(), 1);
  both.close();
});
