/* The media server of the documented installation, which is held to be one that strangers may take over: what scripts/install puts in place,
 * run as its unit says, under the unit's accounts, by numbers, so that none has to be made on this machine. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '../lib/client.mjs';
import { internal } from '../lib/internal.mjs';
import { makeRoom } from '../lib/rooms.mjs';
import { root, startSystem } from '../lib/system.mjs';

const IDS = { echomeet: 64101, 'echomeet-web': 64102, 'echomeet-media': 64103, 'echomeet-redis': 64104 };
const ID = IDS['echomeet-media'];
const skip = process.getuid() !== 0 && 'only root runs programs under other accounts';

let folder, sys, unit, settings, runFolder, media, log;

const installed = (...names) => path.join(folder, ...names);
const proc = (pid, file) => fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');

/* Lines NAME=value. */
const linesOf = (text) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => /^\w+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/* The arguments of setpriv for what runs as the unit does. */
const asUnit = () => [
  '--pdeathsig',
  'TERM',
  '--no-new-privs',
  `--reuid=${IDS[unit.User]}`,
  `--regid=${IDS[unit.Group ?? unit.User]}`,
  `--groups=${(unit.SupplementaryGroups ?? '')
    .split(' ')
    .filter(Boolean)
    .map((name) => IDS[name])}`,
  '--bounding-set=-all',
  '--inh-caps=-all',
];

const runAsUnit = (...command) =>
  spawnSync('setpriv', [...asUnit(), ...command], {
    encoding: 'utf8',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...settings },
  });

/* Where the unit's programs and folders are in this test. */
const here = (text) =>
  text
    .replaceAll('/usr/local/lib/echomeet', installed('usr/local/lib/echomeet'))
    .replaceAll('/run/echomeet-media', runFolder);

before(async () => {
  if (skip) return;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-deploy-'));
  fs.chmodSync(folder, 0o711);
  const { status, stdout, stderr } = spawnSync('scripts/install', {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, DESTDIR: folder },
  });
  assert.equal(status, 0, stdout + stderr);
  // with DESTDIR no accounts are made, and nothing is given to them
  fs.chownSync(installed('etc/echomeet/environment'), 0, IDS.echomeet);
  fs.chownSync(installed('etc/echomeet/media.environment'), 0, ID);
  runFolder = installed('run');
  fs.mkdirSync(runFolder, { mode: 0o700 });
  fs.chownSync(runFolder, ID, ID);

  const text = fs.readFileSync(installed('etc/systemd/system/echomeet-media.service'), 'utf8');
  unit = linesOf(text);
  const own = Object.fromEntries(unit.Environment.split(' ').map((entry) => entry.split('=')));
  const { Environment: ofPool } = linesOf(
    fs.readFileSync(installed('etc/systemd/system/echomeet-api.service'), 'utf8'),
  );
  const [groupSetting, group] = ofPool.split('=');
  sys = await startSystem({ env: { [groupSetting]: String(IDS[group]), ECHOMEET_MESH_MAX: '0' } });
  for (const name of ['.', 'run']) fs.chmodSync(path.join(sys.dir, name), 0o711);
  fs.chownSync(sys.env.ECHOMEET_REDIS_SOCKET, 0, IDS['echomeet-redis']);
  fs.chmodSync(sys.env.ECHOMEET_REDIS_SOCKET, 0o770);

  settings = {
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, here(value)])),
    ...linesOf(fs.readFileSync(installed('etc/echomeet/media.environment'), 'utf8')),
    ECHOMEET_REDIS_SOCKET: sys.env.ECHOMEET_REDIS_SOCKET,
    ECHOMEET_RELAY_SOCKET: sys.env.ECHOMEET_RELAY_SOCKET,
  };
  const prepared = runAsUnit(...here(unit.ExecStartPre).split(' '));
  assert.equal(prepared.status, 0, prepared.stderr);
  const out = fs.openSync(installed('media.out'), 'a');
  media = spawn('setpriv', [...asUnit(), here(unit.ExecStart)], {
    cwd: '/',
    stdio: ['ignore', out, out],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...settings },
  });
  log = () => fs.readFileSync(installed('media.out'), 'utf8');
  await eventually(() => {
    assert.equal(media.exitCode, null, log());
    return /event=active/.test(log());
  });
});

after(async () => {
  if (media?.exitCode === null) {
    media.kill();
    await new Promise((resolve) => {
      media.once('exit', resolve);
    });
  }
  await sys?.stop();
  if (folder) fs.rmSync(folder, { recursive: true, force: true });
});

const janusPid = () => Number(proc(media.pid, `task/${media.pid}/children`).trim().split(' ')[0]);

test('the media server runs under an account of its own, and so does its Janus', { skip }, () => {
  assert.equal(unit.User, 'echomeet-media');
  for (const pid of [media.pid, janusPid()]) {
    assert.match(proc(pid, 'status'), new RegExp(`^Uid:(\\t${ID}){4}$`, 'm'));
    assert.match(proc(pid, 'status'), new RegExp(`^Gid:(\\t${ID}){4}$`, 'm'));
    assert.match(proc(pid, 'status'), new RegExp(`^Groups:\\t${IDS['echomeet-redis']} ?$`, 'm'));
    assert.match(proc(pid, 'status'), /^CapEff:\t0+$/m);
  }
});

test('that account reads its own settings, and neither those of the workers nor their keys', { skip }, () => {
  assert.equal(unit.EnvironmentFile, '/etc/echomeet/media.environment');
  assert.equal(runAsUnit('cat', installed('etc/echomeet/media.environment')).status, 0);
  for (const file of [
    installed('etc/echomeet/environment'),
    path.join(sys.dir, 'secrets/jwt.key'),
    path.join(sys.dir, 'secrets/password.key'),
  ]) {
    const { status, stderr } = runAsUnit('cat', file);
    assert.equal(status, 1, file);
    assert.match(stderr, /Permission denied/);
  }
});

test('no secret stands in its environment, and of its settings none in that of Janus', { skip }, () => {
  const namesOf = (pid) => Object.keys(linesOf(proc(pid, 'environ').replaceAll('\0', '\n'))).sort();
  const names = namesOf(media.pid).filter((name) => name.startsWith('ECHOMEET_'));
  assert.deepEqual(names, [
    'ECHOMEET_MEDIA_FOLDER',
    'ECHOMEET_MEDIA_JANUS',
    'ECHOMEET_REDIS_SOCKET',
    'ECHOMEET_RELAY_SOCKET',
  ]);
  assert.deepEqual(namesOf(janusPid()), ['LANG', 'PATH']);
});

test('whoever has taken over Janus cannot look into its node, which has the connections', { skip }, () => {
  for (const file of ['environ', 'mem', 'maps']) {
    const { status, stderr } = runAsUnit('head', '-c1', `/proc/${media.pid}/${file}`);
    assert.equal(status, 1, file);
    assert.match(stderr, /Permission denied/);
  }
  assert.match(proc(janusPid(), 'status'), /^NoNewPrivs:\t1$/m);
  assert.match(proc(janusPid(), 'status'), /^Seccomp:\t2$/m); // tests/unit/test_sandbox.c: what that forbids
});

test('media nodes may ask workers what media need, and do nothing in anybody’s name', { skip }, async () => {
  const asMedia = (...call) => {
    process.setegid(ID);
    process.seteuid(ID);
    try {
      return internal(sys, ...call); // it connects at once
    } finally {
      process.seteuid(0);
      process.setegid(0);
    }
  };
  const { meeting } = await makeRoom(sys, ['Ana']);
  const place = `/internal/meetings/${meeting.id}`;
  assert.equal((await asMedia('GET', `${place}/media`, { as: 'm' })).status, 200);
  assert.equal((await asMedia('GET', `${place}/events?after=0`, { as: 'm' })).status, 200);
  for (const [method, target] of [
    ['POST', `${place}/chat_message`],
    ['POST', `${place}/end_meeting`],
    ['POST', '/internal/sync'],
    ['POST', '/internal/connections'],
  ]) {
    assert.equal((await asMedia(method, target, { as: 'm' })).status, 404, target);
    assert.notEqual((await internal(sys, method, target, { as: 'm' })).status, 404, target);
  }
  const { mode, gid } = fs.statSync(sys.env.ECHOMEET_RELAY_SOCKET);
  assert.deepEqual([mode & 0o777, gid], [0o660, ID]);
});

test('meetings come to it', { skip }, async () => {
  const { meeting } = await makeRoom(sys, ['Bo']);
  const nodeOf = () => sys.sql('SELECT media_node AS node FROM meetings WHERE id = ?', [meeting.id]);
  await eventually(async () => (await nodeOf())[0].node !== null);
  const before = janusPid();
  process.kill(before, 'SIGKILL');
  await eventually(() => janusPid() && janusPid() !== before && log().match(/event=janus_up/g).length > 1);
});
