import { Readable } from 'node:stream';
import type { Context, Middleware } from 'koa';
import { Problem } from '../platform/problem';
import { badQuery, readCount, readQuery } from '../platform/request';
import { documents } from './document';
import { JsonWriter } from './jsonWriter/jsonWriter';
import { bounded, endOfPage, pageToken, parseFields, parseFilter, parsePageToken, parseSort } from './query';
import type { ExampleDependencies } from './routes';
import { type Batch, batchBytes, scan } from './scan';

/** Bytes of one piece of the reply. */
const pieceBytes = 65_536;
/** How documents become one text; `empty` is that of none. */
const forms = {
  'application/json': { open: '[', between: ',', close: ']', empty: '[]' },
  'application/x-ndjson': { open: '', between: '\n', close: '\n', empty: '' },
} as const;
type Form = (typeof forms)[keyof typeof forms];

const names = ['limit', 'after', 'filter', 'sort', 'fields', 'total'] as const;

/** `GET /data`: all documents in the order of their ids, those that match `filter`, or a page of `limit` of them. */
export function listData(dependencies: ExampleDependencies): Middleware {
  const { database, memory, limits } = dependencies;
  return async (context: Context) => {
    const given = readQuery(context, names);
    const limit = readCount('limit', given.limit, limits.pageItems);
    const query = {
      filter: parseFilter(given.filter),
      sort: parseSort(given.sort),
      projection: parseFields(given.fields),
    };
    const after = parsePageToken(given.after, query.sort);
    if (given.sort !== undefined && limit === undefined)
      throw badQuery('The parameter sort needs limit: only the order of ids is streamed.');
    if (given.total !== undefined && given.total !== 'true')
      throw badQuery(`The parameter total is '${given.total}'. Give total=true.`);
    const type = context.accepts(...Object.keys(forms)) as keyof typeof forms | false;
    if (type === false) {
      throw new Problem(406, 'not-acceptable', {
        detail: `'${context.get('Accept')}' is not available. Accept application/json or application/x-ndjson.`,
      });
    }

    if (given.total !== undefined) {
      const total = await database.run((db) => documents(db).countDocuments(query.filter, db.bounds));
      context.set('X-Total-Count', String(total));
    }
    // Both queries have the same end: what others insert meanwhile moves no document off the page.
    const last = limit === undefined ? undefined : await database.run((db) => endOfPage(db, query, after, limit));
    const filter = { $and: [query.filter, bounded(query.sort, last, 'upTo')] };
    const batches = scan(dependencies, { ...query, filter }, after);
    const { value: first } = await batches.next(); // a failure before the first byte can still be answered by its status
    if (last !== undefined) {
      const next = new URLSearchParams({ ...given, after: pageToken(last) });
      context.set('Link', `<${context.path}?${next}>; rel="next"`);
    }
    context.set('Content-Type', type);
    context.vary('Accept');
    // What is small is sent at once; only what is more counts as a stream.
    const resize = first?.isLast ? memory.reserve(first.bson.length, context.res) : memory.reserveStream(context.res);
    const pieces = streamJson(first, batches, forms[type], (bytes) => resize(Math.max(bytes, 2 * batchBytes)));
    const body = Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
    body.once('close', () => void batches.return().catch(() => {}));
    context.body = body;
  };
}

/**
 * Documents of `batches` as JSON text in pieces. One batch is asked for while another is written; `hold` is called with the
 * bytes of both.
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
    const { bson } = batch;
    const fetchNext = async (): Promise<Batch | void> => {
      const { value } = await batches.next();
      hold(bson.length + (value?.bson.length ?? 0));
      return value;
    };
    const next = bson.length > 2 * batchBytes ? undefined : fetchNext(); // a large document is held alone
    next?.catch(() => {}); // reported when it is awaited, which a client that goes away prevents
    for (const start of batch.starts) {
      writer.raw(before);
      writer.document(bson, start);
      before = form.between;
      if (writer.length > pieceBytes * 0.75) yield writer.take();
    }
    if (batch === first && !batch.isLast && writer.length > 0) yield writer.take(); // while the database looks for more
    batch = await (next ?? fetchNext());
  }
  writer.raw(before === form.open ? form.empty : form.close);
  yield writer.take();
}
