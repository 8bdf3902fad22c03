import type { Context, Middleware } from 'koa';
import { jsonFactor } from '../platform/memory';
import { Problem } from '../platform/problem';
import { readBody, unsupportedType } from '../platform/readBody';
import { type Answer, Idempotency, parseKey } from './idempotency';
import { ingest } from './ingest';
import { insert, insertOnce } from './insertQueue/insert';
import { InsertQueue } from './insertQueue/insertQueue';
import { answerFor, type Post, parsePost } from './post';
import type { ExampleDependencies } from './routes';
import type { SchemaCheck } from './schema';

/** `POST /data`: stores a JSON object, an array of them, or any number as NDJSON. */
export function postData(dependencies: ExampleDependencies, checkSchema: SchemaCheck | undefined): Middleware {
  const { database, limits, memory } = dependencies;
  const queue = new InsertQueue(database, limits.poolSize + limits.queue);
  const idempotency = new Idempotency(limits.idempotencyHours);

  async function postJson(context: Context): Promise<Answer> {
    const key = parseKey(keyOf(context));
    const body = await readBody(context, dependencies);
    return memory.use(Buffer.byteLength(body) * jsonFactor, () =>
      storePost(parsePost(body, limits, checkSchema), body, key),
    );
  }

  async function storePost(post: Post, body: string, key: string | undefined): Promise<Answer> {
    const { items, single } = post;
    const ids = items.map(({ _id }) => _id);
    if (key !== undefined) {
      return database.run(async (db, options) => {
        const known = await idempotency.begin(db, key, body, ids, options);
        if (known.answer !== undefined) return known.answer;
        const answer = answerFor(post, known.ids, await insertOnce(db, items, known, options));
        await idempotency.finish(db, key, answer, options);
        return answer;
      });
    }
    if (single !== undefined) await queue.insert(single);
    return answerFor(post, ids, single ? new Map() : await database.run((db, options) => insert(db, items, options)));
  }

  async function postLines(context: Context): Promise<Answer> {
    if (keyOf(context) !== undefined) {
      throw new Problem(422, 'key-on-stream', {
        detail:
          "An Idempotency-Key can't be kept for a stream. Send arrays, or lines with an _id: a repeated one is then told.",
      });
    }
    const { inserted, failed, errors } = await ingest(context, dependencies, checkSchema);
    return {
      status: failed > 0 ? 207 : 201,
      body: JSON.stringify({ inserted, ...(failed > 0 && { failed, errors }) }),
    };
  }

  return async (context: Context) => {
    const { status, body, location } = await handlerOf(context)(context);
    context.status = status;
    context.set('Content-Type', 'application/json');
    if (location !== undefined) context.set('Location', location);
    context.body = body;
  };

  function handlerOf(context: Context): (context: Context) => Promise<Answer> {
    if (context.is('application/json') !== false) return postJson;
    if (context.is('application/x-ndjson') !== false) return postLines;
    throw unsupportedType(context, ['application/json', 'application/x-ndjson']);
  }
}

/** Koa's own `get` does not tell an empty header from none. */
function keyOf({ req }: Context): string | undefined {
  return req.headers['idempotency-key'] as string | undefined;
}
