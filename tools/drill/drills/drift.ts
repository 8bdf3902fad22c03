import { execa } from 'execa';
import { registryName } from '../../../stack/cluster/minikube';
import { type Drill, holds } from '../drill';
import { highLoad } from '../load/load';
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

/** Names of objects, and the environment of the service's pods. */
const readState = [
  'get',
  'services,horizontalpodautoscalers,poddisruptionbudgets,networkpolicies,deployments',
  '--output=jsonpath={range .items[*]}{.kind}/{.metadata.name} {.spec.template.spec.containers[0].env} {end}',
];

/** Resources and the registry's container are deleted or edited by hand. Then the autoscaler changes the number of pods. */
export const drift: Drill = {
  name: 'drift',
  title: 'Drift',
  async run({ copy, deploy, kubectl, load: startLoad, mark, outputs, observe, verdicts }) {
    const project = await copy();
    const before = await kubectl(...readState);
    for (const change of manualChanges) {
      mark(`kubectl ${change.join(' ')}`);
      await kubectl(...change);
    }
    const registry = registryName(outputs.profile);
    mark(`docker rm --force ${registry}`);
    await execa('docker', ['rm', '--force', registry]);
    await deploy('pulumi up --refresh', '--refresh');
    await waitUntilServing(outputs.url, 60);
    mark('the service answers');
    const after = await kubectl(...readState);
    const restored = await project.previewChanges();

    const load = startLoad(highLoad);
    mark('load is high');
    const scaled = await observe('more pods are ready', (it) => readyPods(it).length > it.min, 120);
    const grown = await project.previewChanges();
    mark('preview with more pods');
    await load.stop();

    const pods = `${readyPods(scaled).length} pods instead of ${scaled.min}`;
    verdicts.push(
      holds('everything is restored', after === before, after === before ? 'yes' : `before ${before}, after ${after}`),
      holds('no remaining changes in a preview', restored === '', restored || 'none'),
      holds(`no change in a preview with ${pods}`, grown === '', grown || 'none'),
    );
  },
};
