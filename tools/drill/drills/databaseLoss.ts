import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, describe, noFailure, sources, within } from '../drill';
import { unannounced } from '../load/client';
import { waitForRecovery } from '../load/load';
import { signalContainer } from '../node';

/** Inserts per second, and nothing else. */
const rate = 100;

/** Seconds without a database: more than it needs for a restart. */
const absenceSeconds = 15;

/** While documents are inserted the database's pod is deleted, then its process is killed, then it is gone for a while. */
export const databaseLoss: Drill = {
  name: 'database-loss',
  title: 'The database is lost',
  members: 1,
  async run({ load: startLoad, mark, kubectl, outputs, verdicts, notes }) {
    const load = await startLoad({ rate, writes: rate });
    const recovered = 'no insert has failed for 8 s';
    await sleep(3000);

    const deleted = mark('pod mongo-0 is deleted');
    await kubectl('delete', 'pod', 'mongo-0', '--wait=false');
    const byDelete = await waitForRecovery(load, deleted, 60);
    mark(recovered);

    mark('kill -9 of the database');
    const killed = await signalContainer(outputs.profile, 'mongo-0', 'mongo', 'KILL');
    const byKill = await waitForRecovery(load, killed, 30);
    mark(recovered);

    mark(`no database for ${absenceSeconds} s`);
    await kubectl('scale', 'statefulset', 'mongo', '--replicas=0');
    await sleep(absenceSeconds * 1000);
    await kubectl('scale', 'statefulset', 'mongo', '--replicas=1');
    const returned = mark('the database may come back');
    const byAbsence = await waitForRecovery(load, returned, 60);
    mark(recovered);
    await load.stop();

    const unexpected = unannounced(load.failures);
    verdicts.push(
      noFailure('refused other than by 503 with Retry-After', unexpected, load.requests, sources.noLoss),
      within('back by itself after a delete', (byDelete.last - deleted) / 1000, 60, sources.database),
      within('back by itself after kill -9', (byKill.last - killed) / 1000, 30, sources.database),
      within('back by itself after an absence', (byAbsence.last - returned) / 1000, 30, sources.database),
    );
    notes.push(`Inserts refused meanwhile: ${describe(load.failures)}. The clients do not retry.`);
  },
};
