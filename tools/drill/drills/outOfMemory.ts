import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, holds, noLaterFailure, within } from '../drill';
import { exhaustMemory } from '../node';
import { isBack, type PodState, podNamed, readyPods, type Snapshot } from '../watch';

/** Seconds after the end of a container in which new connections may still be routed to it. */
const detectionSeconds = 3;

/** One pod exceeds its memory limit: the kernel kills it, and only it is restarted. */
export const outOfMemory: Drill = {
  name: 'out-of-memory',
  title: 'Out of memory',
  async run({ load: startLoad, mark, observe, watch, cluster, verdicts }) {
    const load = startLoad({ rate: 200 });
    const steady = await watch.steady();
    const victim = readyPods(steady)[0]!;
    const otherRestarts = (it: Snapshot): number =>
      it.pods.filter(({ name }) => name !== victim.name).reduce((sum, { restarts }) => sum + restarts, 0);
    const hasEnded = (pod?: PodState): boolean => !!pod && (!pod.started || pod.restarts > victim.restarts);

    mark(`${victim.name} leaks memory`);
    await exhaustMemory(cluster, victim.name);
    const ended = await observe('the kernel killed it', (it) => hasEnded(podNamed(victim.name, it)));
    const back = await observe('it is ready again', (it) => isBack(victim, it));
    await sleep(4000);
    await load.stop();

    const others = otherRestarts(back) - otherRestarts(steady);
    const reason = podNamed(victim.name, back)?.lastTermination ?? 'no reason';
    verdicts.push(
      holds('killed for its memory', reason === 'OOMKilled', reason),
      holds('no other container restarted', others === 0, `${others} restarts`),
      within('ready again', (back.at - ended.at) / 1000, 30),
      noLaterFailure('that', load, ended.at, detectionSeconds),
    );
  },
};
