import type { Context, Middleware } from 'koa';
import { Problem } from '../platform/problem';
import { openBody, readBody, unsupportedType } from '../platform/readBody';
import { type Answer, Idempotency, parseKey } from './idempotency';
import { ingest } from './ingest';
import { insert, insertOnce } from './insertQueue/insert';
import { InsertQueue } from './insertQueue/insertQueue';
import { answerFor, parsePost } from './post';
import type { ExampleDependencies } from './routes';

/** `POST /data`: stores a JSON object, an array of them, or any number as NDJSON. */
export function postData(dependencies: ExampleDependencies): Middleware {
  const { database, limits } = dependencies;
  const queue = new InsertQueue(database, limits.poolSize + limits.queue);
  const idempotency = new Idempotency(limits.idempotencyHours);

  async function postJson(context: Context): Promise<Answer> {
    const key = parseKey(keyOf(context));
    const body = await readBody(context, dependencies);
    const post = parsePost(body, limits);
    const { items } = post;
    if (key !== undefined) {
      return database.run(async (db) => {
        const known = await idempotency.begin(
          db,
          key,
          body,
          items.map((item) => item._id),
        );
        if (known.answer !== undefined) return known.answer;
        const answer = answerFor(post, known.ids, await insertOnce(db, items, known));
        await idempotency.finish(db, key, answer);
        return answer;
      });
    }
    if (post.single) await queue.insert(post.single);
    const failures = post.single ? new Map<number, Problem>() : await database.run((db) => insert(db, items));
    return answerFor(
      post,
      items.map((item) => item._id),
      failures,
    );
  }

  async function postLines(context: Context): Promise<Answer> {
    if (keyOf(context) !== undefined) {
      throw new Problem(422, 'key-on-stream', {
        detail:
          "An Idempotency-Key can't be kept for a stream. Send arrays, or lines with an _id: a repeated one is then told.",
      });
    }
    // Let in by the gate as any other, and no longer counted then: a slow client must not take a place of those that wait.
    const db = await database.run(async (connected) => connected);
    const { inserted, failed, errors } = await ingest(db, openBody(context, dependencies), limits);
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
