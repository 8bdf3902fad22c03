import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { basename, extname, join } from 'node:path';
import { build } from 'esbuild';
import type { Feed } from './feed';

/** Bytes that may wait for a page that does not read. It is cut off then, and connects again. */
const maxWaiting = 4 * 2 ** 20;

/** The page loads this server's own files only, and no other page may hold it. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};
const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' };

/** Serves the page and its updates on `port` of 127.0.0.1, for GET alone. */
export async function serve(feed: Feed, port: number): Promise<{ readonly url: string; close(): void }> {
  const files = await bundlePage();
  const server = createServer((request, response) => {
    const file = files.get(request.url === '/' ? '/page.html' : (request.url ?? ''));
    const refusal = refuse(request, port);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (refusal !== undefined) response.writeHead(refusal, { Allow: 'GET' }).end();
    else if (file !== undefined) response.writeHead(200, { 'Content-Type': file.type }).end(file.content);
    else if (request.url !== '/updates') response.writeHead(404).end();
    else {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const end = feed.listen((update) => {
        response.write(`data: ${JSON.stringify(update)}\n\n`);
        if (response.writableLength > maxWaiting) response.destroy();
      });
      response.on('close', end);
    }
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

/** The status for a request that is not the page's own. A foreign `Host` is a name that somebody has pointed to this machine. */
function refuse({ method, headers: { host = '', origin } }: IncomingMessage, port: number): number | undefined {
  if (method !== 'GET') return 405;
  const isOwn = host === `127.0.0.1:${port}` || host === `localhost:${port}`;
  return isOwn && (origin === undefined || origin === `http://${host}`) ? undefined : 403;
}

async function bundlePage(): Promise<Map<string, { readonly type: string; readonly content: Uint8Array }>> {
  const { outputFiles } = await build({
    entryPoints: ['page.ts', 'style.css', 'page.html'].map((file) => join(__dirname, 'page', file)),
    ...{ outdir: '/', bundle: true, minify: true, write: false, target: 'es2022', logLevel: 'silent' },
    loader: { '.html': 'copy' },
  });
  const typeOf = (path: string): string => `${types[extname(path)]}; charset=utf-8`;
  return new Map(
    outputFiles.map(({ path, contents: content }) => [`/${basename(path)}`, { type: typeOf(path), content }]),
  );
}
