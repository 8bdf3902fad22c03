import { type Drill, noFailure, within } from '../drill';
import { highLoad } from '../load/load';
import { readyPods, type Snapshot } from '../watch';

/** The autoscaler removes one pod in 15 s (scaledDeployment.ts), runs every 5 s, and uses readings up to 15 s old. */
const perPodSeconds = 15 + 5;
const lateSeconds = 15 + 5;

/** A sudden end of load: pods are removed one by one, and finish the requests that they have accepted. */
export const loadStop: Drill = {
  name: 'load-stop',
  title: 'Load steps down',
  long: true,
  async run({ watch, mark, observe, kubectl, load: startLoad, verdicts }) {
    const path = '{.spec.behavior.scaleDown.stabilizationWindowSeconds}';
    const window = Number(await kubectl('get', 'hpa', 'web', `--output=jsonpath=${path}`)) || 300; // Kubernetes' default
    await watch.idle();
    const [low, high] = [startLoad(), startLoad(highLoad)];
    mark('load is high');
    const more = `the load adds pods (if not, this machine is too busy to send ${highLoad.rate} requests/s)`;
    await watch.until(more, (it) => readyPods(it).length > it.min, 120);

    const start = mark('load steps down');
    await high.stop();
    const surplus = ({ pods, min }: Snapshot): number => pods.length - min;
    const isDraining = ({ pods }: Snapshot): boolean => pods.some(({ terminating }) => terminating);
    const removed = surplus(await observe('the first pod drains', isDraining, window + lateSeconds + 60));
    const limit = window + lateSeconds + removed * perPodSeconds;
    const isLeast = (it: Snapshot): boolean => it.desired === it.min && surplus(it) === 0;
    const least = await observe('the minimum number of pods is left', isLeast, limit + 120);
    await low.stop();
    verdicts.push(
      within(`less load until ${least.min} pods are left, ${removed} removed`, (least.at - start) / 1000, limit + 15),
      noFailure('requests failed', [low, high]),
    );
  },
};
