import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { Context } from 'koa';
import { jsonFactor } from '../platform/memory';
import { Problem, toProblem } from '../platform/problem';
import { ClientGone, decode, openBody, tooLarge } from '../platform/readBody';
import { parseDocument, type StoredDocument } from './document';
import { insert } from './insertQueue/insertQueue';
import { parseJson } from './parseJson';
import type { ExampleDependencies } from './routes';

/** Maximum lines, and bytes, that one command stores. */
const batchItems = 2500;
const batchBytes = 524_288;
/** Concurrent commands: the next lines are read while the database works. */
const commands = 3;
/** Maximum milliseconds that a line waits for others: lines of a slow client are stored as they come. */
const flushMs = 1000;
/** Failures that are listed; `failed` counts them all. */
const listedFailures = 100;

/** A line of a stream, without its end: as bytes where the bytes around it are not all UTF-8. */
type Line = string | Buffer;
const blank = /^[ \t\r]*$/;

interface Ingest {
  inserted: number;
  failed: number;
  readonly errors: { readonly line: number; readonly status: number; readonly detail: string }[];
}

/**
 * Stores a body of NDJSON, of any length, in bounded memory: it is read no faster than the database stores it. An invalid line ends it with
 * a `Problem` that says how many lines were stored before; later lines are not stored.
 */
export async function ingest(context: Context, dependencies: ExampleDependencies): Promise<Ingest> {
  const { checkSchema, database, memory, limits } = dependencies;
  const result: Ingest = { inserted: 0, failed: 0, errors: [] };
  const running = new Set<Promise<void>>();
  let failure: unknown; // of a document or of the database
  let interruption: unknown; // of the client, or a line that can't be read
  let [batch, bytes, first]: [string[], number, number] = [[], 0, 1];
  memory.reserveStream(context.res);
  const body = openBody(context, dependencies);

  /** @param number of the first of `lines` */
  const store = async (lines: readonly string[], number: number): Promise<void> => {
    if (failure !== undefined) return;
    const documents: StoredDocument[] = [];
    const numbers: number[] = [];
    try {
      for (const [index, line] of lines.entries()) {
        if (blank.test(line)) continue;
        const where = `Line ${number + index}`;
        documents.push(parseDocument(parseJson(line, where, limits.depth), where, checkSchema));
        numbers.push(number + index);
      }
    } catch (error) {
      failure = error; // before the next lines have their turn
    }
    if (documents.length === 0) return;
    const failures = await database.run((db) => insert(db, documents));
    result.inserted += documents.length - failures.size;
    result.failed += failures.size;
    for (const [index, { status, message }] of failures) {
      if (result.errors.length < listedFailures)
        result.errors.push({ line: numbers[index] ?? 0, status, detail: message });
    }
  };
  const send = (): void => {
    const [lines, size, number] = [batch, bytes, first];
    [batch, bytes, first] = [[], 0, first + batch.length];
    if (lines.length === 0) return;
    const command = memory
      .use(size * jsonFactor, () => store(lines, number))
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => {
        running.delete(command);
        if (failure !== undefined) body.destroy(failure as Error); // the client may be silent
      });
    running.add(command);
  };

  const timer = setInterval(send, flushMs);
  try {
    for await (const lines of readLines(body, limits.bodyBytes)) {
      for (const line of lines) {
        const size = Buffer.byteLength(line);
        if (size > limits.bodyBytes) throw tooLarge(limits.bodyBytes, `Line ${first + batch.length}`);
        batch.push(typeof line === 'string' ? line : decode(line, `Line ${first + batch.length}`));
        bytes += size;
        if (batch.length < batchItems && bytes < batchBytes) continue;
        if (running.size >= commands) await Promise.race(running);
        if (failure !== undefined) throw failure;
        send();
      }
    }
  } catch (error) {
    interruption = error;
  }
  clearInterval(timer);
  send(); // what came before is stored
  await Promise.all(running);
  if (failure !== undefined || interruption !== undefined) throw partial(failure ?? interruption, result);
  return result;
}

function partial(error: unknown, { inserted, failed, errors }: Ingest): unknown {
  if (error instanceof ClientGone) return error;
  const { status, kind, message, headers } = toProblem(error);
  return new Problem(status, kind, {
    detail: `${message} Of the lines before, ${inserted} were stored for certain.`,
    headers,
    members: { inserted, failed, errors },
    cause: error,
  });
}

/** The lines of a body, a chunk of the stream at a time. A line of more than `limit` bytes is the last, and may be cut. */
async function* readLines(body: Readable, limit: number): AsyncGenerator<readonly Line[], void> {
  let rest: Buffer[] = [];
  let restLength = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf('\n');
    if (end !== -1) {
      yield toLines(Buffer.concat([...rest, chunk.subarray(0, end)]));
      [rest, restLength] = [[], 0];
    }
    rest.push(chunk.subarray(end + 1));
    restLength += chunk.length - end - 1;
    if (restLength > limit) break;
  }
  if (restLength > 0) yield toLines(Buffer.concat(rest));
}

function toLines(bytes: Buffer): readonly Line[] {
  if (isUtf8(bytes)) return bytes.toString().split('\n'); // all at once: one by one takes more time than parsing them
  const lines = bytes.toString('latin1').split('\n');
  return lines.map((line) => Buffer.from(line, 'latin1'));
}
