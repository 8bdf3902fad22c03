import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

describe('createLogger(configuration)', () => {
  const file = resolve(__dirname, '../../../service/platform/logger.ts');
  const program = (code: string): string[] => [
    '--require',
    'tsx/cjs',
    '--eval',
    `const { logger, dropped, flush } = require(${JSON.stringify(file)}).createLogger({ logLevel: 'info', traced: false }); ${code}`,
  ];
  const run = async <Line = { msg: string }>(code: string): Promise<Line[]> => {
    const { stdout } = await promisify(execFile)(process.execPath, program(code));
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  };
  const texts = (lines: readonly { msg: string }[]): string[] => lines.map(({ msg }) => msg);
  const numbers = Array.from({ length: 123 }, (_none, index) => String(index));
  const all = 'for (let index = 0; index < 123; index += 1) logger.info(String(index));';

  it('writes what waits, in order, when the process exits', async () => {
    assert.deepEqual(texts(await run("logger.info('0'); logger.info('1'); process.exit(0);")), ['0', '1']);
  });

  it('has written every line when a flush is done', async () => {
    assert.deepEqual(texts(await run(`${all} flush(10_000).then(() => process.exit(0));`)), numbers);
  });

  it('writes a few lines too while the process keeps running', async () => {
    const child = spawn(process.execPath, program("logger.info('0'); setInterval(() => {}, 1000);"));
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    assert.match(first.toString(), /"msg":"0"/);
  });

  it('keeps about 1 MiB of unread lines, drops and counts the others, and reports that a flush did not end', async () => {
    const code = `
      const line = 'x'.repeat(1000);
      const held = () => {
        gc();
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      const before = held();
      for (let index = 0; index < 10_000; index += 1) logger.info(line);
      flush(100).then((done) => {
        process.stderr.write(JSON.stringify({ done, dropped: dropped(), bytes: held() - before }));
        process.kill(process.pid, 'SIGKILL');
      });`;
    const child = spawn(process.execPath, ['--expose-gc', ...program(code)], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pause();
    const [text] = (await once(child.stderr, 'data')) as [Buffer];
    const { done, dropped, bytes } = JSON.parse(text.toString()) as { done: boolean; dropped: number; bytes: number };
    assert.equal(done, false);
    assert.ok(bytes < 2.5 * 1_048_576, `${bytes} bytes are kept of 10 MB`);
    assert.ok(dropped > 8000 && dropped < 10_000, String(dropped));
  });

  it('logs an error and its causes without their data', async () => {
    const code = `
      const cause = Object.assign(new RangeError('the cause'), { document: 'SECRET', code: 7 });
      const error = Object.assign(new Error('it failed', { cause }), { rawPacket: Buffer.from('SECRET'), code: 'HPE_X' });
      logger.error({ err: error }, 'failed');
      process.exit(0);`;
    const [line] = await run<{ err: { stack: string; cause: object } }>(code);
    const { stack, cause, ...named } = line?.err ?? assert.fail();
    assert.deepEqual(named, { type: 'Error', message: 'it failed', code: 'HPE_X' });
    assert.match(stack, /^Error: it failed\n +at /);
    assert.deepEqual({ ...cause, stack: '' }, { type: 'RangeError', message: 'the cause', code: 7, stack: '' });
    assert.ok(!JSON.stringify(line).includes('SECRET'));
  });
});
