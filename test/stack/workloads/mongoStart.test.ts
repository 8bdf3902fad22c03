import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startScript } from '../../../stack/workloads/mongoScripts';

/** Programs in place of MongoDB's. */
const programs = {
  mongod: `echo "db version v$MONGO_VERSION"`,
  'docker-entrypoint.sh': 'echo "$*"',
};

describe('startScript(key)', () => {
  before(function () {
    if (process.platform === 'win32') this.skip(); // it runs in a container, with a Linux's programs
  });
  let folder: string;
  let key: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mongo-start-'));
    key = join(folder, 'key');
    for (const [name, text] of Object.entries(programs))
      writeFileSync(join(folder, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'start.sh'), startScript(key));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What a start of the container runs at its end. */
  const start = (environment: NodeJS.ProcessEnv = {}): string => {
    const PATH = [folder, process.env.PATH].join(delimiter);
    const env = { ...process.env, PATH, MONGO_VERSION: '8.0.30', REPLICA_SET_KEY: 'the key', ...environment };
    const { status, stdout } = spawnSync('bash', [join(folder, 'start.sh'), '--cache=1'], { env, encoding: 'utf8' });
    assert.equal(status, 0);
    return stdout.trim();
  };
  const serves = (): string => `mongod --cache=1 --replSet rs0 --keyFile ${key}`;
  const handover = '--setParameter shutdownTimeoutMillisForSignaledShutdown';

  it('starts a member that is alone, and shuts down at once', () => {
    assert.equal(start(), `${serves()} ${handover}=0`);
  });
  it('gives a member of several time to hand over', () => {
    assert.equal(start({ HANDOVER_MILLIS: '5000' }), `${serves()} ${handover}=5000`);
  });
  it('keeps the key from others', () => {
    start();
    assert.equal(readFileSync(key, 'utf8'), 'the key');
    assert.equal(statSync(key).mode & 0o777, 0o600);
    start(); // also when it is there already
  });
  it('knows what MongoDB 4.4 does not have', () => {
    assert.equal(start({ MONGO_VERSION: '4.4.29' }), serves());
  });
});
