import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, noFailure, noLaterFailure, within } from '../drill';
import { isBack, type PodState, podNamed, readyPods, type Snapshot } from '../watch';

const rate = 400;

/** Seconds until new connections are no longer routed to a dead container: the kubelet detects it in one, the endpoints follow. */
const detectionSeconds = 3;

/** Seconds until requests are no longer routed to a hung pod: the readiness probes of webService.ts. */
const hungSeconds = 10;

/** One pod is deleted, the process of another is killed, and that of a third is stopped. */
export const podLoss: Drill = {
  name: 'pod-loss',
  title: 'A pod is lost',
  async run({ load: startLoad, mark, observe, watch, kubectl, signal, verdicts }) {
    const load = startLoad({ rate });
    const anyPod = async (): Promise<PodState> => readyPods(await watch.steady())[0]!;
    const deletedPod = (await anyPod()).name;
    await sleep(3000);

    mark(`pod ${deletedPod} is deleted`);
    await kubectl('delete', 'pod', deletedPod, '--wait=false');
    await observe('the pod is gone', (it) => podNamed(deletedPod, it) === undefined);
    await sleep(3000);
    const failedByDelete = load.failures.length;

    const killedPod = await anyPod();
    mark(`kill -9 in ${killedPod.name}`);
    const killed = await signal(killedPod.name, 'web', 'KILL');
    await observe('its container is ready again', (it) => isBack(killedPod, it));
    await sleep(5000);
    await load.stop();

    // A short time-out, so that clients send the next request soon.
    const hungLoad = startLoad({ rate, timeoutMs: 2000 });
    const hungPod = (await anyPod()).name;
    await sleep(3000);
    mark(`kill -STOP in ${hungPod}`);
    const hung = await signal(hungPod, 'web', 'STOP');
    const isOut = (it: Snapshot): boolean => !podNamed(hungPod, it)?.ready;
    const out = await observe('the hung pod is not ready', isOut, 2 * hungSeconds).then(
      ({ at }) => at,
      () => Infinity,
    );
    await sleep(Math.max(0, hung + 2 * hungSeconds * 1000 - Date.now()));
    await signal(hungPod, 'web', 'CONT');
    await watch.steady();
    mark('all pods are ready');
    await hungLoad.stop();

    const { requests, failures } = load;
    verdicts.push(
      noFailure('requests failed after a delete', [{ requests, failures: failures.slice(0, failedByDelete) }]),
      noLaterFailure('kill -9', { requests, failures: failures.slice(failedByDelete) }, killed, detectionSeconds),
      within('a hung pod becomes unready', (out - hung) / 1000, hungSeconds),
      noLaterFailure('a hang', hungLoad, hung, hungSeconds),
    );
  },
};
