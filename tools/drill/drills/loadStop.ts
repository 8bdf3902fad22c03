import { AutoscalingV2Api } from '@kubernetes/client-node';
import { assertDone } from '../../projectCopy';
import type { Drill } from '../drill';
import { highLoad, lowLoad } from '../load/plan';
import { readyPods, type Snapshot } from '../snapshot';
import { noFailure, sources, stage, within } from '../verdicts';

/** `scaleDownSeconds` in a quick run: the configured five minutes are for full ones. */
const quickWindow = 15;

/** The autoscaler removes one pod in 15 s (webService.ts), looks every 5 s, and acts on readings at most 15 s old. */
const perPodSeconds = 15 + 5;
const lateSeconds = 15 + 5;

/** Load steps down: pods go one by one, and no request is lost that they had accepted. */
export const loadStop: Drill = {
  name: 'load-stop',
  title: 'Load steps down',
  async run({ watch, mark, quick, cluster, copy, stack, load: startLoad }) {
    if (quick) {
      const project = await copy();
      assertDone(await project.pulumi('config', 'set', 'scaleDownSeconds', String(quickWindow)));
      assertDone(await project.up());
    }
    const autoscaler = { namespace: cluster.namespace, name: 'web' };
    const { spec } = await cluster.api(AutoscalingV2Api).readNamespacedHorizontalPodAutoscaler(autoscaler);
    const window = spec?.behavior?.scaleDown?.stabilizationWindowSeconds ?? 300; // Kubernetes' default
    const load = await startLoad(highLoad);
    mark('load is high');
    await watch.until('the load brings more pods', (it) => readyPods(it).length > it.min, 120);

    const start = mark('load steps down');
    load.setRate(lowLoad.rate);
    const surplus = ({ pods, min }: Snapshot): number => pods.length - min;
    const removed = surplus(await watch.next());
    const limit = window + lateSeconds + removed * perPodSeconds;
    const isDraining = ({ pods }: Snapshot): boolean => pods.some(({ terminating }) => terminating);
    const first = await watch.until('the first pod drains', isDraining, limit + 60, start);
    mark('the first pod drains');
    const isLeast = (it: Snapshot): boolean => it.desired === it.min && surplus(it) === 0;
    const least = await watch.until('the least number of pods is left', isLeast, limit + 120, start);
    mark(`${least.min} pods are left`);
    await load.stop();
    if (quick) {
      const project = await copy();
      await project.restore(`Pulumi.${stack}.yaml`);
      assertDone(await project.up());
    }
    return {
      stages: [
        stage('less load to the first pod draining', start, first.at),
        stage('first pod draining to the last one gone', first.at, least.at),
      ],
      verdicts: [
        within(
          `less load to ${least.min} pods, ${removed} gone`,
          (least.at - start) / 1000,
          limit + 15,
          `scaleDownSeconds is ${window} here; then a pod every 15 s, and each drains`,
        ),
        noFailure('requests failed', load.failures, load.requests, sources.noLoss),
      ],
      notes: quick ? [`scaleDownSeconds was set to ${window} for this quick run.`] : [],
    };
  },
};
