import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, noFailure, nothingLost } from '../drill';
import { Load } from '../load/load';
import { storedIds, waitUntilServing } from '../service';

/** Requests per second, all of them inserts. */
const rate = 200;
const seconds = 10;

/** A stack is backed up under load, deleted with its cluster, and created from the backup. */
export const backupRestore: Drill = {
  name: 'backup-restore',
  title: 'The stack is deleted, and restored from a backup',
  long: true,
  async run({ temporaryStack, mark, verdicts }) {
    const project = await temporaryStack();
    const file = join(project.folder, 'backup.archive.gz');
    const npm = (...args: Parameters<typeof project.npm>): Promise<string> => {
      mark(`npm run ${args.join(' ')}`);
      return project.npm(...args);
    };
    const readUrl = (): Promise<string> => project.pulumi('stack', 'output', 'url');

    await npm('up');
    const writes = { url: await readUrl(), rate, writes: rate };
    mark(`${rate} inserts per second for ${seconds} s`);
    const before = new Load({ ...writes, run: 'before the backup' });
    await sleep(seconds * 1000);
    await before.stop();
    const during = new Load({ ...writes, run: 'during the backup' });
    await npm('backup', file).finally(() => during.stop());
    await npm('down', '--yes');
    await npm('up', '--restore', file);
    const url = await readUrl(); // its ports may be others
    await waitUntilServing(url, 60);
    mark('the service answers');

    const stored = await storedIds(url, before.plan.run);
    verdicts.push(nothingLost(before.acknowledged, stored), noFailure('requests failed during the backup', [during]));
  },
};
