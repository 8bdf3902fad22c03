import type { Readable } from 'node:stream';
import type { Context } from 'koa';
import { jsonFactor } from '../platform/memory';
import { Problem } from '../platform/problem';
import { ClientGone, decode, openBody, tooLarge } from '../platform/readBody';
import { toProblem } from '../platform/toProblem';
import { parseDocument, type StoredDocument } from './document';
import { insert } from './insertQueue/insertQueue';
import { parseJson } from './parseJson';
import type { ExampleDependencies } from './routes';

/** Lines, and bytes of them, that are stored by one command. */
const batchItems = 2500;
const batchBytes = 524_288;
/** Commands under way at a time: the next lines are read while the database works. */
const commands = 3;
/** Most milliseconds that a line waits for others: a slow client's lines are stored as they come. */
const flushMs = 1000;
/** Failures that are listed; `failed` counts them all. */
const listedFailures = 100;

/** One line of a stream, without its end. */
interface Line {
  readonly bytes: Buffer;
  /** From 1. */
  readonly number: number;
}

interface Ingest {
  inserted: number;
  failed: number;
  readonly errors: { readonly line: number; readonly status: number; readonly detail: string }[];
}

/**
 * Stores a body of NDJSON, of any length, in bounded memory: the client is read no faster than the database takes it.
 * A line that is no document ends it with a `Problem` that says how many were stored before; the lines after it are not stored.
 */
export async function ingest(context: Context, dependencies: ExampleDependencies): Promise<Ingest> {
  const { database, memory, limits } = dependencies;
  const result: Ingest = { inserted: 0, failed: 0, errors: [] };
  const running = new Set<Promise<void>>();
  let failure: unknown; // of a line or of the database
  let interruption: unknown; // of the client
  let [batch, bytes]: [Line[], number] = [[], 0];
  memory.reserveStream(context.res);
  const body = openBody(context, dependencies);

  const store = async (lines: readonly Line[]): Promise<void> => {
    if (failure !== undefined) return;
    const documents: StoredDocument[] = [];
    try {
      for (const { bytes, number } of lines) {
        const where = `Line ${number}`;
        documents.push(parseDocument(parseJson(decode(bytes, where), where), where, dependencies));
      }
    } catch (error) {
      failure = error; // before the next lines have their turn
    }
    const failures = await database.run((db) => insert(db, documents));
    result.inserted += documents.length - failures.size;
    result.failed += failures.size;
    for (const [index, { status, message }] of failures) {
      if (result.errors.length < listedFailures)
        result.errors.push({ line: lines[index]?.number ?? 0, status, detail: message });
    }
  };
  const send = (): void => {
    const [lines, size] = [batch, bytes];
    [batch, bytes] = [[], 0];
    if (lines.length === 0) return;
    const command = memory
      .use(size * jsonFactor, () => store(lines))
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
        batch.push(line);
        bytes += line.bytes.length;
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

/** The lines of a body that are not blank, as they come, a piece of the stream at a time. None may have more than `limit` bytes. */
async function* readLines(body: Readable, limit: number): AsyncGenerator<Line[], void> {
  let rest: Buffer[] = [];
  let restLength = 0;
  let number = 0;

  const line = (bytes: Buffer): Line[] => {
    number += 1;
    if (bytes.length > limit) throw tooLarge(limit, `Line ${number}`);
    return isBlank(bytes) ? [] : [{ bytes, number }];
  };

  for await (const chunk of body as AsyncIterable<Buffer>) {
    const lines: Line[] = [];
    let from = 0;
    for (let to = chunk.indexOf('\n'); to !== -1; to = chunk.indexOf('\n', from)) {
      const end = chunk.subarray(from, to);
      lines.push(...line(rest.length === 0 ? end : Buffer.concat([...rest, end])));
      rest = [];
      restLength = 0;
      from = to + 1;
    }
    rest.push(chunk.subarray(from));
    restLength += chunk.length - from;
    if (lines.length > 0) yield lines;
    if (restLength > limit) throw tooLarge(limit, `Line ${number + 1}`);
  }
  if (restLength > 0) yield line(Buffer.concat(rest));
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
}
