import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../stack/cluster/until';
import { ClusterServer } from '../../backup/clusterServer';
import { type Drill, describe, noFailure, within } from '../drill';

/** Inserts per second, and nothing else. */
const rate = 100;

/** Seconds in which a failure would show. */
const patience = 20;

/** Names and states of the members, such as `["mongo-0", "PRIMARY"]`. */
const readStates = `print(JSON.stringify(rs.status().members.map(({ name, stateStr }) => [name.split('.')[0], stateStr])))`;

interface Roles {
  readonly primary: string;
  readonly secondary: string;
}

/** While documents are inserted, members of the replica set are deleted and killed: the primary, a secondary, and two at once. */
export const memberLoss: Drill = {
  name: 'member-loss',
  title: 'Members of the database are lost',
  members: 3,
  async run({ load: startLoad, mark, recovery, kubectl, signal, stack, outputs, verdicts, notes }) {
    const server = new ClusterServer(outputs, stack);
    const readRoles = async (): Promise<Roles | undefined> => {
      const states: readonly [pod: string, state: string][] = JSON.parse(await server.evaluate(readStates));
      const namesOf = (state: string): string[] => states.filter((it) => it[1] === state).map(([pod]) => pod);
      const [[primary], [secondary, other]] = [namesOf('PRIMARY'), namesOf('SECONDARY')];
      return primary && secondary && other ? { primary, secondary } : undefined;
    };
    const settle = (): Promise<Roles> =>
      until('two members follow a primary', () => readRoles().catch(() => undefined), 120_000, 1000);
    let roles = await settle();
    const load = startLoad({ rate, writes: rate });
    await sleep(3000);

    const lose = async (event: string, cause: (roles: Roles) => Promise<unknown>) => {
      const loss = await recovery(event, load, patience, () => cause(roles));
      roles = await settle();
      mark('all members are there again');
      return loss;
    };
    const kill = (pod: string): Promise<number> => signal(pod, 'mongo', 'KILL');
    const remove = (pod: string): Promise<string> => kubectl('delete', 'pod', pod, '--wait=false');

    const primaryDeleted = await lose('the pod of the primary is deleted', ({ primary }) => remove(primary));
    const secondaryDeleted = await lose('the pod of a secondary is deleted', ({ secondary }) => remove(secondary));
    const secondaryKilled = await lose('kill -9 of a secondary', ({ secondary }) => kill(secondary));
    const primaryKilled = await lose('kill -9 of the primary', ({ primary }) => kill(primary));
    const twoKilled = await lose('kill -9 of two', ({ primary, secondary }) =>
      Promise.all([kill(primary), kill(secondary)]),
    );
    await load.stop();

    verdicts.push(
      noFailure('failed when the primary was deleted', primaryDeleted),
      noFailure('failed when a secondary was deleted', secondaryDeleted),
      noFailure('failed when a secondary was killed', secondaryKilled),
      // electionTimeoutMillis is 3 s (mongoScripts.ts), and clients discover the new primary within 2 s.
      within('back by itself after kill -9 of the primary', primaryKilled.seconds, 5),
      within('back by itself after kill -9 of two', twoKilled.seconds, 30),
    );
    notes.push(
      `kill -9 of the primary failed ${describe(primaryKilled.failures)}, of two ${describe(twoKilled.failures)}.`,
    );
  },
};
