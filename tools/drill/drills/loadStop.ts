import type { Drill } from '../drill';
import { assertDone } from '../project/projectCopy';
import { sources } from '../sources';
import { noFailure, within } from '../verdicts';
import { readyPods, type Snapshot } from '../watch/snapshot';
import { heavy, light } from './scaling';

/** Seconds of less load before pods go, in a quick run: the configured five minutes are for full ones. */
const quickWindow = 15;

/** The autoscaler takes away one pod in 15 s (webService.ts), looks every 5 s, and acts on readings 15 s old at the most. */
const perPodSeconds = 15 + 5;
const lateSeconds = 15 + 5;

/** Load goes down: pods go one by one, and no request that they had taken on is lost. */
export const loadStop: Drill = {
  name: 'load-stop',
  title: 'Load steps down',
  async run({ watch, mark, quick, kubectl, copy, stack, load: startLoad }) {
    if (quick) {
      const project = await copy();
      assertDone('A shorter window', await project.pulumi('config', 'set', 'scaleDownSeconds', String(quickWindow)));
      assertDone('pulumi up with a shorter window', await project.up());
    }
    const path = '{.spec.behavior.scaleDown.stabilizationWindowSeconds}';
    const window = Number(await kubectl.read('get', 'hpa', 'web', `--output=jsonpath=${path}`));
    const load = await startLoad(heavy);
    mark('load is high');
    await watch.until('the load brings more pods', (snapshot) => readyPods(snapshot).length > snapshot.min, 120);

    const start = mark('load steps down');
    load.setRate(light.rate);
    const high = await watch.until('the pods are counted', () => true, 5);
    const surplus = (snapshot: Snapshot): number => snapshot.pods.length - snapshot.min;
    const limit = window + lateSeconds + surplus(high) * perPodSeconds;
    const first = await watch.until(
      'the first pod drains',
      ({ pods }) => pods.some(({ draining }) => draining),
      limit + 60,
      start,
    );
    mark('the first pod drains');
    const least = await watch.until(
      'the least number of pods is left',
      (snapshot) => snapshot.desired === snapshot.min && surplus(snapshot) === 0,
      limit + 120,
      start,
    );
    mark(`${least.min} pods are left`);
    await load.stop();
    if (quick) {
      const project = await copy();
      await project.restore(`Pulumi.${stack}.yaml`);
      assertDone('pulumi up with the window as it was', await project.up());
    }
    return {
      stages: [
        { name: 'less load to the first pod draining', seconds: (first.at - start) / 1000 },
        { name: 'first pod draining to the last one gone', seconds: (least.at - first.at) / 1000 },
      ],
      verdicts: [
        within(
          `less load to ${least.min} pods, ${surplus(high)} gone`,
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
