/* The page's files as lighttpd or Apache hands them out (tests/setup/web.test.mjs has more of lighttpd): what a browser is
 * allowed to run. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSystem } from '../lib/system.mjs';

let sys;
before(async () => {
  sys = await startSystem({ only: ['web'] });
});
after(() => sys?.stop());

const policyOf = async (file) => (await fetch(`${sys.base}/${file}`)).headers.get('content-security-policy');

test('WebAssembly runs in the worker that blurs, which loads from here alone, and not in the page', async () => {
  assert.equal(
    await policyOf('js/blur-worker.js'),
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
  );
  assert.doesNotMatch(await policyOf(''), /unsafe/);
});

test("the worker's own files are handed out as they are: it unpacks its WebAssembly itself", async () => {
  for (const name of ['segmenter.wasm.gzip', 'selfie.tflite']) {
    const { status, headers } = await fetch(`${sys.base}/vendor/${name}`);
    assert.deepEqual([status, headers.get('content-encoding')], [200, null], name);
    assert.ok(headers.get('etag'), name);
  }
});
