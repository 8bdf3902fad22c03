import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { decode } from '@jridgewell/sourcemap-codec';
import { bundle, bundleTarget } from '../../service/bundle';

describe('bundle(entries, folder)', () => {
  const service = resolve(__dirname, '../../service');
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'web-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('makes the same bytes of the same code, from any folder into any folder', async () => {
    const entries = { main: join(service, 'main.ts') };
    const [one, two] = [join(folder, 'one'), join(folder, 'deeper/two')];
    await bundle(entries, one);
    const program = `require(${JSON.stringify(join(service, 'bundle.ts'))}).bundle(${JSON.stringify(entries)}, ${JSON.stringify(two)})`;
    await promisify(execFile)(process.execPath, ['--require', require.resolve('tsx/cjs'), '--eval', program], {
      cwd: folder,
    });
    assert.ok((await readFile(join(one, 'main.js'))).equals(await readFile(join(two, 'main.js'))));
  });

  it('has the lines of own code, and only the files of libraries, in its source map', async () => {
    await bundle({ main: join(service, 'main.ts') }, folder);
    const { sources, mappings } = JSON.parse(await readFile(join(folder, 'main.js.map'), 'utf8')) as SourceMapPayload;
    const segments = decode(mappings).flat();
    const linesOf = (name: string): Set<number | undefined> =>
      new Set(
        segments
          .filter(([, source]) => source !== undefined && sources[source]?.includes(name))
          .map(([, , line]) => line),
      );
    assert.ok(linesOf('service/platform/database.ts').size > 50);
    assert.deepEqual([...linesOf('node_modules/mongodb/')], [0]);
  });

  it('gives stacks of errors the lines of own code, the files of libraries, and those of the bundle without its map', async () => {
    const entry = join(folder, 'entry.ts');
    const code = `import { BSON } from '${require.resolve('mongodb')}';\n\n  try { BSON.serialize(1 as never); } catch (e) { console.log((e as Error).stack); }\n`;
    await writeFile(entry, code);
    await bundle({ thrower: entry }, folder);
    const run = async (): Promise<string> =>
      (await promisify(execFile)(process.execPath, [join(folder, 'thrower.js')])).stdout;
    const stack = await run();
    assert.match(stack, /entry\.ts:3:14\)?$/m);
    assert.match(stack, /\bbson\b.*:1:1\)?$/m);
    await rm(join(folder, 'thrower.js.map'));
    assert.match(await run(), /thrower\.js:\d+:\d+\)?$/m);
  });

  it('is for the Node of the image', async () => {
    const [, version] = /^FROM node:(\d+)/m.exec(await readFile(join(service, 'Dockerfile'), 'utf8')) ?? [];
    assert.equal(bundleTarget, `node${version}`);
  });
});
