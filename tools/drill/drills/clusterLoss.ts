import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type Drill, holds, within } from '../drill';
import { waitUntilServing } from '../service';

/** The cluster is stopped, then its node is killed. `pulumi up` restores it each time. */
export const clusterLoss: Drill = {
  name: 'cluster-loss',
  title: 'The cluster is lost',
  long: true,
  async run({ load: startLoad, mark, deploy, copy, outputs: { profile, url }, verdicts }) {
    const load = startLoad({ rate: 100, writes: 50 });
    await sleep(5000);
    await load.stop();
    mark('documents are stored');

    const urls: string[] = [];
    for (const [loss, program, ...args] of [
      ['stop', 'minikube', 'stop', `--profile=${profile}`],
      ['kill', 'docker', 'kill', profile],
    ] as const) {
      mark(loss === 'stop' ? 'minikube stop' : 'docker kill of the node');
      await execa(program, args);
      const { start } = await deploy('pulumi up');
      await waitUntilServing(url, 120);
      const end = mark('the service answers');
      urls.push(await (await copy()).pulumi('stack', 'output', 'url'));
      verdicts.push(within(`restored after a ${loss}`, (end - start) / 1000, 240));
    }
    const same = urls.every((it) => it === url);
    verdicts.push(holds('the same URL', same, urls.join(', ')));
  },
};
