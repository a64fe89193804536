/* A room of the media server with a real Janus and real pages, without the rest of the system: room_driver (C) stands for the
 * meeting's log and for the relay, each page has the transport that a meeting would have. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrowser, until } from '../browser/support.mjs';
import { janusVersion, startJanus } from '../lib/janus.mjs';
import { startBench } from './bench.mjs';
import { startDriver } from './driver.mjs';
import { startCrowd } from './light.mjs';

const PEOPLE = [1, 2, 3];
const KBITS = 2000;

let janus;
let driver;
let bench;
let browser;
/** @type {Map<number, import('playwright-core').Page>} */
const pages = new Map();
/** @type {import('./light.mjs').LightPerson[]} */
const lightPeople = [];
let epoch = 1;

/* --- the driver -------------------------------------------------------------------------------------------------- */

/** @type {(signal: object) => boolean} what gets lost on its way to pages */
let isLost = () => false;

function hear(to, signal) {
  if (isLost(signal)) return;
  for (const person of lightPeople) if (to === person.id) person.hear(signal);
  for (const [id, page] of pages)
    if (to === 0 || to === id) page.evaluate((s) => window.hear(s), signal).catch(() => {});
}

const tell = (line) => driver.tell(line);
const said = (text, from = 0) => until(() => driver.lines.slice(from).some((line) => line.includes(text)), `"${text}"`);
/** What the log says of somebody: microphone, camera, screen. */
const setFlags = (id, audio, video, screen = 0) => tell(`member ${id} ${audio} ${video} ${screen}`);

async function openRoom() {
  const from = driver.lines.length;
  tell(`open ${epoch}`);
  for (const id of PEOPLE) setFlags(id, 1, 1);
  await said('"ready"', from);
}

/* --- pages ------------------------------------------------------------------------------------------------------- */

async function openPage(id) {
  const page = await (await browser.newContext()).newPage();
  await page.exposeFunction('tellServer', (json) => tell(`signal ${id} ${json}`));
  await bench.open(page, { id, people: PEOPLE });
  pages.set(id, page);
  await page.evaluate((e) => window.start(e), epoch);
}

const received = (id) => pages.get(id).evaluate(() => window.received());
const others = (id) => PEOPLE.filter((one) => one !== id);

/** More of it arrives than now, from each of these. */
async function arrives(id, from, kind) {
  const now = await received(id);
  await until(async () => {
    const then = await received(id);
    return from.every((one) => then[one][kind] > now[one][kind] + 2);
  }, `${kind} of ${from} at ${id}`);
}

async function allSeeAll() {
  for (const page of pages.values()) await page.evaluate(() => window.want('small'));
  await Promise.all(PEOPLE.flatMap((id) => [arrives(id, others(id), 'frames'), arrives(id, others(id), 'packets')]));
}

before(async () => {
  [janus, browser, bench] = await Promise.all([startJanus(), startBrowser(), startBench()]);
  driver = startDriver(janus, { kbits: KBITS, say: hear });
  await said('up 1');
  await openRoom();
  await Promise.all(PEOPLE.map(openPage));
});
after(async () => {
  await browser?.close();
  bench?.close();
  await driver?.stop();
  await janus?.stop();
});

/* --- what must hold ---------------------------------------------------------------------------------------------- */

test('everybody sees and hears everybody, though no page says where it is', async (t) => {
  t.diagnostic(janusVersion());
  await allSeeAll();
  assert.ok(!driver.lines.some((line) => line.includes('"refused"')));
});

test('a picture comes as large as it is shown', async () => {
  await pages.get(1).evaluate(() => window.want('large', [2]));
  await until(async () => (await received(1))[2].width > 320, 'the large one');
  await pages.get(1).evaluate(() => window.want('small', [2]));
  await until(async () => (await received(1))[2].width <= 320, 'the small one');
});

test('of somebody who is seen small everywhere no more than 15 pictures a second leave the page', async () => {
  const framerates = async () => (await pages.get(2).evaluate(() => window.framerates())).join();
  await until(async () => (await framerates()) === ',,15', 'the small one alone'); // joined, null is nothing
  await pages.get(1).evaluate(() => window.want('large', [2]));
  await until(async () => (await framerates()) === ',,', 'no limit');
  await pages.get(1).evaluate(() => window.want('small', [2]));
  await until(async () => (await framerates()) === ',,15', 'the limit again');
});

test('a picture that nobody looks at leaves no page', async () => {
  for (const id of [1, 2]) await pages.get(id).evaluate(() => window.want('none'));
  await until(async () => {
    const first = (await pages.get(3).evaluate(() => window.sent())).video;
    await sleep(1000);
    return (await pages.get(3).evaluate(() => window.sent())).video === first;
  }, 'page 3 sends no picture');
  await allSeeAll();
});

test('what the server said and no page heard is said again', async () => {
  for (const page of pages.values()) await page.evaluate(() => window.want('none'));
  await until(async () => Object.values(await received(1)).every(({ frames }) => !frames), 'no pictures');
  let lost = 0;
  isLost = ({ kind }) => ['layers', 'slots', 'switched'].includes(kind) && ++lost > 0;
  for (const page of pages.values()) await page.evaluate(() => window.want('small'));
  await until(() => lost >= 6, 'lost ones');
  isLost = () => false;
  await Promise.all(PEOPLE.map((id) => arrives(id, others(id), 'frames')));
});

test('sizes that are wanted one after the other are set one after the other', async () => {
  const line = driver.lines.findLast((one) => one.startsWith('say 3 ') && one.includes('"layers"'));
  const said = JSON.parse(line.slice('say 3 '.length));
  const atOnce = await pages.get(3).evaluate(async (signal) => {
    const set = RTCRtpSender.prototype.setParameters;
    let now = 0;
    let most = 0;
    RTCRtpSender.prototype.setParameters = function (parameters) {
      now += 1;
      most = Math.max(most, now);
      return set.call(this, parameters).finally(() => {
        now -= 1;
      });
    };
    for (const size of [-1, 2]) window.hear({ ...signal, size });
    await new Promise((resolve) => setTimeout(resolve, 300));
    RTCRtpSender.prototype.setParameters = set;
    return most;
  }, said);
  assert.equal(atOnce, 1); // of two at once Chromium forgets the second one
  await arrives(1, [3], 'frames');
});

test('who is muted in the log is heard by nobody, whatever their page sends', async () => {
  setFlags(2, 0, 1);
  await said('"slots":', driver.lines.length);
  const gone = await received(1);
  const before = await pages.get(2).evaluate(() => window.sent());
  await sleep(2000);
  const sent = await pages.get(2).evaluate(() => window.sent());
  assert.ok(sent.audio > before.audio, 'their page goes on sending');
  assert.equal((await received(1))[2].packets, 0, JSON.stringify(gone));
  setFlags(2, 1, 1);
  await arrives(1, [2], 'packets');
});

test('who is out of the meeting is neither seen nor heard, and receives nothing', async () => {
  tell('remove 3');
  await until(async () => (await received(1))[3].packets === 0 && (await received(1))[3].frames === 0, 'nothing of 3');
  await until(async () => {
    const first = await received(3);
    await sleep(700);
    return JSON.stringify(await received(3)) === JSON.stringify(first);
  }, 'nothing at 3');
  setFlags(3, 1, 1);
  await pages.get(3).evaluate((e) => window.start(e), epoch);
  await allSeeAll();
});

test('what nobody may send is refused in words', async () => {
  const from = driver.lines.length;
  const offer = await pages.get(1).evaluate(async () => {
    const pc = new RTCPeerConnection();
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    const { sdp } = pc.localDescription;
    pc.close();
    return sdp;
  });
  tell(`signal 1 ${JSON.stringify({ epoch, kind: 'publish', pc: 'screen', gen: 1, sdp: offer })}`);
  await said('"kind":"refused","code":"bad_request"', from);
});

test('signals of another epoch, of strangers and of no sense do nothing', async () => {
  const from = driver.lines.length;
  tell(`signal 1 ${JSON.stringify({ epoch: epoch - 1, kind: 'receive', pc: 'sub', gen: 9e12, audio: 1, video: 1 })}`);
  tell(`signal 9 ${JSON.stringify({ epoch, kind: 'receive', pc: 'sub', gen: 1, audio: 1, video: 1 })}`);
  tell(`signal 1 {"epoch":${epoch},"kind":"wants","pc":"sub","list":[1,[2],["x","y","z"],[null,null,null]]}`);
  tell(`signal 1 {"epoch":${epoch},"kind":"publish","pc":"pub","gen":9000000000000}`);
  await said('"refused"', from);
  assert.ok(!driver.lines.slice(from).some((line) => line.includes('"offer"')));
  await pages.get(1).evaluate(() => window.want('none'));
  await allSeeAll();
});

test('who goes on sending over twice what is asked of them is cut off, and nobody else', async () => {
  const crowd = await startCrowd();
  const [loud, hostile, anew] = [4, 5, 6].map((id) => {
    const person = crowd.person(id, (signal) => tell(`signal ${id} ${JSON.stringify(signal)}`));
    lightPeople.push(person);
    setFlags(id, 1, 1);
    person.begin(epoch);
    return person;
  });
  const begun = [];
  const isCutOff = ({ heard }) => heard.some(({ kind, code }) => kind === 'gone' && code === 'rate_limited');
  await loud.publish({ kbits: 1.5 * KBITS });
  await hostile.publish({ kbits: 3 * KBITS });
  await until(() => isCutOff(hostile), 'it is told');
  for (let i = 0; i < 4 && !isCutOff(anew); i += 1) {
    begun.push(anew.publish({ kbits: 3 * KBITS })); // one after the other, each too short for two measurements
    await sleep(3000);
  }
  assert.ok(isCutOff(anew));
  tell('remove 5');
  setFlags(5, 1, 1); // coming back does not help
  const again = hostile.publish({ kbits: 3 * KBITS });
  await until(() => hostile.heard.at(-1)?.kind === 'refused', 'it may not send again at once');
  assert.equal(hostile.heard.at(-1).code, 'rate_limited');
  await allSeeAll();
  assert.ok(!isCutOff(loud)); // measured as often, and more
  assert.deepEqual(
    driver.lines.filter((line) => line.includes('rate_limited') && !/^say [56] /.test(line)),
    [],
  );
  for (const person of [loud, hostile, anew]) person.stop('pub');
  for (const id of [4, 5, 6]) tell(`remove ${id}`);
  await Promise.allSettled([again, ...begun]);
  await crowd.stop();
});

test('a Janus that is killed is there again under the next epoch', async () => {
  const from = driver.lines.length;
  await janus.kill();
  await said('down 0', from);
  await janus.start();
  await said('up 1', from);
  epoch += 1;
  await openRoom();
  for (const page of pages.values()) await page.evaluate((e) => window.start(e), epoch);
  await allSeeAll();
});

test('a Janus that hangs is noticed', async () => {
  const from = driver.lines.length;
  janus.child.kill('SIGSTOP');
  setFlags(1, 0, 0); // a gate is to be shut, and nobody answers
  await said('down 1', from);
  janus.child.kill('SIGCONT');
});
