import { JsonWriter } from './jsonWriter/jsonWriter';
import { type Batch, batchBytes } from './scan';

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

/**
 * Documents of `batches` as JSON text in pieces. One batch is asked for while another is written; `hold` is called with the
 * bytes of both.
 */
export async function* streamJson(
  first: Batch | void,
  batches: AsyncGenerator<Batch, void>,
  form: Form,
  hold: (bytes: number) => void,
): AsyncGenerator<Buffer, void> {
  const writer = new JsonWriter(pieceBytes);
  let before = form.open;
  for (let batch = first; batch !== undefined; ) {
    const { bson } = batch;
    const fetchNext = async (): Promise<Batch | void> => {
      const { value } = await batches.next();
      hold(bson.length + (value?.bson.length ?? 0));
      return value;
    };
    const next = bson.length > 2 * batchBytes ? undefined : fetchNext(); // a large document is held alone
    next?.catch(() => {}); // reported when it is awaited, which a client that goes away prevents
    for (const start of batch.starts) {
      writer.raw(before);
      writer.document(bson, start);
      before = form.between;
      if (writer.length > pieceBytes * 0.75) yield writer.take();
    }
    if (batch === first && !batch.isLast && writer.length > 0) yield writer.take(); // while the database looks for more
    batch = await (next ?? fetchNext());
  }
  writer.raw(before === form.open ? form.empty : form.close);
  yield writer.take();
}
