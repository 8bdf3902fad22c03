import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { execa } from 'execa';
import { concurrency, measuredSeconds, type Sample, warmupSeconds } from './scenario';
import type { Server } from './server';
import { benchFolder } from './setup';

/** Runs autocannon with `concurrency` connections in a separate process. Rejects if any request fails. */
export async function autocannon(server: Server, path: string, ...options: readonly unknown[]) {
  const program = join(benchFolder, 'node_modules/autocannon/autocannon.js');
  const args = ['--json', '--no-progress', '--connections', ...[concurrency, ...options].map(String)];
  const { stdout } = await execa(process.execPath, [program, ...args, server.url + path]);
  const load = JSON.parse(stdout) as Readonly<Record<'2xx' | 'non2xx' | 'errors' | 'duration', number>>;
  if (load['2xx'] === 0 || load.non2xx + load.errors > 0) {
    throw new Error(
      `${server.program} failed ${load.non2xx + load.errors} requests for ${path}; ${load['2xx']} succeeded. ` +
        `Its log: ${server.log}`,
    );
  }
  return load;
}

/** Requests per second of `GET path`, or of `POST path` with the JSON `body`; and their number, including the warm-up. */
export async function measureRequests(
  server: Server,
  path: string,
  body?: string,
): Promise<{ readonly sample: Sample; readonly answered: number }> {
  const post = body === undefined ? [] : ['-m', 'POST', '-H', 'content-type=application/json', '-b', body];
  const warmup = await autocannon(server, path, '--duration', warmupSeconds, ...post);
  let answered = 0;
  const sample = await sampleRate(server, async () => {
    const load = await autocannon(server, path, '--duration', measuredSeconds, ...post);
    answered = load['2xx'];
    return { count: answered, ms: load.duration * 1000 };
  });
  return { sample, answered: warmup['2xx'] + answered };
}

/** The rate of `work` per second, and the CPU that the server uses. */
export async function sampleRate(
  server: Server,
  work: () => Promise<{ readonly count: number; readonly ms: number }>,
): Promise<Sample> {
  const before = await server.usage();
  const { count, ms } = await work();
  const after = await server.usage();
  return {
    value: (count / ms) * 1000,
    ...(before && after && { cpuMicros: ((after.cpuMs - before.cpuMs) * 1000) / count }),
  };
}

/** Milliseconds to download all of `url`, or its first byte. */
export function download(url: string, until: 'end' | 'readable' = 'end'): Promise<number> {
  return time(request(url, { agent: false }).end(), until);
}

/** Milliseconds to stream the NDJSON `file` to `url` and to receive the whole response. */
export function upload(url: string, file: string): Promise<number> {
  const outgoing = request(url, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
  return time(createReadStream(file).pipe(outgoing), 'end');
}

/** Milliseconds to the end, or the first byte, of the successful response to `outgoing`. */
async function time(outgoing: ClientRequest, until: 'end' | 'readable'): Promise<number> {
  const begin = performance.now();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  outgoing.on('error', () => {}); // it is destroyed before the end of its body
  if (response.statusCode !== 200 && response.statusCode !== 201)
    throw new Error(`${outgoing.path} returned ${response.statusCode}.`);
  await once(until === 'end' ? response.resume() : response, until);
  const taken = performance.now() - begin;
  outgoing.destroy();
  return taken;
}
