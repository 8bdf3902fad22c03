import { once } from 'node:events';
import { get } from 'node:http';
import { createInterface } from 'node:readline';

/** Deletions at a time, when a drill takes away what it wrote. */
const deleters = 8;

/** Ids of all documents that load `run` has stored. */
export async function storedIds(url: string, run: string): Promise<string[]> {
  const path = `/data?filter=${encodeURIComponent(JSON.stringify({ drill: run }))}`;
  const request = get(url + path, { headers: { Accept: 'application/x-ndjson' }, agent: false, timeout: 60_000 });
  request.on('timeout', () => request.destroy(new Error(`GET ${path} timed out`)));
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { readonly statusCode: number }];
  if (response.statusCode !== 200) {
    request.destroy();
    throw new Error(`GET ${path} was answered ${response.statusCode}.`);
  }
  const ids: string[] = [];
  for await (const line of createInterface({ input: response })) ids.push((JSON.parse(line) as { _id: string })._id);
  return ids;
}

/** The ids of `acknowledged` that are not `stored`. */
export function lostOf(acknowledged: readonly string[], stored: readonly string[]): string[] {
  const there = new Set(stored);
  return acknowledged.filter((id) => !there.has(id));
}

/** Deletes the documents of a load: the database is the user's. */
export async function removeWrites(url: string, ids: readonly string[]): Promise<void> {
  const left = [...ids];
  const work = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      await fetch(`${url}/data/${id}`, { method: 'DELETE', signal: AbortSignal.timeout(30_000) });
    }
  };
  await Promise.all(Array.from({ length: deleters }, work));
}
