import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../../../stack/cluster/until';

/** What a load sends, to where, and for how long. */
export interface Plan {
  /** URL of the service, on 127.0.0.1. */
  readonly url: string;
  /** Value of `drill` in the documents that this load writes. */
  readonly run: string;
  /** Concurrent connections. */
  readonly clients: number;
  /** Requests per second of all clients together. A late client skips requests. */
  readonly rate: number;
  /** `POST /data` per second, part of `rate`; the others are `GET /`. */
  readonly writes: number;
  /** Requests per connection: only new connections reach new pods. */
  readonly renewAfter: number;
  /** Time-out of a request in milliseconds. */
  readonly timeoutMs: number;
  /** Maximum duration in seconds. */
  readonly seconds: number;
}

const defaults = { clients: 48, rate: 100, writes: 20, renewAfter: 60, timeoutMs: 10_000, seconds: 900 } as const;

/** More CPU than the target of four pods, on enough connections to reach every pod often. */
export const highLoad = { clients: 64, rate: 3500 } as const;

/** Far below the target of two pods. */
export const lowLoad = { clients: 64, rate: 100 } as const;

/** A request without a response, or with an error status. */
export interface Failure {
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  readonly failedAt: number;
  /** Status of the response, Node's error code such as ECONNRESET, or `timeout`. */
  readonly kind: string;
  /** Whether it was not the first request on its connection. */
  readonly reused: boolean;
  /** Whether the response had a Retry-After header. */
  readonly retryAfter: boolean;
}

/** What the load's process reports each second: the requests that ended in it. */
export interface Report {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds of each successful request. */
  readonly times: readonly number[];
  readonly failures: readonly Failure[];
  /** Ids of the documents that the service acknowledged. */
  readonly acknowledged: readonly string[];
  /** Whether it is the last report of an orderly end. */
  readonly last: boolean;
}

/** One second of a load. */
export type Tick = ReturnType<typeof tickOf>;

export function tickOf({ at, times, failures }: Pick<Report, 'at' | 'times' | 'failures'>) {
  const sorted = [...times].sort((a, b) => a - b);
  // The nearest rank: the least value that at least `part` of all values do not exceed.
  const rank = (part: number): number | undefined => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  // `median` and `p99` are milliseconds; undefined without a successful request.
  return { at, answered: sorted.length, failed: failures.length, median: rank(0.5), p99: rank(0.99) };
}

/** A load in a separate process, so that load and drill don't delay each other. */
export class Load {
  readonly ticks: Tick[] = [];
  /** Failed requests, known within a second. */
  readonly failures: Failure[] = [];
  readonly #acknowledged: string[] = [];
  #complete = false;
  readonly #ended: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    readonly plan: Plan,
  ) {
    this.#ended = once(child, 'exit');
    child.on('message', (report: Report) => {
      this.ticks.push(tickOf(report));
      this.failures.push(...report.failures);
      this.#acknowledged.push(...report.acknowledged);
      this.#complete ||= report.last;
    });
  }

  /** Resolves when the first request has ended. */
  static async start(options: Pick<Plan, 'url' | 'run'> & Partial<Plan>): Promise<Load> {
    const plan = { ...defaults, ...options };
    const { hostname } = new URL(plan.url);
    if (hostname !== '127.0.0.1' && hostname !== 'localhost') {
      throw new Error(
        `Drills send load to 127.0.0.1 only, but the stack's URL is ${plan.url}. Run them on a stack with Minikube's NodePort.`,
      );
    }
    const child = fork(join(__dirname, 'worker.ts'), [JSON.stringify(plan)], { execArgv: ['--require', 'tsx/cjs'] });
    const load = new Load(child, plan);
    await until('the first request of the load has ended', () => load.requests > 0 || load.ended, 60_000);
    if (load.requests === 0) throw new Error(`The load's process ended with exit code ${child.exitCode}.`);
    return load;
  }

  /**
   * Ids of the documents that the service acknowledged.
   * @throws if the load's process did not end orderly: unknown writes must not count as none.
   */
  get acknowledged(): readonly string[] {
    if (!this.#complete) throw new Error("The load's process ended without reporting which writes were acknowledged.");
    return this.#acknowledged;
  }

  /** Number of requests that have ended. */
  get requests(): number {
    return this.ticks.reduce((sum, { answered, failed }) => sum + answered + failed, 0);
  }

  /** Whether its process has ended. */
  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Changes the requests per second. */
  setRate(rate: number): void {
    this.child.send(rate);
  }

  /** Waits for the requests in flight, and ends. */
  async stop(): Promise<void> {
    if (this.child.connected) this.child.send(0);
    const killer = setTimeout(() => this.child.kill('SIGKILL'), this.plan.timeoutMs + 5000);
    await this.#ended;
    clearTimeout(killer);
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
    return Date.now() - 1000 > last + quietSeconds * 1000 && last; // failures are known within a second
  };
  return until('no request fails any more', recovery, (seconds + 180) * 1000);
}
