import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../../until';
import { defaultPlan, type Failure, type Plan, type Report, type Tick } from './plan';

const worker = join(__dirname, 'worker.ts');

/** Seconds without a failure after which the service counts as recovered. */
const recoveredSeconds = 8;

/** A load in a process of its own. Every request that failed is in `failures`. */
export class Load {
  readonly ticks: Tick[] = [];
  readonly failures: Failure[] = [];
  #acknowledged: readonly string[] | undefined;
  readonly #ended: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    readonly plan: Plan,
  ) {
    this.#ended = once(child, 'exit');
    child.on('message', (report: Report) => {
      if (report.type === 'tick') this.ticks.push(report.tick);
      if (report.type === 'failure') this.failures.push(report.failure);
      if (report.type === 'stopped') this.#acknowledged = report.acknowledged;
    });
  }

  /** Starts a load. Resolves when the first request has ended. */
  static async start(options: Pick<Plan, 'url' | 'run'> & Partial<Plan>): Promise<Load> {
    const plan = { ...defaultPlan, ...options };
    assertLocal(plan.url);
    const load = new Load(fork(worker, [JSON.stringify(plan)], { execArgv: ['--require', 'tsx/cjs'] }), plan);
    await until('the first request of the load has ended', () => load.requests > 0 || load.ended, 60_000);
    if (load.requests === 0) throw new Error(`The load's process has ended with exit code ${load.child.exitCode}.`);
    return load;
  }

  /**
   * Ids of the documents that the service said it had stored.
   * @throws unless the load has stopped in order: unknown writes must not count as none.
   */
  get acknowledged(): readonly string[] {
    if (this.#acknowledged === undefined)
      throw new Error("The load's process ended without telling which writes were acknowledged.");
    return this.#acknowledged;
  }

  /** All requests so far. */
  get requests(): number {
    return this.ticks.reduce((sum, { answered, failed }) => sum + answered + failed, 0);
  }

  /** Whether its process has ended. */
  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Requests per second from now on. */
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

/**
 * Waits until requests fail, and until none has failed for 8 s. Returns when the first and the last one failed after `since`, in
 * milliseconds since 1970; `since` for both if none failed within `seconds`.
 * @throws if requests still fail three minutes later.
 */
export async function waitForRecovery(
  { failures }: Pick<Load, 'failures'>,
  since: number,
  seconds: number,
): Promise<{ readonly first: number; readonly last: number }> {
  return until(
    'no request fails any more',
    () => {
      const times = failures.map(({ failedAt }) => failedAt).filter((at) => at >= since);
      const last = Math.max(since, ...times);
      if (times.length === 0) return Date.now() > since + seconds * 1000 && { first: since, last };
      return Date.now() > last + recoveredSeconds * 1000 && { first: Math.min(...times), last };
    },
    (seconds + 180) * 1000,
  );
}

/** A load must never reach another machine. */
function assertLocal(url: string): void {
  const { hostname } = new URL(url);
  if (hostname !== '127.0.0.1' && hostname !== 'localhost') {
    throw new Error(
      `Drills put load on 127.0.0.1 only, and the stack's URL is ${url}. Run them on a stack with Minikube's NodePort.`,
    );
  }
}
