import { kubectl } from '../../cli/shared/kubectl';
import { read } from '../../cli/shared/process';
import { assertDone, type Run } from '../../projectCopy';
import type { DrillContext } from '../context';
import type { Drill } from '../drill';
import { highLoad } from '../load/plan';
import { waitUntilServing } from '../service';
import { readyPods } from '../snapshot';
import { holds, sources, stage } from '../verdicts';

/** Arguments of kubectl, which works in the stack's namespace unless they name another. */
const manualChanges: readonly (readonly string[])[] = [
  ['delete', 'service', 'web'],
  ['delete', 'horizontalpodautoscaler', 'web'],
  ['delete', 'poddisruptionbudget', 'web'],
  ['delete', 'networkpolicy', 'default-deny'],
  ['set', 'env', 'deployment/web', 'LOG_LEVEL=debug', 'DRAIN_SECONDS=0'],
  ['label', 'service', 'mongo', 'edited=by-hand'],
  ['delete', 'pod', '--namespace=kube-system', '--selector=actual-registry=true'],
];

/** Resources are deleted and edited by hand, the registry's pod too. Then the autoscaler changes what it owns. */
export const drift: Drill = {
  name: 'drift',
  title: 'Drift',
  async run(context) {
    const { copy, mark, outputs, watch } = context;
    const project = await copy();
    const before = await readState(context);
    for (const change of manualChanges) {
      mark(`kubectl ${change.join(' ')}`);
      await kubectl(outputs, read, ...change);
    }
    mark('pulumi up --refresh');
    const run = assertDone(await project.up('--refresh'));
    const end = mark('pulumi up is done');
    await waitUntilServing(outputs.url, 60);
    const serving = mark('the service answers');
    const after = await readState(context);
    const restored = await project.pulumi('preview', '--refresh', '--expect-no-changes');

    const load = await context.load(highLoad);
    mark('load, for the autoscaler to add pods');
    const scaled = await watch.until('more pods', (it) => readyPods(it).length > it.min, 120, end);
    const grown = await project.pulumi('preview', '--refresh', '--expect-no-changes');
    mark('previewed');
    await load.stop();
    const pods = `${readyPods(scaled).length} pods in place of ${scaled.min}`;
    const difference = after === before ? 'yes' : `before ${before}, after ${after}`;
    return {
      stages: [
        { name: 'pulumi up --refresh', seconds: run.durationMs / 1000 },
        stage('to a service that answers', end, serving),
      ],
      verdicts: [
        holds('everything as it was', after === before, difference, sources.convergence),
        holds('no more changes seen', !restored.failed, changesOf(restored), sources.convergence),
        holds(`no change seen with ${pods}`, !grown.failed, changesOf(grown), sources.replicas),
      ],
    };
  },
};

/** The names of what is there, and the environment of the service's pods. */
async function readState({ outputs }: DrillContext): Promise<string> {
  const kinds = 'services,horizontalpodautoscalers,poddisruptionbudgets,networkpolicies';
  const names = await kubectl(outputs, read, 'get', kinds, '--output=name');
  const path = '{.spec.template.spec.containers[0].env}';
  const environment = await kubectl(outputs, read, 'get', 'deployment', 'web', `--output=jsonpath=${path}`);
  return `${names.trim().split('\n').sort().join(' ')} ${environment}`;
}

/** The resources that a preview would change. */
function changesOf({ failed, all }: Run): string {
  if (!failed) return 'none';
  const lines = all.split('\n').filter((line) => /^\s*[~+-]/.test(line));
  return lines.map((line) => line.trim()).join('; ');
}
