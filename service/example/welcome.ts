import { hostname } from 'node:os';
import type { Context, Middleware } from 'koa';
import type { Database } from '../platform/database';
import { documents } from './document';
import { toJson } from './jsonWriter/jsonWriter';
import { contentSecurityPolicy, renderPage } from './page';
import type { ExampleDependencies } from './routes';

/** Documents that the page shows, and bytes of each: it stays small whatever is stored. */
const newest = 10;
const shownBytes = 2000;

/** `GET /`: a welcome and the server's time, as JSON or, for browsers, as a page with the newest documents. */
export function welcome({ database }: ExampleDependencies): Middleware {
  return async (context: Context) => {
    const time = new Date().toISOString();
    context.vary('Accept');
    if (context.accepts('json', 'html') === 'html') return page(context, database, time);
    context.set('Content-Type', 'application/json');
    context.body = `{"message":"Welcome","time":"${time}"}`;
  };
}

async function page(context: Context, database: Database, time: string): Promise<void> {
  const found = await newestDocuments(database).catch(() => undefined);
  context.set('Content-Type', 'text/html; charset=utf-8');
  context.set('Content-Security-Policy', contentSecurityPolicy);
  context.set('X-Content-Type-Options', 'nosniff');
  context.set('Referrer-Policy', 'no-referrer');
  context.set('Cache-Control', 'no-store');
  context.body = renderPage(time, hostname(), found);
}

/** Those inserted last: a collection without a clustered index keeps them in that order, which no index is needed for. */
async function newestDocuments(database: Database): Promise<string[]> {
  const found = await database.run((db) =>
    documents(db)
      .find({}, { ...db.bounds, raw: true })
      .sort({ $natural: -1 })
      .limit(newest)
      .toArray(),
  );
  return (found as unknown as Buffer[]).map((bson) => {
    const text = toJson(bson).toString();
    return text.length > shownBytes ? `${text.slice(0, shownBytes)} …` : text;
  });
}
