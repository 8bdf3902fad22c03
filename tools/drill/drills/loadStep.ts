import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Drill, Outcome } from '../drill';
import { sources } from '../sources';
import { holds, noFailure, within } from '../verdicts';
import { readRequests, spreadOf } from '../watch/requests';
import { type PodState, readyPods, type Snapshot } from '../watch/snapshot';
import { atLeast, heavy, light } from './scaling';

/** Seconds over which requests are counted per pod: some hundred new connections for each. */
const countSeconds = 20;

/** Load steps up from one second to the next: how soon are there more pods, and do all of them work? */
export const loadStep: Drill = {
  name: 'load-step',
  title: 'Load steps up',
  async run(context) {
    const { watch, mark } = context;
    await atLeast(context);
    const load = await context.load(light);
    await sleep(5000);

    const before = new Set(watch.snapshots.at(-1)?.pods.map(({ name }) => name));
    const start = mark('load steps up');
    load.setRate(heavy.rate);
    const seen = (what: string, condition: (snapshot: Snapshot) => boolean, seconds = 90): Promise<Snapshot> =>
      watch.until(what, condition, seconds, start);
    const fresh = (snapshot: Snapshot, is: (pod: PodState) => boolean): boolean =>
      snapshot.pods.some((pod) => !before.has(pod.name) && is(pod));

    const measured = await seen("the pods' CPU is read above its target", ({ cpu = 0, target }) => cpu > target);
    mark('CPU is read above its target', measured.at);
    const decided = await seen('the autoscaler wants more pods', ({ desired, min }) => desired > min);
    mark('the autoscaler wants more pods', decided.at);
    const created = await seen('a pod is made', (snapshot) => fresh(snapshot, () => true));
    const scheduled = await seen('it has a node', (snapshot) => fresh(snapshot, (pod) => pod.scheduled));
    const started = await seen('its container runs', (snapshot) => fresh(snapshot, (pod) => pod.started));
    const ready = await seen('it is ready', (snapshot) => fresh(snapshot, (pod) => pod.ready));
    mark('first new pod is ready', ready.at);
    const all = await settled(context, start);
    mark(`${all.desired} pods, all ready`, all.at);

    const spread = await countRequests(context);
    await load.stop();
    return outcome();

    function outcome(): Outcome {
      const stages = [
        ['load to a reading above the target', start, measured.at],
        ["reading to the autoscaler's decision", measured.at, decided.at],
        ['decision to a pod made', decided.at, created.at],
        ['made to a node found', created.at, scheduled.at],
        ['node found to its container running', scheduled.at, started.at],
        ['container running to ready', started.at, ready.at],
        ['in all, pod made to ready', created.at, ready.at],
        ['in all, load to all pods ready', start, all.at],
      ] as const;
      return {
        stages: stages.map(([name, from, to]) => ({ name, seconds: Math.max(0, to - from) / 1000 })),
        verdicts: [
          within('load to first new pod ready', (ready.at - start) / 1000, 30, sources.scaling),
          within('pod started to ready', (ready.at - started.at) / 1000, 2, sources.start),
          holds(
            'requests spread evenly',
            spread.worst <= 25,
            `${spread.text}; the farthest is ${spread.worst.toFixed(0)} % off the mean`,
            sources.evenness,
          ),
          noFailure('requests failed', load.failures, load.requests, sources.noLoss),
        ],
        notes: [
          `Clients take a new connection after ${load.plan.renewAfter} requests, as real ones do: only these reach new pods.`,
        ],
      };
    }
  },
};

/** The first moment at which all pods are ready that the autoscaler wants, if it then wants no more for two readings of their CPU. */
async function settled({ watch }: Context, start: number): Promise<Snapshot> {
  const calm = 25_000;
  const isComplete = (snapshot: Snapshot): boolean =>
    snapshot.desired > snapshot.min && readyPods(snapshot).length === snapshot.desired;
  for (let since = start; ; ) {
    const complete = await watch.until('all pods that the autoscaler wants are ready', isComplete, 120, since);
    await sleep(Math.max(0, complete.at + calm - Date.now()));
    const changed = watch.snapshots.find(({ at, desired }) => at > complete.at && desired > complete.desired);
    if (changed === undefined) return complete;
    since = changed.at;
  }
}

async function countRequests({ watch, kubectl }: Context): Promise<{ readonly worst: number; readonly text: string }> {
  const pods = readyPods(await watch.until('the pods are ready', () => true, 5)).map(({ name }) => name);
  const before = await readRequests(kubectl, pods);
  await sleep(countSeconds * 1000);
  const after = await readRequests(kubectl, pods);
  return spreadOf(pods.map((pod) => (after.get(pod) ?? NaN) - (before.get(pod) ?? NaN)));
}
