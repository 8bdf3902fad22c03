import type { Context } from 'koa';
import { type Endpoint, endpoint } from '../platform/endpoint';
import { json, reference } from '../platform/openapi';
import { Problem } from '../platform/problem';
import { useBody } from '../platform/readBody';
import { type Identifier, parseDocument, type StoredDocument } from './document';
import { type Answer, Idempotency, idempotencyKey } from './idempotency';
import { ingest } from './ingest';
import { InsertQueue, insert } from './insertQueue/insertQueue';
import { header } from './openapi';
import { itemAt, parseJson } from './parseJson';
import type { ExampleDependencies } from './routes';

/** `POST /data`: stores a JSON object, an array of them, or any number as NDJSON. */
export function postData(dependencies: ExampleDependencies): Endpoint {
  const { checkSchema, database, limits } = dependencies;
  const queue = new InsertQueue(database, limits.poolSize + limits.queue);
  const idempotency = new Idempotency(limits.idempotencyHours);

  /** Throws a 4xx `Problem` with the first fault; then nothing is stored. */
  async function store(body: string, key: string | undefined): Promise<Answer> {
    const value = parseJson(body, 'The body', limits.depth, true);
    const isArray = Array.isArray(value);
    if (isArray && value.length > limits.items) {
      throw new Problem(413, 'too-many', {
        detail: `The array has ${value.length} items; ${limits.items} are possible. Send fewer at once, or application/x-ndjson, a line each.`,
      });
    }
    const items = isArray
      ? value.map((item: unknown, index) => parseDocument(item, itemAt(index), checkSchema))
      : [parseDocument(value, 'The body', checkSchema)];
    const answer = isArray ? answerMany : answerOne;
    if (key !== undefined) return database.run((db) => idempotency.store(db, key, body, items, answer));
    const ids = items.map(({ _id }) => _id);
    if (isArray) return answerMany(ids, await database.run((db) => insert(db, items)));
    await queue.insert(items[0] as StoredDocument);
    return answerOne(ids, new Map());
  }

  async function postLines(context: Context, key: string | undefined): Promise<Answer> {
    if (key !== undefined) {
      throw new Problem(422, 'key-on-stream', {
        detail:
          "An Idempotency-Key can't be kept for a stream. Send arrays, or lines with an _id: a repeated one is then reported.",
      });
    }
    const { inserted, failed, errors } = await ingest(context, dependencies);
    return toAnswer(failed, { inserted, ...(failed > 0 && { failed, errors }) });
  }

  const document = reference('NewDocument');
  return endpoint('postData', 'Stores one or many documents, on the disks of a majority of the replica set.', {
    parameters: { 'Idempotency-Key': idempotencyKey },
    body: {
      'application/json': { anyOf: [document, { type: 'array', items: document, maxItems: limits.items }] },
      'application/x-ndjson': {
        type: 'string',
        description: `Lines of a document each, of up to ${limits.bodyBytes} bytes.`,
      },
    },
    responses: {
      201: {
        ...json('All documents are stored.', { anyOf: [reference('Inserted'), reference('InsertedMany')] }),
        headers: header('Location', 'Path of the document. Only for a single one.'),
      },
      207: json('Some documents failed; see errors.', reference('InsertedMany')),
    },
    failures: [409, 422, 503, 504],
    handler: async (context, { 'Idempotency-Key': key }, type) => {
      const { status, body, location } = await (type === 'application/x-ndjson'
        ? postLines(context, key)
        : useBody(context, dependencies, (text) => store(text, key)));
      context.status = status;
      context.set('Content-Type', 'application/json');
      if (location !== undefined) context.set('Location', location);
      context.body = body;
    },
  });
}

/** The answer for one stored document. Throws its failure. */
function answerOne([id]: readonly Identifier[], failures: ReadonlyMap<number, Problem>): Answer {
  const failure = failures.get(0);
  if (failure !== undefined) throw failure;
  return toAnswer(0, { id }, `/data/${encodeURIComponent(String(id))}`);
}

/** The answer when all except `failures` are stored: ids in the order of the items, null for a failed one. */
function answerMany(ids: readonly Identifier[], failures: ReadonlyMap<number, Problem>): Answer {
  const errors = [...failures].map(([index, { status, message }]) => ({ index, status, detail: message }));
  const body = {
    inserted: ids.length - failures.size,
    ids: ids.map((id, index) => (failures.has(index) ? null : id)),
    ...(errors.length > 0 && { errors }),
  };
  return toAnswer(errors.length, body, '/data');
}

function toAnswer(failed: number, body: object, location?: string): Answer {
  return { status: failed > 0 ? 207 : 201, body: JSON.stringify(body), ...(location !== undefined && { location }) };
}
