import { Readable } from 'node:stream';
import type { Context, Middleware } from 'koa';
import type { Db, Filter, FindCursor } from 'mongodb';
import type { Dependencies } from '../dependencies';
import { documents } from '../documents/documents';
import { parseFilter } from '../documents/filter';
import type { StoredDocument } from '../documents/identifier';
import { idAfter, lastIdOfPage, pageToken, parsePageToken } from '../documents/page';
import { arrayForm, linesForm, streamJson } from '../documents/streamJson';
import { Problem } from '../http/problem';
import { readCount, readQuery } from '../http/query';

/**
 * Documents that the database sends at a time: enough that asking costs little, few enough for many clients at once. With
 * 2000, streaming 300,000 took 68 to 139 MiB more, with 500 59 to 61 (Node 20, four runs each), for about the same CPU.
 */
const batchSize = 500;

/** `GET /data`: all documents, those that `filter` matches, or a page of `limit` of them in the order of their ids. */
export function listData({ database, limits }: Dependencies): Middleware {
  return async (context: Context) => {
    const query = readQuery(context, ['limit', 'after', 'filter']);
    const limit = readCount('limit', query.limit, limits.pageItems);
    const filter = parseFilter(query.filter);
    const wanted = query.after === undefined ? filter : { $and: [filter, idAfter(parsePageToken(query.after))] };
    const type = context.accepts('application/json', 'application/x-ndjson');
    if (type === false) {
      throw new Problem(406, 'not-acceptable', {
        detail: `'${context.get('Accept')}' is not to be had. Accept application/json or application/x-ndjson.`,
      });
    }

    const { cursor, last } = await database.run(async (db) => ({
      last: limit === undefined ? undefined : await lastIdOfPage(db, wanted, limit),
      cursor: await open(db, wanted, limit, query.after !== undefined), // last, for it must be closed
    }));
    if (last !== undefined) {
      const next = new URLSearchParams({ ...query, after: pageToken(last) });
      context.set('Link', `</data?${next}>; rel="next"`);
    }
    context.set('Content-Type', type);
    context.set('Vary', 'Accept');
    const pieces = streamJson(database, cursor, type === 'application/json' ? arrayForm : linesForm);
    const body = Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
    // At its end, at a failure, and when the client goes away.
    body.once('close', () => void cursor.close().catch(() => {}));
    context.body = body;
  };
}

/** Asks for the first documents: a failure before the first byte can still be answered by its status. */
async function open(db: Db, filter: Filter<StoredDocument>, limit: number | undefined, sorted: boolean): Promise<FindCursor> {
  const cursor = documents(db).find(filter, { raw: true, batchSize: Math.min(batchSize, limit ?? batchSize) });
  if (limit !== undefined) cursor.limit(limit);
  if (limit !== undefined || sorted) cursor.sort({ _id: 1 });
  await cursor.hasNext();
  return cursor;
}
