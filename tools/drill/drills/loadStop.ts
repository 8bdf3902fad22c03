import { assertDone } from '../../projectCopy';
import { type Drill, noFailure, within } from '../drill';
import { highLoad, lowLoad } from '../load/load';
import { readyPods, type Snapshot } from '../watch';

/** `scaleDownSeconds` in a quick run: the configured five minutes are for full ones. */
const quickWindow = 15;

/** The autoscaler removes one pod in 15 s (scaledDeployment.ts), looks every 5 s, and acts on readings at most 15 s old. */
const perPodSeconds = 15 + 5;
const lateSeconds = 15 + 5;

/** Load steps down: pods go one by one, and no request is lost that they had accepted. */
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
    await watch.until('the load brings more pods', (it) => readyPods(it).length > it.min, 120);

    const start = mark('load steps down');
    load.setRate(lowLoad.rate);
    const surplus = ({ pods, min }: Snapshot): number => pods.length - min;
    const removed = surplus(await watch.next());
    const limit = window + lateSeconds + removed * perPodSeconds;
    const isDraining = ({ pods }: Snapshot): boolean => pods.some(({ terminating }) => terminating);
    await watch.until('the first pod drains', isDraining, limit + 60, start);
    mark('the first pod drains');
    const isLeast = (it: Snapshot): boolean => it.desired === it.min && surplus(it) === 0;
    const least = await watch.until('the least number of pods is left', isLeast, limit + 120, start);
    mark(`${least.min} pods are left`);
    await load.stop();
    if (quick) {
      await (await copy()).restore(`Pulumi.${stack}.yaml`);
      await deploy('scaleDownSeconds is set back');
      notes.push(`scaleDownSeconds was set to ${window} for this quick run.`);
    }
    const text = `less load to ${least.min} pods, ${removed} gone`;
    const source = `scaleDownSeconds is ${window} here; then a pod every 15 s, and each drains`;
    verdicts.push(within(text, (least.at - start) / 1000, limit + 15, source), noFailure('requests failed', load));
  },
};
