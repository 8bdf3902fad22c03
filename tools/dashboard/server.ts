import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { basename, extname, join } from 'node:path';
import { build } from 'esbuild';
import Koa from 'koa';
import { merge, type State } from './messages';

/** The page loads only files of this server, and can't be framed. */
const headers = {
  'Content-Security-Policy':
    "default-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  Allow: 'GET',
};

/** Updates all pages. */
export type Add = (update: Partial<State>) => void;

/** Serves the page with `state` on `port` of 127.0.0.1 until `end`. Silent, as closed pages reset connections. */
export async function serve(state: State, port: number, end: AbortSignal): Promise<Add> {
  const { outputFiles } = await build({
    entryPoints: ['index.html', 'page.ts', 'style.css'].map((file) => join(__dirname, 'page', file)),
    ...{ outdir: '/', bundle: true, minify: true, write: false, target: 'es2022', logLevel: 'silent' },
    loader: { '.html': 'copy' },
  });
  const pages = new Set<ServerResponse>();
  const send = (page: ServerResponse, update: Partial<State>): void => {
    page.write(`data: ${JSON.stringify(update)}\n\n`);
    if (page.writableLength > 2 ** 22) page.destroy(); // it does not read, and will reconnect
  };
  const app = Object.assign(new Koa(), { silent: true }).use((context) => {
    const { method, host, path, res } = context;
    const file = outputFiles.find((it) => basename(it.path) === (path === '/' ? 'index.html' : path.slice(1)));
    // A foreign `Host` may be DNS rebinding.
    const isOwn = host === `127.0.0.1:${port}` || host === `localhost:${port}`;
    const isForeign = !isOwn || !['', `http://${host}`].includes(context.get('Origin'));
    context.set(headers);
    if (method !== 'GET') context.status = 405;
    else if (isForeign) context.status = 403;
    else if (file) [context.type, context.body] = [extname(file.path), Buffer.from(file.contents)];
    else if (path === '/updates') {
      context.respond = false; // the response stays open
      pages.add(res.writeHead(200, { 'Content-Type': 'text/event-stream' }).on('close', () => pages.delete(res)));
      send(res, state);
    }
  });
  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  end.addEventListener('abort', () => server.close().closeAllConnections());
  return (update) => {
    state = merge(state, update);
    for (const page of pages) send(page, update);
  };
}
