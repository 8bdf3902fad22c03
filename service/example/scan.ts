import { setTimeout as sleep } from 'node:timers/promises';
import { BSON, type Document, type Long, MongoServerError } from 'mongodb';
import type { BoundedDb } from '../platform/database';
import { badQuery } from '../platform/endpoint';
import { type Problem, toProblem } from '../platform/problem';
import { documents } from './document';
import { after, byId, type Position, positionAt, type Query, type Sort, sortElements } from './query';
import type { ExampleDependencies } from './routes';

/** Documents as the database sent them, in one BSON document. The reader removes it when it has read it. */
export interface Batch {
  bson: Buffer;
  /** Where each document begins in it. */
  readonly starts: readonly number[];
  /** Whether it is the last batch. */
  readonly isLast: boolean;
}

/**
 * Bytes of documents that a batch keeps, unless one has more: the larger, the faster. 256 KiB gave 335,000 documents/s, 512 KiB
 * 384,000, and 1 MiB 406,000.
 */
export const batchBytes = 524_288;
/** Documents of the first batch: a client waits for its first byte until these are there, and they show how large documents are. */
const firstItems = 101;
/** Slightly more than the maximum size of a response of MongoDB. */
const answerBytes = 17_000_000;
/** MongoDB's code for a sort by two fields that are arrays in one document. */
const badValue = 2;
/** What is read of the response to `find`. */
interface Response {
  readonly cursor: { readonly id: Long; readonly firstBatch: readonly Buffer[] };
}

/** Milliseconds in which a batch is retried while the database is unavailable: an election, or a restart. */
const retryMs = 20_000;

/**
 * Batches of the documents that match `query`, in its order, after position `from`; with `limit`, only the first batch, of up to `limit`
 * documents. Each batch is a query that starts after the last document: no cursor is lost when a server steps down or is killed, and
 * none waits there for the client. The driver's own cursor (7.9) is not used, as it lists the elements of each document even with
 * `raw`: more than half of what streaming allocates.
 */
export async function* scan(
  dependencies: ExampleDependencies,
  query: Query,
  from: Position | undefined,
  limit?: number,
): AsyncGenerator<Batch & { readonly end: Position | undefined }, void> {
  let end = from;
  let isOneType = false;
  for (let items = limit === undefined ? firstItems : limit + 1, isFirst = true; ; isFirst = false) {
    const bound = isOneType ? { _id: { $gt: end?.[0] } } : after(end, query.sort);
    const batch = await fetchBatch(dependencies, query, bound, items, isFirst);
    const starts = batch.starts.slice(0, limit);
    const isLastOfType = batch.isLast && starts.length === batch.starts.length;
    const isLast = isLastOfType && !isOneType;
    const average = batch.bson.length / Math.max(1, batch.starts.length);
    if (query.sort !== byId) refuseArrays(batch.bson, batch.starts, query.sort);
    const last = starts.at(-1);
    if (last !== undefined && !isLast) end = positionAt(batch.bson, last, query.sort);
    yield Object.assign(batch, { starts, isLast, end });
    if (isLast || limit !== undefined) return;
    // `$gt` takes MongoDB 1.37 µs a document, `$expr` 1.65, but it finds only ids of the same type. Those of others come after them.
    isOneType = query.sort === byId && !isLastOfType;
    // At most twice as many as before: if the next ones are large, most of the response would be discarded.
    items = Math.max(1, Math.min(2 * items, Math.ceil(batchBytes / average)));
  }
}

async function fetchBatch(
  { database, memory }: ExampleDependencies,
  { filter, fields, sort }: Query,
  bound: Document,
  items: number,
  isFirst: boolean,
): Promise<Batch> {
  const command = (db: BoundedDb): Document => ({
    find: documents(db).collectionName,
    maxTimeMS: db.bounds.maxTimeMS,
    filter: { $and: [filter, bound] },
    // The next batch begins after the values of the sort's fields.
    ...(fields && {
      projection: Object.fromEntries([...fields, ...sort.map(([field]) => field)].map((field) => [field, 1])),
    }),
    sort: new Map(sort), // an object would have names such as `1` first
    readConcern: db.readConcern?.toJSON() ?? {},
  });
  const deadline = Date.now() + (isFirst ? 0 : retryMs);
  const read = isFirst && sort === byId ? findFirst : find; // two would sort the collection twice
  for (let wait = 50; ; wait = Math.min(2 * wait, 1000)) {
    try {
      const task = (): Promise<Batch> => database.run((db) => read(db, command(db), items));
      const options = { urgent: isFirst, computes: false }; // clients without data come first
      return await memory.use(answerBytes, task, options);
    } catch (error) {
      if (sort !== byId && error instanceof MongoServerError && error.code === badValue) throw arraysInSort(sort);
      if (toProblem(error).status !== 503 || Date.now() >= deadline) throw error;
      await sleep(wait);
    }
  }
}

/** Up to `items` documents, or as many as fit into a batch: a page of large ones ends before, and the rest would be read in vain. */
async function findFirst(db: BoundedDb, command: Document, items: number): Promise<Batch> {
  const first = await find(db, command, Math.min(items, firstItems));
  const { bson, starts } = first;
  if (items <= firstItems || starts.length < firstItems || bson.length > batchBytes) return first;
  return find(db, command, Math.min(items, Math.ceil((1.5 * batchBytes * starts.length) / bson.length)));
}

async function find(db: BoundedDb, command: Document, items: number): Promise<Batch> {
  const from = { signal: db.bounds.signal, ...(db.readPreference && { readPreference: db.readPreference }) };
  const limits = { limit: items, batchSize: items + 1 }; // one that is equal to the limit leaves a cursor open
  // Not all of the response is `raw`: the driver (7.9) would keep the `topologyVersion` of an error as bytes, and fail other commands.
  const options = { ...from, fieldsAsRaw: { firstBatch: true }, promoteLongs: false };
  const { cursor } = (await db.command({ ...command, ...limits }, options)) as Response;
  // Not `singleBatch`: a response that the next document does not fit into would look like the last one. With a read preference such
  // as nearest, `killCursors` may go to another member: then the cursor ends after ten minutes.
  if (!cursor.id.isZero()) await db.command({ killCursors: command.find, cursors: [cursor.id] }, from).catch(() => {});
  return toBatch(cursor.firstBatch, cursor.id.isZero() && cursor.firstBatch.length < items);
}

/** MongoDB sorts an array by one of its items. The next page would start after all of them, and miss documents. */
function refuseArrays(bson: Buffer, starts: readonly number[], sort: Sort): void {
  for (const start of starts) {
    for (const { type } of sortElements(bson, start, sort)) if (type === BSON.BSONType.array) throw arraysInSort(sort);
  }
}

function arraysInSort(sort: Sort): Problem {
  const fields = sort.map(([field]) => field).join(', ');
  return badQuery(
    `The page can't be sorted by ${fields}: a document has an array in one of them. Sort by other fields.`,
  );
}

/** Drops documents beyond twice `batchBytes`, which are fetched again later: a client that pauses must not hold them. */
function toBatch(found: readonly Buffer[], isLast: boolean): Batch {
  const begin = found[0]?.byteOffset ?? 0; // the others follow it in the response
  const kept = found.filter(
    ({ byteOffset, length }, index) => index === 0 || byteOffset + length - begin <= 2 * batchBytes,
  );
  const isWhole = kept.length === found.length;
  const last = kept.at(-1) ?? Buffer.alloc(0);
  const bson = Buffer.from(last.buffer, begin, last.byteOffset + last.length - begin);
  const starts = kept.map(({ byteOffset }) => byteOffset - begin);
  return { bson: isWhole ? bson : Buffer.from(bson), starts, isLast: isLast && isWhole };
}
