import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from '../drill';
import { assertDone } from '../project/projectCopy';
import { sources } from '../sources';
import { noFailure, within } from '../verdicts';

/** A line of the service that any client can see change. */
export const welcome = { file: 'service/routes/welcome.ts', text: 'Welcome to koa-mongo' } as const;

/** Requests per second on kept connections: enough to have some in flight at any moment, on few cores too. */
const rate = 400;

/** The service is deployed anew with a changed line, and once more with the line as it was. */
export const rollingUpdate: Drill = {
  title: 'Rolling update',
  async run({ copy, load: startLoad, mark, outputs }) {
    const project = await copy();
    const load = await startLoad({ rate });
    await sleep(3000);

    await project.edit(welcome.file, welcome.text, 'Welcome to the drill');
    const start = mark('pulumi up with a changed line');
    const there = await watchFor('Welcome to the drill');
    const changed = assertDone('pulumi up with a changed line', await there.during(project.up()));
    const end = mark('pulumi up is done');
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
        { name: 'pulumi up to the first answer by the new code', seconds: (there.at() - start) / 1000 },
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

    async function watchFor(text: string) {
      let seen = NaN;
      return {
        at: () => seen,
        during: async <T>(work: Promise<T>): Promise<T> => {
          let running = true;
          const looking = (async () => {
            while (running && Number.isNaN(seen)) {
              const answer = await fetch(outputs.url, { signal: AbortSignal.timeout(3000) }).then((reply) => reply.text(), () => '');
              if (answer.includes(text)) seen = mark('first answer by the new code');
              else await sleep(200);
            }
          })();
          return work.finally(async () => {
            running = false;
            await looking;
          });
        },
      };
    }
  },
};
