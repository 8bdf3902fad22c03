import { makeDocument } from '../data';
import { hammer } from '../load/hammer';
import type { Sample } from '../measure/sample';
import type { Scenario } from '../measure/scenario';
import { atLeast } from '../measure/target';
import { type Program, programs } from '../process/programs';
import { runLimit } from '../process/runLimit';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

/**
 * `POST /data` of one document. The peers send an `insertOne` a request, as the driver alone does. Ours sends what comes
 * at the same time in one command, so its limit is not that but the driver grouping likewise: both are measured.
 */
export function insert({ scale, databases }: Bench): Scenario {
  const uri = databases.uriOf('insert');
  const body = JSON.stringify(makeDocument(1));

  const driver = (limit: 'insertOne' | 'insertGrouped') => async (): Promise<Sample> => {
    await databases.empty('insert');
    return { value: await runLimit(limit, uri, String(scale.warmupSeconds), String(scale.seconds), body) };
  };
  const post = (program: Program) => async (): Promise<Sample> => {
    await databases.empty('insert');
    return withServer(program, uri, async (server) => {
      const { sample, answered } = await hammer(server, { method: 'POST', path: '/data', body }, scale);
      const stored = await databases.count('insert');
      if (stored < answered)
        throw new Error(`${program.name} acknowledged ${answered} documents and stored ${stored}.`);
      return sample;
    });
  };

  return {
    title: 'POST /data, one document',
    unit: 'documents/s',
    reference: 'the driver alone',
    note:
      'Ours sends documents that come at the same time in one command. The peers and "the driver alone" send one a command, ' +
      'so a ratio above 1 is the grouping, not a faster driver. Like for like, ours stands against "the driver alone, grouped".',
    targets: [atLeast(0.9, 'ours', 'the driver alone')],
    contestants: {
      'the driver alone': driver('insertOne'),
      'the driver alone, grouped': driver('insertGrouped'),
      'ours, logs and metrics off': post(programs.quiet),
      ours: post(programs.ours),
      'Koa + router': post(programs.koaRouter),
      Express: post(programs.express),
      Fastify: post(programs.fastify),
      Flask: post(programs.flask),
    },
  };
}
