import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Sample } from '../measure/sample';
import { benchFolder } from '../paths';
import type { Server } from '../process/server';
import { concurrency, type Scale } from '../scale';

/** A request that is made over and over. */
export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON. */
  readonly body?: string;
}

/** What autocannon prints, as far as it is read here. */
interface Result {
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  /** Seconds. */
  readonly duration: number;
}

export interface Hammered {
  /** Requests per second. */
  readonly sample: Sample;
  /** All that were answered, the warm-up included. */
  readonly answered: number;
}

/** Asks `server` the same on `concurrency` connections, from a process of its own. Rejects if any request fails. */
export async function hammer(server: Server, request: Request, scale: Scale): Promise<Hammered> {
  const warmup = await run(server, request, scale.warmupSeconds);
  const before = await server.usage();
  const { '2xx': answered, duration } = await run(server, request, scale.seconds);
  const after = await server.usage();
  return {
    sample: {
      value: answered / duration,
      ...(before && after && { busy: (after.cpuMs - before.cpuMs) / (duration * 1000) }),
    },
    answered: warmup['2xx'] + answered,
  };
}

async function run(server: Server, { method, path, body }: Request, seconds: number): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(benchFolder, 'node_modules/autocannon/autocannon.js'),
    '--json',
    '--no-progress',
    '--connections',
    String(concurrency),
    '--duration',
    String(seconds),
    '--method',
    method,
    ...(body === undefined ? [] : ['--headers', 'content-type=application/json', '--body', body]),
    server.url + path,
  ]);
  const result = JSON.parse(stdout) as Result;
  if (result['2xx'] === 0 || result.non2xx + result.errors > 0) {
    throw new Error(
      `${server.program.name} failed ${result.non2xx + result.errors} of its requests ${method} ${path}, ` +
        `and answered ${result['2xx']}. What it said is in ${server.log}.`,
    );
  }
  return result;
}
