import { type Databases, makeDocument, writeDocuments } from '../databases';
import { download, measureRequests, sampleRate, upload } from '../load';
import { measuredSeconds, type Sample, type Scenario, type Target, warmupSeconds } from '../scenario';
import { type Program, runLimit, type Server, withServer } from '../server';

/** Documents of the scenarios `ingest` and `read`. */
const [uploadedDocuments, storedDocuments] = [50_000, 100_000];

const compared = ['ours', 'Koa + router', 'Express', 'Fastify', 'Flask'] as const;

function contestants(
  uri: string,
  measure: (server: Server) => Promise<Sample>,
  names: readonly Program[] = compared,
): Scenario['contestants'] {
  return Object.fromEntries(names.map((name) => [name, () => withServer(name, uri, measure)]));
}

/** `GET /`: the cost of framework, routing, logs and metrics, without a database. */
export function root(databases: Databases): Scenario {
  return {
    title: 'GET /',
    unit: 'requests/s',
    reference: 'bare Koa',
    note: 'Ours and the peers log each request and count it in a histogram; Flask and bare Koa do neither.',
    targets: [atLeast(1, 'Express'), atLeast(1, 'Koa + router'), atLeast(0.7, 'Fastify')],
    contestants: contestants(databases.uriOf('root'), async (server) => (await measureRequests(server, '/')).sample, [
      'bare Koa',
      ...compared,
    ]),
  };
}

/** `POST /data` of one document. The peers send one `insertOne` per request; the service groups concurrent requests. */
export function insert(databases: Databases): Scenario {
  const uri = databases.uriOf('insert');
  const body = JSON.stringify(makeDocument(1));
  const driver = (limit: 'insertOne' | 'insertGrouped') => async (): Promise<Sample> => {
    await databases.empty('insert');
    return { value: await runLimit(limit, uri, body, warmupSeconds, measuredSeconds) };
  };
  return {
    title: 'POST /data, one document',
    unit: 'documents/s',
    reference: 'the driver alone',
    note:
      'Ours groups the documents of concurrent requests in one command. The peers and "the driver alone" send one document per command, ' +
      'so a ratio above 1 is the effect of grouping, not a faster driver. For a like-for-like comparison, see "the driver alone, grouped".',
    targets: [atLeast(1.4, 'the driver alone'), atLeast(2.2, 'Fastify')],
    contestants: {
      'the driver alone': driver('insertOne'),
      'the driver alone, grouped': driver('insertGrouped'),
      ...contestants(uri, async (server) => {
        await databases.empty('insert');
        const { sample, answered } = await measureRequests(server, '/data', body);
        assertStored(server, answered, await databases.count('insert'));
        return sample;
      }),
    },
  };
}

/** `POST /data` of NDJSON: parsing and storing a stream, compared with `insertMany` of documents in memory. */
export function ingest(databases: Databases): Scenario {
  const uri = databases.uriOf('ingest');
  let file = '';
  return {
    title: 'POST /data, NDJSON',
    unit: 'documents/s',
    reference: 'insertMany alone',
    note: 'The peers keep the whole body in memory, and send it in one `insertMany`.',
    targets: [atLeast(0.85, 'insertMany alone'), ...compared.slice(1).map((peer) => atLeast(1, peer))],
    prepare: async () => {
      file = await writeDocuments(uploadedDocuments);
    },
    contestants: {
      'insertMany alone': async () => ({ value: await runLimit('insertMany', uri, file) }),
      ...contestants(uri, async (server) => {
        const once = async (): Promise<number> => {
          await databases.empty('ingest');
          return upload(`${server.url}/data`, file);
        };
        await once(); // the warm-up
        const milliseconds = await once();
        assertStored(server, uploadedDocuments, await databases.count('ingest'));
        return { value: (uploadedDocuments / milliseconds) * 1000 };
      }),
    },
  };
}

/** `GET /data` of a whole collection, compared with the driver's cursor and `JSON.stringify` without HTTP. */
export function read(databases: Databases): Scenario {
  const uri = databases.uriOf('read');
  const reference = 'cursor + JSON.stringify alone';
  return {
    title: 'GET /data, all documents',
    unit: 'documents/s',
    reference,
    targets: [atLeast(1.5, reference), atLeast(3, 'Flask')],
    prepare: () => databases.fill('read', storedDocuments),
    contestants: {
      [reference]: async () => ({ value: await runLimit('read', uri, warmupSeconds, measuredSeconds) }),
      ...contestants(uri, async (server) => {
        const downloads = async (seconds: number): Promise<{ readonly count: number; readonly ms: number }> => {
          let [count, ms] = [0, 0];
          for (; ms < seconds * 1000; count += storedDocuments) ms += await download(`${server.url}/data`);
          return { count, ms };
        };
        await downloads(warmupSeconds);
        return sampleRate(server, () => downloads(measuredSeconds));
      }),
    },
  };
}

function atLeast(least: number, reference: string): Target {
  return { contestant: 'ours', least, reference };
}

function assertStored({ program }: Server, acknowledged: number, stored: number): void {
  if (stored < acknowledged) throw new Error(`${program} acknowledged ${acknowledged} documents and stored ${stored}.`);
}
