import { assertDone } from '../../projectCopy';
import { type Drill, noFailure, within } from '../drill';
import { highLoad, lowLoad } from '../load/load';
import { readyPods, type Snapshot } from '../watch';

/** `scaleDownSeconds` in a quick run. */
const quickWindow = 15;

/** The autoscaler removes one pod in 15 s (scaledDeployment.ts), runs every 5 s, and uses readings up to 15 s old. */
const perPodSeconds = 15 + 5;
const lateSeconds = 15 + 5;

/** A sudden end of load: pods are removed one by one, and finish the requests that they have accepted. */
export const loadStop: Drill = {
  name: 'load-stop',
  title: 'Load steps down',
  async run({ watch, mark, quick, kubectl, copy, deploy, stack, load: startLoad, verdicts, notes }) {
    if (quick) {
      assertDone(await (await copy()).pulumi('config', 'set', 'scaleDownSeconds', String(quickWindow)));
      await deploy(`scaleDownSeconds is set to ${quickWindow}`);
    }
    const path = '{.spec.behavior.scaleDown.stabilizationWindowSeconds}';
    const window = Number(await kubectl('get', 'hpa', 'web', `--output=jsonpath=${path}`)) || 300; // Kubernetes' default
    const load = await startLoad(highLoad);
    mark('load is high');
    await watch.until('the load adds pods', (it) => readyPods(it).length > it.min, 120);

    const start = mark('load steps down');
    load.setRate(lowLoad.rate);
    const surplus = ({ pods, min }: Snapshot): number => pods.length - min;
    const removed = surplus(await watch.next());
    const limit = window + lateSeconds + removed * perPodSeconds;
    const isDraining = ({ pods }: Snapshot): boolean => pods.some(({ terminating }) => terminating);
    await watch.until('the first pod drains', isDraining, limit + 60, start);
    mark('the first pod drains');
    const isLeast = (it: Snapshot): boolean => it.desired === it.min && surplus(it) === 0;
    const least = await watch.until('the minimum number of pods is left', isLeast, limit + 120, start);
    mark(`${least.min} pods are left`);
    await load.stop();
    if (quick) {
      await (await copy()).restore(`Pulumi.${stack}.yaml`);
      await deploy('scaleDownSeconds is reset');
      notes.push(`scaleDownSeconds was set to ${window} for this quick run.`);
    }
    const text = `less load until ${least.min} pods are left, ${removed} removed`;
    const source = `scaleDownSeconds is ${window}; then one pod every 15 s, and each drains`;
    verdicts.push(within(text, (least.at - start) / 1000, limit + 15, source), noFailure('requests failed', load));
  },
};
