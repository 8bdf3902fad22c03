import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from '../drill';
import { killProcess } from '../node/killProcess';
import { sources } from '../sources';
import { describe, noFailure, within } from '../verdicts';
import { outage } from './calm';

/** Inserts per second, and nothing else. */
const rate = 100;

/** Seconds without a database: more than it needs to restart, less than the minute that webService.ts allows a pod. */
const awaySeconds = 15;

/** The database's pod is deleted while documents are inserted; then its process is killed; then it is away for a while. */
export const databaseLoss: Drill = {
  name: 'database-loss',
  title: 'The database is lost',
  async run({ load: startLoad, mark, kubectl, outputs }) {
    const load = await startLoad({ rate, writes: rate });
    await sleep(3000);

    const deleting = mark('kubectl delete pod mongo-0');
    await kubectl.read('delete', 'pod', 'mongo-0', '--wait=false');
    const byDelete = await outage(load, deleting, 60);
    mark('inserts have been stored again for 8 s');

    mark('kill -9 of the database');
    const killed = await killProcess(outputs.profile, 'mongo-0', 'mongo');
    const byKill = await outage(load, killed, 30);
    mark('inserts have been stored again for 8 s');
    mark(`no database for ${awaySeconds} s`);
    await kubectl.read('scale', 'statefulset', 'mongo', '--replicas=0');
    await sleep(awaySeconds * 1000);
    await kubectl.read('scale', 'statefulset', 'mongo', '--replicas=1');
    const returned = mark('the database may come back');
    const byAbsence = await outage(load, returned, 60);
    mark('inserts have been stored again for 8 s');
    await load.stop();

    const impolite = load.failures.filter(({ kind, retryAfter }) => kind !== '503' || !retryAfter);
    return {
      stages: [
        { name: 'delete to the last refused insert', seconds: (byDelete.last - deleting) / 1000 },
        { name: 'of that, without a database', seconds: (byDelete.last - byDelete.first) / 1000 },
        { name: 'kill -9 to the last refused insert', seconds: (byKill.last - killed) / 1000 },
        { name: 'allowed back to the last refused insert', seconds: (byAbsence.last - returned) / 1000 },
      ],
      verdicts: [
        noFailure('refused otherwise than by 503 with Retry-After', impolite, load.requests, sources.noLoss),
        within('back by itself after a delete', (byDelete.last - deleting) / 1000, 60, sources.database),
        within('back by itself after kill -9', (byKill.last - killed) / 1000, 30, sources.database),
        within('back by itself after an absence', (byAbsence.last - returned) / 1000, 30, sources.database),
      ],
      notes: [`Inserts refused meanwhile: ${describe(load.failures)}. The clients do not try again.`],
    };
  },
};
