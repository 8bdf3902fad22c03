import type { RouterContext } from '@koa/router';
import type { Dependencies } from '../dependencies';
import { documents } from '../documents/documents';
import { parseIdentifier } from '../documents/identifier';
import { noDocument } from '../documents/noDocument';

/** `DELETE /data/:id`: removes one document. */
export function deleteDocument({ database }: Dependencies): (context: RouterContext) => Promise<void> {
  return async (context) => {
    const id = parseIdentifier(context.params.id ?? '');
    const { deletedCount } = await database.run((db) => documents(db).deleteOne({ _id: id }));
    if (deletedCount === 0) throw noDocument(id);
    context.status = 204;
  };
}
