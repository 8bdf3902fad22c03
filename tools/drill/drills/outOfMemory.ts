import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from '../drill';
import { exhaustMemory } from '../node/exhaustMemory';
import { sources } from '../sources';
import { describe, holds, noFailure, within } from '../verdicts';
import { readyPods, type Snapshot } from '../watch/snapshot';

const rate = 200;

/** Seconds after the end in which a new connection may still be sent to the dead container. */
const findSeconds = 3;

/** One pod uses more memory than its limit: the kernel ends it, and it is started again, alone. */
export const outOfMemory: Drill = {
  name: 'out-of-memory',
  title: 'Out of memory',
  async run({ load: startLoad, mark, watch, kubectl }) {
    const load = await startLoad({ rate });
    const calm = await watch.until(
      'all pods are ready',
      (snapshot) => readyPods(snapshot).length === snapshot.pods.length,
      60,
    );
    const victim = readyPods(calm)[0]!.name;
    const of = (snapshot: Snapshot) => snapshot.pods.find(({ name }) => name === victim);
    const restartsOfOthers = (snapshot: Snapshot): number =>
      snapshot.pods.filter(({ name }) => name !== victim).reduce((sum, { restarts }) => sum + restarts, 0);
    const earlier = of(calm)?.restarts ?? 0;

    const start = mark(`${victim} takes more and more memory`);
    await exhaustMemory(kubectl, victim);
    const ended = await watch.until(
      'the kernel ends it',
      (snapshot) => {
        const pod = of(snapshot);
        return pod !== undefined && (!pod.started || pod.restarts > earlier);
      },
      60,
      start,
    );
    mark('it was ended');
    const back = await watch.until(
      'it is ready again',
      (snapshot) => {
        const pod = of(snapshot);
        return pod !== undefined && pod.restarts > earlier && pod.ready;
      },
      60,
      start,
    );
    mark('it is ready again');
    await sleep(4000);
    await load.stop();

    const later = load.failures.filter(({ sentAt }) => sentAt > ended.at + findSeconds * 1000);
    const others = restartsOfOthers(back) - restartsOfOthers(calm);
    return {
      stages: [{ name: 'ended to ready again', seconds: (back.at - ended.at) / 1000 }],
      verdicts: [
        holds('ended for its memory', of(back)?.ended === 'OOMKilled', of(back)?.ended ?? 'no reason', sources.memory),
        holds('restarted alone', others === 0, `${others} restarts of others`, sources.memory),
        within('ready again', (back.at - ended.at) / 1000, 30, sources.restart),
        noFailure(`requests failed later than ${findSeconds} s after its end`, later, load.requests, sources.killed),
      ],
      notes: [
        `Requests that failed with it: ${describe(load.failures.filter((failure) => !later.includes(failure)))}.`,
      ],
    };
  },
};
