/* Writing in the chat, with an input method and with more than fits; and texts of others that would disturb what is around them. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, steps, until } from './support.mjs';

const SENTENCE = 'We meet at noon. ';
const LONG = SENTENCE.repeat(295).trim(); // 5,014 letters
/* Accents that pile up, above and below. */
const ZALGO = `Z${'\u0301'.repeat(150)}${'\u0316\u0317\u0318\u0319\u0324\u0325\u032d\u0330'.repeat(19)}`;

let sys;
let browser;
let ana;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima', { settings: { microphoneOn: false, cameraOn: false } });
  await ana.signUp('ana@example.org');
  const { code } = await ana.page.evaluate(() => window.echomeet.api.post('/meetings', { title: 'Plan' }));
  await ana.join(code);
  await ana.openPanel('Chat');
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});
const step = steps(() => [ana]);

/** The Enter that ends an input method's word, as Safari sends it: after the word, and with the key code of input methods. */
const enterOfWord = (field) =>
  field.evaluate((element) => {
    element.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: element.value }));
    const event = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true });
    Object.defineProperty(event, 'keyCode', { value: 229 });
    element.dispatchEvent(event);
  });

step('Enter that chooses a word sends nothing, the next one does', async () => {
  const field = ana.page.locator('.composer textarea');
  await field.fill('你好');
  await enterOfWord(field);
  assert.equal(await field.inputValue(), '你好');
  assert.deepEqual(await ana.messages(), []);
  await field.press('Enter');
  await until(async () => (await ana.messages()).length === 1, 'the line is sent');
  await field.press('ArrowUp');
  const editor = ana.page.locator('.message-editor textarea');
  await editor.fill('你好吗');
  await enterOfWord(editor);
  assert.equal(await editor.inputValue(), '你好吗', 'still being edited');
  await editor.press('Enter');
  await until(async () => (await ana.messages())[0] === '你好吗', 'the line is edited');
});

step('the next key finds the focus where it belongs, before anything was painted', async () => {
  await ana.page.locator('.composer textarea').focus();
  const focused = await ana.page.evaluate(async () => {
    const press = (key) =>
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const turn = () => new Promise((done) => queueMicrotask(() => queueMicrotask(done)));
    press('ArrowUp');
    await turn();
    const { form, value, selectionStart, selectionEnd } = document.activeElement;
    press('Escape');
    await turn();
    return [form.className, value.length - selectionStart, value.length - selectionEnd];
  });
  assert.deepEqual(focused, ['message-editor', 0, 0]);
});

step('a text that is too long is kept whole, counted, and not sent', async () => {
  const field = ana.page.locator('.composer textarea');
  for (const start of [() => {}, () => field.press('ArrowUp')]) {
    await start();
    const place = (await ana.page.locator('.message-editor').count()) > 0 ? '.message-editor' : '.composer';
    const area = ana.page.locator(`${place} textarea`);
    await area.fill('');
    await area.evaluate((element, text) => {
      element.focus();
      document.execCommand('insertText', false, text); // as a paste does
    }, LONG);
    assert.equal(await area.inputValue(), LONG);
    await ana.page.locator(place).getByText('1,014 characters too long. The limit is 4,000.').waitFor();
    await ana.shot(`too-long-${place.slice(1)}`);
    await area.press('Enter');
    assert.equal(await area.inputValue(), LONG, 'not sent');
    await area.fill('😀'.repeat(4000));
    assert.equal(await ana.page.locator(`${place} .field-error`).count(), 0, 'letters are counted as the server does');
    await area.fill('short');
    await area.press('Enter');
    await until(async () => (await ana.messages()).at(-1) === 'short', 'sent');
  }
});

step('a description that is too long is refused in words, and kept', async () => {
  await ana.page.evaluate(async () => {
    const { h, render } = await import('/js/ui.js');
    const { MeetingForm } = await import('/js/views/meeting-form.js');
    const place = document.createElement('div');
    document.querySelector('#app').append(place);
    render(h(MeetingForm, { api: window.echomeet.api, onClose: () => render(null, place) }), place);
  });
  await ana.page.getByLabel('Title').fill('Plan');
  await ana.page.getByLabel('Description (optional)').fill(LONG);
  await ana.button('Schedule meeting').click();
  await ana.page.getByText('At most 4,000 characters.').waitFor();
  assert.equal(await ana.page.getByLabel('Description (optional)').inputValue(), LONG);
  await ana.page.keyboard.press('Escape');
  assert.equal(ana.complaints.splice(0).filter((text) => !text.includes('400 (Bad Request)')).length, 0);
});

step('a line of accents does not paint over its neighbours', async () => {
  await ana.say('plain line above');
  await until(async () => (await ana.messages()).at(-1) === 'plain line above', 'sent');
  await ana.say(`${ZALGO} ${ZALGO} ${ZALGO}`);
  await ana.say('plain line below');
  await until(async () => (await ana.messages()).at(-1) === 'plain line below', 'sent');
  await ana.page.mouse.move(5, 5);
  await ana.shot('accents');
  const line = (text) => ana.page.locator('.message', { hasText: text }).locator('p');
  const hide = (hidden) =>
    line('Z').evaluate(
      (element, value) => {
        element.style.visibility = value;
      },
      hidden ? 'hidden' : '',
    );
  for (const text of ['plain line above', 'plain line below']) {
    const beside = await line(text).screenshot();
    await hide(true);
    assert.ok(beside.equals(await line(text).screenshot()), `${text} looks the same without it`);
    await hide(false);
  }
});

step('the arrow up means the message that was just sent, though the server does not have it yet', async () => {
  await ana.page.locator('.composer textarea').fill('just sent');
  await ana.page.evaluate(async () => {
    for (const key of ['Enter', 'ArrowUp']) {
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
      await new Promise((done) => queueMicrotask(() => queueMicrotask(done))); // drawn, but no answer can have come
    }
  });
  const editor = ana.page.locator('.message-editor textarea');
  await editor.waitFor();
  assert.equal(await editor.inputValue(), 'just sent');
  await editor.press('Escape');
});

step('names and titles of other directions stay among themselves', async () => {
  const said = await ana.page.evaluate(async () => {
    const { t } = await import('/js/i18n.js');
    const { initials } = await import('/js/views/controls.js');
    return {
      plain: t('notification.joined', { name: 'Ana Lima' }),
      arabic: t('dashboard.hostedBy', { name: 'محمد' }),
      turned: t('notification.joined', { name: 'Ana \u202eLima' }),
      initials: ['Ana Lima', '王芳', 'محمد علي (host)', 'e\u0301mile zola', '👩‍👩‍👧 Team', '(host)', 'x'].map(initials),
    };
  });
  assert.deepEqual(said, {
    plain: 'Ana Lima joined',
    arabic: 'Hosted by \u2068محمد\u2069',
    turned: '\u2068Ana Lima\u2069 joined',
    initials: ['AL', '王', 'مع', 'E\u0301Z', '👩‍👩‍👧T', '?', 'X'],
  });
  await ana.say('שלום (1)');
  await until(async () => (await ana.messages()).at(-1) === 'שלום (1)', 'sent');
  assert.equal(
    await ana.page
      .locator('.message p')
      .last()
      .evaluate((element) => getComputedStyle(element).direction),
    'rtl',
  );
  assert.deepEqual(ana.complaints, []);
});
