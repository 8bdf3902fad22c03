import { writeDocuments } from '../data';
import { upload } from '../load/transfer';
import type { Sample } from '../measure/sample';
import type { Scenario } from '../measure/scenario';
import { atLeast } from '../measure/target';
import { type Program, programs } from '../process/programs';
import { runLimit } from '../process/runLimit';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

/** `POST /data` of NDJSON: parsing and storing a stream, against `insertMany` of documents that are in memory already. */
export function ingest({ scale, databases }: Bench): Scenario {
  const uri = databases.uriOf('ingest');
  let file = '';

  const post = (program: Program) => (): Promise<Sample> =>
    withServer(program, uri, async (server) => {
      const once = async (): Promise<number> => {
        await databases.empty('ingest');
        return upload(`${server.url}/data`, file);
      };
      await once(); // the warm-up
      const taken = await once();
      const stored = await databases.count('ingest');
      if (stored !== scale.storedDocuments)
        throw new Error(`${program.name} stored ${stored} of ${scale.storedDocuments} documents.`);
      return { value: (stored / taken) * 1000 };
    });

  return {
    title: 'POST /data, NDJSON',
    unit: 'documents/s',
    reference: 'insertMany alone',
    targets: [atLeast(0.8, 'ours', 'insertMany alone')],
    prepare: async () => {
      file = await writeDocuments(scale.storedDocuments);
    },
    contestants: {
      'insertMany alone': async () => ({ value: await runLimit('insertMany', uri, file) }),
      ours: post(programs.ours),
      'Koa + router': post(programs.koaRouter),
      Express: post(programs.express),
      Fastify: post(programs.fastify),
      Flask: post(programs.flask),
    },
  };
}
