import type { Context, Drill } from '../drill';
import { assertDone } from '../project/projectCopy';
import { healthy } from '../run/healthy';
import { sources } from '../sources';
import { holds } from '../verdicts';
import { readyPods } from '../watch/snapshot';
import { heavy } from './scaling';

/** What someone does by hand, in the stack's namespace where no other is named. */
const deeds: readonly (readonly string[])[] = [
  ['delete', 'service', 'web'],
  ['delete', 'horizontalpodautoscaler', 'web'],
  ['delete', 'poddisruptionbudget', 'web'],
  ['delete', 'networkpolicy', 'default-deny'],
  ['set', 'env', 'deployment/web', 'LOG_LEVEL=debug', 'DRAIN_SECONDS=0'],
  ['label', 'service', 'mongo', 'edited=by-hand'],
  ['delete', 'pod', '--namespace=kube-system', '--selector=actual-registry=true'],
];

/** Resources are deleted and edited by hand, the registry's pod too; and the autoscaler changes what is its own. */
export const drift: Drill = {
  name: 'drift',
  title: 'Drift',
  async run(context) {
    const { copy, kubectl, mark, outputs } = context;
    const project = await copy();
    const before = await spec(context);
    for (const deed of deeds) {
      mark(`kubectl ${deed.join(' ')}`);
      await kubectl.read(...deed);
    }
    mark('pulumi up --refresh');
    const run = assertDone('pulumi up --refresh', await project.up('--refresh'));
    const end = mark('pulumi up is done');
    await healthy(outputs.url, 60);
    const well = mark('the service answers');
    const after = await spec(context);
    const calm = await project.pulumi('preview', '--refresh', '--expect-no-changes');

    const load = await context.load(heavy);
    mark('load, for the autoscaler to act');
    const scaled = await context.watch.until(
      'more pods',
      (snapshot) => readyPods(snapshot).length > snapshot.min,
      120,
      end,
    );
    const grown = await project.pulumi('preview', '--refresh', '--expect-no-changes');
    mark('previewed');
    await load.stop();
    const said = (output: string): string =>
      output
        .trim()
        .split('\n')
        .filter((line) => /^\s*[~+-]/.test(line))
        .join('; ');
    return {
      stages: [
        { name: 'pulumi up --refresh', seconds: run.seconds },
        { name: 'to a service that answers', seconds: (well - end) / 1000 },
      ],
      verdicts: [
        holds(
          'everything as it was',
          after === before,
          after === before ? 'yes' : `before ${before}, after ${after}`,
          sources.restored,
        ),
        holds('no more changes seen', calm.ok, calm.ok ? 'none' : said(calm.output), sources.restored),
        holds(
          `no change seen with ${readyPods(scaled).length} pods in place of ${scaled.min}`,
          grown.ok,
          grown.ok ? 'none' : said(grown.output),
          sources.ownScaling,
        ),
      ],
    };
  },
};

/** What is there by name, and what the service's pods are told. */
async function spec({ kubectl }: Context): Promise<string> {
  const names = await kubectl.read(
    'get',
    'services,horizontalpodautoscalers,poddisruptionbudgets,networkpolicies',
    '--output=name',
  );
  const env = await kubectl.read(
    'get',
    'deployment',
    'web',
    '--output=jsonpath={.spec.template.spec.containers[0].env}',
  );
  return `${names.trim().split('\n').sort().join(' ')} ${env}`;
}
