import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** How long a reply took, from the sending of its request. */
export interface Transfer {
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly bytes: number;
}

/** Gets all of `url`, keeping nothing of it. */
export async function download(url: string): Promise<Transfer> {
  const begin = performance.now();
  const response = await answer(url);
  let firstByteMs = 0;
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (bytes === 0) firstByteMs = performance.now() - begin;
    bytes += chunk.length;
  }
  return { firstByteMs, totalMs: performance.now() - begin, bytes };
}

/** Milliseconds to the first byte of the body of `url`; the client then goes away. */
export async function firstByte(url: string): Promise<number> {
  const begin = performance.now();
  const response = await answer(url);
  await once(response, 'readable');
  const taken = performance.now() - begin;
  response.on('error', () => {}).destroy();
  return taken;
}

/** Streams the NDJSON `file` to `url` in one POST. Resolves to the milliseconds to its whole answer. */
export async function upload(url: string, file: string): Promise<number> {
  const begin = performance.now();
  const outgoing = request(url, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  await pipeline(createReadStream(file), outgoing);
  const [response] = await answered;
  succeeded(response, `POST ${url}`);
  await once(response.resume(), 'end');
  return performance.now() - begin;
}

async function answer(url: string): Promise<IncomingMessage> {
  const [response] = (await once(request(url).end(), 'response')) as [IncomingMessage];
  succeeded(response, `GET ${url}`);
  return response;
}

function succeeded({ statusCode = 0 }: IncomingMessage, asked: string): void {
  if (statusCode < 200 || statusCode > 299) throw new Error(`${asked} was answered ${statusCode}.`);
}
