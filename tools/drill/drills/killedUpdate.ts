import { until } from '../../../stack/cluster/until';
import { assertDone, outputEnd } from '../../projectCopy';
import { type Drill, holds } from '../drill';
import type { TemporaryStack } from '../temporaryStack';

/** Number of kills, spread over the duration of an `up` from nothing. */
const kills = 10;

/** Share of `pulumi up` in `npm run up`, which checks the machine first. */
const pulumiPart = 0.9;

/** A `pulumi up` from nothing is killed by SIGKILL at moments spread over it. The next `npm run up` must reach the same state each time. */
export const killedUpdate: Drill = {
  name: 'killed-update',
  title: 'pulumi up is killed',
  long: true,
  async run({ mark, temporaryStack, verdicts }) {
    const stack = await temporaryStack();
    const { project } = stack;
    const destroy = async () => assertDone(await project.pulumi('destroy', '--yes', '--skip-preview'));
    mark('npm run up of a temporary stack, without a kill');
    const undisturbed = assertDone(await project.npm('up')).durationMs;
    const expected = (await stack.inspect()).urns;
    await destroy();

    let length = (undisturbed / 1000) * pulumiPart;
    while (verdicts.length < kills) {
      const seconds = (length * (verdicts.length + 0.5)) / kills;
      const alone = verdicts.length % 2 === 0; // in turn Pulumi alone, and Pulumi with all its child processes
      const kill = `kill -9 of ${alone ? 'pulumi' : 'all its processes'} after ${seconds.toFixed(0)} s`;
      if (await stack.killUp(seconds, alone)) {
        mark(kill);
        const again = await project.npm('up');
        await stack.killLeftovers();
        mark(again.failed ? 'npm run up failed' : 'npm run up succeeded');
        const faults = again.failed ? [outputEnd(again)] : await faultsOf(stack, expected);
        const reached = faults.join('; ') || `yes, ${expected.length} resources`;
        verdicts.push(holds(`${kill}: converges`, faults.length === 0, reached));
      } else {
        mark('pulumi up ended before it was killed');
        length *= 0.9; // this one was faster than the first
      }
      await destroy();
    }
  },
};

/** How state and cluster differ from those of an `up` without a kill. */
async function faultsOf(stack: TemporaryStack, expected: readonly string[]): Promise<string[]> {
  const { urns, pending, unmanaged } = await stack.inspect();
  // The autoscaler adds pods after an update, and Pulumi considers a Deployment with an unready pod changed.
  let changes = '';
  const finishes = async () => (changes = await stack.project.previewChanges()) === '';
  await until('a refresh finds no change', finishes, 60_000).catch(() => undefined);
  return [
    ...(pending > 0 ? [`${pending} pending operations`] : []),
    ...(urns.join() === expected.join() ? [] : [`${urns.length} resources in the state, not ${expected.length}`]),
    ...(changes === '' ? [] : [`a refresh finds changes: ${changes}`]),
    ...(unmanaged.length > 0 ? [`not in the state: ${unmanaged.join(', ')}`] : []),
  ];
}
