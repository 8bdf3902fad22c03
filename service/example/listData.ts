import { Readable } from 'node:stream';
import type { Context, Middleware } from 'koa';
import { Problem } from '../platform/problem';
import { readCount, readQuery } from '../platform/request';
import { documents } from './identifier';
import { endOfPage, pageToken, parseFields, parseFilter, parsePageToken, parseSort } from './query';
import type { ExampleDependencies } from './routes';
import { batchBytes, scan } from './scan';
import { arrayForm, linesForm, streamJson } from './streamJson';

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
      throw badQuery('sort needs limit: only the order of ids is streamed');
    if (given.total !== undefined && given.total !== 'true')
      throw badQuery(`total is '${given.total}'. Give total=true`);
    const type = context.accepts('application/json', 'application/x-ndjson');
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
    const upTo = limit && (await database.run((db) => endOfPage(db, query, after, limit)));
    const batches = scan(dependencies, query, { after, upTo: upTo || undefined });
    const { value: first } = await batches.next(); // a failure before the first byte can still be answered by its status
    if (upTo) {
      const next = new URLSearchParams({ ...given, after: pageToken(upTo) });
      context.set('Link', `<${context.path}?${next}>; rel="next"`);
    }
    context.set('Content-Type', type);
    context.vary('Accept');
    // What is small is sent at once; only what is more counts as a stream.
    const resize = first?.isLast ? memory.reserve(first.bson.length, context.res) : memory.reserveStream(context.res);
    const pieces = streamJson(first, batches, type === 'application/json' ? arrayForm : linesForm, (bytes) =>
      resize(Math.max(bytes, 2 * batchBytes)),
    );
    const body = Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
    body.once('close', () => void batches.return().catch(() => {}));
    context.body = body;
  };
}

function badQuery(what: string): Problem {
  return new Problem(422, 'bad-query', { detail: `The parameter ${what}.` });
}
