import { type Drill, holds, onlyRetryable } from '../drill';
import { sendAtOnce } from '../load/client';
import { waitUntilServing } from '../service';
import { type PodState, stateOf } from '../watch';

const uploads = 60;
const linesPerUpload = 8;
const posts = 50;
const readers = 20;

/** Bytes of text in a document, which is just below the service's maximum of 1 MiB. */
const documentBytes = 1_048_000;

/** Milliseconds that readers pause. */
const pauseMs = 20_000;

/** Clients send, and leave unread, more at once than all pods could hold in memory. */
export const pressure: Drill = {
  name: 'pressure',
  title: 'Memory pressure',
  async run({ load: startLoad, mark, cluster, outputs: { url }, verdicts }) {
    const readPods = async (): Promise<PodState[]> => (await cluster.pods()).map(stateOf);
    const before = new Map((await readPods()).map(({ name, restarts }) => [name, restarts]));
    const load = startLoad({ rate: 50, writes: 10 });
    const document = JSON.stringify({ drill: load.plan.run, text: 'x'.repeat(documentBytes) });
    const post = { path: '/data', body: Buffer.from(document) };
    // One buffer for all, as the drill's memory is bounded too.
    const lines = { ...post, type: 'application/x-ndjson', body: Buffer.from(`${document}\n`.repeat(linesPerUpload)) };

    mark(`${uploads} uploads of ${linesPerUpload} lines of 1 MiB at once`);
    const uploaded = await sendAtOnce(url, uploads, lines);
    mark(`${posts} POSTs of 1 MiB at once`);
    const posted = await sendAtOnce(url, posts, post);
    mark(`${readers} readers of all documents, which pause`);
    const paused = await sendAtOnce(url, readers, { path: '/data', leaveAfterMs: pauseMs });
    mark('the readers disconnect');
    await waitUntilServing(url, 30);
    await load.stop();

    const after = await readPods();
    const ended = after.filter(({ name, restarts }) => restarts > (before.get(name) ?? 0));
    const reached = ended.map(({ name, lastTermination }) => `${name}: ${lastTermination}`).join(', ') || 'none';
    const unharmed = ended.length === 0 && after.length > 0;
    const large = { requests: uploads + posts + readers, failures: [...uploaded, ...posted, ...paused] };
    verdicts.push(
      holds('no container restarted, including the database', unharmed, reached),
      onlyRetryable('large requests', large),
      onlyRetryable('other requests', load),
    );
  },
};
