/* The contract of the media transports: what the server names is what is made, or it is an error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnknownMediaMode, createTransport } from '../../../www/js/media-transport.js';

const options = { myId: 1, relayOnly: false, send() {} };
const access = (mode) => ({ mode, iceServers: [] });
const MEMBERS = ['on', 'view', 'setPeople', 'setLocal', 'setWants', 'setIceServers', 'setRelayOnly', 'receive', 'wake'];

globalThis.matchMedia = () => ({ matches: false }); // no window here

for (const mode of ['mesh', 'sfu'])
  test(`${mode} does all that the page asks of a transport`, async () => {
    const transport = createTransport(access(mode), options);
    for (const name of [...MEMBERS, 'levels', 'sample', 'flows', 'close'])
      assert.equal(typeof transport[name], 'function', name);
    assert.deepEqual(transport.view(), []);
    assert.deepEqual(transport.levels(), new Map());
    assert.deepEqual(await transport.flows(), []);
    assert.equal(await transport.sample(2), null, 'of somebody who is not there nothing is known');
    transport.close();
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
