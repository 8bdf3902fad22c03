import { download } from '../load/transfer';
import type { Sample } from '../measure/sample';
import type { Scenario } from '../measure/scenario';
import { atLeast } from '../measure/target';
import { type Program, programs } from '../process/programs';
import { runLimit } from '../process/runLimit';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

/** `GET /data` of a whole collection, against the driver's cursor and `JSON.stringify` with no HTTP. */
export function read({ scale, databases }: Bench): Scenario {
  const uri = databases.uriOf('read');

  const get = (program: Program) => (): Promise<Sample> =>
    withServer(program, uri, async (server) => {
      const downloads = async (seconds: number): Promise<{ readonly count: number; readonly ms: number }> => {
        let [count, ms] = [0, 0];
        for (; ms < seconds * 1000; count += 1) ms += (await download(`${server.url}/data`)).totalMs;
        return { count, ms };
      };
      await downloads(scale.warmupSeconds);
      const before = await server.usage();
      const { count, ms } = await downloads(scale.seconds);
      const after = await server.usage();
      return {
        value: ((count * scale.documents) / ms) * 1000,
        ...(before && after && { busy: (after.cpuMs - before.cpuMs) / ms }),
      };
    });

  return {
    title: 'GET /data, all documents',
    unit: 'documents/s',
    reference: 'cursor + JSON.stringify alone',
    targets: [
      atLeast(0.9, 'ours', 'cursor + JSON.stringify alone'),
      atLeast(1, 'ours', 'Fastify'),
      atLeast(4, 'ours', 'Flask'),
    ],
    prepare: () => databases.fill('read', scale.documents),
    contestants: {
      'cursor + JSON.stringify alone': async () => ({
        value: await runLimit('read', uri, String(scale.warmupSeconds), String(scale.seconds)),
      }),
      ours: get(programs.ours),
      'Koa + router': get(programs.koaRouter),
      Express: get(programs.express),
      Fastify: get(programs.fastify),
      Flask: get(programs.flask),
    },
  };
}
