import { probes } from '../../../service/contract';
import { download, firstByte as timeFirstByte } from '../load';
import { type Bench, type Sample, type Scenario, spread } from '../scenario';
import { type Program, programs, runLimit, Server, withServer } from '../server';

const mebibyte = 2 ** 20;
const small = '1,000 documents';
/** Requests whose first byte is timed, in each repetition. */
const requests = 10;

/** `GET /data`: how long a client waits for the first byte, and how much of that is the database's own. */
export function firstByte({ scale, databases }: Bench): Scenario {
  const large = `${scale.manyDocuments.toLocaleString('en')} documents`;
  const measure = (database: string) => (): Promise<Sample> =>
    withServer(programs.ours, databases.uriOf(database), async (server) => {
      const times: number[] = [];
      while (times.length < 2 * requests) times.push(await timeFirstByte(`${server.url}/data`));
      return { value: spread(times.slice(requests)).median }; // the first half is the warm-up
    });
  const driver = (database: string) => async (): Promise<Sample> => ({
    value: await runLimit('firstDocument', databases.uriOf(database), requests),
  });
  return {
    title: 'GET /data, time to the first byte',
    unit: 'ms',
    reference: small,
    note: 'The lines of the driver alone are what the database takes.',
    targets: [{ contestant: large, most: 2, reference: small }],
    prepare: () => fillCollections({ scale, databases }),
    contestants: {
      [small]: measure('few'),
      [large]: measure('many'),
      [`the driver alone, ${small}`]: driver('few'),
      [`the driver alone, ${large}`]: driver('many'),
    },
  };
}

/** `GET /data`: how far the process's resident memory rises while it streams a small and a large collection. */
export function memory({ scale, databases }: Bench): Scenario {
  const large = `${scale.manyDocuments.toLocaleString('en')} documents`;
  const measure = (database: string) => (): Promise<Sample> =>
    withServer(programs.ours, databases.uriOf(database), async (server) => {
      const before = await server.usage();
      await download(`${server.url}/data`);
      const after = await server.usage();
      return { value: ((after?.peakRssBytes ?? NaN) - (before?.rssBytes ?? NaN)) / mebibyte };
    });
  return {
    title: 'GET /data, growth of memory while streaming',
    unit: 'MiB',
    reference: small,
    targets: [{ contestant: large, most: 64 }],
    prepare: () => fillCollections({ scale, databases }),
    contestants: { [small]: measure('few'), [large]: measure('many') },
  };
}

/** From the start of a process to its first 200 of the readiness probe, with the database connected. */
export function coldStart({ databases }: Bench): Scenario {
  const reference = 'bare Node, driver connected';
  const measure = (program: Program) => async (): Promise<Sample> => {
    const server = await Server.start(program, databases.uriOf('root'), { path: probes.startup });
    await server.stop();
    return { value: server.startMs };
  };
  return {
    title: 'Cold start, to ready',
    unit: 'ms',
    reference,
    targets: [{ contestant: 'ours', most: 1.5, reference }],
    contestants: { [reference]: measure(programs.connected), ours: measure(programs.ours) },
  };
}

/** The collections of `firstByte` and `memory`: one of 1000 documents, one that must not fit in memory. */
async function fillCollections({ scale, databases }: Bench): Promise<void> {
  await databases.fill('few', 1000);
  await databases.fill('many', scale.manyDocuments);
}
