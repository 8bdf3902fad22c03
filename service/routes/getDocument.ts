import type { RouterContext } from '@koa/router';
import type { Dependencies } from '../dependencies';
import { documents } from '../documents/documents';
import { parseIdentifier } from '../documents/identifier';
import { JsonWriter } from '../documents/jsonWriter';
import { noDocument } from '../documents/noDocument';
import { etagOf, isKnown } from '../http/etag';

/** `GET /data/:id`: one document, with an ETag; 304 for those who have it. */
export function getDocument({ database }: Dependencies): (context: RouterContext) => Promise<void> {
  return async (context) => {
    const id = parseIdentifier(context.params.id ?? '');
    const bson = (await database.run((db) =>
      documents(db).findOne({ _id: id }, { raw: true }),
    )) as unknown as Buffer | null;
    if (bson === null) throw noDocument(id);
    if (isKnown(context, etagOf(bson))) return;
    const writer = new JsonWriter(bson.length);
    writer.document(bson);
    context.set('Content-Type', 'application/json');
    context.body = writer.take();
  };
}
