/* Relays whose clock is not the workers': calls, tokens and seats hold, and the difference is told. faketime sets the clocks. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, openSocket } from '../lib/client.mjs';
import { makeRoom } from '../lib/rooms.mjs';
import { startSystem } from '../lib/system.mjs';

const LIBRARY = '/usr/$LIB/faketime/libfaketime.so.1'; // the loader knows $LIB
const OFFSETS = [0, -20, 20, -3600, 3600];
const MOVED = OFFSETS.length; // the relay whose clock is set while it runs

let sys;
const setClock = (seconds) => fs.writeFileSync(`${sys.dir}/clock`, `${seconds < 0 ? '' : '+'}${seconds}`);
before(async () => {
  sys = await startSystem({ relays: OFFSETS.length + 1 });
  setClock(0);
  await Promise.all(
    [...OFFSETS, 'moved'].map(async (offset, i) => {
      if (offset === 0) return;
      const relay = sys.processes.relays[i];
      const [program] = relay.command();
      await relay.stop();
      relay.command = () => [
        '/bin/sh',
        '-c',
        `ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" LD_PRELOAD='${LIBRARY}' ` +
          `FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1 ${
            offset === 'moved'
              ? `FAKETIME_TIMESTAMP_FILE='${sys.dir}/clock'`
              : `FAKETIME=${offset > 0 ? '+' : ''}${offset}`
          } exec "$0"`,
        program,
      ];
      await relay.start();
    }),
  );
});
after(() => sys?.stop());

const metricsOf = async (i) => (await fetch(`${sys.relayUrls[i].replace('ws:', 'http:')}metrics`)).text();

/* What the relay knows of the workers' clock, in seconds. */
async function differenceOf(i) {
  const line = /^echomeet_relay_clock_difference_milliseconds (-?\d+)$/m.exec(await metricsOf(i));
  return line && Number(line[1]) / 1000;
}

test('every relay knows the difference, and tells one of more than two seconds', async () => {
  for (const [i, seconds] of OFFSETS.entries()) {
    await eventually(async () => Math.abs((await differenceOf(i)) + seconds) < 1.5);
    assert.equal(/event=clock_differs .*NTP/.test(sys.log(`relay${i}`)), seconds !== 0, `relay ${i}`);
  }
});

test('people at such relays join, speak and are seen to go like all others', async () => {
  const { people } = await makeRoom(
    sys,
    OFFSETS.map((s) => `At ${s}`),
    { relayOf: (i) => i },
  );
  for (const [i, person] of people.entries()) {
    await person.socket.request('chat_message', { text: 'Hello', clientId: `c${i}` });
    for (const other of people)
      if (other !== person) await other.socket.waitFor('chat_message', (m) => m.data.message.clientId === `c${i}`);
  }
  const last = people.at(-1);
  last.socket.terminate();
  await people[0].socket.waitFor('presence_changed', (m) => m.data.userId === last.id && !m.data.online);
  await Promise.all(people.slice(0, -1).map((p) => p.socket.close()));
});

test('a token counts by the workers’ time', async () => {
  const {
    people: [ana],
  } = await makeRoom(sys, ['Ana']);
  for (const i of OFFSETS.keys()) {
    const socket = await openSocket(sys, ana.token, { relay: i });
    await socket.close();
  }
});

test('a clock that is set while people are there, forward and back, disturbs nobody', async () => {
  const {
    people: [ana, ben],
  } = await makeRoom(sys, ['Ana', 'Ben'], { relayOf: (i) => (i === 0 ? MOVED : 0) });
  for (const [i, seconds] of [7200, -7200].entries()) {
    setClock(seconds);
    for (let n = 0; n < 20; n++) await ana.socket.request('webrtc_signal', { to: ben.id, n });
    await ana.socket.request('chat_message', { text: 'Hello', clientId: `m${i}` });
    await ben.socket.waitFor('chat_message', (m) => m.data.message.clientId === `m${i}`);
    const silent = await openSocket(sys, '', { relay: MOVED, via: 'none' });
    assert.equal((await silent.closed).code, 4401); // after five seconds by any clock
    const again = await openSocket(sys, ben.token, { relay: MOVED });
    await again.close();
    await eventually(async () => Math.abs((await differenceOf(MOVED)) + seconds) < 1.5);
  }
  assert.equal(ana.socket.closeCode, undefined);
  await Promise.all([ana, ben].map((p) => p.socket.close()));
});
