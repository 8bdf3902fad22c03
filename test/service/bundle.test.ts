import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundle, bundleTarget } from '../../service/bundle';

describe('bundle(entries, folder)', () => {
  const service = resolve(__dirname, '../../service');
  const cwd = process.cwd();
  let folder: string;
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'koa-mongo-')); });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => process.chdir(cwd));

  it('makes the same bytes of the same code, from any folder into any folder', async () => {
    bundle({ main: join(service, 'main.ts') }, join(folder, 'one'));
    process.chdir(folder);
    bundle({ main: join(service, 'main.ts') }, join(folder, 'deeper/two'));
    assert.ok((await readFile('one/main.js')).equals(await readFile('deeper/two/main.js')));
  });

  it('is for the Node of the image', async () => {
    const [, version] = /^ARG BASE=node:(\d+)/m.exec(await readFile(join(service, 'Dockerfile'), 'utf8')) ?? [];
    assert.equal(bundleTarget, `node${version}`);
  });
});
