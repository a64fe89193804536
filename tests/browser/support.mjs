/* What the browser tests share: one Chromium with fake devices, people (a browser context each), and the reading of
 * what really arrives: decoded frames and received sound. Of a test that fails there are screenshots in build/screenshots; of the others with
 * ECHOMEET_SCREENS=few, too, for people to look at. */
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium, firefox } from 'playwright-core';
import { received } from './transport.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const shots = path.join(root, 'build/screenshots');

/** So long something may take on a machine that is busy with other things. Nothing waits for it but what fails. */
const PATIENCE_MS = 45_000;

/** Two cores have to carry every picture of every page, so the fake ones are small, and shared screens too. */
const SETTINGS = { videoQuality: 'low', microphoneOn: true, cameraOn: true, panel: null };

/* Of several --disable-features the last counts, so Playwright's stands in ours. */
const playwrights = createRequire(import.meta.url)(
  path.join(root, 'node_modules/playwright-core/lib/server/chromium/chromiumSwitches.js'),
)
  .chromiumSwitches()
  .find((argument) => argument.startsWith('--disable-features='));

/** Chromium without windows and menus of its own: the same pages, and a third less work to open one. */
export const LAUNCH = {
  executablePath: process.env.CHROMIUM_SHELL || '/usr/bin/chromium-headless-shell',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream=fps=5',
    '--auto-select-desktop-capture-source=Entire screen',
    '--allow-loopback-in-peer-connection',
    '--autoplay-policy=no-user-gesture-required',
    `${playwrights},WebUIOmniboxPopup,WebUIOmniboxAimPopup`, // pages of their own for each window, of its address bar
  ],
};

/** The whole of it, for what the other has not: profiles, the choice of a loudspeaker, hidden addresses, apps. */
export const WHOLE = {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--headless=new', ...LAUNCH.args],
};

export const startBrowser = (args = []) => chromium.launch({ ...LAUNCH, args: [...LAUNCH.args, ...args] });
export const startWholeBrowser = () => chromium.launch(WHOLE);

/** Debian's Firefox as it is, driven by WebDriver BiDi. It takes no media from a loopback address: see lib/own-network.mjs. */
export const startFirefox = () =>
  firefox.launch({
    channel: 'moz-firefox',
    executablePath: process.env.FIREFOX || '/usr/bin/firefox-esr',
    firefoxUserPrefs: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.autoplay.default': 0,
      'media.gmp-manager.updateEnabled': false,
    },
  });

/** A Chromium of one's own, that is somebody's whole computer: it can sleep, and break. */
export class Computer {
  static async start() {
    const computer = new Computer();
    computer.server = await chromium.launchServer(LAUNCH);
    computer.browser = await chromium.connect(computer.server.wsEndpoint());
    return computer;
  }

  /** Its processes, the first one's children after it. */
  processes() {
    const parents = new Map();
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const [, parent] = /^\d+ \(.*\) \S (\d+)/s.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
        parents.set(Number(pid), Number(parent));
      } catch {
        // has ended meanwhile
      }
    }
    const found = [this.server.process().pid];
    for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
    return found;
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, name);
      } catch {
        // has ended meanwhile
      }
    }
  }

  sleep() {
    this.signal('SIGSTOP');
  }
  wake() {
    this.signal('SIGCONT');
  }

  async close() {
    this.wake();
    await this.server.kill();
  }
}

/** Somebody with a browser of their own. `complaints` collects what the console says against us. */
export class Person {
  static async arrive(browser, base, name, { locale = 'en-US', settings = {}, ...context } = {}) {
    const person = new this();
    person.base = base;
    person.name = name;
    person.context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale,
      reducedMotion: 'reduce', // nothing to wait for, and to draw
      ...context,
    });
    await person.context.addInitScript(
      (values) => {
        if (!localStorage.getItem('echomeet.settings'))
          localStorage.setItem('echomeet.settings', JSON.stringify(values));
        const share = navigator.mediaDevices?.getDisplayMedia;
        if (share)
          navigator.mediaDevices.getDisplayMedia = (options) =>
            share.call(navigator.mediaDevices, {
              ...options,
              video: { width: { max: 640 }, height: { max: 360 }, frameRate: { max: 5 } },
            });
        document.addEventListener('securitypolicyviolation', (event) => {
          console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
        });
      },
      { ...SETTINGS, ...settings },
    );
    person.complaints = [];
    await person.open();
    return person;
  }

  /** A tab, or another one after the first was closed. */
  async open() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(PATIENCE_MS);
    this.page.on('pageerror', (error) => this.complaints.push(`${this.name}: ${error.stack}`));
    this.page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`${this.name}: ${message.text()}`);
    });
  }

  async go(hash) {
    await this.page.goto(`${this.base}/${hash}`);
  }

  async signUp(email, password = 'correct horse battery') {
    await this.go('#/signup');
    await this.page.getByLabel('Your name').fill(this.name);
    await this.page.getByLabel('Email').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Create account' }).click();
    await this.page.getByRole('button', { name: 'New meeting' }).waitFor();
  }

  async join(code, password) {
    await this.go(`#/m/${code}`);
    const button = this.page.locator('main:not(.dashboard)').getByRole('button', { name: 'Join' }); // which has one of its own
    await button.waitFor();
    if (password) await this.page.getByLabel('Meeting password').fill(password);
    await button.click();
    await this.page
      .locator('.call')
      .waitFor()
      .catch(async (error) => {
        throw new Error(
          `${this.name} is not in the call; the page says: ${await this.page.locator('#app').innerText()}`,
          { cause: error },
        );
      });
  }

  /** A meeting at once, from the dashboard, which has a Join of its own: what is pressed is the meeting's. */
  async startNow() {
    await this.button('New meeting').click();
    await this.page.locator('.before').getByRole('button', { name: 'Join', exact: true }).click();
  }

  /** Out of the call; who hosts it is asked whether for everyone, and goes alone. */
  async leave() {
    await this.button('Leave the meeting').click();
    const menu = this.page.locator('.bar-leave .menu button').first();
    const ended = this.page.locator('.ended');
    await menu.or(ended).first().waitFor();
    if (await menu.isVisible()) await menu.click(); // it stays until then
    await ended.waitFor();
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }
  tile(userId) {
    return this.page.locator(`.tile[data-user="${userId}"]`);
  }
  tiles() {
    return this.page.locator('.tile');
  }
  myId() {
    return this.page.evaluate(() => window.echomeet.api.session.get().user.id);
  }

  /** @param {'People' | 'Chat'} name */
  async openPanel(name) {
    if ((await this.page.locator(`.${name.toLowerCase()}`).count()) > 0) return;
    await this.page
      .locator('.bar')
      .getByRole('button', { name: new RegExp(`^${name}`) })
      .click();
  }

  async say(text) {
    await this.openPanel('Chat');
    await this.page.locator('.composer textarea').fill(text);
    await this.page.locator('.composer textarea').press('Enter');
  }

  /** The texts of the chat, oldest first. */
  async messages() {
    return this.page.evaluate(() => window.echomeet.call.store.get().room.messages.map(({ text }) => text));
  }

  /** What has arrived from somebody so far: {frames, sound, screenFrames, state}. */
  received(userId) {
    return received(this, userId);
  }

  /** A picture for people to look at: of `always`, or where they asked for some. */
  async shot(name, { always = Boolean(process.env.ECHOMEET_SCREENS) } = {}) {
    if (!always) return;
    fs.mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: path.join(shots, `${name}.png`) });
  }
}

/** Somebody with a Firefox. A picture of the page comes last: Playwright puts a style into it, which the page's policy forbids. */
export class FirefoxPerson extends Person {
  async open() {
    await super.open();
    await super.go('');
    this.complaints.length = 0; // what an empty page says of the storage that it has not
  }

  /** Over WebDriver BiDi a navigation to another fragment never tells of its end. */
  async go(hash) {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, hash);
  }
}

/**
 * One person's network: a wire to the web server that can be cut. `base` is the address at its near end.
 * Media goes straight from browser to browser and is not on it.
 */
export class Wire {
  static async lay(base) {
    const wire = new Wire();
    const { port } = new URL(base);
    wire.ends = new Map(); // each end of a connection, and its other one
    wire.server = net.createServer((near) => {
      if (wire.state === 'cut') {
        near.destroy();
        return;
      }
      const far = net.connect(Number(port), '127.0.0.1');
      for (const [end, other] of [
        [near, far],
        [far, near],
      ]) {
        wire.ends.set(end, other);
        if (wire.state === 'frozen') end.pause();
        end.on('data', (data) => other.write(data));
        end.on('error', () => {});
        end.on('close', () => {
          wire.ends.delete(end);
          if (wire.state !== 'frozen') other.end();
        });
      }
    });
    await new Promise((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
    wire.base = `http://127.0.0.1:${wire.server.address().port}`;
    return wire;
  }

  /** Both ends are told: the server sees a broken connection at once. */
  cut() {
    this.state = 'cut';
    for (const end of this.ends.keys()) end.resetAndDestroy();
  }

  /** Nobody is told anything: bytes just stop. */
  freeze() {
    this.state = 'frozen';
    for (const end of this.ends.keys()) end.pause();
  }

  mend() {
    this.state = 'open';
    for (const [end, other] of this.ends) {
      if (other.destroyed)
        end.destroy(); // was closed behind the silence
      else end.resume();
    }
  }

  close() {
    this.cut();
    this.server.close();
  }
}

/**
 * `step(name, work)` is a test that goes on where the one before left off: after a failure there is nothing to learn from
 * the rest, which is left out. Of the `people` (a function, for they come later) a picture is kept then. With a `reason` all are
 * left out from the start.
 */
export function steps(people, reason = null) {
  let broken = false;
  return (name, work) =>
    test(name, async (t) => {
      if (reason || broken) {
        t.skip(reason ?? 'the one before failed');
        return;
      }
      broken = true;
      try {
        await work(t);
        broken = false;
      } finally {
        if (broken)
          for (const person of people() ?? [])
            await person?.shot(`failed-${person.name}`, { always: true }).catch(() => {});
      }
    });
}

/** Milliseconds from the navigation to the first button or field that is drawn; where there will be none, to the first picture. */
export async function usableAfter(context, url, { inert = false } = {}) {
  const page = await context.newPage();
  await page.addInitScript((nothing) => {
    const ready = () => nothing || document.querySelector('#app :is(button, input)'); // Preact puts nothing into the page before its handlers are there
    window.usable = new Promise((resolve) => {
      const look = () => {
        if (!ready()) requestAnimationFrame(look);
        else requestAnimationFrame(() => resolve(performance.now()));
      };
      look();
    });
  }, inert);
  await page.goto(url);
  const ms = await page.evaluate(() => window.usable);
  await page.close();
  return ms;
}

/** What a screen reader would be told, in `window.announced` from the next page on: every text that a live region takes. */
export async function collectAnnouncements(person) {
  await person.context.addInitScript(() => {
    window.announced = [];
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const region = (target instanceof Element ? target : target.parentElement)?.closest(
          '[role=status], [role=alert], [aria-live=polite]',
        );
        const text = region?.textContent.trim();
        if (text && window.announced.at(-1) !== text) window.announced.push(text);
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
}

/** Waits until `condition` gives something true, and gives it back. */
export async function until(condition, what, ms = PATIENCE_MS) {
  const end = Date.now() + ms;
  let last;
  while (Date.now() < end) {
    last = await condition();
    if (last) return last;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new Error(`did not happen within ${ms} ms: ${what}`);
}

/** Frames decoded and sound received go up, for everybody from everybody. */
export async function mediaFlows(people, { sound = true, ms = PATIENCE_MS } = {}) {
  const pairs = people.flatMap((to) => people.filter((from) => from !== to).map((from) => [to, from]));
  await Promise.all(
    pairs.map(async ([to, from]) => {
      const id = await from.myId();
      let before = await until(() => to.received(id), `${to.name} has a connection with ${from.name}`, ms);
      await until(
        async () => {
          const now = await to.received(id);
          if (now && now.frames < before.frames) before = now; // a connection of its own: it counts anew
          return now && now.frames > before.frames + 2 && (!sound || now.sound > before.sound);
        },
        `${to.name} sees and hears ${from.name}`,
        ms,
      );
    }),
  );
}

/** The page's files alone, for tests that need no back end. */
export async function serveFiles() {
  const types = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.mjs': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
  };
  const server = http.createServer((request, response) => {
    const file = path.join(root, 'www', path.normalize(new URL(request.url, 'http://x').pathname));
    if (file.endsWith('/empty.html')) {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>empty</title>');
      return;
    }
    fs.readFile(file, (error, data) => {
      if (error) response.writeHead(404).end();
      else
        response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream' }).end(data);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { base: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
