import { Readable } from 'node:stream';
import type { Context, Middleware } from 'koa';
import { Problem } from '../platform/problem';
import { readCount, readQuery } from '../platform/request';
import { documents } from './identifier';
import { rawBatches } from './rawBatches';
import type { ExampleDependencies } from './routes';
import { idAfter, lastIdOfPage, pageToken, parseFilter, parsePageToken } from './selection';
import { arrayForm, linesForm, streamJson } from './streamJson';

/** `GET /data`: all documents, those that `filter` matches, or a page of `limit` of them in the order of their ids. */
export function listData({ database, limits }: ExampleDependencies): Middleware {
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

    const { last, batches, first } = await database.run(async (db) => {
      const last = limit === undefined ? undefined : await lastIdOfPage(db, wanted, limit);
      const batches = rawBatches(db, {
        find: documents(db).collectionName,
        filter: wanted,
        ...(limit !== undefined && { limit }),
        ...((limit !== undefined || query.after !== undefined) && { sort: { _id: 1 } }),
      });
      // A failure before the first byte can still be answered by its status.
      return { last, batches, first: (await batches.next()).value };
    });
    if (last !== undefined) {
      const next = new URLSearchParams({ ...query, after: pageToken(last) });
      context.set('Link', `</data?${next}>; rel="next"`);
    }
    context.set('Content-Type', type);
    context.set('Vary', 'Accept');
    const pieces = streamJson(database, first, batches, type === 'application/json' ? arrayForm : linesForm);
    const body = Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
    // At its end, at a failure, and when the client goes away.
    body.once('close', () => void batches.return().catch(() => {}));
    context.body = body;
  };
}
