import type { Context } from 'koa';

/** Watches the requests of an app. */
export interface Observer {
  /** A request begins; its handlers have not run yet. */
  begin(context: Context): void;
  /** A handler failed with `error`, which the client is told only in part. */
  fail(context: Context, error: unknown): void;
}
