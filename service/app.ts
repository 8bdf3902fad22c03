import type { ServerResponse } from 'node:http';
import Koa from 'koa';
import type { Dependencies } from './dependencies';
import { answerProblem } from './http/answerProblem';
import { dispatch } from './http/dispatch';
import { unmatched } from './http/unmatched';
import type { TraceHeaders } from './operations/observer';
import { createRoutes } from './routes/routes';

/** The service as a Koa app, without a server: `createServer(createApp(dependencies).callback())` makes it one. */
export function createApp(dependencies: Dependencies): Koa {
  const { draining, observer } = dependencies;
  const app = new Koa();
  app.context.onerror = answerProblem(observer);

  app.use((context, next) => {
    if (draining.aborted) context.set('Connection', 'close');
    const headers = observer?.begin(context);
    if (headers === undefined) return next();
    // A handler that replies at once sends these with its own headers; set before, they would take Node's slower way.
    context.state.headers = headers;
    const handled = next();
    if (!context.headerSent) setAll(context.res, headers);
    return handled;
  });
  app.use(dispatch(createRoutes(dependencies)));
  app.use(unmatched);
  return app;
}

function setAll(response: ServerResponse, headers: TraceHeaders): void {
  for (let index = 0; index < headers.length; index += 2)
    response.setHeader(headers[index] as string, headers[index + 1] as string);
}
