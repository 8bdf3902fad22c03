import { until } from '../../stack/cluster/until';

/** Waits until `GET url` on a new connection returns 2xx, with `text` in its body. */
export async function waitForText(url: string, text: string, seconds: number): Promise<void> {
  const headers = { Accept: 'application/json', Connection: 'close' };
  const hasText = (): Promise<boolean> =>
    fetch(url, { headers, signal: AbortSignal.timeout(3000) }).then(
      async (response) => (await response.text()).includes(text) && response.ok,
      () => false,
    );
  await until(`GET ${url} returns 2xx with '${text}'`, hasText, seconds * 1000);
}

/** Waits until the service and its database answer. */
export function waitUntilServing(url: string, seconds: number): Promise<void> {
  return waitForText(`${url}/data?limit=1`, '[', seconds);
}

/** Ids of the documents that load `run` has stored; of all documents if the service does not support filters. */
export async function storedIds(url: string, run: string): Promise<string[]> {
  const path = `/data?fields=_id&filter=${encodeURIComponent(JSON.stringify({ drill: run }))}`;
  const headers = { Accept: 'application/json' };
  const response = await fetch(url + path, { headers, signal: AbortSignal.timeout(120_000) });
  if (!response.ok) throw new Error(`GET ${path} returned ${response.status}.`);
  return ((await response.json()) as readonly { readonly _id: string }[]).map(({ _id }) => _id);
}

/** Deletes documents that a drill wrote: the database is the user's. */
export async function removeDocuments(url: string, ids: readonly string[]): Promise<void> {
  const left = [...ids];
  const work = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      await fetch(`${url}/data/${id}`, { method: 'DELETE', signal: AbortSignal.timeout(30_000) });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}
