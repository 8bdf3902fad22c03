import type { Logger } from 'pino';
import type { ExampleLimits } from '../../../service/example/routes';
import type { Access } from '../../../service/platform/access';
import { limitsOf } from '../../../service/platform/configuration';
import { Database } from '../../../service/platform/database';
import { MemoryBudget } from '../../../service/platform/memory';
import type { MetricSources } from '../../../service/platform/metrics';
import type { Observer } from '../../../service/platform/observer';
import { close, createBoundedServer, listen } from '../../../service/platform/server';
import { service } from '../../../service/service';
import { emptyDatabase, firstStartMs } from './database';
import './leaks';

export interface ServeOptions {
  readonly limits?: Partial<ExampleLimits>;
  /** Default: a new, empty database of the shared process. */
  readonly uri?: string;
  readonly observer?: (sources: MetricSources) => Observer;
  readonly logger?: Logger;
  readonly access?: Access;
  readonly origins?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
}

/** The app, listening, as tests use it. */
export interface Served {
  readonly url: string;
  readonly port: number;
  readonly uri: string;
  readonly database: Database;
  readonly memory: MemoryBudget;
  readonly draining: AbortController;
  readonly stopping: AbortController;
  /** `fetch` of a path. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** Posts `body`, as JSON text unless it is a string already. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export async function serve({ limits, uri, observer, ...others }: ServeOptions = {}): Promise<Served> {
  const all = { ...limitsOf(service.limits), ...limits };
  const chosen = uri ?? (await emptyDatabase());
  const database = new Database(chosen, all);
  const memory = new MemoryBudget(all);
  const [draining, stopping] = [new AbortController(), new AbortController()];
  const watching = observer?.({ database, memory });
  const app = service.createApp({
    database,
    memory,
    limits: all,
    draining: draining.signal,
    stopping: stopping.signal,
    observer: watching,
    ...others,
  });
  const server = createBoundedServer(all, app.callback(), watching?.refused);
  const port = await listen(server, 0, 'none');
  const url = `http://127.0.0.1:${port}`;
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(url + path, init);
  return {
    url,
    port,
    uri: chosen,
    database,
    memory,
    draining,
    stopping,
    get,
    post: (body, headers) =>
      get('/data', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    close: async () => {
      await close(server, 0);
      await database.close();
    },
  };
}

/** Serves the app for all tests of the suite that calls this. */
export function serveForSuite(options: ServeOptions = {}): () => Served {
  let served: Served;
  before(async function () {
    this.timeout(firstStartMs);
    served = await serve(options);
  });
  after(() => served.close());
  return () => served;
}
