import { download } from '../load/transfer';
import type { Scenario } from '../measure/scenario';
import { below } from '../measure/target';
import { programs } from '../process/programs';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

const mebibyte = 2 ** 20;

/** `GET /data`: how far the process's resident memory rises while it streams a large collection. */
export function memory({ scale, databases }: Bench): Scenario {
  return {
    title: `GET /data, growth of memory while streaming ${scale.manyDocuments.toLocaleString('en')} documents`,
    unit: 'MiB',
    reference: 'ours',
    targets: [below(64, 'ours', 'MiB')],
    prepare: () => databases.fillOnce('many', scale.manyDocuments),
    contestants: {
      ours: () => withServer(programs.ours, databases.uriOf('many'), async (server) => {
        const before = await server.usage();
        await download(`${server.url}/data`);
        const after = await server.usage();
        if (before === undefined || after === undefined) throw new Error('Only a Node process tells its memory.');
        return { value: (after.peakRssBytes - before.rssBytes) / mebibyte };
      }),
    },
  };
}
