import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from '../drill';
import { Client } from '../load/client';
import { assertDone } from '../project/projectCopy';
import { sources } from '../sources';
import { noFailure, within } from '../verdicts';

/** A line of the service that any client can see change. */
export const welcome = { file: 'service/example/welcome.ts', text: '"message":"Welcome"' } as const;

/** Requests per second on kept connections: enough to have some in flight at any moment, on few cores too. */
const rate = 400;

/** The service is deployed anew with a changed line, and once more with the line as it was. */
export const rollingUpdate: Drill = {
  name: 'rolling-update',
  title: 'Rolling update',
  async run({ copy, load: startLoad, mark, outputs }) {
    const project = await copy();
    const load = await startLoad({ rate });
    await sleep(3000);

    await project.edit(welcome.file, welcome.text, '"message":"Welcome to the drill"');
    const start = mark('pulumi up with a changed line');
    const seen = firstAnswer(outputs.url, '"message":"Welcome to the drill"').then(() =>
      mark('first answer by the new code'),
    );
    const changed = assertDone('pulumi up with a changed line', await project.up());
    const end = mark('pulumi up is done');
    const first = await seen;
    await sleep(3000);

    await project.restore(welcome.file);
    mark('pulumi up with the line as it was');
    const back = assertDone('pulumi up with the line as it was', await project.up());
    mark('pulumi up is done');
    await sleep(3000);
    await load.stop();

    const resets = load.failures.filter(({ kind }) => kind === 'ECONNRESET');
    return {
      stages: [
        { name: 'pulumi up to the first answer by the new code', seconds: (first - start) / 1000 },
        { name: 'pulumi up, all pods new', seconds: (end - start) / 1000 },
        { name: 'pulumi up, back again', seconds: back.seconds },
      ],
      verdicts: [
        noFailure('requests failed', load.failures, load.requests, sources.noLoss),
        noFailure('connection resets seen', resets, load.requests, sources.noLoss),
        within('changed line to all pods new', changed.seconds, 120, sources.badUpdate),
      ],
      notes: [`${load.plan.clients} clients keep their connections alive, each for ${load.plan.renewAfter} requests.`],
    };
  },
};

/** Resolves when a new connection to `url` is answered with `text`; rejects after three minutes. */
async function firstAnswer(url: string, text: string): Promise<void> {
  const client = new Client({ url, renewAfter: 1, timeoutMs: 3000 });
  const deadline = Date.now() + 180_000;
  for (;;) {
    const outcome = await client.ask({ method: 'GET', path: '/' });
    if (outcome.ok && outcome.body.includes(text)) return client.close();
    if (Date.now() > deadline) throw new Error(`${url} was not answered with '${text}' within three minutes.`);
    await sleep(100);
  }
}
