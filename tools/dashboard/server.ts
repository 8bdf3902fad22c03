import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Feed } from './feed';

/** Bytes that may wait for a page that does not read. It is cut off then, and connects again. */
const maxWaiting = 4 * 2 ** 20;

/** Only this server's own files, and no other page around it. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/** Serves the page and its updates on `port` of 127.0.0.1, for GET alone. */
export async function serveDashboard(feed: Feed, port: number): Promise<{ readonly url: string; close(): void }> {
  const files = await bundlePage();
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refusal = refuse(request, (server.address() as AddressInfo).port);
    const file = files.get(request.url ?? '');
    if (refusal !== undefined) response.writeHead(refusal, { Allow: 'GET' }).end();
    else if (request.url === '/updates') stream(feed, response);
    else if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': file.type }).end(file.content);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: unknown) => {
    throw new Error(`Port ${port} of 127.0.0.1 is taken. Give another one: --port NUMBER`, { cause });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => closeAll(server) };
}

/** The status for a request that is not the page's own. A foreign `Host` is a name that was made to point to this machine. */
function refuse({ method, headers: { host = '', origin } }: IncomingMessage, port: number): number | undefined {
  if (method !== 'GET') return 405;
  const isOwn = host === `127.0.0.1:${port}` || host === `localhost:${port}`;
  return isOwn && (origin === undefined || origin === `http://${host}`) ? undefined : 403;
}

/** Server-sent events. */
function stream(feed: Feed, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('retry: 1000\n\n');
  const end = feed.listen((update) => {
    response.write(`data: ${JSON.stringify(update)}\n\n`);
    if (response.writableLength > maxWaiting) response.destroy();
  });
  response.on('close', end);
}

/** The page's files by path. */
async function bundlePage(): Promise<ReadonlyMap<string, { readonly type: string; readonly content: Uint8Array }>> {
  const folder = join(__dirname, 'page');
  const { outputFiles } = await build({
    entryPoints: { page: join(folder, 'main.ts'), style: join(folder, 'style.css'), index: join(folder, 'index.html') },
    outdir: '/',
    bundle: true,
    minify: true,
    write: false,
    loader: { '.html': 'copy' },
    target: 'es2022',
    logLevel: 'silent',
  });
  const types: Record<string, string> = { js: 'text/javascript', css: 'text/css', html: 'text/html' };
  const served = outputFiles.map(({ path, contents: content }) => {
    const [name = '', extension = ''] = path.split(/[/\\]/).at(-1)?.split('.') ?? [];
    return [
      name === 'index' ? '/' : `/${name}.${extension}`,
      { type: `${types[extension]}; charset=utf-8`, content },
    ] as const;
  });
  return new Map(served);
}

function closeAll(server: Server): void {
  server.close();
  server.closeAllConnections();
}
