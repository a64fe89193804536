/* What people in a meeting do with each other beside seeing and hearing: change and delete lines of chat, write privately,
 * react, hand on seats, put somebody out. On the running system, each seen from the other's page. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, steps, until } from './support.mjs';

/** Pictures are not what is looked at here. */
const settings = { cameraOn: false };
const moving = { settings, reducedMotion: 'no-preference' };
let sys;
let browser;
let ana;
let bo;
let wang;
let code;
const test = steps(() => [ana, bo, wang]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima', moving);
  bo = await Person.arrive(browser, sys.base, 'Bo Nilsson', moving);
  wang = await Person.arrive(browser, sys.base, '王芳', moving);
  for (const [person, email] of [
    [ana, 'ana@example.org'],
    [bo, 'bo@example.org'],
    [wang, 'wang@example.org'],
  ])
    await person.signUp(email);
  await ana.startNow();
  await ana.page.locator('.call').waitFor();
  code = await ana.page.evaluate(() => window.echomeet.call.store.get().room.meeting.code);
  await bo.join(code);
  await wang.join(code);
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const all = () => [ana, bo, wang];
const line = (person, text) => person.page.locator('.chat-log .message', { hasText: text });
const row = (person, name) => person.page.locator('.people li', { hasText: name });
const focused = (person) => person.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));

test('a line that is changed changes for everybody, and says so', async () => {
  for (const person of all()) await person.openPanel('Chat');
  await bo.say('We meet at noon');
  await line(ana, 'We meet at noon').waitFor();
  await line(bo, 'We meet at noon').hover();
  await bo.button('Edit message').click();
  await bo.page.getByLabel('Message text').fill('We meet at two');
  await bo.shot('chat-edit');
  await bo.page.getByLabel('Message text').press('Enter');
  for (const person of all()) {
    await line(person, 'We meet at two').getByText('(edited)').waitFor();
    assert.equal(await line(person, 'noon').count(), 0);
  }
  assert.equal(await focused(bo), 'Message everyone', 'one goes on writing');
  assert.equal(await ana.button('Edit message').count(), 0, 'nobody changes the words of others');
});

test("by keyboard: the last line of one's own with the arrow up, and back with Escape", async () => {
  await bo.page.locator('.composer textarea').press('ArrowUp');
  await until(async () => (await focused(bo)) === 'Message text', 'the line can be changed');
  await bo.page.keyboard.press('Escape');
  await bo.page.getByLabel('Message text').waitFor({ state: 'detached' });
  assert.equal(await bo.page.locator('.panel').count(), 1, 'the panel stays');
  await line(bo, 'We meet at two').waitFor();
});

test("one deletes one's own line after being asked; the host deletes that of another", async () => {
  await bo.say('not for you');
  await line(wang, 'not for you').waitFor();
  assert.equal(await wang.button('Delete message').count(), 0, 'somebody else may not');
  await line(bo, 'not for you').hover();
  await line(bo, 'not for you').getByRole('button', { name: 'Delete message' }).click();
  await bo.page.getByRole('heading', { name: 'Delete this message?' }).waitFor();
  await bo.shot('chat-delete');
  await bo.page.keyboard.press('Escape');
  await bo.page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await bo.page.locator('.panel').count(), 1, 'Escape closes the question only');
  await line(bo, 'not for you').hover();
  await line(bo, 'not for you').getByRole('button', { name: 'Delete message' }).click();
  await bo.button('Delete').click();
  for (const person of all()) {
    await line(person, 'Message deleted').waitFor();
    assert.equal(await line(person, 'not for you').count(), 0);
  }
  await wang.say('out of place');
  await line(ana, 'out of place').hover();
  await line(ana, 'out of place').getByRole('button', { name: 'Delete message' }).click();
  await ana.button('Delete').click();
  for (const person of all())
    await until(async () => (await line(person, 'Message deleted').count()) === 2, 'gone for everybody');
  assert.equal((await bo.messages()).includes('out of place'), false);
});

test('addresses are links that open elsewhere and tell nothing; everything else is text', async () => {
  await wang.say('look at https://example.org/a?b=1, not at javascript:alert(1) <a href="https://x.test">x</a>');
  const links = line(ana, 'look at').locator('a');
  await links.first().waitFor();
  const attributes = await links.evaluateAll((list) =>
    list.map((a) => [a.getAttribute('href'), a.textContent, a.target, a.rel]),
  );
  assert.deepEqual(attributes, [
    ['https://example.org/a?b=1', 'https://example.org/a?b=1', '_blank', 'noopener noreferrer'],
    ['https://x.test', 'https://x.test', '_blank', 'noopener noreferrer'],
  ]);
});

test('a private line is seen by two, and marked', async () => {
  await bo.page.getByLabel('To', { exact: true }).selectOption({ label: '王芳' });
  await bo.page.getByLabel('Message 王芳 privately').fill('just between us');
  await bo.shot('chat-private');
  await bo.page.getByLabel('Message 王芳 privately').press('Enter');
  await line(wang, 'just between us').getByText('privately to you').waitFor();
  await line(bo, 'just between us').getByText('privately to 王芳').waitFor();
  await bo.page.getByLabel('To', { exact: true }).selectOption({ label: 'Everyone' });
  await bo.say('hello all');
  await line(ana, 'hello all').waitFor();
  assert.equal((await ana.messages()).includes('just between us'), false);
  await wang.shot('chat-private-received');
  for (const [shape, width, height] of [
    ['wide', 1440, 900],
    ['tablet', 768, 1024],
    ['phone', 390, 844],
  ]) {
    await wang.page.setViewportSize({ width, height });
    await wang.shot(`chat-private-${shape}`);
    assert.equal(
      await wang.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      true,
      `nothing sticks out at ${width}`,
    );
  }
  await wang.page.setViewportSize({ width: 1280, height: 800 });
});

test('who writes shows on the others, and stops', async () => {
  await bo.page.locator('.composer textarea').pressSequentially('let me th');
  for (const person of [ana, wang]) await person.page.getByText('Bo Nilsson is typing…').waitFor();
  await wang.page.locator('.composer textarea').pressSequentially('me');
  await ana.page.getByText('Bo Nilsson and 王芳 are typing…').waitFor();
  await ana.shot('chat-writing');
  await bo.page.locator('.composer textarea').fill('');
  await wang.page.locator('.composer textarea').press('Enter');
  await ana.page.locator('.writing').filter({ hasText: /^$/ }).waitFor();
  await wang.page.getByLabel('To', { exact: true }).selectOption({ label: 'Ana Lima' });
  await wang.page.locator('.composer textarea').pressSequentially('psst');
  await ana.page.getByText('王芳 is typing…').waitFor();
  assert.equal(await bo.page.locator('.writing').textContent(), '', 'who is not written to is not told');
  await wang.page.locator('.composer textarea').fill('');
  await wang.page.getByLabel('To', { exact: true }).selectOption({ label: 'Everyone' });
});

test('a reaction floats over the tile of who sent it, everywhere, and goes', async () => {
  const id = await bo.myId();
  await bo.page.setViewportSize({ width: 390, height: 844 });
  await bo.button('More').click(); // on a phone they are in there
  await bo.shot('reactions-phone');
  const box = await bo.page.locator('.menu-reactions').boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390, 'all of them can be reached on a phone');
  const bar = await bo.button('Leave the meeting').boundingBox();
  assert.ok(bar.x + bar.width <= 390, 'the bar fits a phone');
  await bo.page.keyboard.press('Escape');
  await bo.page.setViewportSize({ width: 1280, height: 800 });
  await bo.button('React').focus();
  await bo.page.keyboard.press('Enter');
  await until(async () => (await focused(bo)) === 'Thumbs up 👍', 'the first one has the focus');
  await bo.shot('reactions');
  await bo.page.keyboard.press('Enter');
  for (const person of all()) await person.tile(id).locator('.tile-reactions', { hasText: '👍' }).waitFor();
  await ana.shot('reaction-seen');
  await bo.page.keyboard.press('Escape');
  await bo.page.locator('.menu').waitFor({ state: 'detached' });
  assert.equal(await focused(bo), 'React');
  for (const person of all()) await person.tile(id).locator('.tile-reactions').waitFor({ state: 'detached' });
  // What is not one of ours is not shown, whoever sends it.
  await bo.page.evaluate(() => window.echomeet.call.client.tell('reaction', { reaction: '<b>big</b>' }));
  await bo.page.evaluate(() => window.echomeet.call.chat.react('🎉'));
  await ana.tile(id).locator('.tile-reactions').waitFor();
  assert.equal(await ana.tile(id).locator('.tile-reactions').textContent(), '🎉');
});

test('without motion a reaction stands still', async () => {
  await ana.page.emulateMedia({ reducedMotion: 'reduce' });
  const id = await bo.myId();
  await bo.page.evaluate(() => window.echomeet.call.chat.react('👏'));
  const span = ana.tile(id).locator('.tile-reactions span', { hasText: '👏' });
  await span.waitFor();
  assert.deepEqual(
    await span.evaluate((element) => [getComputedStyle(element).animationName, getComputedStyle(element).opacity]),
    ['none', '1'],
  );
  await ana.page.emulateMedia({ reducedMotion: 'no-preference' });
});

test('the speaker view shows one large and the others in a strip, keeps who is pinned, and is remembered', async () => {
  const [anaId, boId, wangId] = await Promise.all(all().map((person) => person.myId()));
  const large = (id) => ana.page.locator(`.speaker .tile[data-user="${id}"]`);
  await ana.button('Close panel').click();
  await ana.button('Speaker view').click();
  await ana.page.locator('.speaker .tile').waitFor();
  assert.equal(await large(anaId).count(), 0, 'not oneself');
  assert.equal(await ana.page.locator('.strip .tile').count(), 2);
  for (const [id, name] of [
    [wangId, '王芳'],
    [boId, 'Bo Nilsson'],
  ]) {
    await ana.tile(id).hover();
    await ana.button(`Pin ${name}`).click();
    await large(id).waitFor();
  }
  await ana.button('Pin Ana Lima').focus();
  await ana.page.keyboard.press('Enter'); // oneself, where one asks for it
  await large(anaId).waitFor();
  await ana.button('Unpin Ana Lima').click();
  await large(anaId).waitFor({ state: 'detached' });
  await ana.button('Pin Bo Nilsson').click();
  await large(boId).waitFor();
  for (const [shape, width, height] of [
    ['wide', 1440, 900],
    ['tablet', 768, 1024],
    ['phone', 390, 844],
  ]) {
    await ana.page.setViewportSize({ width, height });
    await ana.shot(`speaker-${shape}`);
    const leave = await ana.button('Leave the meeting').boundingBox();
    assert.ok(leave.x + leave.width <= width, `the bar fits ${width}`);
  }
  await ana.page.setViewportSize({ width: 1280, height: 800 });
  await ana.page.reload();
  await ana.button('Join').click();
  await ana.page.locator('.speaker .tile').waitFor();
  assert.equal(await ana.button('Speaker view').getAttribute('aria-pressed'), 'true');
  await ana.button('Speaker view').click();
  await ana.page.locator('.tiles .tile').nth(2).waitFor();
  for (const person of [bo, wang]) await until(async () => (await person.tiles().count()) === 3, 'all are there again');
});

test('the host makes a co-host and takes it back; it shows at once', async () => {
  for (const person of all()) await person.openPanel('People');
  assert.equal(await bo.button('Actions for Ana Lima').count(), 1);
  await bo.button('Actions for Ana Lima').click();
  assert.equal(await bo.button('Make co-host').count(), 0, 'a participant may only write');
  await bo.page.keyboard.press('Escape');
  await ana.button('Actions for Bo Nilsson').click();
  for (const [shape, width, height] of [
    ['wide', 1440, 900],
    ['tablet', 768, 1024],
    ['phone', 390, 844],
  ]) {
    await ana.page.setViewportSize({ width, height });
    await ana.shot(`people-actions-${shape}`);
  }
  await ana.page.setViewportSize({ width: 1280, height: 800 });
  await ana.button('Make co-host').click();
  for (const person of all()) await row(person, 'Bo Nilsson').getByText('Co-host', { exact: true }).waitFor();
  await bo.page.locator('.toast', { hasText: 'You’re now a co-host.' }).waitFor();
  await bo.button('Leave the meeting').click();
  await bo.button('End for everyone').waitFor();
  await bo.page.keyboard.press('Escape');
  await ana.page.locator('.person-do').waitFor({ state: 'detached' });
  await ana.button('Actions for Bo Nilsson').click();
  await ana.button('Remove co-host').click();
  for (const person of all())
    await row(person, 'Bo Nilsson').getByText('Co-host', { exact: true }).waitFor({ state: 'detached' });
});

test("the host's seat goes to a co-host and back, and everybody shows who has which", async () => {
  await ana.button('Actions for Bo Nilsson').click();
  await ana.button('Make co-host').click();
  await row(ana, 'Bo Nilsson').getByText('Co-host', { exact: true }).waitFor();
  await ana.page.locator('.person-do').waitFor({ state: 'detached' });
  await ana.button('Actions for Bo Nilsson').click();
  await ana.button('Make host').click();
  await ana.page.locator('dialog').getByRole('button', { name: 'Make host' }).click();
  for (const person of all()) await row(person, 'Bo Nilsson').getByText('Host', { exact: true }).waitFor();
  await wang.page.locator('.toast', { hasText: 'Bo Nilsson is now the host' }).waitFor();
  await bo.button('Actions for Ana Lima').click();
  await bo.button('Make host').click();
  await bo.page.locator('dialog').getByRole('button', { name: 'Make host' }).click();
  for (const person of all()) {
    await row(person, 'Ana Lima').getByText('Host', { exact: true }).waitFor();
    await row(person, 'Bo Nilsson').getByText('Co-host', { exact: true }).waitFor(); // as before
  }
});

test('where there are many, one finds people by a part of their name', async () => {
  assert.equal(await ana.page.getByLabel('Search people').count(), 0, 'three are seen at a glance');
  const guests = [];
  for (const name of ['Dora', 'Emil', 'Fatima', '李雷', 'Greta Nilsdotter']) {
    const guest = await register(sys, name);
    await guest.client.post(`/meetings/${code}/join`, {});
    guests.push(guest);
  }
  await ana.page.getByLabel('Search people').fill('NILS');
  await until(async () => (await ana.page.locator('.person').count()) === 2, 'Bo Nilsson and Greta Nilsdotter');
  await ana.shot('people-search');
  await ana.page.getByLabel('Search people').fill('李');
  await until(async () => (await ana.page.locator('.person .name').allTextContents()).join() === '李雷', 'one');
  await ana.page.getByLabel('Search people').fill('nobody of that name');
  await ana.page.getByText('No one by that name.').waitFor();
  for (const guest of guests) await guest.client.post(`/meetings/${code}/leave`);
  await ana.page.getByLabel('Search people').waitFor({ state: 'detached' });
  await until(async () => (await ana.page.locator('.person').count()) === 3, 'they are gone, one after the other');
});

test('"write privately" leads to the composer; when that person goes, nothing goes to the others by mistake', async () => {
  const eve = await Person.arrive(browser, sys.base, 'Eve', { settings });
  await eve.signUp('eve@example.org');
  await eve.join(code);
  await row(ana, 'Eve').waitFor();
  await ana.button('Actions for Eve').click();
  await ana.button('Message privately').click();
  await ana.page.getByLabel('Message Eve privately').fill('secret');
  await eve.button('Leave the meeting').click();
  await ana.page.getByText('Eve has left. Choose someone else, or everyone.').waitFor();
  assert.equal(await ana.button('Send').isDisabled(), true);
  await ana.shot('chat-gone');
  await ana.page.getByLabel('Message Eve privately').press('Enter');
  await ana.page.getByLabel('To', { exact: true }).selectOption({ label: 'Everyone' });
  await ana.page.locator('.composer textarea').fill('');
  assert.equal((await bo.messages()).includes('secret'), false);
  await eve.context.close();
});

test('a co-host removes somebody, who sees a clear end and no way back', async () => {
  await bo.openPanel('People');
  await bo.button('Actions for Ana Lima').click();
  assert.equal(await bo.button('Remove from meeting').count(), 0, 'nobody removes the host');
  await bo.button('Actions for 王芳').click();
  await bo.button('Remove from meeting').click();
  await bo.page.getByRole('heading', { name: 'Remove 王芳 from the meeting?' }).waitFor();
  await bo.shot('people-remove');
  const id = await wang.myId();
  await bo.button('Remove').click();
  await wang.page.getByRole('heading', { name: 'You were removed from the meeting' }).waitFor();
  await wang.shot('ended-removed');
  assert.equal(await wang.button('Rejoin').count(), 0);
  for (const person of [ana, bo]) await person.tile(id).waitFor({ state: 'detached' });
  await ana.page.locator('.toast', { hasText: '王芳 was removed from the meeting' }).waitFor();
  await wang.go('#/');
  await wang.go(`#/m/${code}`);
  await wang.page.getByRole('alert').getByText('You were removed from this meeting.').waitFor();
  assert.equal(await wang.button('Join').count(), 0);
  await wang.page.getByRole('link', { name: 'Go to my meetings' }).waitFor();
  await wang.shot('before-removed');
});

test('the console shows nothing but the refusal that was provoked', () => {
  for (const person of all())
    assert.deepEqual(
      person.complaints.filter((text) => !/status of 403/.test(text)),
      [],
    );
});
