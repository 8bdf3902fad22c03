import type { Context } from 'koa';

/** `GET /`: a welcome, and the server's time. */
export function welcome(context: Context): void {
  context.set('Content-Type', 'application/json');
  context.body = `{"message":"Welcome to koa-mongo","time":"${new Date().toISOString()}"}`;
}
