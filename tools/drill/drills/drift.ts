import { execa } from 'execa';
import { registryName } from '../../../stack/cluster/minikube';
import type { Run } from '../../projectCopy';
import { type Drill, holds, sources } from '../drill';
import { highLoad } from '../load/load';
import type { DrillContext } from '../runDrill';
import { waitUntilServing } from '../service';
import { readyPods } from '../watch';

/** Arguments of kubectl. */
const manualChanges: readonly (readonly string[])[] = [
  ['delete', 'service', 'web'],
  ['delete', 'horizontalpodautoscaler', 'web'],
  ['delete', 'poddisruptionbudget', 'web'],
  ['delete', 'networkpolicy', 'default-deny'],
  ['set', 'env', 'deployment/web', 'LOG_LEVEL=debug', 'DRAIN_SECONDS=0'],
  ['label', 'service', 'mongo', 'edited=by-hand'],
];

/** Resources and the registry's container are deleted or edited by hand. Then the autoscaler changes the number of pods. */
export const drift: Drill = {
  name: 'drift',
  title: 'Drift',
  async run({ copy, deploy, kubectl, load: startLoad, mark, outputs, watch, verdicts }) {
    const project = await copy();
    const preview = () => project.pulumi('preview', '--refresh', '--expect-no-changes');
    const before = await readState(kubectl);
    for (const change of manualChanges) {
      mark(`kubectl ${change.join(' ')}`);
      await kubectl(...change);
    }
    const registry = registryName(outputs.profile);
    mark(`docker rm --force ${registry}`);
    await execa('docker', ['rm', '--force', registry]);
    const { end } = await deploy('pulumi up --refresh', '--refresh');
    await waitUntilServing(outputs.url, 60);
    mark('the service answers');
    const after = await readState(kubectl);
    const restored = await preview();

    const load = await startLoad(highLoad);
    mark('load is high');
    const scaled = await watch.until('more pods', (it) => readyPods(it).length > it.min, 120, end);
    const grown = await preview();
    mark('preview with more pods');
    await load.stop();

    const difference = after === before ? 'yes' : `before ${before}, after ${after}`;
    const pods = `${readyPods(scaled).length} pods instead of ${scaled.min}`;
    verdicts.push(
      holds('everything is restored', after === before, difference, sources.convergence),
      holds('no remaining changes in a preview', !restored.failed, changesOf(restored), sources.convergence),
      holds(`no change in a preview with ${pods}`, !grown.failed, changesOf(grown), sources.replicas),
    );
  },
};

/** Names of objects, and the environment of the service's pods. */
async function readState(kubectl: DrillContext['kubectl']): Promise<string> {
  const kinds = 'services,horizontalpodautoscalers,poddisruptionbudgets,networkpolicies';
  const names = await kubectl('get', kinds, '--output=name');
  const path = '{.spec.template.spec.containers[0].env}';
  const environment = await kubectl('get', 'deployment', 'web', `--output=jsonpath=${path}`);
  return `${names.trim().split('\n').sort().join(' ')} ${environment}`;
}

/** The resources that a preview would change. */
function changesOf({ failed, all }: Run): string {
  if (!failed) return 'none';
  const lines = all.split('\n').filter((line) => /^\s*[~+-]/.test(line));
  return lines.map((line) => line.trim()).join('; ');
}
