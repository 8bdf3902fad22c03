import { probes } from '../../../service/contract';
import { download, firstByte as timeFirstByte } from '../load';
import { type Bench, type Sample, type Scenario, spread } from '../scenario';
import { type Program, programs, runLimit, Server, withServer } from '../server';

const mebibyte = 2 ** 20;

/** `GET /data`: how long a client waits for the first byte, and how much of that is the database's own. */
export function firstByte({ scale, databases }: Bench): Scenario {
  const { small, large, prepare } = collections({ scale, databases });
  const measure = (database: string) => (): Promise<Sample> =>
    withServer(programs.ours, databases.uriOf(database), async (server) => {
      const times: number[] = [];
      while (times.length < 2 * scale.firstBytes) times.push(await timeFirstByte(`${server.url}/data`));
      return { value: spread(times.slice(scale.firstBytes)).median }; // the first half is the warm-up
    });
  const driver = (database: string) => async (): Promise<Sample> => ({
    value: await runLimit('firstDocument', databases.uriOf(database), scale.firstBytes),
  });
  return {
    title: 'GET /data, time to the first byte',
    unit: 'ms',
    reference: small,
    note: 'The lines of the driver alone are what the database takes.',
    targets: [{ contestant: large, most: 2, reference: small }],
    prepare,
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
  const { small, large, prepare } = collections({ scale, databases });
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
    prepare,
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

/** A small and a large collection, in the databases `few` and `many`. */
function collections({ scale, databases }: Bench): {
  readonly small: string;
  readonly large: string;
  prepare(): Promise<void>;
} {
  return {
    small: '1,000 documents',
    large: `${scale.manyDocuments.toLocaleString('en')} documents`,
    prepare: async () => {
      await databases.fill('few', 1000);
      await databases.fill('many', scale.manyDocuments);
    },
  };
}
