import { download } from '../load/transfer';
import type { Sample } from '../measure/sample';
import type { Scenario } from '../measure/scenario';
import { below } from '../measure/target';
import { programs } from '../process/programs';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

const mebibyte = 2 ** 20;

/** `GET /data`: how far the process's resident memory rises while it streams a small and a large collection. */
export function memory({ scale, databases }: Bench): Scenario {
  const measure = (database: string) => (): Promise<Sample> =>
    withServer(programs.ours, databases.uriOf(database), async (server) => {
      const before = await server.usage();
      await download(`${server.url}/data`);
      const after = await server.usage();
      if (before === undefined || after === undefined) throw new Error('Only a Node process tells its memory.');
      return { value: (after.peakRssBytes - before.rssBytes) / mebibyte };
    });
  const small = '1,000 documents';
  const large = `${scale.manyDocuments.toLocaleString('en')} documents`;
  return {
    title: 'GET /data, growth of memory while streaming',
    unit: 'MiB',
    reference: small,
    targets: [below(64, large, 'MiB')],
    prepare: async () => {
      await databases.fill('few', 1000);
      await databases.fillOnce('many', scale.manyDocuments);
    },
    contestants: { [small]: measure('few'), [large]: measure('many') },
  };
}
