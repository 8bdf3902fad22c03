import { probes } from '../../../service/contract';
import type { Databases } from '../databases';
import { download } from '../load';
import { type Sample, type Scenario, spread } from '../scenario';
import { type Program, type Server, withServer } from '../server';

/** Measured requests in each repetition. */
const requests = 10;

const small = '1,000 documents';
const large = '1,000,000 documents';

/** `GET /data` of a small collection, and of one that does not fit in memory. */
function compareCollections(
  databases: Databases,
  measure: (server: Server, url: string) => Promise<number>,
): Pick<Scenario, 'reference' | 'prepare' | 'contestants'> {
  const contestant = (database: string) => (): Promise<Sample> =>
    withServer('ours', databases.uriOf(database), async (server) => ({
      value: await measure(server, `${server.url}/data`),
    }));
  return {
    reference: small,
    prepare: async () => {
      await databases.fill('few', 1000);
      await databases.fill('many', 1_000_000);
    },
    contestants: { [small]: contestant('few'), [large]: contestant('many') },
  };
}

/** Milliseconds until a client has the first byte of `GET /data`. */
export function firstByte(databases: Databases): Scenario {
  return {
    title: 'GET /data, time to the first byte',
    unit: 'ms',
    targets: [{ contestant: large, most: 2, reference: small }],
    ...compareCollections(databases, async (_server, url) => {
      const times: number[] = [];
      while (times.length < 2 * requests) times.push(await download(url, 'readable'));
      return spread(times.slice(requests)).median; // the first half is the warm-up
    }),
  };
}

/** MiB by which the process's resident memory grows during `GET /data`. */
export function memory(databases: Databases): Scenario {
  return {
    title: 'GET /data, growth of memory while streaming',
    unit: 'MiB',
    targets: [{ contestant: large, most: 64 }],
    ...compareCollections(databases, async (server, url) => {
      const before = await server.usage();
      await download(url);
      const after = await server.usage();
      return (after?.peakRssMiB ?? NaN) - (before?.rssMiB ?? NaN);
    }),
  };
}

/** From the start of a process until the startup probe succeeds, with the database connected. */
export function coldStart(databases: Databases): Scenario {
  const reference = 'bare Node, driver connected';
  const measure = (program: Program) => (): Promise<Sample> =>
    withServer(program, databases.uriOf('root'), async ({ startMs }) => ({ value: startMs }), { path: probes.startup });
  return {
    title: 'Cold start, to ready',
    unit: 'ms',
    reference,
    targets: [{ contestant: 'ours', most: 1.5, reference }],
    contestants: { [reference]: measure(reference), ours: measure('ours') },
  };
}
