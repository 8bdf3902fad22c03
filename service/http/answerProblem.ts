import type { Context } from 'koa';
import type { Observer } from '../operations/observer';
import { toProblem } from './toProblem';

/** Headers that a failed reply keeps: those that are about the request, not about a body that is not sent now. */
const kept = ['connection', 'x-request-id', 'traceparent'];

/** Koa's `context.onerror`, which costs a request that does not fail nothing: answers every error as problem details. */
export function answerProblem(observer: Observer | undefined): (this: Context, error?: Error | null) => void {
  return function onerror(error) {
    if (error === null || error === undefined) return;
    observer?.fail(this, error);
    const { res } = this;
    if (this.headerSent || !this.writable) {
      res.destroy(); // half a reply must not look like a whole one
      return;
    }

    const problem = toProblem(error);
    for (const name of res.getHeaderNames()) if (!kept.includes(name)) res.removeHeader(name);
    this.set(problem.headers);
    // What was not read of the body would be taken for the next request.
    if (!this.req.complete) this.set('Connection', 'close');
    const body = JSON.stringify(problem);
    this.status = problem.status;
    this.set('Content-Type', 'application/problem+json');
    this.length = Buffer.byteLength(body);
    res.end(this.method === 'HEAD' ? undefined : body);
  };
}
