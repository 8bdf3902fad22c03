import type { Context, Middleware } from 'koa';
import type { Dependencies } from '../dependencies';
import { documents } from '../documents/documents';
import { parseDocument } from '../documents/parseDocument';
import { parseJson } from '../documents/parseJson';
import { Problem } from '../http/problem';
import { readBody } from '../http/readBody';

/** `POST /data`: stores a JSON object. */
export function postData({ database, limits }: Dependencies): Middleware {
  return async (context: Context) => {
    if (!context.is('application/json')) {
      throw new Problem(415, 'unsupported-type', {
        detail: `The body's Content-Type is '${context.get('Content-Type')}'. Send application/json.`,
      });
    }
    const document = parseDocument(parseJson(await readBody(context, limits), 'The body'), limits.depth, 'The body');
    await database.run((db) => documents(db).insertOne(document));
    context.status = 201;
    context.set('Location', `/data/${encodeURIComponent(String(document._id))}`);
    context.body = { id: document._id };
  };
}
