import type { RouterContext } from '@koa/router';
import { etagOf, isKnown } from '../platform/request';
import { documents, noDocument, parseIdentifier } from './identifier';
import { JsonWriter } from './jsonWriter/jsonWriter';
import type { ExampleDependencies } from './routes';

/** `GET /data/:id`: one document, with an ETag; 304 for those who have it. */
export function getDocument({ database }: ExampleDependencies): (context: RouterContext) => Promise<void> {
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

/** `DELETE /data/:id`: removes one document. */
export function deleteDocument({ database }: ExampleDependencies): (context: RouterContext) => Promise<void> {
  return async (context) => {
    const id = parseIdentifier(context.params.id ?? '');
    const { deletedCount } = await database.run((db) => documents(db).deleteOne({ _id: id }));
    if (deletedCount === 0) throw noDocument(id);
    context.status = 204;
  };
}
