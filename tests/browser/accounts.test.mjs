/* Around the call: accounts, making meetings, the ways into one; and text of others that is only ever text. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, steps, until } from './support.mjs';

let sys;
let browser;
let ana;
const test = steps(() => [ana]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  ana = await Person.arrive(browser, sys.base, 'Ana Lima');
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const alert = (person) => person.page.getByRole('alert');

test('signing up: what is wrong stands beside its field, then one is in', async () => {
  await ana.go('#/signup');
  await ana.shot('sign-up');
  /* what the page finds by itself, then what only the server does: all at once, the focus on the first */
  for (const [name, email, password, first] of [
    ['', 'nonsense', 'short', 'displayName'],
    ['\u200b', `${'a'.repeat(250)}@example.org`, 'x'.repeat(129), 'displayName'],
    ['Ana Lima', 'nonsense', 'correct horse', 'email'],
  ]) {
    await ana.page.getByLabel('Your name').fill(name);
    await ana.page.getByLabel('Email').fill(email);
    await ana.page.getByLabel('Password').fill(password);
    await ana.button('Create account').click();
    await ana.page.getByText('Enter a valid email address.').waitFor();
    const wrong = await ana.page.evaluate(() =>
      [...document.querySelectorAll('[aria-invalid="true"]')].map((field) => field.name),
    );
    assert.deepEqual(wrong, first === 'email' ? ['email'] : ['displayName', 'email', 'password']);
    assert.equal(await ana.page.locator('.field-error').count(), wrong.length);
    assert.equal(await ana.page.evaluate(() => document.activeElement.name), first);
    if (first === 'displayName') await ana.shot(`sign-up-wrong-${name.length}`);
    await ana.page.getByLabel('Your name').fill('Ana Lima');
    await ana.page.getByLabel('Email').fill('ana@example.org');
  }
  await ana.page.getByLabel('Password').fill('correct horse');
  await ana.button('Create account').click();
  await ana.page.getByText('No meetings yet. Start one, or paste a code.').waitFor();
  await ana.shot('dashboard-empty');
});

test('an address that changes while the page is being drawn for the first time is followed', async () => {
  const page = await ana.context.newPage();
  await page.addInitScript(() => {
    const drawn = new MutationObserver(() => {
      if (!document.querySelector('#app > *')) return;
      drawn.disconnect();
      location.hash = '#/network';
    });
    drawn.observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${sys.base}/`);
  await page.getByRole('heading', { name: 'Check your setup' }).waitFor();
  await page.close();
});

test('the same e-mail again is refused in words', async () => {
  const twin = await Person.arrive(browser, sys.base, 'Twin');
  await twin.go('#/signup');
  await twin.page.getByLabel('Your name').fill('Twin');
  await twin.page.getByLabel('Email').fill('ana@example.org');
  await twin.page.getByLabel('Password').fill('correct horse');
  await twin.button('Create account').click();
  await twin.page.getByText('An account with this email already exists. Sign in instead.').waitFor();
  await twin.context.close();
});

test('a visit later one is still signed in; after signing out one is not', async () => {
  await ana.page.reload();
  await ana.button('New meeting').waitFor();
  await ana.button('Sign out').click();
  await ana.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await ana.page.reload();
  await ana.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await ana.shot('sign-in');
});

test('signing in: a wrong password is said, the right one leads in', async () => {
  await ana.page.getByLabel('Email').fill('ana@example.org');
  await ana.page.getByLabel('Password').fill('wrong horse!');
  await ana.button('Sign in').click();
  await ana.page.getByText('Wrong email or password.').waitFor();
  await ana.page.getByLabel('Password').fill('correct horse');
  await ana.button('Sign in').click();
  await ana.button('New meeting').waitFor();
});

test('two tabs of one browser take turns with the cookie, and both stay signed in', async () => {
  const tabs = await Promise.all([1, 2, 3].map(() => ana.context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto(`${sys.base}/`)));
  await Promise.all(tabs.map((tab) => tab.getByRole('button', { name: 'New meeting' }).waitFor()));
  await Promise.all(tabs.map((tab) => tab.evaluate(() => window.echomeet.api.token({ fresh: true }))));
  await tabs[0].reload();
  await tabs[0].getByRole('button', { name: 'New meeting' }).waitFor();
  await Promise.all(tabs.map((tab) => tab.close()));
});

test('planning a meeting with a password', async () => {
  await ana.button('Schedule').click();
  await ana.button('Schedule meeting').click();
  await ana.page.getByText('Enter a title of at most 200 characters.').waitFor();
  await ana.page.getByLabel('Title').fill('Design review');
  await ana.page.getByLabel('Password (optional)').fill('green tea');
  await ana.shot('schedule');
  await ana.button('Schedule meeting').click();
  await ana.page.getByRole('link', { name: 'Join “Design review”' }).waitFor();
  await ana.shot('dashboard');
});

test("joining by code and by link, with the meeting's password", async () => {
  const code = (await ana.page.locator('.meeting .code').textContent()).trim();
  const bo = await Person.arrive(browser, sys.base, 'Bo Nilsson');
  await bo.go(`#/m/${code}`); // a link, before there is an account
  await bo.page.getByRole('link', { name: 'Create account' }).click();
  await bo.page.getByText(`You’ll go straight to meeting ${code}.`).waitFor();
  await bo.page.getByLabel('Your name').fill('Bo Nilsson');
  await bo.page.getByLabel('Email').fill('bo@example.org');
  await bo.page.getByLabel('Password').fill('correct horse');
  await bo.button('Create account').click();
  await bo.page.getByRole('heading', { name: 'Design review' }).waitFor();
  await bo.page.getByText('Hosted by').waitFor();
  await bo.page.getByLabel('Meeting password').waitFor(); // it is not listed, but he has its code
  await bo.shot('before-password');
  await bo.button('Join').click();
  await bo.page.getByText('This meeting has a password. Ask the host for it.').waitFor();
  await bo.page.getByLabel('Meeting password').fill('black tea');
  await bo.button('Join').click();
  await bo.page.getByText('Wrong meeting password. Ask the host for it.').waitFor();
  await bo.page.getByLabel('Meeting password').fill('green tea');
  await bo.button('Join').click();
  await bo.page.locator('.call').waitFor();

  await ana.page.getByLabel('Meeting code or link').fill('what');
  await ana.button('Join').click();
  await ana.page.getByText('Meeting codes have 6 letters and digits, like K7QX2P.').waitFor();
  await ana.page.getByLabel('Meeting code or link').fill(` ${code.slice(0, 3).toLowerCase()}-${code.slice(3)} `);
  await ana.button('Join').click();
  await ana.page.getByText('1 person is here').waitFor();
  await ana.shot('before');
  await ana.button('Join').click(); // who made it needs no password
  await until(async () => (await ana.tiles().count()) === 2, 'both are in');
  await bo.leave(); // he came first and may be the host
  await bo.page.getByRole('heading', { name: 'You left the meeting' }).waitFor();
  await bo.button('Rejoin').click();
  await bo.page.getByRole('heading', { name: 'Design review' }).waitFor();
  await bo.context.close();
  await ana.go('#/');
});

test('a link leads to the meeting with whatever a mail program or a calendar left on it', async () => {
  const { code } = await ana.page.evaluate(() => window.echomeet.api.post('/meetings', { title: 'Plan' }));
  const guest = await Person.arrive(browser, sys.base, 'Guest');
  for (const dirt of ['.', ')', '>', '%20', '\u200b', '&utm=mail', '。', '%E3%80%82', '%']) {
    await guest.go(`#/m/${code}${dirt}`);
    await guest.page.getByRole('heading', { name: `Join meeting ${code}` }).waitFor();
    assert.equal(await guest.page.title(), `${code} · EchoMeet`);
    assert.match(
      await guest.page.getByRole('link', { name: 'Sign in' }).last().getAttribute('href'),
      new RegExp(`next=m%2F${code}$`),
    );
    await ana.go(`#/m/${code}${dirt}`);
    await ana.button('Join').waitFor();
    await guest.go('#/');
    await ana.go('#/');
  }
  for (const hash of [`#%2Fm%2F${code}`, `#/M/${code.toLowerCase()}`]) {
    await ana.go(hash);
    await ana.button('Join').waitFor();
    await ana.go('#/');
  }
  for (const path of [`m/${code}`, `m/${code.toLowerCase()}.`, `m/${code}?utm=mail`]) {
    await ana.go(path); // without the #
    await ana.button('Join').waitFor();
    assert.equal(new URL(ana.page.url()).pathname, '/');
  }
  await ana.go('#/');
  for (const text of [
    `${sys.base}/m/${code}`,
    `Code: ${code}`,
    `${code}.`,
    String.fromCodePoint(...[...code].map((letter) => letter.codePointAt(0) + 0xfee0)),
    `会议号：${code}。`,
  ]) {
    await ana.page.getByLabel('Meeting code or link').fill(text);
    await ana.button('Join').click();
    await ana.page.locator('.before-form').waitFor();
    await ana.go('#/');
  }
  await guest.context.close();
});

test('a code that does not exist, and a page that does not', async () => {
  await ana.go('#/m/ZZZZZZ');
  await alert(ana).getByText('There’s no meeting with this code. Check it and try again.').waitFor();
  await ana.go('#/nowhere');
  await ana.page.getByRole('heading', { name: 'Page not found' }).waitFor();
  await ana.page.getByRole('link', { name: 'Go to my meetings' }).click();
  await ana.button('New meeting').waitFor();
  await ana.go('no/where');
  await ana.page.getByRole('heading', { name: 'Page not found' }).waitFor();
  await ana.shot('not-found');
  await ana.page.getByRole('link', { name: 'EchoMeet' }).click();
  await ana.button('New meeting').waitFor();
});

test('the language and the theme change at once and stay', async () => {
  const choice = ana.page.locator('.language-choice select');
  await choice.selectOption('zh-CN');
  await ana.button('立即开会').waitFor();
  assert.equal(await ana.page.evaluate(() => document.documentElement.lang), 'zh-CN');
  await ana.page.getByRole('button', { name: /^主题/ }).click();
  await ana.page.getByRole('button', { name: /^主题/ }).click();
  assert.equal(await ana.page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await ana.page.reload();
  await ana.button('立即开会').waitFor();
  assert.deepEqual(
    await ana.page.evaluate(() =>
      performance.getEntriesByType('resource').flatMap(({ name }) => /\/lang\/(.*)/.exec(name)?.[1] ?? []),
    ),
    ['zh-CN.js'],
    'no language is fetched but the one in use',
  );
  await ana.shot('dashboard-zh-dark');
  await until(
    async () => (await sys.sql('SELECT locale FROM users WHERE email = ?', ['ana@example.org']))[0]?.locale === 'zh-CN',
    'the server knows',
  );
  for (const [language, button] of [
    ['de', 'Neues Meeting'],
    ['fr', 'Nouvelle réunion'],
    ['en', 'New meeting'],
  ]) {
    await choice.selectOption(language);
    await ana.button(button).waitFor();
    assert.equal(await ana.page.evaluate(() => document.documentElement.lang), language);
  }
  await ana.button('New meeting').waitFor();
});

test("one changes one's name and language, and the server keeps them", async () => {
  await ana.button('Ana Lima Profile').click();
  await ana.page.getByLabel('Your name').fill(' ');
  await ana.button('Save').click();
  await ana.page.getByText('Enter a name of at most 64 characters.').waitFor();
  await ana.page.getByLabel('Your name').fill('Ana L.');
  await ana.page.locator('dialog').getByLabel('Language').selectOption('zh-CN');
  await ana.button('Save').click();
  await ana.page.getByRole('heading', { name: '个人资料' }).waitFor();
  await ana.shot('profile-zh');
  const [row] = await sys.sql('SELECT display_name, locale FROM users WHERE email = ?', ['ana@example.org']);
  assert.deepEqual([row.display_name, row.locale], ['Ana L.', 'zh-CN']);
  await ana.page.locator('dialog').getByLabel('语言').selectOption('en');
  await ana.page.getByLabel('姓名').fill('Ana Lima');
  await ana.button('保存').click();
  await ana.page.getByRole('heading', { name: 'Profile' }).waitFor();
  await until(
    async () =>
      (await sys.sql('SELECT display_name FROM users WHERE email = ?', ['ana@example.org']))[0]?.display_name ===
      'Ana Lima',
    'as before',
  );
});

test('one sees where one is signed in, and ends a sign-in that one does not know', async () => {
  const elsewhere = await Person.arrive(browser, sys.base, 'Ana Lima', {
    userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  });
  await elsewhere.go('#/signin');
  await elsewhere.page.getByLabel('Email').fill('ana@example.org');
  await elsewhere.page.getByLabel('Password').fill('correct horse');
  await elsewhere.button('Sign in').click();
  await elsewhere.button('New meeting').waitFor();
  await ana.page.keyboard.press('Escape');
  await ana.page.locator('dialog').waitFor({ state: 'detached' });
  await ana.button('Ana Lima Profile').click();
  await ana.page.locator('.sign-in', { hasText: 'this device' }).waitFor();
  assert.equal(
    await ana.page.locator('.sign-in', { hasText: 'this device' }).getByRole('button').count(),
    0,
    'for that one signs out',
  );
  for (const [shape, width, height] of [
    ['wide', 1440, 900],
    ['tablet', 768, 1024],
    ['phone', 390, 844],
  ]) {
    await ana.page.setViewportSize({ width, height });
    await ana.shot(`profile-${shape}`);
  }
  await ana.page.setViewportSize({ width: 1280, height: 800 });
  await ana.page.getByRole('button', { name: /^Sign out: Firefox, Windows/ }).click();
  await ana.page.locator('.sign-in', { hasText: 'Firefox' }).waitFor({ state: 'detached' });
  await elsewhere.page.reload();
  await elsewhere.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await elsewhere.context.close();
});

test("one changes one's password; the wrong present one and a short new one are said beside their fields", async () => {
  const passwords = async (current, fresh) => {
    await ana.page.getByLabel('Current password').fill(current);
    await ana.page.getByLabel('New password').fill(fresh);
  };
  await passwords('wrong horse!', 'another horse');
  await ana.button('Change password').click();
  await ana.page.getByText('This is not your current password.').waitFor();
  await passwords('correct horse', 'short');
  await ana.button('Change password').click();
  await ana.page.getByText('Use 8 to 128 characters.').waitFor();
  await passwords('correct horse', 'another horse');
  await ana.button('Change password').click();
  await ana.page.getByRole('status').filter({ hasText: 'Password changed.' }).waitFor();
  await ana.shot('profile-changed');
  assert.equal(await ana.page.getByLabel('New password').inputValue(), '');
  await ana.page.keyboard.press('Escape');
  await ana.button('Sign out').click();
  await ana.page.getByLabel('Email').fill('ana@example.org');
  await ana.page.getByLabel('Password').fill('another horse');
  await ana.button('Sign in').click();
  await ana.button('New meeting').waitFor();
});

test('one deletes the account, reads until when it can be kept, and keeps it', async () => {
  await ana.button('Ana Lima Profile').click();
  await ana.page.getByLabel('Confirm with your password').fill('wrong horse');
  await ana.button('Delete account').click();
  await ana.page.getByText('This is not your password.').waitFor();
  await ana.shot('profile-delete');
  await ana.page.getByLabel('Confirm with your password').fill('another horse');
  await ana.button('Delete account').click();
  const told = ana.page.getByText(/^Your account will be deleted: .* Sign in before then to keep it\.$/);
  await told.first().waitFor(); // the dialog shows it as well, until it is gone
  await ana.page.getByLabel('Email').fill('ana@example.org');
  await ana.page.getByLabel('Password').fill('another horse');
  await ana.button('Sign in').click();
  const notice = ana.page.getByRole('status').filter({ hasText: 'Your account will be deleted' });
  await notice.waitFor();
  await ana.shot('deleted-notice');
  await ana.button('Keep my account').click();
  await notice.waitFor({ state: 'detached' });
  const [row] = await sys.sql('SELECT delete_at FROM users WHERE email = ?', ['ana@example.org']);
  assert.equal(row.delete_at, null);
});

test('names, titles and messages of others are text and nothing else', async () => {
  const payloads = [
    '<img src=x onerror="window.hacked=1">',
    '<script>window.hacked=1</script>',
    '"><svg onload=window.hacked=1>',
    'javascript:window.hacked=1',
    '{{constructor.constructor("window.hacked=1")()}}',
    '${window.hacked=1}',
  ];
  const eve = await Person.arrive(browser, sys.base, payloads[0]);
  await eve.signUp('eve@example.org');
  const code = await eve.page.evaluate(
    async ([title, description]) =>
      (await window.echomeet.api.post('/meetings', { title, description, password: title.slice(0, 60) })).code,
    payloads.slice(1),
  );
  await eve.page.reload();
  await eve.page.getByLabel('Search titles and descriptions').fill(payloads[1]);
  await eve.page.locator('.meeting-what', { hasText: payloads[1] }).waitFor();
  await eve.join(code);
  await eve.button('More').click();
  await eve.page.locator('.bar-more').getByRole('button', { name: 'Meeting information' }).click();
  await eve.button('Show').click();
  for (const payload of payloads.slice(1, 3))
    await eve.page.locator('dialog').getByText(payload, { exact: true }).first().waitFor();
  await eve.page.keyboard.press('Escape');
  await ana.join(code, payloads[1].slice(0, 60));
  for (const payload of payloads) await eve.say(payload);
  await ana.page.getByRole('button', { name: /^Chat/ }).click();
  for (const payload of payloads) await ana.page.locator('.chat-log p').getByText(payload, { exact: true }).waitFor();
  await ana.page.locator('.tile-name', { hasText: payloads[0] }).waitFor();
  await ana.page.getByRole('tab', { name: 'People' }).click();
  await ana.page.locator('.person', { hasText: payloads[0] }).waitFor();
  await ana.shot('call-payloads');
  await eve.button('Leave the meeting').click();
  await eve.button('End for everyone').click();
  await ana.page.locator('.ended').getByText(payloads[1]).waitFor();
  for (const person of [ana, eve]) {
    assert.equal(await person.page.evaluate(() => window.hacked), undefined);
    assert.equal(
      await person.page.evaluate(() => document.querySelectorAll('img, #app script, svg[onload]').length),
      0,
    );
  }
  assert.deepEqual(eve.complaints, []);
});

test('the console shows nothing but the refusals that were provoked', () => {
  const ours = ana.complaints.filter((line) => !/the server responded with a status of 40[0149]/.test(line));
  assert.deepEqual(ours, []);
});
