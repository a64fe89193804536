/* The page while the browser translates it: each text is taken out and a <font> with the translation stands in its place, as
 * Chrome does it. What changes is shown as it is now, and what must not be translated is not. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;
let bo;
let code;

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo] = await Promise.all(
    ['Ana Lima', 'Bo Nilsson'].map((name) =>
      Person.arrive(browser, sys.base, name, { settings: { microphoneOn: false, cameraOn: false } }),
    ),
  );
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  code = (await ana.page.evaluate(() => window.echomeet.api.post('/meetings', { title: 'Plan', isPublic: true }))).code;
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});
const step = steps(() => [ana, bo]);

/** What Chrome's translation does to the texts of a page, now and whenever there are new ones. */
const translate = (person) =>
  person.page.evaluate(() => {
    const wrap = () => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const texts = [];
      while (walker.nextNode()) texts.push(walker.currentNode);
      for (const text of texts) {
        const parent = text.parentElement;
        if (!text.data.trim() || parent.closest('font, script, style, textarea, [translate=no]')) continue;
        const outer = document.createElement('font');
        const inner = document.createElement('font');
        outer.style.verticalAlign = inner.style.verticalAlign = 'inherit';
        inner.append(`«${text.data}»`);
        outer.append(inner);
        parent.insertBefore(outer, text);
        parent.removeChild(text);
      }
    };
    wrap();
    window.translating = new MutationObserver(() => setTimeout(wrap));
    window.translating.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
const inner = (person, selector) => person.page.locator(selector).first().innerText();
const shows = (person, selector, text) =>
  until(
    async () => (await inner(person, selector)).replace(/\s+/g, ' ') === text,
    `${selector}: ${text}`,
    10_000,
  ).catch(async (error) => {
    throw new Error(`${error.message}; it says: ${await inner(person, selector)}`);
  });

step('before the call: the title comes, and the number of people changes', async () => {
  await bo.go(`#/m/${code}`);
  await bo.button('Join').waitFor();
  await translate(bo);
  await shows(bo, '.before-form button.primary', '«Join»');
  await ana.join(code);
  await until(
    async () => (await inner(bo, '.before-form')).includes('«1 person is here»'),
    'the number is the new one',
  ); // looked up every 10 s
  assert.ok(!(await inner(bo, '.before-form')).includes('No one'));
  await bo.page.locator('.before-form button.primary').click();
  await bo.page.locator('.call').waitFor();
});

step('an edited line shows its new text, a deleted one none', async () => {
  await bo.openPanel('Chat');
  await ana.say('at ten');
  await shows(bo, '.chat-log .message:nth-last-child(1 of .message) > p', '«at ten»');
  await ana.page.locator('.composer textarea').press('ArrowUp');
  await ana.page.locator('.message-editor textarea').fill('at eleven');
  await ana.page.locator('.message-editor textarea').press('Enter');
  await shows(bo, '.chat-log .message:nth-last-child(1 of .message) > p', '«at eleven» «(edited)»');
  await ana.say('second');
  await shows(bo, '.chat-log .message:nth-last-child(1 of .message) > p', '«second»');
  await until(async () => (await ana.messages()).at(-1) === 'second', 'it has a number');
  await ana.page.evaluate(async () => {
    const { room } = window.echomeet.call.store.get();
    await window.echomeet.call.chat.delete(room.messages.at(-1).id);
  });
  await shows(bo, '.chat-log .message:nth-last-child(1 of .message) > p', '«Message deleted»');
});

step('somebody with another name has that one everywhere', async () => {
  await bo.openPanel('People');
  await ana.page.evaluate(() =>
    window.echomeet.call.desk.rename(window.echomeet.call.store.get().room.myId, 'Ana Souza'),
  );
  const id = await ana.myId();
  await shows(bo, `.tile[data-user="${id}"] .tile-name`, 'Ana Souza');
  await shows(bo, `.person[data-user="${id}"] .name`, 'Ana Souza');
});

step('the clock goes on, buttons say what they do now, notes go away', async () => {
  const clock = () => inner(bo, '.bar .elapsed');
  const first = await clock();
  assert.match(first, /^\d+:\d\d$/, 'not translated');
  await until(async () => (await clock()) !== first, 'the clock goes on');
  await bo.page.evaluate(async () => (await import('/js/toasts.js')).toast('A note'));
  await until(
    async () => (await bo.page.locator('.toast').allInnerTexts()).some((text) => text.includes('«A note»')),
    'the note is there',
  );
  await until(async () => (await bo.page.locator('.toast', { hasText: 'A note' }).count()) === 0, 'the note goes');
  await bo.openPanel('Chat');
  await bo.page.locator('.composer-to select').selectOption({ index: 1 });
  await shows(bo, '.composer-to .private-mark', '«private»');
  await bo.page.locator('.composer-to select').selectOption({ index: 0 });
  await until(async () => (await bo.page.locator('.composer-to .private-mark').count()) === 0, 'the mark goes');
});

step('the page in its own words again is whole', async () => {
  await bo.page.evaluate(() => {
    window.translating.disconnect();
    for (const font of document.querySelectorAll('#app font'))
      if (font.parentElement.localName !== 'font') font.remove();
  });
  await shows(bo, '.chat-log .message:nth-last-child(1 of .message) > p', 'Message deleted');
  await shows(bo, '.chat-log .message > p', 'at eleven (edited)');
  assert.deepEqual(bo.complaints, []);
});
