import { firstByte as timeFirstByte } from '../load/transfer';
import type { Sample } from '../measure/sample';
import type { Scenario } from '../measure/scenario';
import { spread } from '../measure/statistics';
import { atMost } from '../measure/target';
import { programs } from '../process/programs';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

/** `GET /data`: how long a client waits for the first byte, of a small and of a large collection. */
export function firstByte({ scale, databases }: Bench): Scenario {
  const measure = (database: string) => (): Promise<Sample> => (
    withServer(programs.ours, databases.uriOf(database), async (server) => {
      const times: number[] = [];
      for (let request = 0; request < 2 * scale.firstBytes; request += 1) {
        times.push(await timeFirstByte(`${server.url}/data`));
      }
      return { value: spread(times.slice(scale.firstBytes)).median }; // the first half is the warm-up
    })
  );
  const small = '1,000 documents';
  const large = `${scale.manyDocuments.toLocaleString('en')} documents`;
  return {
    title: 'GET /data, time to the first byte',
    unit: 'ms',
    reference: small,
    targets: [atMost(2, large, small)],
    prepare: async () => {
      await databases.fill('few', 1000);
      await databases.fillOnce('many', scale.manyDocuments);
    },
    contestants: { [small]: measure('few'), [large]: measure('many') },
  };
}
