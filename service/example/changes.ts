import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChangeStream, type Document, MongoServerError } from 'mongodb';
import type { Limits } from '../platform/configuration';
import { type Endpoint, endpoint, text } from '../platform/endpoint';
import { atClose } from '../platform/memory';
import { overloaded, Problem, toProblem } from '../platform/problem';
import { preferredType } from '../platform/request';
import { documents } from './document';
import { toJson } from './jsonWriter/jsonWriter';
import type { ExampleDependencies } from './routes';

/** Maximum number of watching clients: each uses a connection to the database while it waits. */
const maxWatchers = 8;
/** Milliseconds between heartbeats without changes: proxies close idle connections. */
const heartbeatMs = 15_000;
/** Maximum bytes of a document that is sent with its change, as it is in memory several times for each client. */
const documentBytes = 4_194_304;
const isLarge = { $gt: [{ $bsonSize: '$fullDocument' }, documentBytes] };
/** What is sent. `invalidate` is the end of the collection: it was dropped or renamed. */
const pipeline = [
  { $match: { operationType: { $in: ['insert', 'update', 'replace', 'delete', 'invalidate'] } } },
  {
    $project: {
      operationType: 1,
      raw: [{ id: '$documentKey._id' }, { $cond: [isLarge, null, '$fullDocument'] }],
    },
  },
];

/** MongoDB's error codes of a server without a replica set, and of a missing permission. */
const [notReplicated, unauthorized] = [40573, 13];

/**
 * `GET /data/changes`: each change from now on, or after `Last-Event-ID`, as server-sent events. The next change is requested when the
 * client has received the one before, so that nothing is buffered for slow clients.
 */
export function watchData(dependencies: ExampleDependencies): Endpoint {
  const { database, memory, limits } = dependencies;
  let watchers = 0;
  return endpoint('watchChanges', 'Sends changes from now on as server-sent events.', {
    parameters: {
      'Last-Event-ID': text('header', 'Id of the last event received.', (token) => token),
    },
    responses: {
      200: {
        description: 'Events, without end.',
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
    },
    failures: [406, 410, 501, 503, 504],
    handler: async (context, { 'Last-Event-ID': token }) => {
      preferredType(context, 'text/event-stream');
      if (watchers >= maxWatchers) throw overloaded(`${watchers} clients watch already, which is the most.`);
      memory.reserveStream(context.res);
      watchers += 1;
      atClose(context.res, () => (watchers -= 1));

      const options = {
        fullDocument: 'updateLookup',
        batchSize: 1,
        maxAwaitTimeMS: pollMs(limits),
        maxTimeMS: limits.databaseMs, // of the first command; those for the next changes have `maxAwaitTimeMS`
        fieldsAsRaw: { raw: true }, // objects in this array stay BSON
        enableUtf8Validation: false, // texts of other programs
        ...(token && { startAfter: { _data: token } }),
      };
      // The first response sets the stream's position: changes after the headers are never missed.
      const [stream, first] = await database.run(async (db) => {
        const stream = documents(db).watch(pipeline, options);
        const close = (): void => void stream.close().catch(() => {});
        const answer = stream.tryNext().finally(() => atClose(context.res, close)); // also if it is too late for `run`
        return [stream, await answer.catch((error: unknown) => refuse(error, token))] as const;
      });
      context.set('Content-Type', 'text/event-stream');
      context.set('Cache-Control', 'no-store');
      const body = events(dependencies, stream, first, context.res);
      context.body = Readable.from(body, { objectMode: false, highWaterMark: 1 });
    },
  });
}

async function* events(
  { database, draining, limits }: ExampleDependencies,
  stream: ChangeStream,
  first: Document | null,
  response: ServerResponse,
): AsyncGenerator<string, void> {
  // An event with only an id sets the client's position, and does not reach its program.
  const position = (): string => `: watching\nid: ${(stream.resumeToken as { readonly _data: string })._data}\n\n`;
  // An accepted stream continues: while too many operations wait for the database, it reports no change.
  const next = async (): Promise<Document | null> => {
    try {
      return await database.run(() => stream.tryNext());
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== 'overloaded') throw error;
      return sleep(pollMs(limits), null);
    }
  };
  let sentAt = 0; // the first sign of life comes at once
  for (let change = first; !draining.aborted && !response.closed; change = await next()) {
    if (change === null && Date.now() - sentAt < Math.min(heartbeatMs, limits.idleMs / 2)) continue;
    yield change === null ? position() : toEvent(change);
    sentAt = Date.now();
    if (change?.operationType === 'invalidate') return; // the client comes back, and resumes after it
  }
}

/** Milliseconds for which MongoDB waits for a change, and until the next attempt when it is too busy. */
function pollMs({ databaseMs, idleMs }: Limits): number {
  return Math.min(1000, databaseMs, idleMs / 4);
}

/** JSON has no line breaks, so it is one line of data. */
function toEvent({ _id, operationType, raw: [key, document] }: Document): string {
  const id = toJson(key).toString();
  const data = document ? `${id.slice(0, -1)},"document":${toJson(document)}}` : id;
  return `id: ${_id._data}\nevent: ${operationType}\ndata: ${data}\n\n`;
}

function refuse(error: unknown, token: string | undefined): never {
  if (error instanceof MongoServerError && error.code === notReplicated) {
    throw new Problem(501, 'no-change-streams', {
      detail:
        'The database is a standalone server, which has no change streams. Make it a replica set; one member is enough.',
    });
  }
  // MongoDB has many codes for positions that are not in its oplog, or are invalid.
  const isOfPosition = error instanceof MongoServerError && error.code !== unauthorized;
  if (token === undefined || !isOfPosition || toProblem(error).status !== 500) throw error;
  throw new Problem(410, 'changes-lost', {
    detail: 'The database does not know what changed since that Last-Event-ID. GET /data again, and watch without it.',
    cause: error,
  });
}
