import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from '../drill';
import type { Failure } from '../load/plan';
import { killProcess } from '../node/killProcess';
import { sources } from '../sources';
import { describe, noFailure } from '../verdicts';
import { readyPods, type Snapshot } from '../watch/snapshot';

const rate = 400;

/** Seconds after a kill in which a new connection may still be sent to the dead container. */
const findSeconds = 3;

/** A pod is deleted; then the process of another is killed. */
export const podLoss: Drill = {
  name: 'pod-loss',
  title: 'A pod is lost',
  async run({ load: startLoad, mark, watch, kubectl, outputs }) {
    const load = await startLoad({ rate });
    const steady = (snapshot: Snapshot): boolean =>
      readyPods(snapshot).length >= snapshot.desired &&
      snapshot.pods.every(({ ready, draining }) => ready && !draining);
    const anyPod = async (): Promise<string> => readyPods(await watch.until('all pods are ready', steady, 90))[0]!.name;
    const first = await anyPod();
    await sleep(3000);

    const deleted = mark(`kubectl delete pod ${first}`);
    await kubectl.read('delete', 'pod', first);
    const gone = mark('the pod is gone');
    await sleep(3000);
    const afterDelete = load.failures.length;

    const second = await anyPod();
    const restarts = (snapshot: Snapshot): number => snapshot.pods.find(({ name }) => name === second)?.restarts ?? NaN;
    const before = restarts(await watch.until('the pod is seen', () => true, 5));
    mark(`kill -9 in ${second}`);
    const killed = await killProcess(outputs.profile, second, 'web');
    const back = await watch.until(
      'the pod is ready again',
      (snapshot) => restarts(snapshot) > before && snapshot.pods.some(({ name, ready }) => name === second && ready),
      60,
      killed,
    );
    mark('its container is back');
    await sleep(5000);
    await load.stop();

    const byKill = load.failures.slice(afterDelete);
    const inFlight = byKill.filter(({ sentAt, reused }: Failure) => sentAt <= killed || reused);
    const refused = byKill.filter(
      (failure) => !inFlight.includes(failure) && failure.sentAt <= killed + findSeconds * 1000,
    );
    const later = byKill.filter((failure) => !inFlight.includes(failure) && !refused.includes(failure));
    const last = Math.max(killed, ...refused.map(({ failedAt }) => failedAt));
    return {
      stages: [
        { name: 'delete to the pod gone', seconds: (gone - deleted) / 1000 },
        { name: 'kill to the last refused connection', seconds: Math.max(0, last - killed) / 1000 },
        { name: 'kill to its container ready again', seconds: (back.at - killed) / 1000 },
      ],
      verdicts: [
        noFailure('requests failed by a delete', load.failures.slice(0, afterDelete), load.requests, sources.noLoss),
        noFailure(`requests failed later than ${findSeconds} s after kill -9`, later, load.requests, sources.killed),
      ],
      notes: [
        `kill -9 failed ${describe(inFlight)} in flight on that pod.`,
        `Until the kubelet had found out, new connections to it were refused: ${describe(refused)}.`,
      ],
    };
  },
};
