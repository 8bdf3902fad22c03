import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, describe, noFailure, sources, within } from '../drill';
import { type PodState, podNamed, readyPods } from '../watch';

const rate = 400;

/** Seconds after a kill in which new connections may still be routed to the dead container. */
const detectionSeconds = 3;

/** Seconds in which requests may still be routed to a hung pod. */
const hungSeconds = 10;

/** One pod is deleted, the process of another is killed, and that of a third is stopped. */
export const podLoss: Drill = {
  name: 'pod-loss',
  title: 'A pod is lost',
  async run({ load: startLoad, mark, watch, kubectl, signal, verdicts, notes }) {
    const load = await startLoad({ rate });
    const anyPod = async (): Promise<string> => readyPods(await watch.steady())[0]!.name;
    const deletedPod = await anyPod();
    await sleep(3000);

    mark(`pod ${deletedPod} is deleted`);
    await kubectl('delete', 'pod', deletedPod, '--wait=false');
    const gone = await watch.until('the pod is gone', (it) => podNamed(deletedPod, it) === undefined, 60);
    mark('the pod is gone', gone.at);
    await sleep(3000);
    const failedByDelete = load.failures.length;

    const killedPod = await anyPod();
    const before = podNamed(killedPod, await watch.next())?.restarts ?? NaN;
    mark(`kill -9 in ${killedPod}`);
    const killed = await signal(killedPod, 'web', 'KILL');
    const isBack = (pod?: PodState): boolean => pod?.ready === true && pod.restarts > before;
    const back = await watch.until('the pod is ready again', (it) => isBack(podNamed(killedPod, it)), 60, killed);
    mark('its container is ready again', back.at);
    await sleep(5000);
    await load.stop();

    // A short time-out, so that clients send the next request soon.
    const hungLoad = await startLoad({ rate, timeoutMs: 2000 });
    const hungPod = await anyPod();
    await sleep(3000);
    mark(`kill -STOP in ${hungPod}`);
    const hung = await signal(hungPod, 'web', 'STOP');
    await sleep(2 * hungSeconds * 1000);
    const out = watch.snapshots.find((it) => it.at >= hung && !podNamed(hungPod, it)?.ready)?.at ?? Infinity;
    if (out !== Infinity) mark('the hung pod is not ready', out);
    await signal(hungPod, 'web', 'CONT');
    await watch.steady();
    mark('all pods are ready');
    await hungLoad.stop();

    const byDelete = load.failures.slice(0, failedByDelete);
    const byKill = load.failures.slice(failedByDelete);
    const inFlight = byKill.filter(({ sentAt, reused }) => sentAt <= killed || reused);
    const afterwards = byKill.filter((failure) => !inFlight.includes(failure));
    const refused = afterwards.filter(({ sentAt }) => sentAt <= killed + detectionSeconds * 1000);
    const later = afterwards.filter((failure) => !refused.includes(failure));
    const byHang = hungLoad.failures;
    const afterHang = byHang.filter(({ sentAt }) => sentAt > hung + hungSeconds * 1000);
    const last = Math.max(killed, ...refused.map(({ failedAt }) => failedAt));
    const killText = `requests failed more than ${detectionSeconds} s after kill -9`;
    const hangText = `requests failed more than ${hungSeconds} s after a hang`;
    verdicts.push(
      noFailure('requests failed after a delete', { failures: byDelete, requests: load.requests }),
      noFailure(killText, { failures: later, requests: load.requests }, sources.killed),
      within('a hung pod becomes unready', (out - hung) / 1000, hungSeconds, sources.hung),
      noFailure(hangText, { failures: afterHang, requests: hungLoad.requests }, sources.hung),
    );
    notes.push(
      `kill -9 failed requests in flight on that pod: ${describe(inFlight)}.`,
      `New connections to it failed for ${((last - killed) / 1000).toFixed(1)} s, until the endpoints were updated: ${describe(refused)}.`,
      `Requests that failed after the hang: ${describe(byHang)} of ${hungLoad.requests}.`,
    );
  },
};
