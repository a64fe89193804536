/* What the page offers before, in and around a call, one thing after the other in one running system: two people with
 * browsers, and a crowd that has none. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { Person, collectAnnouncements, startWholeBrowser, steps, until } from './support.mjs';

const jsQR = createRequire(import.meta.url)('jsqr');
/** Of the chat, from before anybody came. */
const OLD_LINES = 210;
let sys;
let browser;
let ana; // hosts
let bo;
let code;
const test = steps(() => [ana, bo]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startWholeBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima');
  bo = await Person.arrive(browser, sys.base, 'Bo Nilsson');
  for (const person of [ana, bo]) {
    await collectAnnouncements(person);
    await person.page.reload();
  }
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  code = await ana.page.evaluate(
    async () =>
      (await window.echomeet.api.post('/meetings', { title: 'Weekly planning', password: 'tulip', isPublic: true }))
        .code,
  );
  const [{ id }] = await sys.sql('SELECT id FROM meetings WHERE code = ?', [code]);
  const sender = await ana.myId();
  const lines = Array.from({ length: OLD_LINES }, (_, i) => [id, sender, `old-${i}`, `old line ${i + 1}`, new Date()]);
  await sys.sql(
    `INSERT INTO messages (meeting_id, sender_id, client_id, body, created_at) VALUES ${lines.map(() => '(?, ?, ?, ?, ?)').join()}`,
    lines.flat(),
  );
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const announced = (person, text) =>
  until(
    () => person.page.evaluate((wanted) => window.announced.some((one) => one.includes(wanted)), text),
    `a screen reader is told: ${text}`,
  );
const focused = (person) =>
  person.page.evaluate(
    () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent.trim(),
  );
const settings = (person) => person.page.evaluate(() => window.echomeet.settings.get());
const media = (person) =>
  person.page.evaluate(() => {
    const { microphoneOn, cameraOn } = window.echomeet.call.media.store.get();
    return `${microphoneOn} ${cameraOn}`;
  });
const more = async (person, item) => {
  await person.button('More').click();
  await person.page.locator('.bar-more .menu').getByRole('button', { name: item }).click();
};

// --- before the call ------------------------------------------------------------------------------------------------

test('before the call: one sees the level of the microphone, tries the speaker, and the choice is remembered', async () => {
  await ana.go(`#/m/${code}`);
  await ana.page.getByText('No one is here yet').waitFor();
  await until(
    () => ana.page.evaluate(() => Number(document.querySelector('.level').style.getPropertyValue('--level')) > 0.05),
    'the level moves',
  );
  await ana.button('Devices').click();
  const speaker = ana.page.getByLabel('Speaker', { exact: true });
  await until(async () => (await speaker.locator('option').count()) > 1, 'there are several speakers');
  await speaker.selectOption({ index: 1 });
  const chosen = await speaker.inputValue();
  await ana.page.evaluate(() => {
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = function recorded() {
      if (this instanceof HTMLAudioElement) window.played = this;
      return play.call(this);
    };
  });
  await ana.button('Test speaker').click();
  await ana.page.getByText('You should hear two tones.').waitFor();
  await until(() => ana.page.evaluate(() => window.played?.currentTime > 0.2), 'the sound runs');
  assert.equal(await ana.page.evaluate(() => window.played.sinkId), chosen, 'at the speaker that was chosen');
  await ana.page.getByText('You should hear two tones.').waitFor({ state: 'detached' });
  await ana.page.reload();
  await ana.button('Devices').click();
  await until(async () => (await speaker.inputValue()) === chosen, 'it is chosen the next time too');
});

test('one changes the name that is shown, and the focus comes back', async () => {
  await ana.button('Change name').focus();
  await ana.page.keyboard.press('Enter');
  await ana.page.getByLabel('Your name').fill('Ana L.');
  await ana.page.getByLabel('Your name').press('Enter');
  await ana.page.getByText('Saved').waitFor();
  await ana.page.keyboard.press('Escape');
  await ana.page.getByText('Joining as Ana L.').waitFor();
  assert.equal(await focused(ana), 'Change name');
  await ana.page.evaluate(async () =>
    window.echomeet.api.userChanged(await window.echomeet.api.patch('/users/me', { displayName: 'Ana Lima' })),
  );
});

test('one joins with the microphone off, and the others see who is there before they join', async () => {
  await ana.button('Mute microphone').click();
  await ana.page.getByText('You’ll join with your microphone off.').waitFor();
  await ana.button('Join').click();
  await ana.page.locator('.call').waitFor();
  assert.equal(await media(ana), 'false true');
  await bo.go(`#/m/${code}`);
  await bo.button('Join').click();
  await bo.page.getByText('This meeting has a password. Ask the host for it.').waitFor();
  assert.equal(
    await bo.page.evaluate(() => document.activeElement?.getAttribute('name')),
    'password',
    'the focus is where something is missing',
  );
  await bo.page.getByLabel('Meeting password').fill('tulip');
  await bo.button('Join').click();
  await bo.page.locator('.call').waitFor();
  await bo
    .tile(await ana.myId())
    .getByLabel('Microphone is off')
    .waitFor();
  await announced(ana, 'Bo Nilsson joined');
  await bo.button('Leave the meeting').click();
  await bo.page.locator('.ended').waitFor();
  await bo.go('#/');
  await bo.button('New meeting').waitFor();
  await bo.go(`#/m/${code}`); // who has been in it is told more
  await bo.page.getByText('1 person is here').waitFor();
  assert.equal(await bo.page.locator('.before-people').textContent(), 'Ana Lima');
});

test("where the browser says no, it is explained in that browser's terms, and one can try again", async () => {
  const agents = {
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0': [
      'remove the block',
      'Firefox is asking at the top left',
    ],
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15':
      ['Open Safari > Settings for this website', 'Safari is asking'],
  };
  for (const [userAgent, [words, asks]] of Object.entries(agents)) {
    const other = await Person.arrive(browser, sys.base, 'Other', { userAgent });
    await other.context.addInitScript(() => {
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      const refused = new Promise((resolve) => {
        window.refuse = resolve;
      });
      navigator.permissions.query = async () => ({ state: 'prompt' });
      mediaDevices.getUserMedia = async (wish) => {
        if (window.allowed) return ask(wish);
        await refused;
        throw new DOMException('', 'NotAllowedError');
      };
    });
    await other.signUp(`${userAgent.length}@example.org`);
    await other.go(`#/m/${code}`);
    const hint = other.page.locator('.permission-hint');
    await hint.getByText(asks).waitFor(); // as long as the browser asks
    await other.page.evaluate(() => window.refuse());
    await other.page.getByText(words).first().waitFor();
    await hint.waitFor({ state: 'detached' });
    await other.page.evaluate(() => {
      window.allowed = true;
    });
    await other.button('Try again').first().click();
    await other.button('Mute microphone').waitFor();
    await other.context.close();
  }
});

// --- in the call ----------------------------------------------------------------------------------------------------

test('shortcuts: hand, panels, view and the list of them; a dialog gives the focus back; fields keep their keys', async () => {
  await bo.page.getByLabel('Meeting password').fill('tulip');
  await bo.button('Join').click();
  await bo.page.locator('.call').waitFor();
  const { keyboard } = ana.page;
  await ana.page.locator('.call-stage').focus();
  await keyboard.press('Control+Alt+h');
  await bo
    .tile(await ana.myId())
    .getByLabel('Hand raised, number 1')
    .waitFor();
  await announced(bo, 'Ana Lima raised their hand');
  await keyboard.press('Control+Alt+p');
  await ana.page.getByRole('tab', { name: 'People', selected: true }).waitFor();
  await keyboard.press('Control+Alt+c');
  await ana.page.getByRole('tab', { name: 'Chat', selected: true }).waitFor();
  await until(async () => (await focused(ana)) === 'Message everyone', 'one can write at once');
  await keyboard.type('is it ? or not');
  assert.equal(await ana.page.locator('.composer textarea').inputValue(), 'is it ? or not');
  assert.equal(await ana.page.locator('dialog').count(), 0);
  await ana.page.locator('.composer textarea').fill('');
  await keyboard.press('Escape');
  await ana.page.locator('.panel').waitFor({ state: 'detached' });
  assert.equal(await focused(ana), 'Chat', 'the focus is at the button that opens it again');
  await ana.button('Raise hand').or(ana.button('Lower hand')).focus();
  await keyboard.press('?');
  await ana.page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
  assert.equal(await ana.page.locator('.keys > div').count(), 10);
  await keyboard.press('Escape');
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(ana), 'Lower hand');
  await keyboard.press('Enter');
  await bo
    .tile(await ana.myId())
    .locator('.tile-hand')
    .waitFor({ state: 'detached' });
});

test('the space bar held down is a microphone, let go it is none; the tooltip names the keys', async () => {
  await ana.page.locator('.call-stage').focus();
  assert.equal(await media(ana), 'false true');
  await ana.page.keyboard.down(' ');
  await until(async () => (await media(ana)) === 'true true', 'heard while it is down');
  await bo
    .tile(await ana.myId())
    .getByLabel('Microphone is off')
    .waitFor({ state: 'detached' });
  await ana.page.keyboard.up(' ');
  await until(async () => (await media(ana)) === 'false true', 'muted again');
  await announced(ana, 'Your microphone is off');
  assert.equal(await ana.button('Unmute microphone').getAttribute('data-tip'), 'Unmute microphone (Ctrl+D)');
});

test('who speaks while muted is told so', async () => {
  // The fake microphone beeps. The hint went with the switch; it comes again after the next sounds.
  await ana.page.locator('.muted-hint').getByText('You’re muted.').waitFor();
  await ana.shot('muted-hint');
  await announced(ana, 'You’re muted. Press Ctrl+D, or hold the space bar to talk.');
  await ana.page.keyboard.press('Control+d');
  await ana.page.locator('.muted-hint p').waitFor({ state: 'detached' });
});

test('devices can be changed in the call: the others are heard from another speaker', async () => {
  await more(ana, 'Devices');
  const speaker = ana.page.getByLabel('Speaker', { exact: true });
  await speaker.selectOption({ index: 2 });
  const chosen = await speaker.inputValue();
  await until(
    () =>
      ana.page.evaluate(
        (id) => [...document.querySelectorAll('.call audio')].every(({ sinkId }) => sinkId === id),
        chosen,
      ),
    'all sound goes there',
  );
  assert.ok((await ana.page.locator('.call audio').count()) > 0);
  await ana.page.keyboard.press('Escape');
  await until(async () => (await focused(ana)) === 'More', 'the focus is back');
});

test('another microphone is two clicks away; pictures of others can be left out', async () => {
  await ana.button('Microphone and speaker').click();
  const choice = ana.page.locator('.device-menu').getByRole('button', { name: 'Fake Audio Input 2' });
  await choice.click();
  await ana.page.locator('.device-menu').waitFor({ state: 'detached' });
  await until(
    () => ana.page.evaluate(() => window.echomeet.call.media.store.get().microphone?.label === 'Fake Audio Input 2'),
    'it is used',
  );
  assert.equal(await focused(ana), 'Microphone and speaker');
  await ana.page.keyboard.press('Enter');
  assert.equal(await choice.getAttribute('aria-pressed'), 'true');
  await ana.page.keyboard.press('Escape');
  const boId = await bo.myId();
  await ana.tile(boId).locator('video').waitFor();
  await more(ana, 'Devices');
  await ana.page.getByLabel('Other people’s video').selectOption('Off (audio only)');
  await ana.tile(boId).locator('video').waitFor({ state: 'detached' });
  await ana.page.getByLabel('Other people’s video').selectOption('Automatic');
  await ana.tile(boId).locator('video').waitFor();
  await ana.page.keyboard.press('Escape');
});

test('a microphone that gives nothing is told of; who has spoken has the hand lowered, and may raise it again', async () => {
  await ana.page.evaluate(async () => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia;
    const context = new AudioContext();
    const out = context.createMediaStreamDestination();
    window.voice = new GainNode(context, { gain: 0 });
    const tone = new OscillatorNode(context);
    tone.connect(window.voice).connect(out);
    tone.start();
    mediaDevices.getUserMedia = async () => new MediaStream([out.stream.getAudioTracks()[0].clone()]);
    await window.echomeet.call.media.setProcessing({});
    mediaDevices.getUserMedia = ask;
  });
  const silent = ana.page.locator('.notice', { hasText: 'your microphone gives no sound' });
  await silent.getByRole('button', { name: 'Choose microphone' }).click();
  await ana.page.locator('dialog').getByLabel('Microphone', { exact: true }).waitFor();
  await ana.page.keyboard.press('Escape');
  await ana.button('Raise hand').click();
  await ana.page.evaluate(() => {
    window.voice.gain.value = 0.5;
  });
  await silent.waitFor({ state: 'detached' });
  const lowered = ana.page.locator('.toast', { hasText: 'Your hand was lowered because you spoke.' });
  await lowered.getByRole('button', { name: 'Raise again' }).click();
  await bo
    .tile(await ana.myId())
    .locator('.tile-hand')
    .waitFor();
  await ana.page.evaluate(() => window.echomeet.call.media.setProcessing({})); // the microphone itself
  await ana.button('Lower hand').click();
});

test('the information: code, link, the password for the host alone, and a QR code that cameras can read', async () => {
  await more(bo, 'Meeting information');
  await bo.page.getByText('Set (ask the host)').waitFor();
  await bo.page.keyboard.press('Escape');
  await ana.context.grantPermissions(['clipboard-read', 'clipboard-write', 'camera', 'microphone']);
  await more(ana, 'Meeting information');
  await ana.page.locator('svg.qr').waitFor();
  const link = `${sys.base}/#/m/${code}`;
  assert.equal(await readQr(ana.page), link);
  assert.equal(await ana.page.getByText('tulip').count(), 0, 'not for those who look on');
  await ana.button('Show').click();
  await ana.page.getByText('tulip').waitFor();
  for (const [button, text] of [
    ['Copy code', code],
    ['Copy link', link],
    ['Copy password', 'tulip'],
  ]) {
    await ana.page.locator('dialog').getByRole('button', { name: button, exact: true }).click();
    await until(
      async () => (await ana.page.evaluate(() => navigator.clipboard.readText())) === text,
      `${button} copies it`,
    );
  }
  await ana.button('Copy invitation').click();
  const all = await ana.page.evaluate(() => navigator.clipboard.readText());
  for (const part of ['Weekly planning', link, code, 'tulip']) assert.ok(all.includes(part), part);
  await ana.page.keyboard.press('Escape');
});

/** What a camera would see of it. */
async function readQr(page) {
  const { data, width, height } = await page.evaluate(async () => {
    const svg = document.querySelector('svg.qr').cloneNode(true);
    svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    svg.setAttribute('width', '200');
    svg.setAttribute('height', '200');
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(svg.outerHTML)}`;
    await image.decode();
    const canvas = new OffscreenCanvas(200, 200).getContext('2d');
    canvas.drawImage(image, 0, 0);
    return { data: [...canvas.getImageData(0, 0, 200, 200).data], width: 200, height: 200 };
  });
  return jsQR(Uint8ClampedArray.from(data), width, height)?.data;
}

test('emoji: chosen by keyboard, put where the caret is; what comes unread is counted', async () => {
  await bo.page.getByRole('button', { name: /^Chat/ }).click(); // there are lines from before, which Bo has not read
  await bo.page.locator('.composer textarea').fill('ab');
  await bo.page.locator('.composer textarea').press('ArrowLeft');
  await bo.button('Insert emoji').focus();
  await bo.page.keyboard.press('Enter');
  await until(
    () => bo.page.evaluate(() => document.activeElement?.textContent === '😀'),
    'the first one has the focus',
  );
  await bo.page.keyboard.press('ArrowDown');
  await bo.page.keyboard.press('ArrowRight');
  await bo.page.keyboard.press('Enter');
  assert.equal(await bo.page.locator('.composer textarea').inputValue(), 'a😐b');
  assert.equal(await focused(bo), 'Message everyone');
  await bo.page.keyboard.press('Enter');
  await ana.page.getByRole('button', { name: 'Chat, 1 unread' }).waitFor();
  await announced(ana, 'Bo Nilsson: a😐b');
  await bo.button('Close panel').click();
});

test('a long chat draws its last lines, and earlier ones where one asks for them', async () => {
  await ana.page.getByRole('button', { name: 'Chat, 1 unread' }).click();
  await ana.page.locator('.chat-log .message').first().waitFor();
  const count = () => ana.page.locator('.chat-log .message').count();
  assert.ok((await count()) < 100, 'as many as come with the room');
  for (let clicks = 0; clicks < 8 && (await ana.button('Show earlier messages').count()); clicks += 1) {
    const before = await count();
    await ana.button('Show earlier messages').click();
    await until(
      async () => (await count()) > before || !(await ana.button('Show earlier messages').count()),
      'earlier lines',
    );
  }
  await ana.page.getByText('old line 1', { exact: true }).waitFor();
  assert.equal(await count(), OLD_LINES + 1);
  await ana.say('and on');
  await until(async () => (await count()) === 150, 'who reads at the end has the last ones only');
  await ana.button('Close panel').click();
});

test('in another tab one is notified by the system; the page asks for that once', async () => {
  await ana.page.evaluate(() => {
    window.notified = [];
    window.Notification = class extends Notification {
      constructor(title, options) {
        super(title, options);
        window.notified.push(`${title}: ${options.body}`);
      }
    };
  });
  const look = (at) =>
    ana.page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
      document.dispatchEvent(new Event('visibilitychange'));
    }, at);
  const anaId = await ana.myId();
  const writes = (text) => bo.page.evaluate(([to, what]) => window.echomeet.call.chat.send(what, to), [anaId, text]);
  const offer = ana.page.locator('.toast', { hasText: 'Get notified' });
  const preview = ana.page.locator('.toast-open');
  await ana.context.clearPermissions();
  await look('hidden');
  await writes('first');
  await preview.filter({ hasText: 'Bo Nilsson (private)' }).getByText('first').waitFor();
  await look('visible');
  await offer.getByRole('button', { name: 'Turn on' }).waitFor();
  await offer.getByRole('button', { name: 'Dismiss' }).click();
  await ana.context.grantPermissions(['notifications', 'clipboard-read', 'clipboard-write', 'camera', 'microphone']);
  await look('hidden');
  await writes('second');
  await until(
    async () => (await ana.page.evaluate(() => window.notified.join())) === 'Private message from Bo Nilsson: second',
    'the system tells of it',
  );
  await until(async () => /^\(2\) /.test(await ana.page.title()), 'the tab counts what was not read');
  await ana.context.clearPermissions();
  await writes('third');
  await preview.getByText('third').waitFor();
  await look('visible');
  assert.equal(await offer.count(), 0, 'it is not asked again');
  await preview.getByText('third').click();
  await ana.page.locator('.chat-log .message.private', { hasText: 'third' }).waitFor();
  await until(async () => !/^\(/.test(await ana.page.title()), 'all is read');
  await ana.button('Close panel').click();
});

test("one's own picture stands apart, is moved by dragging and by keys, and stays where it is", async () => {
  await ana.page.locator('.self-view.bottom-right').waitFor(); // in a call of two it does by itself
  assert.equal(await ana.page.locator('.tiles .tile').count(), 1, 'the others have all the room');
  assert.match(await ana.page.locator('.self-view video').getAttribute('class'), /mirrored/);
  const box = await ana.page.locator('.self-view').boundingBox();
  await ana.page.mouse.move(box.x + 60, box.y + box.height / 2);
  await ana.page.mouse.down();
  await ana.page.mouse.move(100, 100, { steps: 5 });
  await ana.page.mouse.up();
  await ana.page.locator('.self-view.top-left').waitFor();
  await ana.page.getByRole('button', { name: 'Move my video' }).focus();
  await ana.page.keyboard.press('ArrowRight');
  await ana.page.locator('.self-view.top-right').waitFor();
  await announced(ana, 'Top right');
  assert.deepEqual((({ selfApart, selfCorner }) => [selfApart, selfCorner])(await settings(ana)), [null, 'top-right']);
  await ana.button('Put my video back in the grid').focus();
  await ana.page.keyboard.press('Enter');
  await ana.page.locator('.tiles .tile').nth(1).waitFor();
  await until(async () => (await focused(ana)) === 'Float my video', 'the focus goes with it');
});

test('the focus is never lost: what takes itself away leaves it to what is near', async () => {
  const { keyboard } = ana.page;
  await ana.button('Pin Bo Nilsson').focus();
  await keyboard.press('Enter');
  await until(async () => (await focused(ana)) === 'Unpin Bo Nilsson', 'at the tile that moved');
  await keyboard.press('Enter');
  await ana.page.locator('.tiles .tile').nth(1).waitFor(); // the view is what it was
  assert.equal(
    await ana.page.evaluate(() => document.activeElement?.closest('.stage') !== null),
    true,
    'still on the stage',
  );
  await keyboard.press('F2');
  assert.equal(await focused(ana), 'Mute microphone', 'one key leads to the bar');
  await keyboard.press('Control+Alt+p');
  await until(async () => (await focused(ana)) === '2 people', 'and one into the list of people');
  await ana.button('Actions for Bo Nilsson').focus();
  await keyboard.press('Enter');
  await ana.button('Make co-host').focus();
  await keyboard.press('Enter');
  await ana.page.locator('.person-do').waitFor({ state: 'detached' });
  await until(async () => (await focused(ana)) === 'Actions for Bo Nilsson', 'at the row of that person');
  await keyboard.press('Enter');
  await ana.button('Remove co-host').focus();
  await keyboard.press('Enter');
  await ana.page.locator('.person-do').waitFor({ state: 'detached' });
  await ana.button('Close panel').click();
});

test('the pictures are one stop of the Tab key, and the arrow keys go on from there', async () => {
  const { keyboard } = ana.page;
  assert.deepEqual(
    await ana.page.locator('.tiles .tile-tool').evaluateAll((list) => list.map(({ tabIndex }) => tabIndex).sort()),
    [-1, -1, 0],
  );
  await ana.page.locator('.call-stage').focus();
  await keyboard.press('Tab');
  assert.equal(await focused(ana), 'Pin Bo Nilsson');
  await keyboard.press('ArrowRight');
  assert.equal(await focused(ana), 'Pin Ana Lima');
  await keyboard.press('End');
  assert.equal(await focused(ana), 'Float my video');
  await keyboard.press('Tab');
  assert.equal(await ana.page.evaluate(() => document.activeElement.closest('.stage') === null), true, 'out of them');
});

test('a shared screen has its sharer beside it, first of all; one looks closer; who is pinned is large all the same', async () => {
  await bo.button('Share your screen').click();
  await ana.page.locator('.screen video').waitFor();
  const first = ana.page.locator('.strip .tile').first();
  assert.equal(await first.getAttribute('data-user'), String(await bo.myId()));
  const scale = () => ana.page.locator('.zoomed').evaluate((one) => new DOMMatrix(getComputedStyle(one).transform).a);
  await ana.button('Zoom in').click();
  await until(async () => (await scale()) === 1.5, '1.5 times as large');
  await ana.page.locator('.zoomable').press('+');
  await until(async () => (await scale()) === 2.25, '2.25 times as large');
  await ana.button('225%: Show the whole screen').click();
  await until(async () => (await scale()) === 1, '1 times as large');
  await ana.page.locator('.screen').hover();
  await ana.page.keyboard.down('Control');
  await ana.page.mouse.wheel(0, -200);
  await ana.page.keyboard.up('Control');
  await until(async () => (await scale()) > 1.5, 'by the wheel');
  await first.hover();
  await ana.button('Pin Bo Nilsson').click();
  await ana.page.locator('.speaker .tile video').waitFor();
  await ana.page.locator('.strip .screen-tile video').waitFor();
  await ana.button('Show Bo Nilsson’s screen').click();
  await ana.page.locator('.screen video').waitFor();
  await bo.button('Stop sharing').first().click();
  await ana.page.locator('.screen').waitFor({ state: 'detached' });
});

test('full screen: the bar goes after a while without movement, and comes back for the keyboard', async () => {
  const hidden = () => ana.page.locator('.bar').evaluate((bar) => getComputedStyle(bar).opacity === '0');
  await more(ana, 'Full screen');
  await ana.page.locator('.call.full').waitFor();
  await ana.page.mouse.move(200, 200);
  await until(hidden, 'gone', 15_000);
  await ana.shot('full-screen-idle');
  await ana.page.keyboard.press('Tab');
  await until(async () => !(await hidden()), 'back at a key');
  await ana.button('Raise hand').focus();
  await ana.page.keyboard.press('Shift+Tab');
  await ana.page.locator('.call.idle').waitFor();
  assert.equal(await hidden(), false, 'never from under the keyboard');
  await ana.page.keyboard.press('Control+Alt+f');
  await ana.page.locator('.call.full').waitFor({ state: 'detached' });
});

test('a small window above other programs shows who speaks and has the microphone', async () => {
  await more(ana, 'Picture-in-picture');
  const small = await until(
    () =>
      ana.page
        .evaluate(() => {
          const { window: own } = window.documentPictureInPicture ?? {};
          return own
            ? {
                name: own.document.querySelector('.tile-name')?.textContent,
                buttons: [...own.document.querySelectorAll('button')].map((one) => one.getAttribute('aria-label')),
              }
            : null;
        })
        .then((found) => found?.name && found),
    'the window is there',
  );
  assert.deepEqual(small, { name: 'Bo Nilsson', buttons: ['Mute microphone', 'Turn camera off', 'Leave the meeting'] });
  await ana.page.evaluate(() => window.documentPictureInPicture.window.document.querySelector('button').click());
  await until(async () => (await media(ana)).startsWith('false'), 'muted from there');
  await more(ana, 'Close picture-in-picture');
  await until(() => ana.page.evaluate(() => !window.documentPictureInPicture.window), 'gone');
});

test('many people: pages beyond what fits, oneself on the first, nobody who was never there is "reconnecting"', async () => {
  const guests = [];
  for (let n = 1; n <= 10; n += 1) guests.push(await register(sys, `Guest ${n}`));
  for (const guest of guests) await guest.client.post(`/meetings/${code}/join`, { password: 'tulip' });
  await until(async () => (await ana.tiles().count()) === 12, 'a desk shows all of them');
  assert.equal(await ana.page.locator('.pages').count(), 0);
  await ana.tile(guests[0].id).getByText('Not connected').waitFor();
  assert.equal(await ana.page.getByText('Reconnecting…').count(), 0);
  await bo.page.setViewportSize({ width: 568, height: 320 }); // a small phone on its side
  await bo.page.locator('.pages').waitFor();
  const ids = () =>
    bo.page.locator('.tiles .tile').evaluateAll((tiles) => tiles.map((tile) => Number(tile.dataset.user)));
  const first = await ids();
  assert.ok(first.includes(await bo.myId()), 'oneself');
  await bo.shot('pages-phone');
  await bo.button('Next people').focus();
  const seen = new Set(first);
  for (
    let turns = 0;
    turns < 6 && (await bo.button('Next people').getAttribute('aria-disabled')) !== 'true';
    turns += 1
  ) {
    await bo.page.keyboard.press('Enter');
    for (const id of await ids()) seen.add(id);
  }
  assert.equal(seen.size, 12, 'everybody is on some page');
  await announced(bo, 'Page 2 of');
  assert.equal(await focused(bo), 'Next people', 'the focus stays');
  const last = (await ids()).at(-1);
  for (let turns = 0; turns < 6; turns += 1) await bo.button('Previous people').press('Enter');
  assert.equal((await ids()).includes(last), false);
  await guests
    .find(({ id }) => id === last)
    .client.patch(`/meetings/${code}/participants/${last}`, { handRaised: true });
  await bo.tile(last).locator('.tile-hand').waitFor(); // who raises a hand comes to the page that one looks at
  assert.ok((await ids()).includes(await bo.myId()));
  await bo.page.setViewportSize({ width: 1280, height: 800 });
  for (const guest of guests) await guest.client.post(`/meetings/${code}/leave`);
  await until(async () => (await ana.tiles().count()) === 2, 'they are gone');
  await announced(ana, 'Guest 1, Guest 2 and 8 others left'); // one line, not ten
});

// --- when things go wrong -------------------------------------------------------------------------------------------

test('the line says that one is offline, and that the server is being restarted', async () => {
  const relay = sys.processes.relay;
  await bo.context.setOffline(true);
  await bo.page.getByText('You’re offline.').waitFor({ timeout: 5_000 }); // at once, whatever the socket still believes
  await bo.context.setOffline(false);
  await bo.page.locator('.stage-banner').waitFor({ state: 'detached', timeout: 60_000 });
  await relay.stop();
  await ana.page.getByText('The server is restarting. You’ll be back in a moment.').waitFor();
  await bo.context.setOffline(true);
  await bo.page.getByText('You’re offline.').waitFor();
  await bo.shot('call-offline');
  await bo.context.setOffline(false);
  await relay.start();
  for (const person of [ana, bo])
    await person.page.locator('.stage-banner').waitFor({ state: 'detached', timeout: 60_000 });
});

test('the line says with whom no media comes through', async () => {
  const walled = await Person.arrive(browser, sys.base, 'Walled');
  await walled.context.addInitScript(() => {
    const Real = RTCPeerConnection;
    // As behind a firewall: only relays may be used, and there are none.
    window.RTCPeerConnection = class extends Real {
      constructor(options) {
        super({ ...options, iceTransportPolicy: 'relay' });
      }
    };
  });
  await walled.signUp('walled@example.org');
  await walled.join(code, 'tulip');
  await walled.page.getByText('No audio or video gets through to the others.').waitFor({ timeout: 60_000 });
  await walled.shot('call-walled');
  await ana.page.getByText('No audio or video between you and Walled right now.').waitFor({ timeout: 60_000 });
  await walled.button('Leave the meeting').click();
  await ana.page.locator('.stage-banner').waitFor({ state: 'detached' });
  await walled.context.close();
});

// --- around the call ------------------------------------------------------------------------------------------------

test('meetings are found by word, state, day, password, recording and whose they are, in any order and page by page', async () => {
  const cy = await register(sys, 'Cy');
  await cy.client.post('/meetings', {
    title: 'Of somebody else',
    isPublic: true,
    startTime: new Date(Date.now() + 7_200_000).toISOString(),
  });
  await bo.button('Leave the meeting').click();
  await bo.page.locator('.ended').waitFor();
  await bo.page.evaluate(async () => {
    const { api } = window.echomeet;
    const at = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
    for (let n = 1; n <= 23; n += 1)
      await api.post('/meetings', { title: `Series ${String(n).padStart(2, '0')}`, startTime: at(n) });
    await api.post('/meetings', { title: 'Secret', startTime: at(2), password: 'x1y2' });
    await api.post('/meetings', { title: 'Taped', startTime: at(3), isRecorded: true });
  });
  await bo.go('#/');
  const { page } = bo;
  const titles = () =>
    page.locator('.meeting-what strong').evaluateAll((list) => list.map((one) => one.firstChild.textContent.trim()));
  const heading = (text) => page.getByRole('heading', { name: text, exact: true }).waitFor();
  await page.getByLabel('Search titles and descriptions').fill('series');
  await heading('23 meetings found');
  assert.equal((await titles()).length, 20);
  await page.getByText('Page 1 of 2').waitFor();
  await bo.button('Next page').click();
  await page.getByText('Page 2 of 2').waitFor();
  await until(async () => (await titles()).join() === 'Series 03,Series 02,Series 01', 'the last three, latest first');
  await bo.button('Filters').click();
  await page.getByLabel('Sort by').selectOption('Title A to Z');
  await until(async () => (await titles())[0] === 'Series 01', 'the other way round, from the first page');
  await page.getByLabel('To', { exact: true }).fill(new Date(Date.now() + 3 * 86_400_000).toLocaleDateString('sv'));
  await until(async () => (await titles()).join() === 'Series 01,Series 02,Series 03', 'until a day, which counts');
  await bo.button('Clear').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Upcoming' }).waitFor();
  await until(async () => (await focused(bo)) === 'Search titles and descriptions', 'the focus is where one goes on');
  await page.getByLabel('Password').selectOption('Yes');
  await page.getByLabel('Status').selectOption('Scheduled');
  await until(async () => (await titles()).join() === 'Secret', 'with a password');
  await bo.button('Clear').click();
  await page.getByLabel('Recorded').selectOption('Yes');
  await until(async () => (await titles()).join() === 'Taped', 'recorded');
  await page.getByLabel('Recorded').selectOption('Any');
  await page.getByLabel('Created or joined').selectOption('Joined by me');
  await until(async () => (await titles()).join() === 'Weekly planning', 'where I was in');
  await page.getByLabel('Created or joined').selectOption('Any');
  await page.getByLabel('Search titles and descriptions').fill('else');
  await until(async () => (await titles()).join() === 'Of somebody else', 'of others, where they are public');
  await page.getByLabel('Search titles and descriptions').fill('no such thing');
  await page.getByText('No meetings match. Try fewer filters.').waitFor();
});

test('the console shows nothing but what was provoked', () => {
  // The small window has no storage, which only the tests' own preparation of every page wants.
  const provoked =
    /Failed to read the 'localStorage'|status of (400|403|5\d\d)|WebSocket connection|ERR_INTERNET_DISCONNECTED/;
  for (const person of [ana, bo])
    assert.deepEqual(
      person.complaints.filter((text) => !provoked.test(text)),
      [],
    );
});
