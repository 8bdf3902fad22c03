import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../../stack/cluster/until';
import { descendants, killAll } from '../../../tools/drill/drills/killedUpdate';

describe('descendants(pid)', () => {
  it('finds all descendants, also in other process groups, and killAll() kills only these', async () => {
    const script =
      'require("child_process").spawn("sh", ["-c", "sleep 60 & wait"], { detached: true, stdio: "inherit" })';
    const parent = spawn(process.execPath, ['--eval', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const closed = once(parent, 'close'); // when nobody holds its output any more
    let started: Awaited<ReturnType<typeof descendants>> = [];
    await until('sh and sleep run', async () => {
      started = await descendants(parent.pid!);
      return started.map(({ command }) => command.split(' ')[0]).join() === 'sh,sleep';
    });

    await killAll(started.map((process) => ({ ...process, command: 'another program' })));
    assert.equal((await descendants(parent.pid!)).length, 2);
    await killAll(started);
    await closed;
    assert.deepEqual(await descendants(parent.pid!), []);
  });
});
