/* A meeting that grows too large for a mesh goes over the media server, and nobody notices but by its working: a real Janus, and
 * three pages, of which the third is one too many here, so that two cores can carry it all. What fails on the server's side (Janus, its node) is mended without a hand. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { janusVersion } from '../lib/janus.mjs';
import { startSystem } from '../lib/system.mjs';
import { Person, startBrowser, steps, until } from '../browser/support.mjs';

const NAMES = ['Ana Lima', 'Bo Nilsson', 'Eve Novak'];

let sys;
let browser;
let code;
/** @type {Person[]} */
let people = [];

before(async () => {
  [sys, browser] = await Promise.all([startSystem({ media: 2, env: { ECHOMEET_MESH_MAX: '2' } }), startBrowser()]);
  people = await Promise.all(NAMES.map((name) => Person.arrive(browser, sys.base, name)));
  for (const [i, person] of people.entries()) await person.signUp(`p${i}@example.org`);
  [code] = [
    (await people[0].page.evaluate(() => window.echomeet.api.post('/meetings', { title: 'All hands', isPublic: true })))
      .code,
  ];
});
after(async () => {
  await browser?.close();
  await sys?.stop();
});
const step = steps(() => people);

const mode = (person) => person.page.evaluate(() => window.echomeet.call.roomMedia.mode);
const meetingId = () => people[0].page.evaluate(() => window.echomeet.call.store.get().room.meeting.id);
const [ana, eve] = [() => people[0], () => people[2]];

/** What has come from each of the others: pictures drawn in their tile, and packets of their sound. */
const arrived = (person) =>
  person.page.evaluate(async () => {
    const { room } = window.echomeet.call.store.get();
    const flows = await window.echomeet.call.roomMedia.transport.flows();
    const others = room.participants.filter(({ userId }) => userId !== room.myId);
    return Object.fromEntries(
      others.map(({ userId, displayName }) => [
        displayName,
        {
          frames:
            document.querySelector(`.tile[data-user="${userId}"] video`)?.getVideoPlaybackQuality().totalVideoFrames ??
            0,
          packets: flows
            .filter((flow) => flow.userId === userId && flow.kind === 'audio' && flow.direction === 'in')
            .reduce((sum, { packets }) => sum + packets, 0),
        },
      ]),
    );
  });

/** Everybody's pictures and sound go on at everybody else of these. */
async function allFlows(here = people) {
  await Promise.all(
    here.map(async (person) => {
      const others = here.filter((one) => one !== person).map(({ name }) => name);
      let first = await arrived(person);
      await until(async () => {
        const now = await arrived(person);
        for (const name of others) {
          // a connection made anew begins to count anew
          if (!first[name] || now[name]?.frames < first[name].frames || now[name]?.packets < first[name].packets)
            first = { ...first, [name]: now[name] };
        }
        return others.every(
          (name) => now[name]?.frames > first[name]?.frames + 2 && now[name]?.packets > first[name]?.packets + 10,
        );
      }, `pictures and sound of all at ${person.name}`).catch(async (error) => {
        const state = await person.page.evaluate(() => window.echomeet.call?.store.get().endCode);
        throw new Error(`${error.message}; ${state} ${JSON.stringify([first, await arrived(person).catch(() => 0)])}`);
      });
    }),
  );
}

/** From now on: whoever had a picture or a sound at this page and, at any moment, has none. */
const watchForGaps = (person) =>
  person.page.evaluate(() => {
    window.gaps = [];
    const brings = (stream) => Boolean(stream?.getTracks().some(({ readyState }) => readyState === 'live'));
    const had = new Map();
    const look = (views) => {
      for (const { userId, remote } of views)
        for (const role of ['microphone', 'camera']) {
          const key = `${userId} ${role}`;
          if (brings(remote[role])) had.set(key, true);
          else if (had.get(key)) window.gaps.push(key);
        }
    };
    look(window.echomeet.call.roomMedia.transport.view());
    window.echomeet.call.roomMedia.on('change', look);
  });

step('two people are connected with each other', async (t) => {
  t.diagnostic(janusVersion());
  for (const person of people.slice(0, 2)) await person.join(code);
  await allFlows(people.slice(0, 2));
  assert.equal(await mode(ana()), 'mesh');
});

step('with one more all go over the server, and nobody is without a picture or a sound between', async () => {
  await Promise.all(people.slice(0, 2).map(watchForGaps));
  await eve().join(code);
  for (const person of people) await until(async () => (await mode(person)) === 'sfu', `${person.name} has moved`);
  await allFlows();
  for (const person of people)
    await until(
      () => person.page.evaluate(() => window.echomeet.call.roomMedia.transport.constructor.name === 'Sfu'),
      `${person.name} has left the mesh`,
    );
  for (const person of people.slice(0, 2)) assert.deepEqual(await person.page.evaluate(() => window.gaps), []);
  await allFlows();
  await ana().shot('server-media');
});

step('a connection that is made anew while it takes an offer comes up all the same', async () => {
  await eve().page.evaluate(() => {
    const { transport } = window.echomeet.call.roomMedia;
    const beginAnew = () => {
      transport.setRelayOnly(true);
      transport.setRelayOnly(false);
    };
    const take = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function (description) {
      const taken = take.call(this, description);
      if (description.type === 'offer') {
        RTCPeerConnection.prototype.setRemoteDescription = take;
        beginAnew();
      }
      return taken;
    };
    beginAnew();
  });
  await allFlows();
});

step('the figures say that it goes through this server', async () => {
  await ana().button('More').click();
  await ana().button('Call statistics').click();
  await ana().page.getByText('through this server').waitFor();
  await until(async () => (await ana().page.locator('.statistics-dialog tbody tr').count()) === 3, 'three rows');
  await ana().shot('server-media-statistics');
  await ana().page.keyboard.press('Escape');
});

step('a screen is shared with all', async () => {
  await eve().page.evaluate(() => window.echomeet.call.mediaControl.toggleScreen());
  for (const person of people.slice(0, 2)) {
    const screen = person.page.locator('.stage-screen video, .screen video').first();
    await screen.waitFor();
    await until(() => screen.evaluate((video) => video.getVideoPlaybackQuality().totalVideoFrames > 2), 'the screen');
  }
  await ana().shot('server-media-screen');
  await eve().page.evaluate(() => window.echomeet.call.mediaControl.toggleScreen());
  await ana().page.locator('.stage-screen video, .screen video').waitFor({ state: 'detached' });
});

step('who is muted by the host is heard by nobody, though their page goes on sending', async () => {
  const [bo] = people.slice(1);
  await bo.page.evaluate(() => {
    // a page that does not listen
    window.echomeet.call.mediaControl.applyRemoteMute = () => {};
  });
  const id = await bo.myId();
  await ana().page.evaluate(
    (userId) => window.echomeet.call.client.request('media_control', { userId, audio: false }),
    id,
  );
  await until(async () => {
    const first = await arrived(eve());
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = await arrived(eve());
    return now['Bo Nilsson'].packets === first['Bo Nilsson'].packets;
  }, 'silence');
  const sends = () =>
    bo.page.evaluate(async () =>
      (await window.echomeet.call.roomMedia.transport.flows())
        .filter(({ direction, kind }) => direction === 'out' && kind === 'audio')
        .reduce((sum, { packets }) => sum + packets, 0),
    );
  const before = await sends();
  await until(async () => (await sends()) > before, 'it sends nevertheless');
  await bo.page.reload();
  await bo.join(code);
  await allFlows();
});

step('a Janus that is killed is replaced, and everybody is seen and heard again', async () => {
  const epoch = await epochNow();
  process.kill(sys.janusPid(await nodeOfMeeting()), 'SIGKILL');
  await until(async () => (await epochNow()) > epoch, 'another epoch');
  await allFlows();
});

step('so is its node', async () => {
  const epoch = await epochNow();
  const node = sys.processes.medias[await nodeOfMeeting()];
  await node.kill();
  await node.start();
  await until(async () => (await epochNow()) > epoch, 'another epoch');
  await allFlows();
});

step(
  'a node that is to end hands the meeting to another one, and nobody is without a picture or a sound between',
  async () => {
    await Promise.all(people.map(watchForGaps));
    const before = await nodeOfMeeting();
    await sys.processes.medias[before].stop();
    assert.notEqual(await nodeOfMeeting(), before);
    await allFlows();
    for (const person of people) assert.deepEqual(await person.page.evaluate(() => window.gaps), []);
    await sys.processes.medias[before].start();
  },
);

step('a page that is loaded again is back on the server', async () => {
  await eve().page.reload();
  await eve().join(code);
  assert.equal(await mode(eve()), 'sfu');
  await allFlows();
});

step('where no node is left, the meeting goes on from page to page', async () => {
  for (const node of sys.processes.medias) await node.stop();
  for (const person of people) await until(async () => (await mode(person)) === 'mesh', `${person.name} is back`);
  await allFlows();
  const wrong = people.flatMap(({ complaints }) => complaints);
  assert.deepEqual(wrong, []);
});

step('a relay that dies while the meeting moves to a node again holds nobody back', async () => {
  for (const node of sys.processes.medias) await node.start();
  const [relay] = sys.processes.relays;
  await relay.kill();
  const joined = eve()
    .page.reload()
    .then(() => eve().join(code));
  await relay.start();
  await joined;
  for (const person of people) await until(async () => (await mode(person)) === 'sfu', `${person.name} has moved`);
  await allFlows();
});

/** The number of the node that has the meeting. */
async function nodeOfMeeting() {
  const [{ name }] = await sys.sql(
    'SELECT n.name FROM meetings m JOIN media_nodes n ON n.id = m.media_node WHERE m.id = ?',
    [await meetingId()],
  );
  return Number(name.slice(1));
}

async function epochNow() {
  const id = await meetingId();
  return (await sys.sql('SELECT media_epoch FROM meetings WHERE id = ?', [id]))[0].media_epoch;
}
