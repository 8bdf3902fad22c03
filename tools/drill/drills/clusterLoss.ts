import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { assertDone } from '../../projectCopy';
import type { DrillContext } from '../context';
import type { Drill } from '../drill';
import { waitUntilServing } from '../service';
import { holds, sources, within } from '../verdicts';

/** The cluster is stopped, then its node is killed. Each time `pulumi up` brings it back. */
export const clusterLoss: Drill = {
  name: 'cluster-loss',
  title: 'The cluster is lost',
  long: true,
  async run(context) {
    const { profile } = context.outputs;
    const load = await context.load({ rate: 100, writes: 50 });
    await sleep(5000);
    await load.stop();
    context.mark('documents are stored');

    context.mark('minikube stop');
    await execa('minikube', ['stop', `--profile=${profile}`]);
    const stopped = await bringBack(context);
    context.mark('docker kill of the node');
    await execa('docker', ['kill', profile]);
    const killed = await bringBack(context);

    const sameUrl = [stopped.url, killed.url].every((url) => url === context.outputs.url);
    return {
      stages: [
        { name: 'pulumi up after a stop, until the service answers', seconds: stopped.seconds },
        { name: 'pulumi up after a kill, until the service answers', seconds: killed.seconds },
      ],
      verdicts: [
        within('back after a stop', stopped.seconds, 240, sources.recovery),
        within('back after a kill', killed.seconds, 240, sources.recovery),
        holds('the same URL', sameUrl, killed.url, sources.recovery),
      ],
    };
  },
};

async function bringBack({ copy, mark, outputs }: DrillContext): Promise<{ seconds: number; url: string }> {
  const project = await copy();
  const start = mark('pulumi up');
  assertDone(await project.up());
  await waitUntilServing(outputs.url, 120);
  const end = mark('the service answers');
  const { stdout: url } = assertDone(await project.pulumi('stack', 'output', 'url'));
  return { seconds: (end - start) / 1000, url };
}
