import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { execa } from 'execa';

describe('load(name)', () => {
  it('shows the line of the TypeScript file in an error', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'load-'));
    try {
      await writeFile(
        join(folder, 'part.ts'),
        'interface Part {\n  a: 1;\n}\nexport const fail = (): Part => {\n  throw new Error("this");\n};\n',
      );
      await writeFile(join(folder, 'program.ts'), "import { fail } from './part';\n\nfail();\n");
      const stack = resolve('stack');
      const program = `require(${JSON.stringify(join(stack, 'load'))})(${JSON.stringify(relative(stack, join(folder, 'program.ts')))})`;
      // As Pulumi does.
      const args = ['--require', 'source-map-support/register', '--eval', program];
      const { stderr } = await execa(process.execPath, args, { reject: false });
      assert.ok(stderr.includes(`${join(folder, 'part.ts')}:5:9`), stderr);
      assert.ok(stderr.includes(`${join(folder, 'program.ts')}:3:1`), stderr);

      const isKept = 'console.log(Error.prepareStackTrace === before)';
      const script = `const before = Error.prepareStackTrace; try { ${program} } catch {} ${isKept}`;
      const { stdout } = await execa(process.execPath, ['--eval', script]);
      assert.equal(stdout, 'true'); // a process of others keeps its own source maps
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('shows the line of the TypeScript file in an error of the program', async () => {
    // As Pulumi does. Without it, the program fails at its first use of the configuration.
    const script = "process.on('unhandledRejection', (error) => console.log(error.stack)); require('./stack/main')()";
    const args = ['--require', 'source-map-support/register', '--eval', script];
    const { stdout } = await execa(process.execPath, args);
    assert.match(stdout, /\bstack[\\/]index\.ts:1\d:/);
  });
});
