import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { probes } from '../../../service/contract';
import { makeDocument } from '../databases';
import { autocannon, send } from '../load';
import type { Bench, Sample, Scenario } from '../scenario';
import { Server } from '../server';

const mebibyte = 2 ** 20;
/** JSON of 1 MiB that becomes many objects. */
const large = JSON.stringify({ readings: Array.from({ length: 131_000 }, () => ({ n: 1 })) });
const document = Buffer.from(large);
const lines = Buffer.from(`${large}\n`.repeat(8));
/** Milliseconds for each answer to other clients, and for the process to end after SIGTERM. */
const answerMs = 5000;
const endMs = 10_000;

/** Attacks on the memory of one process. Each resolves to the responses that are to be checked. */
const attacks: Readonly<Record<string, (server: Server) => Promise<readonly Answer[]>>> = {
  '500 POSTs of 1 MiB at once': ({ url }) => atOnce(500, () => post(`${url}/data`, 'application/json', document)),

  '200 readers of GET /data that pause': async ({ url }) => {
    const readers = await atOnce(200, () => send(`${url}/data`));
    await sleep(10_000);
    for (const reader of readers) if (!(reader instanceof Error)) reader.on('error', () => {}).destroy();
    return readers;
  },

  '100 uploads of eight lines of 1 MiB': ({ url }) =>
    atOnce(100, () => post(`${url}/data`, 'application/x-ndjson', lines)),

  'a log that nobody reads': async (server) => {
    await autocannon(server, `/?q=${'a'.repeat(2000)}`, '--amount', 200_000);
    return [];
  },
};

/** The highest resident memory under ten times the load that once exhausted a process, while other clients must be served. */
export function pressure({ databases }: Bench): Scenario {
  const uri = databases.uriOf('pressure');
  const measure = (attack: (server: Server) => Promise<readonly Answer[]>) => async (): Promise<Sample> => {
    // Small documents first: a batch sized by them would be much too large later.
    await databases.fill('pressure', 1100, (index) => (index < 1000 ? makeDocument(index) : JSON.parse(large)));
    const server = await Server.start('ours', uri, { path: probes.ready, output: 'unread' });
    const over = new AbortController();
    const others = serveOthers(server.url, over.signal);
    const failures: string[] = [];
    const failed = ({ message }: Error): undefined => void failures.push(message);

    const answers = await attack(server).catch(failed);
    over.abort();
    failures.push(...wrongAnswers(answers ?? []), ...(await others));
    const usage = await server.usage().catch(failed);
    await Promise.race([server.stop('SIGTERM'), sleep(endMs).then(() => failures.push('SIGTERM does not end it'))]);
    await server.stop();
    return {
      value: (usage?.peakRssBytes ?? 0) / mebibyte,
      ...(failures.length > 0 && { failure: failures.join('; ') }),
    };
  };
  const entries = Object.entries(attacks);
  return {
    title: 'Memory of a process under attack',
    unit: 'MiB',
    note: 'Each attack is answered 2xx or 503 with Retry-After. Meanwhile `/health`, small inserts and small reads of others succeed.',
    targets: entries.map(([name]) => ({ contestant: name, most: 400 })),
    contestants: Object.fromEntries(entries.map(([name, attack]) => [name, measure(attack)])),
  };
}

type Answer = IncomingMessage | Error;

/** Sends `count` requests at the same time. */
function atOnce(count: number, request: () => Promise<IncomingMessage>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, () => request().catch((error: Error) => error)));
}

async function post(url: string, type: string, body: Buffer): Promise<IncomingMessage> {
  const answer = await send(url, { 'content-type': type }, body);
  await once(answer.resume(), 'close');
  return answer;
}

/** Each kind of response that is neither success nor 503 with Retry-After, with its number. */
function wrongAnswers(answers: readonly Answer[]): string[] {
  const counts = new Map<string, number>();
  for (const answer of answers) {
    const { statusCode = 0, headers } = answer instanceof Error ? { headers: {} } : answer;
    if (statusCode >= 200 && statusCode < 300) continue;
    if (statusCode === 503 && 'retry-after' in headers) continue;
    const kind = answer instanceof Error ? answer.message : `status ${statusCode}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} of ${answers.length}: ${kind}`);
}

/** Requests of a few other clients until `over`. Resolves to those that failed. */
async function serveOthers(url: string, over: AbortSignal): Promise<string[]> {
  const requests: readonly [path: string, init: RequestInit][] = [
    [probes.live, {}],
    [probes.ready, {}],
    ['/data?limit=10', {}],
    ['/data', { method: 'POST', body: '{"small":true}', headers: { 'content-type': 'application/json' } }],
  ];
  const failures: string[] = [];
  while (!over.aborted) {
    for (const [path, init] of requests) {
      const failed = await fetch(url + path, { ...init, signal: AbortSignal.timeout(answerMs) }).then(
        async (response) => ((await response.arrayBuffer()) && response.ok ? undefined : `status ${response.status}`),
        ({ message }: Error) => message,
      );
      if (failed !== undefined) failures.push(`${init.method ?? 'GET'} ${path} of another client: ${failed}`);
    }
    await sleep(100);
  }
  return [...new Set(failures)];
}
