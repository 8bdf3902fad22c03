import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../stack/cluster/until';
import { ClusterServer } from '../../backup/clusterServer';
import { type Drill, noFailure, onlyRetryable, within } from '../drill';
import { type Load, waitForRecovery } from '../load/load';
import type { DrillContext } from '../runDrill';

/** Requests per second, all of them inserts. */
const rate = 100;

/** Seconds in which a failure would show. */
const patience = 20;

/** Seconds without a database: longer than its restart. */
const absence = 15;

/** Requests may fail for `limit` seconds after it. */
type Loss<State> = readonly [event: string, limit: number, cause: (state: State) => Promise<unknown>];

/** Causes `losses` under inserts. Before each, `settle` waits until the database is whole. Returns the load. */
async function lose<State>(
  { load: startLoad, mark, verdicts }: DrillContext,
  losses: readonly Loss<State>[],
  settle: () => Promise<State>,
): Promise<Load> {
  let state = await settle();
  const load = startLoad({ rate, writes: rate });
  await sleep(3000);
  for (const [event, limit, cause] of losses) {
    const before = load.failures.length;
    const start = mark(event);
    await cause(state);
    const seconds = ((await waitForRecovery(load, start, patience)) - start) / 1000;
    mark('no request has failed for a while');
    const failures = load.failures.slice(before);
    if (limit === 0) verdicts.push(noFailure(`failed after: ${event}`, [{ requests: load.requests, failures }]));
    else verdicts.push(within(`back by itself after: ${event}`, seconds, limit, failures));
    state = await settle();
  }
  await load.stop();
  return load;
}

/** The database's pod is deleted, then its process is killed, then it is absent for a while. */
export const databaseLoss: Drill = {
  name: 'database-loss',
  title: 'The database is lost',
  members: 1,
  async run(context) {
    const { kubectl, signal, verdicts } = context;
    const scale = (replicas: number) => kubectl('scale', 'statefulset', 'mongo', `--replicas=${replicas}`);
    const scaleDownAndUp = async (): Promise<void> => {
      await scale(0);
      await sleep(absence * 1000);
      await scale(1);
    };
    const losses: readonly Loss<void>[] = [
      ['pod mongo-0 is deleted', 60, () => kubectl('delete', 'pod', 'mongo-0', '--wait=false')], // its grace is 30 s
      ['kill -9 of the database', 30, () => signal('mongo-0', 'mongo', 'KILL')],
      [`no database for ${absence} s`, absence + 30, scaleDownAndUp],
    ];
    verdicts.push(onlyRetryable('inserts', await lose(context, losses, async () => {})));
  },
};

/** Names and states of the members, such as `["mongo-0", "PRIMARY"]`. */
const readStates = `print(JSON.stringify(rs.status().members.map(({ name, stateStr }) => [name.split('.')[0], stateStr])))`;

interface Roles {
  readonly primary: string;
  readonly secondary: string;
}

/** Members of the replica set are deleted and killed: the primary, a secondary, and two at once. */
export const memberLoss: Drill = {
  name: 'member-loss',
  title: 'Members of the database are lost',
  members: 3,
  async run(context) {
    const { kubectl, signal, stack, outputs } = context;
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
    const losses: readonly Loss<Roles>[] = [
      ['the pod of the primary is deleted', 0, ({ primary }) => remove(primary)],
      ['the pod of a secondary is deleted', 0, ({ secondary }) => remove(secondary)],
      ['kill -9 of a secondary', 0, ({ secondary }) => kill(secondary)],
      // electionTimeoutMillis is 3 s (mongoScripts.ts), and clients discover the new primary within 2 s.
      ['kill -9 of the primary', 5, ({ primary }) => kill(primary)],
      ['kill -9 of two', 30, ({ primary, secondary }) => Promise.all([kill(primary), kill(secondary)])],
    ];
    await lose(context, losses, settle);
  },
};
