import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../stack/cluster/until';
import { Client, type ClientOptions, type Failure } from './client';

/** What a load sends, and to where. */
export interface Plan extends ClientOptions {
  /** Value of `drill` in the documents that this load writes. */
  readonly run: string;
  /** Concurrent connections. */
  readonly clients: number;
  /** Requests per second of all clients together. A late client skips requests. */
  readonly rate: number;
  /** `POST /data` per second, part of `rate`; the others are `GET` of one of `paths`. */
  readonly writes: number;
  readonly paths: readonly string[];
}

/** Connections are renewed often, as only new ones reach new pods. */
const defaults = { clients: 48, rate: 100, writes: 20, paths: ['/'], renewAfter: 60, timeoutMs: 10_000 } as const;

/** More CPU than the target of four pods, on enough connections to reach every pod often. The default load is far below that of two. */
export const highLoad = { clients: 64, rate: 3400 } as const;

/** Clients that send requests at a rate until `stop`. */
export class Load {
  readonly plan: Plan;
  readonly failures: Failure[] = [];
  /** Ids of the documents that the service acknowledged. */
  readonly acknowledged: string[] = [];
  /** Number of requests that have ended. */
  requests = 0;
  #written = 0;
  #stopped = false;
  readonly #clients: Promise<unknown>;

  /** @throws unless the URL is on this machine */
  constructor(options: Pick<Plan, 'url' | 'run'> & Partial<Plan>) {
    this.plan = { ...defaults, ...options };
    const { url, clients } = this.plan;
    if (!['127.0.0.1', 'localhost'].includes(new URL(url).hostname)) {
      throw new Error(
        `Drills send load to 127.0.0.1 only, but the stack's URL is ${url}. Run them on a stack with Minikube's NodePort.`,
      );
    }
    this.#clients = Promise.all(Array.from({ length: clients }, (_, index) => this.#runClient(index)));
    this.#clients.catch(() => undefined); // `stop` rejects
  }

  /** Waits for the requests in flight, and ends. Rejects if a client failed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#clients;
  }

  async #runClient(index: number): Promise<void> {
    const { clients, rate, renewAfter } = this.plan;
    const part = index / clients;
    const client = new Client(this.plan, Math.floor(part * renewAfter));
    const intervalMs = (clients / rate) * 1000;
    let due = performance.now() + part * intervalMs;
    for (; !this.#stopped; due = Math.max(due + intervalMs, performance.now())) {
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      if (!this.#stopped) await this.#request(client);
    }
    client.close();
  }

  async #request(client: Client): Promise<void> {
    const { paths, rate, run, writes } = this.plan;
    const isWrite = Math.random() < writes / rate;
    const outcome = await client.send(
      isWrite
        ? { path: '/data', body: JSON.stringify({ drill: run, number: (this.#written += 1) }) }
        : { path: paths[this.requests % paths.length] ?? '/' },
    );
    this.requests += 1;
    if (typeof outcome !== 'string') this.failures.push(outcome);
    else if (isWrite) this.acknowledged.push((JSON.parse(outcome) as { readonly id: string }).id);
  }
}

/** Seconds without a failure after which the service counts as recovered. */
const recoveredSeconds = 8;

/**
 * Waits until requests fail, and then until none has failed for 8 s. Returns the time of the last failure, in milliseconds since 1970;
 * `since` if there was none within `seconds`.
 * @throws if requests still fail three minutes later.
 */
export async function waitForRecovery(
  { failures }: Pick<Load, 'failures'>,
  since: number,
  seconds: number,
): Promise<number> {
  const recovery = (): number | false => {
    const last = Math.max(since, ...failures.map(({ failedAt }) => failedAt));
    const quietSeconds = last === since ? seconds : recoveredSeconds;
    return Date.now() > last + quietSeconds * 1000 && last;
  };
  return until('no request fails any more', recovery, (seconds + 180) * 1000);
}
