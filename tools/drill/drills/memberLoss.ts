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

/** Requests may fail for `limit` seconds after it. */
type Loss = readonly [event: string, limit: number, cause: (roles: Roles) => Promise<unknown>];

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
    const kill = (pod: string): Promise<number> => signal(pod, 'mongo', 'KILL');
    const remove = (pod: string): Promise<string> => kubectl('delete', 'pod', pod, '--wait=false');
    const losses: readonly Loss[] = [
      ['the pod of the primary is deleted', 0, ({ primary }) => remove(primary)],
      ['the pod of a secondary is deleted', 0, ({ secondary }) => remove(secondary)],
      ['kill -9 of a secondary', 0, ({ secondary }) => kill(secondary)],
      // electionTimeoutMillis is 3 s (mongoScripts.ts), and clients discover the new primary within 2 s.
      ['kill -9 of the primary', 5, ({ primary }) => kill(primary)],
      ['kill -9 of two', 30, ({ primary, secondary }) => Promise.all([kill(primary), kill(secondary)])],
    ];

    let roles = await settle();
    const load = startLoad({ rate, writes: rate });
    await sleep(3000);
    for (const [event, limit, cause] of losses) {
      const { seconds, ...loss } = await recovery(event, load, patience, () => cause(roles));
      if (limit === 0) verdicts.push(noFailure(`failed after: ${event}`, loss));
      else verdicts.push(within(`back by itself after: ${event}`, seconds, limit));
      notes.push(`${event}: ${describe(loss.failures)} failed.`);
      roles = await settle();
      mark('all members are there again');
    }
    await load.stop();
  },
};
