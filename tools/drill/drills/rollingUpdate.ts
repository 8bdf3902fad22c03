import { setTimeout as sleep } from 'node:timers/promises';
import { assertDone } from '../../projectCopy';
import { until } from '../../until';
import type { Drill } from '../drill';
import { Client } from '../load/client';
import { noFailure, sources, stage, within } from '../verdicts';

/** A line of the service whose change any client can see. */
const welcome = { file: 'service/example/welcome.ts', text: '"message":"Welcome' } as const;
const changedText = '"message":"The drill: Welcome';

/** Requests per second on kept connections: enough to have some in flight at any moment, on few cores too. */
const rate = 400;

/** The service is deployed with a changed line, and again with the line as it was. */
export const rollingUpdate: Drill = {
  name: 'rolling-update',
  title: 'Rolling update',
  async run({ copy, load: startLoad, mark, outputs }) {
    const project = await copy();
    const load = await startLoad({ rate });
    await sleep(3000);

    await project.edit(welcome.file, welcome.text, changedText);
    const start = mark('pulumi up with a changed line');
    const seen = waitForAnswer(outputs.url, changedText).then(() => mark('first answer by the new code'));
    const changed = assertDone(await project.up());
    const end = mark('pulumi up is done');
    const first = await seen;
    await sleep(3000);

    await project.restore(welcome.file);
    mark('pulumi up with the line as it was');
    const back = assertDone(await project.up());
    mark('pulumi up is done');
    await sleep(3000);
    await load.stop();

    const resets = load.failures.filter(({ kind }) => kind === 'ECONNRESET');
    return {
      stages: [
        stage('pulumi up to the first answer by the new code', start, first),
        stage('pulumi up, all pods new', start, end),
        { name: 'pulumi up, back again', seconds: back.durationMs / 1000 },
      ],
      verdicts: [
        noFailure('requests failed', load.failures, load.requests, sources.noLoss),
        noFailure('connection resets seen', resets, load.requests, sources.noLoss),
        within('changed line to all pods new', changed.durationMs / 1000, 120, sources.badUpdate),
      ],
      notes: [`${load.plan.clients} clients keep their connections alive, each for ${load.plan.renewAfter} requests.`],
    };
  },
};

/** Resolves when a new connection to `url` is answered with `text`; rejects after three minutes. */
async function waitForAnswer(url: string, text: string): Promise<void> {
  const answers = async (): Promise<boolean> => {
    const client = new Client({ url, renewAfter: 1, timeoutMs: 3000 });
    const outcome = await client.send({ method: 'GET', path: '/' });
    client.close();
    return outcome.ok && outcome.body.includes(text);
  };
  await until(`${url} is answered with '${text}'`, answers, 180_000);
}
