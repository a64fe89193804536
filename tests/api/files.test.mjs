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

test('a link without the # leads to the page, and what is not there to a page that says so and leads on', async () => {
  const page = await (await fetch(`${sys.base}/`)).text();
  for (const link of ['m/K7QX2P', 'm/K7QX2P?invite=a.b', 'm/K7QX2P.']) {
    const answer = await fetch(`${sys.base}/${link}`);
    assert.deepEqual([answer.status, await answer.text()], [200, page], link);
  }
  for (const wrong of ['nothing', 'js/nothing.js', 'a/b/c']) {
    const answer = await fetch(`${sys.base}/${wrong}`);
    assert.equal(answer.status, 404, wrong);
    assert.match(await answer.text(), /<h1>Page not found<\/h1>[^]*<a class="button primary" href="\/">/, wrong);
  }
});

test("the worker's own files are handed out as they are: it unpacks its WebAssembly itself", async () => {
  for (const name of ['segmenter.wasm.gzip', 'selfie.tflite']) {
    const { status, headers } = await fetch(`${sys.base}/vendor/${name}`);
    assert.deepEqual([status, headers.get('content-encoding')], [200, null], name);
    assert.ok(headers.get('etag'), name);
  }
});
