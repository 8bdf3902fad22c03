import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { concurrency, type Scale } from './options';
import type { Sample } from './scenario';
import type { Server } from './server';
import { benchFolder } from './setup';

/** What autocannon prints, as far as it is read here. */
interface Load {
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  /** Seconds. */
  readonly duration: number;
}

/** Runs autocannon on `concurrency` connections, as a process of its own. Rejects if any request fails. */
export async function autocannon(server: Server, path: string, ...options: readonly unknown[]): Promise<Load> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(benchFolder, 'node_modules/autocannon/autocannon.js'),
    ...['--json', '--no-progress', '--connections', ...[concurrency, ...options].map(String)],
    server.url + path,
  ]);
  const load = JSON.parse(stdout) as Load;
  if (load['2xx'] === 0 || load.non2xx + load.errors > 0) {
    throw new Error(
      `${server.program.name} failed ${load.non2xx + load.errors} requests of ${path} and answered ${load['2xx']}. ` +
        `Its output is in ${server.log}.`,
    );
  }
  return load;
}

/** Requests per second of `GET path`, or of `POST path` with the JSON `body`; and how many were answered, the warm-up included. */
export async function hammer(
  server: Server,
  path: string,
  scale: Scale,
  body?: string,
): Promise<{ readonly sample: Sample; readonly answered: number }> {
  const post = body === undefined ? [] : ['-m', 'POST', '-H', 'content-type=application/json', '-b', body];
  const warmup = await autocannon(server, path, '--duration', scale.warmupSeconds, ...post);
  const before = await server.usage();
  const load = await autocannon(server, path, '--duration', scale.seconds, ...post);
  const after = await server.usage();
  const busy = before && after && { busy: (after.cpuMs - before.cpuMs) / (load.duration * 1000) };
  return { sample: { value: load['2xx'] / load.duration, ...busy }, answered: warmup['2xx'] + load['2xx'] };
}

/** Sends a request on a connection of its own. Resolves to its answer, whose body is not read yet. */
export async function send(url: string, headers: OutgoingHttpHeaders = {}, body?: Buffer): Promise<IncomingMessage> {
  const outgoing = request(url, { method: body === undefined ? 'GET' : 'POST', headers, agent: false }).end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  outgoing.on('error', () => {}); // of a body that is not wanted any more
  return response;
}

/** Milliseconds to get all of `url`. */
export async function download(url: string): Promise<number> {
  const begin = performance.now();
  const response = succeeded(await send(url), url);
  await once(response.resume(), 'end');
  return performance.now() - begin;
}

/** Milliseconds to the first byte of the body of `url`. The rest is not read. */
export async function firstByte(url: string): Promise<number> {
  const begin = performance.now();
  const response = succeeded(await send(url), url);
  await once(response, 'readable');
  const taken = performance.now() - begin;
  response.on('error', () => {}).destroy();
  return taken;
}

/** Milliseconds to stream the NDJSON `file` to `url` and to get the whole answer. */
export async function upload(url: string, file: string): Promise<number> {
  const begin = performance.now();
  const outgoing = request(url, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  await pipeline(createReadStream(file), outgoing);
  const [response] = await answered;
  await once(succeeded(response, url).resume(), 'end');
  return performance.now() - begin;
}

function succeeded(response: IncomingMessage, url: string): IncomingMessage {
  const { statusCode = 0 } = response;
  if (statusCode < 200 || statusCode > 299) throw new Error(`${url} was answered ${statusCode}.`);
  return response;
}
