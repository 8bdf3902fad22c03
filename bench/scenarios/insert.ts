import { makeDocument } from '../data';
import { hammer } from '../load/hammer';
import type { Sample } from '../measure/sample';
import type { Scenario } from '../measure/scenario';
import { atLeast } from '../measure/target';
import { programs, type Program } from '../process/programs';
import { runLimit } from '../process/runLimit';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

/** `POST /data` of one document: what HTTP adds to the driver's own `insertOne`. */
export function insert({ scale, databases }: Bench): Scenario {
  const uri = databases.uriOf('insert');
  const body = JSON.stringify(makeDocument(1));

  const driver = async (): Promise<Sample> => {
    await databases.empty('insert');
    return { value: await runLimit('insertOne', uri, String(scale.warmupSeconds), String(scale.seconds), body) };
  };
  const post = (program: Program) => async (): Promise<Sample> => {
    await databases.empty('insert');
    return withServer(program, uri, (server) => hammer(server, { method: 'POST', path: '/data', body }, scale));
  };

  return {
    title: 'POST /data, one document',
    unit: 'documents/s',
    reference: 'the driver alone',
    targets: [atLeast(0.9, 'ours', 'the driver alone')],
    contestants: {
      'the driver alone': driver,
      'ours, logs and metrics off': post(programs.quiet),
      'ours': post(programs.ours),
      'Koa + router': post(programs.koaRouter),
      'Express': post(programs.express),
      'Fastify': post(programs.fastify),
      'Flask': post(programs.flask),
    },
  };
}
