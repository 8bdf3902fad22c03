import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, describe, noFailure, sources, within } from '../drill';
import { notRetryable } from '../load/client';
import { waitForRecovery } from '../load/load';

/** Requests per second, all of them inserts. */
const rate = 100;

/** Seconds without a database: longer than its restart. */
const absenceSeconds = 15;

/** Under inserts, the database's pod is deleted, then its process is killed, then it is absent for a while. */
export const databaseLoss: Drill = {
  name: 'database-loss',
  title: 'The database is lost',
  members: 1,
  async run({ load: startLoad, mark, kubectl, signal, verdicts, notes }) {
    const load = await startLoad({ rate, writes: rate });
    await sleep(3000);
    /** Seconds from `event` to the last failed insert. The first must fail within `patience` seconds. */
    const recovery = async (event: string, patience: number, cause: () => Promise<unknown>): Promise<number> => {
      const start = mark(event);
      await cause();
      const last = await waitForRecovery(load, start, patience);
      mark('no insert has failed for 8 s');
      return (last - start) / 1000;
    };
    const scale = (replicas: number): Promise<string> =>
      kubectl('scale', 'statefulset', 'mongo', `--replicas=${replicas}`);

    const byDelete = await recovery('pod mongo-0 is deleted', 60, () =>
      kubectl('delete', 'pod', 'mongo-0', '--wait=false'),
    );
    const byKill = await recovery('kill -9 of the database', 30, () => signal('mongo-0', 'mongo', 'KILL'));
    mark(`no database for ${absenceSeconds} s`);
    await scale(0);
    await sleep(absenceSeconds * 1000);
    const byAbsence = await recovery('the database may start again', 60, () => scale(1));
    await load.stop();

    const unexpected = notRetryable(load.failures);
    verdicts.push(
      noFailure('failed other than by 503 with Retry-After', { failures: unexpected, requests: load.requests }),
      within('recovered after a delete', byDelete, 60, sources.database),
      within('recovered after kill -9', byKill, 30, sources.database),
      within('recovered after an absence', byAbsence, 30, sources.database),
    );
    notes.push(`Failed inserts: ${describe(load.failures)}. The clients do not retry.`);
  },
};
