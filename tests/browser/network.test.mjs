/* The network test: everything works; then one thing after the other does not, and the page says what and what to do. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { soakOnly } from '../lib/soak.mjs';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, until } from './support.mjs';
import { Turn } from './turn.mjs';

const long = soakOnly(test);
let sys;
let browser;
let turn;
let ana;

before(async () => {
  turn = await Turn.start();
  [sys, browser] = await Promise.all([
    startSystem({ env: { ...turn.env, ECHOMEET_ICE_SERVERS: `stun:127.0.0.1:${turn.port}` } }),
    startBrowser(),
  ]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima');
  await ana.signUp('ana@example.org');
});
after(async () => {
  await browser?.close();
  await sys?.stop();
  await turn?.stop();
});

/** Starts the test and answers {step: state} and the words. */
async function run(person = ana) {
  await person.page.getByRole('button', { name: /^(Start test|Test again|开始检测)$/ }).click();
  await person.page.locator('.network-step.running').first().waitFor();
  await until(() => person.page.locator('.network-do button:not(:disabled)').count(), 'the test ends', 90_000);
  const steps = await person.page
    .locator('.network-step')
    .evaluateAll((rows) =>
      rows.map(({ dataset: { step, state }, textContent }) => [step, { state, text: textContent }]),
    );
  return { ...Object.fromEntries(steps), end: await person.page.locator('.network-end').textContent() };
}
const states = ({ end: _, ...steps }) =>
  Object.fromEntries(Object.entries(steps).map(([step, { state }]) => [step, state]));

test('from the dashboard, without a meeting: everything works, and the devices are given back', async () => {
  await ana.page.getByRole('link', { name: 'Check your setup' }).click();
  await ana.page.getByRole('heading', { name: 'Check your setup' }).waitFor();
  await ana.page.evaluate(() => {
    window.opened = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
      const stream = await ask(wish);
      window.opened.push(...stream.getTracks());
      return stream;
    };
  });
  const result = await run();
  // on a busy machine the two doors of the server are slow
  const good = (state) => (state === 'warning' ? 'ok' : state);
  const { server, socket, ...rest } = states(result);
  assert.deepEqual(
    { ...rest, server: good(server), socket: good(socket) },
    { browser: 'ok', microphone: 'ok', camera: 'ok', server: 'ok', socket: 'ok', media: 'ok', stun: 'ok', turn: 'ok' },
  );
  assert.match(result.end, server === socket && server === 'ok' ? /^Everything works/ : /^You can join a call/);
  assert.deepEqual(await ana.page.evaluate(() => window.opened.map(({ readyState }) => readyState)), [
    'ended',
    'ended',
  ]);
  await ana.shot('network-ok');
});

long(
  'a TURN server with another secret refuses; one that is away does not answer; neither is taken for working',
  async () => {
    const { secret } = turn;
    await turn.kill();
    turn.secret = 'another one';
    await turn.again();
    const refused = await run();
    assert.equal(refused.turn.state, 'problem');
    assert.match(refused.turn.text, /refuses the sign-in/);
    await turn.kill();
    const away = await run();
    assert.deepEqual([away.turn.state, away.stun.state, away.media.state], ['problem', 'problem', 'ok']);
    assert.match(away.turn.text, /does not answer/);
    assert.match(away.stun.text, /blocks outgoing UDP/);
    assert.equal(away.end, 'Something will get in the way of a call. The lines with a cross say what to do.');
    await ana.shot('network-no-turn');
    turn.secret = secret;
    await turn.again();
  },
);

test('without the relay the live connection is what is wrong; without the workers, the server', async () => {
  await sys.processes.relay.stop();
  const noSocket = await run();
  assert.deepEqual([noSocket.media.state, noSocket.socket.state], ['ok', 'problem']);
  assert.match(noSocket.socket.text, /It does not open\./);
  await sys.processes.relay.start();
  await sys.processes.pool.stop();
  const noServer = await run();
  assert.deepEqual([noServer.server.state, noServer.turn.state], ['problem', 'skipped']);
  assert.match(noServer.server.text, /error/);
  await sys.processes.pool.start();
  // the web server looks for the workers once a second
  await until(async () => (await fetch(`${sys.base}/readyz`)).ok, 'workers behind the web server');
  await until(async () => (await fetch(`${sys.base}/api/v1/media`)).status === 401, 'and behind its way to the API');
});

test('refused and missing devices are told of, in Chinese as well', async () => {
  const wang = await Person.arrive(browser, sys.base, '王芳', { locale: 'zh-CN' });
  await wang.context.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = ({ audio }) =>
      Promise.reject(new DOMException('', audio ? 'NotAllowedError' : 'NotFoundError'));
  });
  await wang.page.reload();
  await wang.go('#/signup');
  await wang.page.getByLabel('姓名').fill('王芳');
  await wang.page.getByLabel('邮箱').fill('wang@example.org');
  await wang.page.getByLabel('密码').fill('correct horse battery');
  await wang.page.getByRole('button', { name: '注册' }).click();
  await wang.page.getByRole('link', { name: '检测网络' }).click();
  await wang.page.setViewportSize({ width: 390, height: 844 });
  const result = await run(wang);
  assert.deepEqual(
    [result.microphone.state, result.camera.state, result.turn.state],
    ['problem', 'warning', 'ok'],
    `${JSON.stringify(result)}`,
  );
  assert.match(result.microphone.text, /被浏览器阻止了/);
  assert.match(result.camera.text, /没有找到摄像头/);
  assert.ok(await wang.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'fits a phone');
  await wang.shot('network-phone-zh');
});
