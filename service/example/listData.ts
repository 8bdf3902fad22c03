import { Readable } from 'node:stream';
import { badQuery, count, type Endpoint, endpoint } from '../platform/endpoint';
import { json, reference } from '../platform/openapi';
import { preferredType } from '../platform/request';
import { documents } from './document';
import { JsonWriter } from './jsonWriter/jsonWriter';
import { header, lines } from './openapi';
import { byId, linkToNext, parsePageToken, queryParameters } from './query';
import type { ExampleDependencies } from './routes';
import { type Batch, batchBytes, scan } from './scan';

/** Bytes of one piece of the response. */
const pieceBytes = 65_536;
/** Text around documents; `empty` is the response without any. */
const forms = {
  'application/json': { open: '[', between: ',', close: ']', empty: '[]' },
  'application/x-ndjson': { open: '', between: '\n', close: '\n', empty: '' },
} as const;
type Form = (typeof forms)[keyof typeof forms];

/** `GET /data`: all documents in the order of their ids, those that match `filter`, or a page of `limit` of them. */
export function listData(dependencies: ExampleDependencies): Endpoint {
  const { database, memory, limits } = dependencies;
  return endpoint('listData', 'Streams all documents, or returns a page of them.', {
    parameters: { limit: count('Documents per page.', limits.pageItems), ...queryParameters },
    responses: {
      200: {
        ...json('The documents.', { type: 'array', items: reference('Document') }, lines('One document per line.')),
        headers: {
          ...header('Link', 'The next page, with rel="next", if there is one.'),
          ...header('X-Total-Count', 'Number of matching documents, if requested.'),
        },
      },
    },
    failures: [406, 422, 503, 504],
    handler: async (context, { limit, after, total, ...query }) => {
      const from = parsePageToken(after, query.sort);
      if (query.sort !== byId && limit === undefined)
        throw badQuery('The parameter sort needs limit: only the order of ids is streamed.');
      const type = preferredType(context, 'application/json', 'application/x-ndjson');
      if (total) {
        const found = await database.run((db) => documents(db).countDocuments(query.filter, db.bounds));
        context.set('X-Total-Count', String(found));
      }
      const batches = scan(dependencies, query, from, limit);
      const { value: first } = await batches.next(); // a failure before the first byte can still set the status
      if (limit !== undefined && first?.end !== undefined && !first.isLast)
        context.set('Link', linkToNext(context.path, context.querystring, first.end));
      context.set('Content-Type', type);
      context.vary('Accept');
      // A small result is sent at once. A larger one, or one large document, counts as a stream.
      const bytes = first?.bson.length ?? 0;
      const isSmall = bytes <= 2 * batchBytes && (limit !== undefined || first?.isLast);
      const resize = isSmall ? memory.reserve(bytes, context.res) : memory.reserveStream(context.res);
      const hold = (size: number): void => resize(Math.max(size, 2 * batchBytes));
      if (bytes > 2 * batchBytes) hold(bytes);
      const pieces = streamJson(first, batches, forms[type], hold);
      const body = Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
      body.once('close', () => void batches.return().catch(() => {}));
      context.body = body;
    },
  });
}

/**
 * Documents of `batches` as JSON text in pieces. The next batch is fetched while one is written; `hold` is called with the bytes of
 * both.
 */
async function* streamJson(
  first: Batch | void,
  batches: AsyncGenerator<Batch, void>,
  form: Form,
  hold: (bytes: number) => void,
): AsyncGenerator<Buffer, void> {
  const writer = new JsonWriter(pieceBytes);
  let before: string = form.open;
  for (let batch = first; batch !== undefined; ) {
    const current = batch;
    const isLarge = current.bson.length > 2 * batchBytes; // a document, which is held alone
    const fetchNext = async (): Promise<Batch | void> => {
      const { value } = await batches.next();
      hold(current.bson.length + (value?.bson.length ?? 0));
      return value;
    };
    const next = isLarge ? undefined : fetchNext();
    next?.catch(() => {}); // reported when it is awaited, unless the client has disconnected
    for (const start of current.starts) {
      writer.raw(before);
      writer.document(current.bson, start);
      before = form.between;
      if (isLarge) {
        const json = writer.take();
        current.bson = Buffer.alloc(0); // only one of them while the client takes it
        hold(json.length);
        // In pieces: the next but one is fetched while the client still receives this one.
        for (let at = 0; at < json.length; at += pieceBytes) yield json.subarray(at, at + pieceBytes);
      } else if (writer.length > pieceBytes * 0.75) yield writer.take();
    }
    if (current === first && !current.isLast && writer.length > 0) yield writer.take(); // while the database looks for more
    batch = await (next ?? fetchNext());
  }
  writer.raw(before === form.open ? form.empty : form.close);
  yield writer.take();
}
