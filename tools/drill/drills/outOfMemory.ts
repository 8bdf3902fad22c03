import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, describe, holds, noFailure, sources, within } from '../drill';
import { exhaustMemory } from '../node';
import { type PodState, podNamed, readyPods, type Snapshot } from '../watch';

/** Seconds after the end of a container in which new connections may still be routed to it. */
const detectionSeconds = 3;

/** One pod exceeds its memory limit: the kernel kills it, and only it is restarted. */
export const outOfMemory: Drill = {
  name: 'out-of-memory',
  title: 'Out of memory',
  async run({ load: startLoad, mark, watch, cluster, verdicts, notes }) {
    const load = await startLoad({ rate: 200 });
    const steady = await watch.steady();
    const victim = readyPods(steady)[0]!;
    const otherRestarts = (it: Snapshot): number =>
      it.pods.filter(({ name }) => name !== victim.name).reduce((sum, { restarts }) => sum + restarts, 0);
    const hasEnded = (pod?: PodState): boolean => !!pod && (!pod.started || pod.restarts > victim.restarts);
    const isBack = (pod?: PodState): boolean => !!pod && pod.ready && pod.restarts > victim.restarts;

    const start = mark(`${victim.name} leaks memory`);
    await exhaustMemory(cluster, victim.name);
    const ended = await watch.until('the kernel kills it', (it) => hasEnded(podNamed(victim.name, it)), 60, start);
    mark('the kernel killed it', ended.at);
    const back = await watch.until('it is ready again', (it) => isBack(podNamed(victim.name, it)), 60, start);
    mark('it is ready again', back.at);
    await sleep(4000);
    await load.stop();

    const later = load.failures.filter(({ sentAt }) => sentAt > ended.at + detectionSeconds * 1000);
    const earlier = load.failures.filter((failure) => !later.includes(failure));
    const others = otherRestarts(back) - otherRestarts(steady);
    const reason = podNamed(victim.name, back)?.lastTermination ?? 'no reason';
    verdicts.push(
      holds('killed for its memory', reason === 'OOMKilled', reason, sources.memory),
      holds('no other container restarted', others === 0, `${others} restarts`, sources.memory),
      within('ready again', (back.at - ended.at) / 1000, 30, sources.restart),
      noFailure(
        `requests failed more than ${detectionSeconds} s later`,
        { failures: later, requests: load.requests },
        sources.killed,
      ),
    );
    notes.push(`Requests that failed until then: ${describe(earlier)}.`);
  },
};
