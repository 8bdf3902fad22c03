import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setUpScript, startScript } from '../../stack/workloads/mongoStart';

/** Programs in place of MongoDB's, which note how they were called. */
const programs = {
  mongod: `[ "$1" = --version ] && { echo "db version v$MONGO_VERSION"; exit; }
echo "mongod $*" >> "$CALLS"
case "$*" in *--fork*) touch "$DATA/WiredTiger" "$DATA/collection.wt" ;; esac`,
  mongosh: `echo "mongosh $*" >> "$CALLS"; exit "\${MONGOSH_EXIT:-0}"`,
  'docker-entrypoint.sh': 'echo "serve $*" >> "$CALLS"',
};

const replicaSet = '--replSet rs0 --setParameter shutdownTimeoutMillisForSignaledShutdown=0';

describe('startScript(data, key)', () => {
  before(function () {
    if (process.platform === 'win32') this.skip(); // it runs in a container, with a Linux's programs
  });
  let folder: string;
  let data: string;
  let serves: readonly string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mongo-start-'));
    data = join(folder, 'db');
    mkdirSync(data);
    for (const [name, text] of Object.entries(programs))
      writeFileSync(join(folder, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'start.sh'), startScript(data, join(folder, 'key')));
    serves = [`serve mongod --cache=1 ${replicaSet} --keyFile ${join(folder, 'key')}`];
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
      env: {
        ...process.env,
        ...{ PATH, DATA: data, CALLS: calls, MONGO_VERSION: '8.0.30', REPLICA_SET_KEY: 'the key' },
        ...environment,
      },
    });
    return { code: status, calls: existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [] };
  };
  const assertSetUp = ({ calls }: { calls: string[] }): void => {
    assert.ok(calls[0]?.startsWith(`mongod --cache=1 ${replicaSet} --bind_ip 127.0.0.1 --fork `), calls[0]);
    assert.match(calls[1] ?? '', /^mongosh .*127\.0\.0\.1\/admin .*set-up\.js$/);
    assert.deepEqual(calls.slice(2), [`mongod --cache=1 ${replicaSet} --shutdown`, ...serves]);
  };

  it('sets an empty folder up before it lets others connect', () => {
    mkdirSync(join(data, 'lost+found'));
    assertSetUp(start());
    assert.equal(state(), '8.0 rs0');
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
    assert.equal(state(), '8.0 rs0');
    assertSetUp(start({ MONGO_VERSION: '9.0.1' }));
    assert.equal(state(), '9.0 rs0');
    assert.ok(existsSync(join(data, 'documents.wt')));
  });
  it("makes a standalone's files, of an older stack, a replica set's, and deletes none", () => {
    put('.set-up', '8.0\n');
    put('documents.wt');
    assertSetUp(start());
    assert.equal(state(), '8.0 rs0');
    assert.ok(existsSync(join(data, 'documents.wt')));
  });
  it('keeps the key from others', () => {
    start();
    const key = join(folder, 'key');
    assert.equal(readFileSync(key, 'utf8'), 'the key');
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(start().code, 0); // also when it is there already
  });
  it('knows what MongoDB 4.4 does not have', () => {
    const { calls } = start({ MONGO_VERSION: '4.4.29' });
    assert.deepEqual(calls.at(-1), `serve mongod --cache=1 --replSet rs0 --keyFile ${join(folder, 'key')}`);
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

describe('setUpScript(member)', () => {
  /** Runs it on a server whose replica set has `config`, in the manner of MongoDB 4.4's shell. Returns the commands that change it. */
  const setUp = (config: unknown, users: string[] = [], becomesPrimary = true): Record<string, unknown>[] => {
    const commands: Record<string, unknown>[] = [];
    let current = config;
    const db = {
      version: () => '8.0.1',
      adminCommand: (command: Record<string, unknown>) => {
        if ('replSetGetConfig' in command) return current ? { ok: 1, config: current } : { ok: 0, errmsg: 'none' };
        if ('replSetGetStatus' in command) return { ok: 1, members: ['of the status'] };
        if ('isMaster' in command) return { ok: 1, ismaster: becomesPrimary, setName: current ? 'rs0' : undefined };
        commands.push(command);
        if ('replSetInitiate' in command) current = command.replSetInitiate;
        return { ok: 1 };
      },
      getSiblingDB: (name: string) => ({
        getUser: (user: string) => (users.includes(user) ? {} : null),
        createUser: ({ user, roles }: { user: string; roles: string[] }) =>
          commands.push({ createUser: `${name}.${user}`, roles }),
      }),
    };
    const environment = { env: { MONGO_INITDB_ROOT_PASSWORD: 'a', SERVICE_PASSWORD: 'b' } };
    new Function('db', 'sleep', 'process', setUpScript('mongo-0.mongo:27017'))(db, () => undefined, environment);
    return commands;
  };
  const compatibility = { setFeatureCompatibilityVersion: '8.0', confirm: true };

  it('makes a replica set of one, known by a name that clients find, and the users', () => {
    assert.deepEqual(setUp(undefined), [
      { replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: 'mongo-0.mongo:27017' }] } },
      { createUser: 'admin.root', roles: ['root'] },
      { createUser: 'app.service', roles: ['readWrite'] },
      compatibility,
    ]);
  });
  it('changes no replica set and no user that is there', () => {
    assert.deepEqual(setUp({ _id: 'rs0' }, ['root', 'service']), [compatibility]);
  });
  it('makes no users on a member that is not the primary, and says why', () => {
    assert.throws(() => setUp({ _id: 'rs0' }, [], false), /no primary after a minute: .*of the status/);
  });
});
