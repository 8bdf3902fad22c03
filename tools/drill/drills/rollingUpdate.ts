import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../stack/cluster/until';
import { type Drill, noFailure, within } from '../drill';

/** A line of the service whose change is visible to clients. */
const welcome = { file: 'service/example/welcome.ts', text: '"message":"Welcome' } as const;
const changedText = '"message":"The drill: Welcome';

/** Requests per second: some are in flight at any moment. */
const rate = 400;

/** The service is deployed with a changed line, then with the original line. */
export const rollingUpdate: Drill = {
  name: 'rolling-update',
  title: 'Rolling update',
  async run({ copy, deploy, load: startLoad, mark, outputs, verdicts, notes }) {
    const project = await copy();
    const load = startLoad({ rate });
    await sleep(3000);

    await project.edit(welcome.file, welcome.text, changedText);
    const seen = waitForText(outputs.url, changedText).then(() => mark('first response of the new code'));
    const changed = await deploy('pulumi up with a changed line');
    await seen;
    await sleep(3000);

    await project.restore(welcome.file);
    await deploy('pulumi up with the original line');
    await sleep(3000);
    await load.stop();

    verdicts.push(
      noFailure('requests failed', load),
      within('changed line until all pods are new', (changed.end - changed.start) / 1000, 120),
    );
    const { clients, renewAfter } = load.plan;
    notes.push(`${clients} clients with keep-alive connections reconnect every ${renewAfter} requests.`);
  },
};

/** Resolves when the response on a new connection to `url` has `text`; rejects after three minutes. */
async function waitForText(url: string, text: string): Promise<void> {
  const headers = { Accept: 'application/json', Connection: 'close' };
  const hasText = (): Promise<boolean> =>
    fetch(url, { headers, signal: AbortSignal.timeout(3000) }).then(
      async (response) => (await response.text()).includes(text),
      () => false,
    );
  await until(`${url} returns '${text}'`, hasText, 180_000);
}
