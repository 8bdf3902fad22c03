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

/** Documents of `batches`, BSON that `database` sends, as JSON text in pieces. One batch is asked for while another is written. */
export async function* streamJson(
  database: Database, first: readonly Buffer[], batches: AsyncGenerator<readonly Buffer[], void>, form: Form,
): AsyncGenerator<Buffer, void> {
  const writer = new JsonWriter(pieceBytes);
  let before = form.open;
  for (let batch: readonly Buffer[] | void = first; batch !== undefined;) {
    const next = database.inTime(batches.next());
    next.catch(() => {}); // told when it is awaited, which a client that goes away prevents
    for (const bson of batch) {
      writer.raw(before);
      writer.document(bson);
      before = form.between;
      if (writer.length > pieceBytes * 0.75) yield writer.take();
    }
    if (batch === first && writer.length > 0) yield writer.take(); // the client has something while the database looks for more
    batch = (await next).value;
  }
  writer.raw(before === form.open ? form.empty : form.close);
  yield writer.take();
}
