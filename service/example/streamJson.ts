import type { Database } from '../platform/database';
import { JsonWriter } from './jsonWriter/jsonWriter';
import type { Batch } from './rawBatches';

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
  database: Database,
  first: Batch | void,
  batches: AsyncGenerator<Batch, void>,
  form: Form,
): AsyncGenerator<Buffer, void> {
  const writer = new JsonWriter(pieceBytes);
  let before = form.open;
  for (let batch = first; batch !== undefined; ) {
    const next = database.inTime(batches.next());
    next.catch(() => {}); // told when it is awaited, which a client that goes away prevents
    for (const start of batch.starts) {
      writer.raw(before);
      writer.document(batch.bson, start);
      before = form.between;
      if (writer.length > pieceBytes * 0.75) yield writer.take();
    }
    if (batch === first && batch.cursor !== 0n) yield writer.take(); // the client has something while the database looks for more
    batch = (await next).value;
  }
  writer.raw(before === form.open ? form.empty : form.close);
  yield writer.take();
}
