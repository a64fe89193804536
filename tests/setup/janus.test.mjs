/* `make janus` without a net: what it asks apt for, what it leaves alone, and what it says; the settings that every Janus gets. apt is a
 * program of the test's own. That what comes of it works, tests/media/ show with ECHOMEET_MEDIA_JANUS=build/janus. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { root } from '../lib/system.mjs';

/* A copy of the scripts, so that there is no build/janus, and programs that come before the real ones. */
let folder;
const at = (...names) => path.join(folder, ...names);
const write = (name, text) => {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true });
  fs.writeFileSync(at(name), text, { mode: 0o755 });
};

const APT = `#!/bin/sh
echo "$@" >>${'"$APT_CALLS"'}
case "$*" in
indextargets*) . /etc/os-release; echo "other https://other.test/x/"; echo "$VERSION_CODENAME http://mirror.test/debian/" ;;
*) echo "E: no net"; exit 100 ;;
esac
`;
const ALL_INSTALLED = '#!/bin/sh\nshift 3\nfor name; do printf "%s:installed " "$name"; done\n';
const JANUS = '#!/bin/sh\necho "Janus version: 1401 (1.4.1)"\n';

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-make-janus-'));
  fs.cpSync(path.join(root, 'scripts'), at('scripts'), { recursive: true });
  write('bin/apt-get', APT);
  write('bin/dpkg-query', ALL_INSTALLED);
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const build = () =>
  spawnSync(at('scripts/build-janus'), {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${at('bin')}:${process.env.PATH}`, APT_CALLS: at('calls') },
  });

test('the source is asked of the system’s own mirror, by a list and in folders of its own', () => {
  const { status, stderr } = build();
  assert.equal(status, 1);
  assert.match(stderr, /^EchoMeet: the source of Janus could not be fetched; see build\/janus-logs\/source\.log\.$/m);
  const [asked, renewed] = fs
    .readFileSync(at('calls'), 'utf8')
    .trim()
    .split(/\n(?!indextargets)/);
  assert.match(asked, /^indextargets /);
  assert.match(renewed, new RegExp(`^-c ${at('build/janus-build/apt/conf')} update --error-on=any`));
  const list = fs.readFileSync(at('build/janus-build/apt/parts/debian.sources'), 'utf8');
  assert.match(list, /^URIs: http:\/\/mirror\.test\/debian\/$/m);
  assert.match(list, /^Signed-By: .*debian-archive-keyring/m);
  const conf = fs.readFileSync(at('build/janus-build/apt/conf'), 'utf8');
  for (const name of ['Etc::SourceParts', 'State::Lists', 'Cache'])
    assert.match(conf, new RegExp(`^Dir::${name} "${at('build/janus-build/apt')}/`, 'm'));
});

test('one that is there stays, and nothing is asked', () => {
  write('build/janus/bin/janus', JANUS);
  const { status, stdout } = build();
  assert.equal(status, 0);
  assert.match(stdout, /^build\/janus is there: Janus 1\.4\.1\./);
  assert.ok(!fs.existsSync(at('calls')));
});

test('make run with a JANUS that is none says so', () => {
  const { status, stderr } = spawnSync('scripts/run', {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, VAR: folder, PORT: '1', RELAY_PORT: '2', JANUS: at('nowhere') },
  });
  assert.equal(status, 1);
  assert.match(stderr, /^EchoMeet: there is no Janus in .*nowhere/);
});

test('the settings lead to the modules of the Janus that is named, also by a relative name', () => {
  for (const [kind, name] of [
    ['plugins', 'videoroom'],
    ['transports', 'websockets'],
  ])
    write(`other/lib/janus/${kind}/libjanus_${name}.so`, '');
  const { status, stderr } = spawnSync(at('scripts/janus-config'), ['settings'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ECHOMEET_MEDIA_JANUS: 'other' },
  });
  assert.equal(status, 0, stderr);
  assert.equal(
    fs.readlinkSync(at('settings/plugins/libjanus_videoroom.so')),
    at('other/lib/janus/plugins/libjanus_videoroom.so'),
  );
  assert.match(fs.readFileSync(at('settings/janus.jcfg'), 'utf8'), /^ +ice_consent_freshness = true$/m);
});
