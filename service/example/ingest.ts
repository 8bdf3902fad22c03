import type { Readable } from 'node:stream';
import type { Db } from 'mongodb';
import { toProblem } from '../platform/answerProblem';
import { Problem } from '../platform/problem';
import { decode } from '../platform/readBody';
import type { StoredDocument } from './identifier';
import { insert } from './insertQueue/insert';
import { type Line, readLines } from './lines';
import { parseDocument } from './parseDocument';
import { parseJson } from './parseJson';
import type { ExampleLimits } from './routes';

/** Documents, and bytes of their lines, that are stored by one command. */
const batchItems = 1000;
const batchBytes = 1_048_576;
/** Commands under way at a time: the next lines are read and parsed while the database works. */
const commands = 2;
/** Failures that are told one by one; `failed` counts them all. */
const toldFailures = 100;

export interface Ingest {
  inserted: number;
  failed: number;
  readonly errors: { readonly line: number; readonly status: number; readonly detail: string }[];
}

/**
 * Stores a body of NDJSON, of any length, in bounded memory: the client is read no faster than the database takes it.
 * A line that is no document ends it with a `Problem` that tells how many were stored before.
 */
export async function ingest(db: Db, body: Readable, limits: ExampleLimits): Promise<Ingest> {
  const result: Ingest = { inserted: 0, failed: 0, errors: [] };
  const running = new Set<Promise<void>>();
  let failure: unknown;
  let batch: { readonly document: StoredDocument; readonly line: number }[] = [];
  let bytes = 0;

  const send = (): void => {
    const sent = batch;
    batch = [];
    bytes = 0;
    const command = insert(
      db,
      sent.map((item) => item.document),
    )
      .then((failures) => {
        result.inserted += sent.length - failures.size;
        result.failed += failures.size;
        for (const [index, { status, message }] of failures) {
          if (result.errors.length < toldFailures)
            result.errors.push({ line: sent[index]?.line ?? 0, status, detail: message });
        }
      })
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => running.delete(command));
    running.add(command);
  };

  try {
    for await (const lines of readLines(body, limits.bodyBytes)) {
      for (const line of lines) {
        batch.push({ document: parseLine(line, limits), line: line.number });
        bytes += line.bytes.length;
        if (batch.length < batchItems && bytes < batchBytes) continue;
        if (running.size >= commands) await Promise.race(running);
        if (failure !== undefined) throw failure;
        send();
      }
    }
  } catch (error) {
    failure ??= error;
  }
  if (batch.length > 0) send();
  await Promise.all(running);
  if (failure !== undefined) throw partial(failure, result);
  return result;
}

function parseLine({ bytes, number }: Line, limits: ExampleLimits): StoredDocument {
  const where = `Line ${number}`;
  return parseDocument(parseJson(decode(bytes, where), where), limits.depth, where);
}

/** The failure, with what was done before it. */
function partial(error: unknown, { inserted, failed, errors }: Ingest): unknown {
  const { status, kind, message, headers } = toProblem(error);
  return new Problem(status, kind, {
    detail: `${message} Of the lines before, ${inserted} were stored for certain.`,
    headers,
    members: { inserted, failed, errors },
    cause: error,
  });
}
