/* Pictures of the way into a call, of the call, and of its end. */
import { after, before } from 'node:test';
import { api, register } from '../lib/client.mjs';
import { startSystem } from '../lib/system.mjs';
import { DARK, arrive, look, nothingWrong } from './look.mjs';
import { startBrowser, steps, until } from './support.mjs';

const dark = { themes: DARK };
let sys;
let browser;
let ana;
let bo;
let desk; // Ana's meetings by REST
let code;
const test = steps(() => [ana, bo]);

before(async () => {
  [sys, browser] = await Promise.all([startSystem(), startBrowser()]);
  [ana, bo] = await Promise.all(['Ana Lima', 'Bo Nilsson'].map((name) => arrive(browser, sys.base, name)));
  await bo.context.addInitScript(() => {
    if (sessionStorage.getItem('deny') === 'yes') {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    }
  });
  await ana.signUp('ana@example.org');
  await bo.signUp('bo@example.org');
  desk = api(sys, await ana.page.evaluate(async () => (await window.echomeet.api.token()).token));
  code = await plan({ title: 'Weekly planning', password: 'tulip', description: 'Numbers first, then questions.' });
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});

const plan = async (meeting) => (await desk.post('/meetings', { isPublic: true, ...meeting })).body.code;
const joinMeeting = ({ client }, which, password) => client.post(`/meetings/${which}/join`, { password });
const closed = (person) => person.page.locator('dialog').waitFor({ state: 'detached' });

/** The page of a meeting says why one cannot join, at once or where one tries. */
async function refused(name, which, words, { tried = true } = {}) {
  await bo.go(`#/m/${which}`);
  if (tried) await bo.button('Join').click();
  await bo.page.getByText(words).waitFor();
  await look(bo, `before-${name}`);
}

test('before the call', async () => {
  await ana.go(`#/m/${code}`);
  await ana.page.getByText('No one is here yet').waitFor();
  await look(ana, 'before');
  await ana.button('Devices').click();
  await ana.page.getByLabel('Microphone', { exact: true }).waitFor();
  await look(ana, 'before-devices');
  await bo.page.evaluate(() => sessionStorage.setItem('deny', 'yes'));
  await bo.page.reload();
  await bo.go(`#/m/${code}`);
  await bo.page.getByText('Your camera is blocked by the browser.').waitFor();
  await bo.button('Join').click();
  await bo.page.getByLabel('Meeting password').waitFor();
  await look(bo, 'before-denied');
  nothingWrong();
});

test('there is no way in', async () => {
  const other = await register(sys, 'Emil');
  await refused('no-such-code', 'ZZZZZZ', 'There’s no meeting with this code.', { tried: false });
  const full = await plan({ title: 'Two at a time', maxParticipants: 2 });
  for (const one of [other, { client: desk }]) await joinMeeting(one, full);
  await refused('full', full, 'The meeting is full.');
  const locked = await plan({ title: 'Behind closed doors' });
  await joinMeeting({ client: desk }, locked);
  await desk.patch(`/meetings/${locked}`, { locked: true });
  await refused('locked', locked, 'The meeting is locked.');
  const over = await plan({ title: 'Yesterday’s news' });
  await joinMeeting({ client: desk }, over);
  await desk.post(`/meetings/${over}/end`);
  await refused('over', over, 'This meeting is over.', { tried: false });
  await bo.page.evaluate(() => sessionStorage.setItem('deny', 'no'));
  await bo.page.reload();
  nothingWrong();
});

test('in the call: alone, two, menus and dialogs', async () => {
  await ana.button('Join').click();
  await ana.page.locator('.call').waitFor();
  await ana.page.getByText('You’re the only one here.').waitFor();
  await look(ana, 'call-alone', dark);
  await bo.join(code, 'tulip');
  await ana
    .tile(await bo.myId())
    .locator('video')
    .waitFor();
  await look(ana, 'call-two', dark);
  await ana.button('React').click();
  await look(ana, 'call-reactions', dark);
  await ana.page.keyboard.press('Escape');
  for (const [name, button] of [
    ['microphone', 'Microphone and speaker'],
    ['camera', 'Camera and background'],
  ]) {
    await ana.button(button).click();
    await look(ana, `call-menu-${name}`, dark);
    await ana.page.keyboard.press('Escape');
  }
  await ana.button('More').click();
  await look(ana, 'call-more', dark);
  await ana.page.keyboard.press('Escape');
  for (const [item, name] of [
    ['Devices', 'devices'],
    ['Sounds and notifications', 'alerts'],
    ['Meeting information', 'info'],
    ['Keyboard shortcuts', 'shortcuts'],
  ]) {
    await ana.button('More').click();
    await ana.page.locator('.menu').getByRole('button', { name: item }).click();
    if (name === 'info') await ana.page.locator('svg.qr').waitFor();
    await look(ana, `call-${name}`, dark);
    await ana.page.keyboard.press('Escape');
    await closed(ana);
  }
  nothingWrong();
});

test('the chat', async () => {
  const [anaId, boId] = [await ana.myId(), await bo.myId()];
  const line = (text) => ana.page.locator('.message', { hasText: text }).last();
  await bo.button('Raise hand').click();
  await bo.button('Mute microphone').click();
  await bo.say('The agenda is at https://example.org/agenda 🎉');
  await ana.page.getByRole('button', { name: 'Chat, 1 unread' }).click();
  await ana.say('Thanks!');
  await ana.page.locator('.message.mine:not(.waiting)').waitFor();
  await look(ana, 'call-chat', dark);
  await bo.page.evaluate(
    async ([to]) => {
      const { call } = window.echomeet;
      await call.chat.send('A word with you: 预算的事我们会后再谈，先不要在这里说。', to);
      await call.chat.send('Shall we start at nine?');
    },
    [anaId],
  );
  await line('Shall we start at nine?').waitFor();
  await ana.page.evaluate(
    async ([to]) => {
      const { call } = window.echomeet;
      const last = () => call.store.get().room.messages.at(-1);
      call.chat.reply(last());
      await call.chat.send('Half past is better.');
      await call.chat.edit(
        last().id,
        'Half past is better, for a quarter of us comes from the other side of the town.',
      );
      await call.chat.send('Wrong window');
      await call.chat.delete(last().id);
      await call.chat.send('Understood', to);
      call.chat.reply(call.store.get().room.messages.find(({ text }) => text.startsWith('A word')));
    },
    [boId],
  );
  await ana.page.locator('.replying').waitFor();
  await until(
    () =>
      ana.page
        .locator('.chat-log')
        .evaluate(
          (log) => log.scrollHeight > log.clientHeight && log.scrollHeight - log.scrollTop - log.clientHeight < 2,
        ),
    'the end of the chat is in sight above what is answered',
  );
  await bo.page.locator('.composer textarea').pressSequentially('I will');
  await ana.page.getByText('Bo Nilsson is typing…').waitFor();
  const writing = () => ana.page.evaluate((id) => window.echomeet.call.store.set({ typing: { [id]: Infinity } }), boId);
  await look(ana, 'call-chat-private', { ...dark, again: writing });
  await ana.page.evaluate(() => window.echomeet.call.chat.reply(null));
  await look(ana, 'call-chat-line', { ...dark, again: () => line('Half past').hover() });
  await line('Half past').getByRole('button', { name: 'Edit message' }).click();
  await look(ana, 'call-chat-editing', dark);
  await ana.page.keyboard.press('Escape');
  await line('Thanks!').hover();
  await line('Thanks!').getByRole('button', { name: 'Delete message' }).click();
  await ana.page.getByText('It will be deleted for everyone').waitFor();
  await look(ana, 'call-chat-delete', dark);
  await ana.page.keyboard.press('Escape');
  await closed(ana);
  await ana.button('Insert emoji').click();
  await look(ana, 'call-emoji', dark);
  await ana.page.keyboard.press('Escape');
  await desk.patch(`/meetings/${code}`, { allowChat: false });
  await bo.page.locator('.composer textarea:disabled').waitFor();
  await look(bo, 'call-chat-closed', dark);
  await desk.patch(`/meetings/${code}`, { allowChat: true });
  await bo.page.locator('.composer textarea:enabled').waitFor();
  for (const person of [ana, bo]) await person.button('Close panel').click();
  nothingWrong();
});

test('many people, one of them large, a shared screen', async () => {
  const names = [
    '李雷',
    'Dora',
    'Fatima Al-Sayed',
    'Greta Nilsdotter',
    'Hiro',
    'Ivan',
    '韩梅梅',
    'Jo',
    'Karim',
    'Lena',
    'Maximilian von und zu Hohenfels',
  ];
  for (const name of names) await joinMeeting(await register(sys, name), code, 'tulip');
  await ana
    .tiles()
    .nth(names.length + 1)
    .waitFor();
  await ana.button('Float my video').click();
  await look(ana, 'call-many', dark); // with a word on so many people without a media server
  for (const person of [ana, bo])
    await person.page.locator('.stage-banner').getByRole('button', { name: 'Close' }).click();
  await ana.button('Speaker view').click();
  await look(ana, 'call-speaker', dark);
  await ana.button('Speaker view').click();
  await bo.button('Share your screen').click();
  await ana.page.locator('.screen video').waitFor();
  await look(ana, 'call-screen', dark);
  await look(bo, 'call-screen-own', dark);
  await bo.button('Stop sharing').first().click();
  nothingWrong();
});

/** What the page knows of the call is another now: this is about how it looks. */
const pretend = (person, change) =>
  person.page.evaluate((part) => {
    const { store } = window.echomeet.call;
    const { room: now } = store.get();
    const { meeting, ...rest } = part;
    store.set({ ...rest, room: { ...now, meeting: { ...now.meeting, ...meeting } } });
  }, change);

test('lines and questions over the stage, and notes', async () => {
  const [anaId, boId] = [await ana.myId(), await bo.myId()];
  const at = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
  const line = (person) => person.page.locator('.stage-banner').waitFor();
  await pretend(bo, { unmuteAsked: { by: anaId } });
  await bo.page.locator('.notice.ask').waitFor();
  await look(bo, 'call-unmute-asked', dark);
  await pretend(bo, { meeting: { hostAway: true, hostLossPolicy: 'end', hostAwayEndsAt: at(3), endsAt: at(5) } });
  await bo.page.locator('.notice').nth(2).waitFor();
  await look(bo, 'call-notices', dark);
  await pretend(bo, { reconnecting: true, serverAway: true });
  await line(bo);
  await look(bo, 'call-server-away', dark);
  await pretend(bo, {
    reconnecting: false,
    serverAway: false,
    unmuteAsked: null,
    meeting: { hostAway: false, endsAt: null },
  });
  await bo.page.locator('.stage-banner').waitFor({ state: 'detached' });
  await bo.page.evaluate(async () => (await import('/js/views/video.js')).sound.set({ blocked: true }));
  await line(bo);
  await look(bo, 'call-sound-held-back', dark);
  await bo.button('Turn sound on').click();
  const toasts = () =>
    ana.page.evaluate(async () => {
      const { toast } = await import('/js/toasts.js');
      const { t } = await import('/js/i18n.js');
      toast(t('notification.joined', { name: 'Maximilian von und zu Hohenfels' }));
      toast(t('may.unmute'), 'error');
      toast(t('notification.cohostNow'), 'info', { label: t('undo.do'), run() {} });
    });
  await look(ana, 'call-notes', { ...dark, again: toasts });
  const cut = () =>
    ana.page.evaluate((id) => {
      const { store } = window.echomeet.call;
      store.set(({ connections }) => ({
        connections: { ...connections, [id]: { ...connections[id], state: 'blocked' } },
      }));
    }, boId);
  await cut();
  await line(ana);
  await look(ana, 'call-media-blocked', { ...dark, again: cut });
  const talksMuted = async () => {
    await bo.page.evaluate(async () => {
      const { media, roomMedia } = window.echomeet.call;
      await media.setMicrophone(true); // who is muted anew is told anew
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      await media.setMicrophone(false);
      roomMedia.mutedVoice.store.set({ speaking: true });
    });
    await bo.page.locator('.muted-hint p').waitFor();
  };
  await look(bo, 'call-muted-hint', { ...dark, again: talksMuted });
  await sys.processes.relay.kill();
  await ana.page.getByText('Connection lost. Reconnecting…').waitFor();
  await look(ana, 'call-reconnecting', dark);
  await sys.processes.relay.start();
  await ana.page.getByText('Connection lost. Reconnecting…').waitFor({ state: 'detached', timeout: 60_000 });
  nothingWrong();
});

test('the end', async () => {
  await bo.button('Leave the meeting').click();
  await bo.page.getByRole('heading', { name: 'You left the meeting' }).waitFor();
  await look(bo, 'ended-left');
  await bo.button('Rejoin').click();
  await bo.page.getByLabel('Meeting password').fill('tulip');
  await bo.button('Join').click();
  await bo.page.locator('.call').waitFor();
  await ana.button('Leave the meeting').click();
  await look(ana, 'call-leave', dark);
  await ana.button('End for everyone').click();
  await bo.page.getByText('Ana Lima ended the meeting for everyone.').waitFor();
  await look(bo, 'ended');
  await ana.page.getByRole('link', { name: 'Meeting report' }).waitFor();
  await look(ana, 'ended-host');
  nothingWrong();
});
