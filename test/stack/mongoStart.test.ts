import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startScript } from '../../stack/workloads/mongoStart';

/** Programs in place of MongoDB's, which note how they were called. */
const programs = {
  mongod: `[ "$1" = --version ] && { echo "db version v$MONGO_VERSION"; exit; }
echo "mongod $*" >> "$CALLS"
case "$*" in *--fork*) touch "$DATA/WiredTiger" "$DATA/collection.wt" ;; esac`,
  mongosh: `echo "mongosh $*" >> "$CALLS"; exit "\${MONGOSH_EXIT:-0}"`,
  'docker-entrypoint.sh': 'echo "serve $*" >> "$CALLS"',
};

describe('startScript(data)', () => {
  before(function () {
    if (process.platform === 'win32') this.skip(); // it runs in a container, with a Linux's programs
  });
  let folder: string;
  let data: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mongo-start-'));
    data = join(folder, 'db');
    mkdirSync(data);
    for (const [name, text] of Object.entries(programs))
      writeFileSync(join(folder, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'start.sh'), startScript(data));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (file: string, content = ''): void => writeFileSync(join(data, file), content);
  const state = (): string => readFileSync(join(data, '.set-up'), 'utf8').trim();
  /** What a start of the container calls, in order. */
  const start = (environment: NodeJS.ProcessEnv = {}): { code: number | null; calls: string[] } => {
    const calls = join(folder, 'calls');
    rmSync(calls, { force: true });
    const PATH = [folder, process.env.PATH].join(delimiter);
    const { status } = spawnSync('bash', [join(folder, 'start.sh'), '--cache=1'], {
      env: { ...process.env, PATH, DATA: data, CALLS: calls, MONGO_VERSION: '8.0.30', ...environment },
    });
    return { code: status, calls: existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [] };
  };
  const serves = ['serve mongod --cache=1'];
  const assertSetUp = ({ calls }: { calls: string[] }): void => {
    assert.match(calls[0] ?? '', /^mongod --cache=1 --bind_ip 127\.0\.0\.1 --fork /);
    assert.match(calls[1] ?? '', /^mongosh .*127\.0\.0\.1\/admin .*set-up\.js$/);
    assert.deepEqual(calls.slice(2), ['mongod --cache=1 --shutdown', ...serves]);
  };

  it('sets an empty folder up before it lets others connect', () => {
    mkdirSync(join(data, 'lost+found'));
    assertSetUp(start());
    assert.equal(state(), '8.0');
  });
  it('only serves when that is done, also after a patch release', () => {
    start();
    assert.deepEqual(start({ MONGO_VERSION: '8.0.31' }), { code: 0, calls: serves });
  });
  it('begins afresh when the first start was not complete', () => {
    assert.equal(start({ MONGOSH_EXIT: '1' }).code, 1);
    assert.equal(state(), 'new');
    put('half.wt');
    assertSetUp(start());
    assert.equal(existsSync(join(data, 'half.wt')), false);
  });
  it('sets the files up for another version, and deletes none if that is interrupted', () => {
    start();
    put('documents.wt');
    assert.equal(start({ MONGO_VERSION: '9.0.1', MONGOSH_EXIT: '1' }).code, 1);
    assert.equal(state(), '8.0');
    assertSetUp(start({ MONGO_VERSION: '9.0.1' }));
    assert.equal(state(), '9.0');
    assert.ok(existsSync(join(data, 'documents.wt')));
  });
  for (const [title, content] of [
    ['no note of a set-up, as an older stack left them', undefined],
    ['a note that a loss of power emptied', ''],
  ] as const) {
    it(`deletes no files that have ${title}`, () => {
      put('documents.wt');
      if (content !== undefined) put('.set-up', content);
      assertSetUp(start());
      assert.ok(existsSync(join(data, 'documents.wt')));
    });
  }
});
