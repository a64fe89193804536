/* The contract of the media transports: what the server names is what is made, or it is an error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnknownMediaMode, createTransport } from '../../../www/js/media-transport.js';

const options = { myId: 1, relayOnly: false, send() {} };
const access = (mode) => ({ mode, iceServers: [] });
const MEMBERS = ['on', 'view', 'setPeople', 'setLocal', 'setWants', 'setIceServers', 'setRelayOnly', 'receive', 'wake'];

test('a mesh does all that the page asks of a transport', async () => {
  const mesh = createTransport(access('mesh'), options);
  for (const name of [...MEMBERS, 'levels', 'sample', 'close']) assert.equal(typeof mesh[name], 'function', name);
  assert.deepEqual(mesh.view(), []);
  assert.deepEqual(mesh.levels(), new Map());
  assert.equal(await mesh.sample(2), null, 'of somebody who is not there nothing is known');
  mesh.close();
});

test('a mode that this page does not know is an error that names it', () => {
  for (const mode of ['pigeons', 'toString', undefined])
    assert.throws(
      () => createTransport(access(mode), options),
      (error) => {
        assert.ok(error instanceof UnknownMediaMode);
        assert.equal(error.message, String(mode));
        return true;
      },
    );
});
