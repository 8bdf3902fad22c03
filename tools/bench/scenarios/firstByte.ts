import { firstByte as timeFirstByte } from '../load/transfer';
import type { Sample } from '../measure/sample';
import type { Scenario } from '../measure/scenario';
import { spread } from '../measure/statistics';
import { atMost } from '../measure/target';
import { programs } from '../process/programs';
import { runLimit } from '../process/runLimit';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

/** `GET /data`: how long a client waits for the first byte, and how much of that is the database's own. */
export function firstByte({ scale, databases }: Bench): Scenario {
  const measure = (database: string) => (): Promise<Sample> =>
    withServer(programs.ours, databases.uriOf(database), async (server) => {
      const times: number[] = [];
      for (let request = 0; request < 2 * scale.firstBytes; request += 1) {
        times.push(await timeFirstByte(`${server.url}/data`));
      }
      return { value: spread(times.slice(scale.firstBytes)).median }; // the first half is the warm-up
    });
  const driver = (database: string) => async (): Promise<Sample> => ({
    value: await runLimit('firstDocument', databases.uriOf(database), String(scale.firstBytes)),
  });
  const small = '1,000 documents';
  const large = `${scale.manyDocuments.toLocaleString('en')} documents`;
  return {
    title: 'GET /data, time to the first byte',
    unit: 'ms',
    reference: small,
    note: 'The lines of the driver alone are what the database takes by itself.',
    targets: [atMost(2, large, small)],
    prepare: async () => {
      await databases.fill('few', 1000);
      await databases.fillOnce('many', scale.manyDocuments);
    },
    contestants: {
      [small]: measure('few'),
      [large]: measure('many'),
      [`the driver alone, ${small}`]: driver('few'),
      [`the driver alone, ${large}`]: driver('many'),
    },
  };
}
