/* What a browser or a network may forbid: cookies, WebRTC, WebSockets. Each time the page says what is missing and what to do,
 * and what can be done without it goes on. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startSystem } from '../lib/system.mjs';
import { WHOLE, Person, mediaFlows, startBrowser, until } from './support.mjs';

const BLOCKED = 'The server answers, but the live connection (WebSocket) does not open.';

let sys;
let browser;
let ana;
let code;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana');
  await ana.signUp('ana@example.org');
  code = await ana.page.evaluate(
    async () => (await window.echomeet.api.post('/meetings', { title: 'Strict', allowGuests: true })).code,
  );
  await ana.join(code);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

/** Chromium as somebody has it who blocks all cookies. */
async function withoutCookies(name) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'em-profile-'));
  fs.mkdirSync(path.join(profile, 'Default'));
  fs.writeFileSync(
    path.join(profile, 'Default/Preferences'),
    JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }),
  );
  const person = new Person();
  Object.assign(person, { base: sys.base, name, complaints: [] });
  person.context = await chromium.launchPersistentContext(profile, {
    ...WHOLE,
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
  });
  person.close = async () => {
    await person.context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  };
  await person.open();
  return person;
}

/** A proxy that lets HTTP through. `sockets`: what it does to a WebSocket. */
async function layProxy() {
  const { port } = new URL(sys.base);
  const held = new Set();
  const proxy = { sockets: 'open' };
  const server = http.createServer((request, response) => {
    const { connection, upgrade, ...headers } = request.headers;
    request.pipe(
      http
        .request({ port, method: request.method, path: request.url, headers }, (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        })
        .on('error', () => response.destroy()),
    );
  });
  server.on('upgrade', (request, near, head) => {
    held.add(near.on('error', () => {}).on('close', () => held.delete(near)));
    if (proxy.sockets === 'reset') near.resetAndDestroy();
    else if (proxy.sockets === 'stripped')
      near.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    if (proxy.sockets !== 'open') return; // or silent
    const far = net.connect(port, '127.0.0.1', () => {
      const lines = request.rawHeaders.map((_, i, all) => (i % 2 ? '' : `${all[i]}: ${all[i + 1]}\r\n`));
      far.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`);
      far.write(head);
      near.pipe(far).pipe(near);
    });
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.base = `http://127.0.0.1:${server.address().port}`;
  proxy.cut = () => {
    for (const socket of held) socket.resetAndDestroy();
  };
  proxy.close = () => {
    proxy.cut();
    server.close();
    server.closeAllConnections?.();
  };
  return proxy;
}

test('all cookies blocked: the page says so, a sign-in lasts as long as the page, and a call works', async () => {
  const bo = await withoutCookies('Bo');
  try {
    await bo.go('#/signin');
    await bo.page.getByText('Your browser blocks cookies for this site').waitFor();
    await bo.signUp('bo@example.org');
    await bo.page.evaluate(() => window.echomeet.api.token({ fresh: true })); // as after 15 minutes
    await bo.go(`#/m/${code}`);
    await bo.button('Join').click();
    await bo.page.locator('.call').waitFor();
    await mediaFlows([ana, bo]);
    await bo.page.evaluate(() => window.echomeet.api.token({ fresh: true }));
    await bo.say('still here');
    await until(async () => (await ana.messages()).includes('still here'), 'the line arrives');
    await bo.page.reload();
    await bo
      .button('Join as a guest')
      .or(bo.page.getByRole('link', { name: 'Sign in' }))
      .first()
      .waitFor();
    assert.deepEqual(
      bo.complaints.filter((line) => !line.includes('401')),
      [],
    );
  } finally {
    await bo.close();
  }
});

test('all cookies blocked: a guest comes in by name', async () => {
  const gus = await withoutCookies('Gus');
  try {
    await gus.go(`#/m/${code}`);
    await gus.page.getByLabel('Your name').fill('Gus');
    await gus.page.locator('.guest-form button').click();
    await gus.button('Join').click();
    await gus.page.locator('.call').waitFor();
    const id = await ana.myId();
    await until(async () => (await gus.received(id))?.frames > 0, 'sees Ana');
    assert.deepEqual(
      gus.complaints.filter((line) => !line.includes('401')),
      [],
    );
  } finally {
    await gus.close();
  }
});

for (const [how, remove] of [
  [
    'is missing',
    () => {
      delete globalThis.RTCPeerConnection;
    },
  ],
  [
    'throws',
    () => {
      globalThis.RTCPeerConnection = class {
        constructor() {
          throw new DOMException('forbidden', 'NotSupportedError');
        }
      };
    },
  ],
]) {
  test(`WebRTC ${how}: one is told so at the door, and comes in to read and write`, async () => {
    const cy = await Person.arrive(browser, sys.base, 'Cy');
    await cy.context.addInitScript(remove);
    await cy.page.reload();
    await cy.signUp(`cy-${how.length}@example.org`);
    await cy.go(`#/m/${code}`);
    await cy.page.getByText('Audio and video need WebRTC').waitFor();
    await cy.shot('before-no-webrtc');
    await cy.button('Join').click();
    await cy.page.locator('.call').waitFor();
    await cy.page.locator('.stage-banner').getByText('You can’t hear or see the others').waitFor();
    assert.equal(await cy.page.evaluate(() => window.echomeet.call.client.state), 'online');
    await cy.say(`WebRTC ${how}`);
    await until(async () => (await ana.messages()).includes(`WebRTC ${how}`), 'the line arrives');
    await ana.say(`answer: ${how}`);
    await until(async () => (await cy.messages()).includes(`answer: ${how}`), 'the answer arrives');
    await ana
      .tile(await cy.myId())
      .getByLabel('Microphone is off')
      .waitFor();
    await cy.button('Unmute microphone').click();
    await cy.page.locator('.toast').getByText('No one can hear you').waitFor();
    await cy.button('Leave the meeting').click();
    await cy.button('Rejoin').waitFor();
    assert.deepEqual(
      cy.complaints.filter((line) => !line.includes('localStorage')),
      [],
    ); // that is the test's own
    await cy.context.close();
  });
}

test('media are carried in a way that the page does not know: it says so, and one can read and write', async () => {
  const eve = await Person.arrive(browser, sys.base, 'Eve');
  await eve.signUp('eve@example.org');
  await eve.context.addInitScript(() => {
    const { parse } = JSON;
    JSON.parse = (text, reviver) => parse(String(text).replace('"mode":"mesh"', '"mode":"pigeons"'), reviver);
  });
  await eve.page.reload();
  await eve.join(code);
  await eve.page.locator('.stage-banner').getByText('does not support the server’s media mode (“pigeons”)').waitFor();
  await eve.shot('call-unknown-media');
  await eve.say('no pigeons here');
  await until(async () => (await ana.messages()).includes('no pigeons here'), 'the line arrives');
  await eve.button('Mute microphone').click();
  await eve.button('Leave the meeting').click();
  await eve.button('Rejoin').waitFor();
  assert.deepEqual(eve.complaints, ['Eve: media: unknown mode pigeons']);
  await eve.context.close();
});

test('a permission that is taken back in a call is told as that, and the device works once it is given again', async () => {
  const flo = await Person.arrive(browser, sys.base, 'Flo');
  await flo.signUp('flo@example.org');
  await flo.join(code);
  await mediaFlows([ana, flo]);
  const cdp = await flo.context.newCDPSession(flo.page);
  const {
    targetInfo: { browserContextId },
  } = await cdp.send('Target.getTargetInfo');
  const allow = (name, setting) =>
    cdp.send('Browser.setPermission', { permission: { name }, setting, origin: sys.base, browserContextId });
  const seen = ana.tile(await flo.myId());
  await allow('microphone', 'denied');
  await flo.page.locator('.toast').getByText('The browser has blocked your microphone.').waitFor();
  await seen.getByLabel('Microphone is off').waitFor();
  await mediaFlows([ana, flo], { sound: false }); // the camera goes on
  await allow('camera', 'denied');
  await flo.page.locator('.toast').getByText('The browser has blocked your camera.').waitFor();
  await seen.locator('video').waitFor({ state: 'detached' });
  assert.equal(await flo.page.getByText('was disconnected').count(), 0);
  for (const [name, button] of [
    ['microphone', 'Unmute microphone'],
    ['camera', 'Turn camera on'],
  ]) {
    await allow(name, 'granted');
    await flo.button(button).click();
  }
  await mediaFlows([ana, flo]);
  await flo.context.close();
});

test('a proxy that lets no WebSocket through: the page says so and leads to the network test', async () => {
  const proxy = await layProxy();
  const di = await Person.arrive(browser, proxy.base, 'Di');
  try {
    await di.signUp('di@example.org');
    for (const how of process.env.ECHOMEET_SOAK ? ['stripped', 'reset', 'silent'] : ['reset']) {
      proxy.sockets = how;
      await di.go('#/');
      await di.go(`#/m/${code}`);
      await di.button('Join').click();
      await di.page.locator('.form-error').getByText(BLOCKED).waitFor();
      assert.equal(
        await di.page.locator('.form-error').getByRole('link', { name: 'Check your setup' }).getAttribute('href'),
        '#/network',
      );
    }
    proxy.cut();
    proxy.sockets = 'open';
    await di.button('Join').click();
    await di.page.locator('.call').waitFor();
    await mediaFlows([ana, di]);
    proxy.sockets = 'reset'; // the next network has such a proxy
    proxy.cut();
    await di.page.locator('.stage-banner').getByText(BLOCKED).waitFor();
    proxy.sockets = 'open';
    await di.page.locator('.stage-banner').waitFor({ state: 'detached' });
    assert.equal(await di.page.evaluate(() => window.echomeet.call.client.state), 'online');
  } finally {
    proxy.close();
    await di.context.close();
  }
});

test('a server that cannot be reached at all is told of as such', async () => {
  const proxy = await layProxy();
  const ed = await Person.arrive(browser, proxy.base, 'Ed');
  await ed.signUp('ed@example.org');
  await ed.go(`#/m/${code}`);
  await ed.button('Join').waitFor();
  proxy.close();
  await ed.button('Join').click();
  await ed.page.locator('.form-error').getByText('Can’t reach the server.').waitFor();
  await ed.context.close();
});
