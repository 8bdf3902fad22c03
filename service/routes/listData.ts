import { Readable } from 'node:stream';
import type { Context, Middleware } from 'koa';
import type { Dependencies } from '../dependencies';
import { documents } from '../documents/documents';
import { arrayForm, streamJson } from '../documents/streamJson';

/** `GET /data`: all documents. */
export function listData({ database }: Dependencies): Middleware {
  return async (context: Context) => {
    const cursor = await database.run(async (db) => {
      const found = documents(db).find({}, { raw: true });
      await found.hasNext(); // a failure before the first byte can still be answered by its status
      return found;
    });
    context.set('Content-Type', 'application/json');
    context.body = Readable.from(streamJson(cursor, arrayForm), { objectMode: false, highWaterMark: 1 });
  };
}
