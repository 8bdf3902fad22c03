import { setTimeout as sleep } from 'node:timers/promises';
import { probes } from '../../../service/contract';
import { describe } from '../../drill/drill';
import { type Failure, isRetryable, sendAtOnce } from '../../drill/load/client';
import { Load } from '../../drill/load/load';
import { type Databases, makeDocument } from '../databases';
import { autocannon } from '../load';
import type { Sample, Scenario } from '../scenario';
import { type Server, withServer } from '../server';

/** JSON of 1 MiB that becomes many objects. */
const large = JSON.stringify({ readings: Array.from({ length: 131_000 }, () => ({ n: 1 })) });
const post = { path: '/data', body: Buffer.from(large) };
const lines = { ...post, type: 'application/x-ndjson', body: Buffer.from(`${large}\n`.repeat(8)) };
const otherClients = {
  run: 'pressure',
  clients: 1,
  rate: 10,
  writes: 2,
  paths: [probes.live, probes.ready, '/data?limit=10'],
  timeoutMs: 5000,
};
/** Milliseconds for the process to end after SIGTERM. */
const endMs = 10_000;

type Attack = (server: Server) => Promise<readonly Failure[]>;

/** Attacks on the memory of one process. Each resolves to the failed requests. */
const attacks: Readonly<Record<string, Attack>> = {
  '500 POSTs of 1 MiB at once': ({ url }) => sendAtOnce(url, 500, post),
  '200 readers of GET /data that pause': ({ url }) => sendAtOnce(url, 200, { path: '/data', leaveAfterMs: 10_000 }),
  '100 uploads of eight lines of 1 MiB': ({ url }) => sendAtOnce(url, 100, lines),
  'a log that nobody reads': async (server) => {
    await autocannon(server, `/?q=${'a'.repeat(2000)}`, '--amount', 200_000);
    return [];
  },
};

/** Maximum resident memory under ten times the load that once exhausted a process, while other clients are served. */
export function pressure(databases: Databases): Scenario {
  const uri = databases.uriOf('pressure');
  const measure = (attack: Attack) => async (): Promise<Sample> => {
    // Small documents first: later, a batch sized by them would be much too large.
    await databases.fill('pressure', 1100, (index) => (index < 1000 ? makeDocument(index) : JSON.parse(large)));
    const underAttack = async (server: Server): Promise<Sample> => {
      const others = new Load({ ...otherClients, url: server.url });
      const refused = await attack(server).finally(() => others.stop());
      const failures = [...refused.filter((failure) => !isRetryable(failure)), ...others.failures];
      if (failures.length > 0) throw new Error(`Requests failed under attack: ${describe(failures)}`);
      const used = await server.usage();
      const late = sleep(endMs, 'late', { ref: false });
      if ((await Promise.race([server.stop('SIGTERM'), late])) === 'late') throw new Error('SIGTERM does not end it.');
      return { value: used?.peakRssMiB ?? NaN };
    };
    return withServer('ours', uri, underAttack, { path: probes.ready, output: 'unread' });
  };
  const entries = Object.entries(attacks);
  return {
    title: 'Memory of a process under attack',
    unit: 'MiB',
    note: 'Attacks get 2xx or 503 with Retry-After, while `/health`, small inserts and small reads of other clients succeed.',
    targets: entries.map(([name]) => ({ contestant: name, most: 400 })),
    contestants: Object.fromEntries(entries.map(([name, attack]) => [name, measure(attack)])),
  };
}
