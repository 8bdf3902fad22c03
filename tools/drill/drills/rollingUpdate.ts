import { setTimeout as sleep } from 'node:timers/promises';
import { type Drill, noFailure, within } from '../drill';
import { waitForText } from '../service';

/** A line of the service whose change is visible to clients. */
const welcome = { file: 'service/example/welcome.ts', text: '"message":"Welcome' } as const;
const changedText = '"message":"The drill: Welcome';

/** Requests per second: some are in flight at any moment. */
const rate = 400;

/** The service is deployed with a changed line, then with the original line. */
export const rollingUpdate: Drill = {
  name: 'rolling-update',
  title: 'Rolling update',
  async run({ copy, deploy, load: startLoad, mark, outputs, verdicts }) {
    const project = await copy();
    const load = startLoad({ rate });
    await sleep(3000);

    await project.edit(welcome.file, welcome.text, changedText);
    const [changed] = await Promise.all([
      deploy('pulumi up with a changed line'),
      waitForText(outputs.url, changedText, 180).then(() => mark('first response of the new code')),
    ]);
    await sleep(3000);

    await project.restore(welcome.file);
    await deploy('pulumi up with the original line');
    await sleep(3000);
    await load.stop();

    verdicts.push(
      noFailure('requests failed', [load]),
      within('changed line until all pods are new', (changed.end - changed.start) / 1000, 120),
    );
  },
};
