import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

describe('createLogger(level)', () => {
  const file = resolve(__dirname, '../../../service/platform/logger.ts');
  const program = (code: string): string[] => [
    '--require',
    'tsx/cjs',
    '--eval',
    `const logger = require(${JSON.stringify(file)}).createLogger('info'); ${code}`,
  ];
  const run = async (code: string): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(process.execPath, program(code));
    return stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  };
  const numbers = Array.from({ length: 123 }, (_none, index) => String(index));
  const all = 'for (let index = 0; index < 123; index += 1) logger.info(String(index));';

  it('writes what waits, in order, when the process exits', async () => {
    assert.deepEqual(await run("logger.info('0'); logger.info('1'); process.exit(0);"), ['0', '1']);
  });

  it('has written every line when a flush is done', async () => {
    assert.deepEqual(await run(`${all} logger.flush(() => process.exit(0));`), numbers);
  });

  it('writes few lines too while the process goes on', async () => {
    const child = spawn(process.execPath, program("logger.info('0'); setInterval(() => {}, 1000);"));
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    assert.match(first.toString(), /"msg":"0"/);
  });
});
