import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { output } from '../../../stack/cluster/run';

describe('output(program, args)', function () {
  this.timeout(30_000);

  it('ends the process when its output is closed, as after a kill of Pulumi', async () => {
    const program = `
      process.on('uncaughtException', (error) => console.error(error)); // as Pulumi does
      require('./stack/cluster/run').output('node', ['--version']).then(() => setInterval(() => console.log('on it'), 10));`;
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      await once(child.stdout, 'data');
      child.stdout.destroy();
      child.stderr.destroy();
      const [code] = await once(child, 'exit');
      assert.equal(code, 1);
    } finally {
      child.kill('SIGKILL');
    }
  });

  for (const [what, script, message] of [
    ['what a failed program printed', 'console.log("the reason"); process.exit(3)', 'the reason'],
    ['its exit code, if it printed nothing', 'process.exit(3)', 'exit code 3'],
    ['its signal', 'process.kill(process.pid, "SIGKILL")', 'exit code SIGKILL'],
  ] as const) {
    it(`reports ${what}`, async () => {
      await assert.rejects(output(process.execPath, ['--eval', script]), {
        message: new RegExp(`failed: ${message}$`),
      });
    });
  }
});
