import { Problem } from '../platform/problem';
import type { Answer } from './idempotency';
import type { Identifier, StoredDocument } from './identifier';
import { parseDocument } from './parseDocument';
import { parseJson } from './parseJson';
import type { ExampleLimits } from './routes';
import type { SchemaCheck } from './schema';

/** A JSON body that was posted: one object, or an array of them. */
export interface Post {
  readonly items: readonly StoredDocument[];
  /** The object, if the body is not an array. */
  readonly single: StoredDocument | undefined;
}

/** Reads a body. Throws a 4xx `Problem` that tells the first thing wrong with it; nothing is stored then. */
export function parsePost(body: string, { items, depth }: ExampleLimits, checkSchema: SchemaCheck | undefined): Post {
  const value = parseJson(body, 'The body');
  if (!Array.isArray(value)) {
    const single = parseDocument(value, depth, 'The body', checkSchema);
    return { items: [single], single };
  }
  if (value.length > items) {
    throw new Problem(413, 'too-many', {
      detail: `The array has ${value.length} items; ${items} are possible. Send fewer at once, or application/x-ndjson, a line each.`,
    });
  }
  return {
    items: value.map((item: unknown, index) => parseDocument(item, depth, `Item ${index}`, checkSchema)),
    single: undefined,
  };
}

/** What is answered when all but `failures` are stored under `ids`. Throws the failure of a single object. */
export function answerFor(
  { single }: Post,
  ids: readonly Identifier[],
  failures: ReadonlyMap<number, Problem>,
): Answer {
  if (single === undefined) return arrayAnswer(ids, failures);
  const [id] = ids;
  const failure = failures.get(0);
  if (failure !== undefined) throw failure;
  return { status: 201, location: `/data/${encodeURIComponent(String(id))}`, body: JSON.stringify({ id }) };
}

/** Ids in the order of the items, null where one failed. */
function arrayAnswer(ids: readonly Identifier[], failures: ReadonlyMap<number, Problem>): Answer {
  const errors = [...failures].map(([index, { status, message }]) => ({ index, status, detail: message }));
  const body = {
    inserted: ids.length - failures.size,
    ids: ids.map((id, index) => (failures.has(index) ? null : id)),
    ...(errors.length > 0 && { errors }),
  };
  return { status: errors.length > 0 ? 207 : 201, location: '/data', body: JSON.stringify(body) };
}
