/* Scripts that need no running system: the check of the layers, and the list of variables in the documentation. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../lib/system.mjs';

describe('check-layers', () => {
  const check = (files) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'em-layers-'));
    try {
      for (const [name, text] of Object.entries(files)) {
        fs.mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), text);
      }
      const { status, stdout } = spawnSync(path.join(root, 'scripts/check-layers'), [folder], { encoding: 'utf8' });
      return { status, stdout };
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  };
  const refuses = (name, text, message) =>
    test(`refuses ${name}: ${text.trim().split('\n').at(-1)}`, () => {
      const { status, stdout } = check({ [name]: text });
      assert.equal(status, 1);
      assert.match(stdout, message);
    });

  refuses(
    'service/a.c',
    '#include "db/db.h"\n#include "http/request.h"\n',
    /^service\/a\.c:2: service\/ must not include "http\/request\.h"/m,
  );
  refuses('core/a.h', '#  include "service/app.h"\n', /^core\/a\.h:1: /m);
  refuses('relay/a.c', '#include "db/kv.h"\n', /^relay\/a\.c:1: /m);
  refuses('roomlog/stream.c', '#include "relay/frame.h"\n', /^roomlog\/stream\.c:1: roomlog\/ must not include/m);
  refuses(
    'relay/tally.c',
    '#include "relay/tally.h"\n#include "relay/hub.h"\n',
    /^relay\/tally\.c:2: .* stands higher/m,
  );
  refuses('relay/flow.h', '#include "relay/conn.h"\n', /^relay\/flow\.h:1: .* stands higher/m);
  refuses('relay/a.c', 'int x;\n', /^relay\/a\.c:1: is missing in the order of the files of relay\//m);
  refuses('db/a.c', '#include "service/auth.h"\n', /^db\/a\.c:1: /m);
  refuses('handlers/a.c', '#include "db/meeting_dao.h"\n', /^handlers\/a\.c:1: /m);
  refuses('http/a.c', '#include "handlers/routes.h"\n', /^http\/a\.c:1: /m);
  refuses('service/a.c', '#include <mysql.h>\n', /^service\/a\.c:1: service\/ must not include <mysql\.h>/m);
  refuses('handlers/a.c', '#include <fcgiapp.h>\n', /^handlers\/a\.c:1: /m);
  refuses('handlers/a.c', 'int x;\nconst char *q = "SELECT id FROM users";\n', /^handlers\/a\.c:2: SQL outside db\//m);
  refuses(
    'db/a.c',
    'const char *q = "SELECT id FROM meetings WHERE status IN (1, 2)";\n',
    /^db\/a\.c:1: a bare number/m,
  );
  refuses(
    'service/a.c',
    'const char *q = "UPDATE meetings "\n    "SET status = 3";\n',
    /^service\/a\.c:1: SQL outside db\//m,
  );
  refuses(
    'www/js/views/a.js',
    'const x = 1;\nnew RTCPeerConnection();\n',
    /^www\/js\/views\/a\.js:2: only www\/js\/transport\//m,
  );
  refuses('www/js/a.js', 'peer.pc.close();\n', /^www\/js\/a\.js:1: only www\/js\/transport\//m);

  test('refuses a circle of imports on the page', () => {
    const { status, stdout } = check({
      'www/js/a.js': "import { b } from './views/b.js';\n",
      'www/js/views/b.js': "import {\n  c,\n} from './c.js';\n",
      'www/js/views/c.js': "/** @type {import('./d.js').D} */\nimport '../a.js';\n",
      'www/js/views/d.js': "import { c } from './c.js';\n",
    });
    assert.equal(status, 1);
    assert.match(stdout, /^www\/js\/views\/b\.js:1: is in a circle of imports$/m);
    assert.doesNotMatch(stdout, /d\.js/);
  });

  for (const [rule, text] of [
    ['handlers/routes.c', '    {"POST", ROOM "raise_hand", ACCESS_RELAY_USER, RATE_WRITE, ws_raise_hand},\n'],
    ['service/event.def', 'EVENT(HAND_RAISED, "raise_hand", EVERYBODY, USER_ID, BY_OTHER, AUDITED)\n'],
  ])
    test(`refuses a relay that knows a word of ${rule}`, () => {
      const { status, stdout } = check({ [rule]: text, 'relay/a.c': 'int raised;\nconst char *t = "raise_hand";\n' });
      assert.equal(status, 1);
      assert.match(stdout, /^relay\/a\.c:2: the relay knows no rule, but names raise_hand$/m);
    });

  for (const rule of ['service/permission.def', 'service/setting.def'])
    test(`refuses a relay that knows a text of ${rule}`, () => {
      const [line] = fs.readFileSync(path.join(root, rule), 'utf8').match(/^[A-Z]+\(.*$/m);
      const [, word] = line.match(/"(\w+)"/);
      const { status, stdout } = check({
        [rule]: `${line}\n`,
        'relay/a.c': `int ${word};\nconst char *t = "${word}";\n`,
      });
      assert.equal(status, 1);
      assert.match(stdout, new RegExp(`^relay/a\\.c:2: the relay knows no rule, but names "${word}"$`, 'm'));
    });

  test('lets pass what is allowed', () => {
    const { status, stdout } = check({
      'core/err.h': '#include <stdint.h>\n',
      'db/db.c': '#include <mysql.h>\n#include "core/err.h"\nconst char *q = "SELECT id FROM users";\n',
      'service/a.c': '#include "db/db.h"\nconst char *text = "update your profile, delete a meeting";\n',
      'handlers/a.c': '#include "service/a.h"\n#include "http/router.h"\nconst char *method = "DELETE";\n',
      'fcgi/main.c': '#include <fcgiapp.h>\n#include "handlers/routes.h"\n#include "http/router.h"\n',
      'handlers/routes.c': '    {"POST", ROOM "join_room", ACCESS_RELAY_USER, RATE_WRITE, ws_join_room},\n',
      'relay/main.c': '#include "core/fcgi.h"\nconst char *joins = "join_room";\n',
      'www/js/transport/a.js': 'new RTCPeerConnection().getStats();\n',
    });
    assert.equal(status, 0, stdout);
  });

  test('finds nothing in this project', () => {
    const { status, stdout } = spawnSync(path.join(root, 'scripts/check-layers'), { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });
});

describe('docs/operation.md', () => {
  const build = path.join(root, 'build', process.env.ECHOMEET_TEST_BUILD || 'address');
  const documented = () => {
    const text = fs.readFileSync(path.join(root, 'docs/operation.md'), 'utf8');
    return [...text.matchAll(/^\| `(ECHOMEET_[A-Z_]+)` \| (.*?) \| (.*?) \|$/gm)].map(([, name, fallback, meaning]) => [
      name,
      fallback.replace(/`/g, ''),
      meaning,
    ]);
  };

  test('lists the variables that the programs read, with their defaults and meanings', () => {
    const { stdout } = spawnSync(path.join(build, 'echomeet-api'), ['--help'], { encoding: 'utf8' });
    const known = stdout
      .split('\n')
      .filter((line) => line.startsWith('ECHOMEET_'))
      .map((line) => line.split('\t'));
    assert.ok(known.length > 20);
    assert.deepEqual(documented(), known);
  });
});
