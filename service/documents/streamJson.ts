import type { FindCursor } from 'mongodb';
import type { Database } from '../database/database';
import { JsonWriter } from './jsonWriter';

/** Bytes of one piece of the reply. */
const pieceBytes = 65_536;

/** How many documents are one text. */
interface Form {
  readonly open: string;
  readonly between: string;
  readonly close: string;
  /** The whole text when there are none. */
  readonly empty: string;
}
export const arrayForm: Form = { open: '[', between: ',', close: ']', empty: '[]' };
export const linesForm: Form = { open: '', between: '\n', close: '\n', empty: '' };

/** All documents of a `raw` cursor of `database` as JSON text, in pieces, by one batch of the cursor at a time. */
export async function* streamJson(database: Database, cursor: FindCursor, form: Form): AsyncGenerator<Buffer, void> {
  const writer = new JsonWriter(pieceBytes);
  let before = form.open;
  let any = false;
  while (await database.inTime(cursor.hasNext())) {
    any = true;
    for (const bson of cursor.readBufferedDocuments() as unknown as Buffer[]) {
      writer.raw(before);
      writer.document(bson);
      before = form.between;
      if (writer.length > pieceBytes * 0.75) yield writer.take();
    }
  }
  writer.raw(any ? form.close : form.empty);
  yield writer.take();
}
