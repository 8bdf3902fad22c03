import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, describe, noFailure, within } from '../drill';
import { notRetryable } from '../load/client';

/** Requests per second, all of them inserts. */
const rate = 100;

/** Seconds without a database: longer than its restart. */
const absenceSeconds = 15;

/** Under inserts, the database's pod is deleted, then its process is killed, then it is absent for a while. */
export const databaseLoss: Drill = {
  name: 'database-loss',
  title: 'The database is lost',
  members: 1,
  async run({ load: startLoad, mark, recovery, kubectl, signal, verdicts, notes }) {
    const load = startLoad({ rate, writes: rate });
    await sleep(3000);
    const scale = (replicas: number): Promise<string> =>
      kubectl('scale', 'statefulset', 'mongo', `--replicas=${replicas}`);

    const byDelete = await recovery('pod mongo-0 is deleted', load, 60, () =>
      kubectl('delete', 'pod', 'mongo-0', '--wait=false'),
    );
    const byKill = await recovery('kill -9 of the database', load, 30, () => signal('mongo-0', 'mongo', 'KILL'));
    mark(`no database for ${absenceSeconds} s`);
    await scale(0);
    await sleep(absenceSeconds * 1000);
    const byAbsence = await recovery('the database may start again', load, 60, () => scale(1));
    await load.stop();

    const { requests, failures } = load;
    verdicts.push(
      noFailure('failed other than by 503 with Retry-After', { requests, failures: notRetryable(failures) }),
      within('recovered after a delete', byDelete.seconds, 60), // the grace of the pod is 30 s
      within('recovered after kill -9', byKill.seconds, 30),
      within('recovered after an absence', byAbsence.seconds, 30),
    );
    notes.push(`Failed inserts: ${describe(failures)}. The clients do not retry.`);
  },
};
