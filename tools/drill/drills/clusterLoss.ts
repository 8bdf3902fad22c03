import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Context, Drill } from '../drill';
import { assertDone } from '../project/projectCopy';
import { healthy } from '../run/healthy';
import { sources } from '../sources';
import { holds, within } from '../verdicts';

const run = promisify(execFile);

/** The cluster is stopped, and its node killed. Each time `pulumi up` brings it back. */
export const clusterLoss: Drill = {
  name: 'cluster-loss',
  title: 'The cluster is lost',
  long: true,
  async run(context) {
    const {
      load: startLoad,
      mark,
      outputs: { profile },
    } = context;
    const load = await startLoad({ rate: 100, writes: 50 });
    await sleep(5000);
    await load.stop();
    mark('documents are stored');

    mark('minikube stop');
    await run('minikube', ['stop', `--profile=${profile}`]);
    const stopped = await bringBack(context);
    mark('docker kill of the node');
    await run('docker', ['kill', profile]);
    const killed = await bringBack(context);

    return {
      stages: [
        { name: 'pulumi up after a stop, until the service answers', seconds: stopped.seconds },
        { name: 'pulumi up after a kill, until the service answers', seconds: killed.seconds },
      ],
      verdicts: [
        within('back after a stop', stopped.seconds, 240, sources.comeback),
        within('back after a kill', killed.seconds, 240, sources.comeback),
        holds('the same URL', stopped.sameUrl && killed.sameUrl, killed.url, sources.comeback),
      ],
    };
  },
};

async function bringBack({ copy, mark, outputs }: Context) {
  const project = await copy();
  const start = mark('pulumi up');
  assertDone('pulumi up', await project.up());
  await healthy(outputs.url, 120);
  const end = mark('the service answers');
  const url = (await project.pulumi('stack', 'output', 'url')).stdout.trim();
  return { seconds: (end - start) / 1000, url, sameUrl: url === outputs.url };
}
