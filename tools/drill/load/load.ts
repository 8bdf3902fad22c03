import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultPlan, type Failure, type Order, type Plan, type Report, type Tick } from './plan';

/** A load that runs in a process of its own. Everything that fails is in `failures`. */
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

  /** Starts a load. Resolves when the first request was answered. */
  static async start(wishes: Pick<Plan, 'url' | 'run'> & Partial<Plan>): Promise<Load> {
    const plan = { ...defaultPlan, ...wishes };
    assertLocal(plan.url);
    const load = new Load(fork(join(__dirname, 'process.ts'), { execArgv: ['--require', 'tsx/cjs'] }), plan);
    load.#order({ type: 'start', plan });
    while (!load.ticks.some(({ answered, failed }) => answered + failed > 0)) {
      if (load.ended) throw new Error(`The load's process ended by itself, exit code ${load.child.exitCode}.`);
      await sleep(50);
    }
    return load;
  }

  /**
   * Ids of the documents that the service said were stored.
   * @throws unless the load has stopped in order: what is not known must not pass for nothing.
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
    this.#order({ type: 'rate', rate });
  }

  /** Lets requests in flight end, and waits for that. */
  async stop(): Promise<void> {
    if (this.child.connected) this.#order({ type: 'stop' });
    const killer = setTimeout(() => this.child.kill('SIGKILL'), this.plan.timeoutMs + 5000);
    await this.#ended;
    clearTimeout(killer);
  }

  #order(order: Order): void {
    this.child.send(order);
  }
}

/** A load must never go to a machine of someone else. */
function assertLocal(url: string): void {
  const { hostname } = new URL(url);
  if (hostname !== '127.0.0.1' && hostname !== 'localhost') {
    throw new Error(
      `The drills put load on 127.0.0.1 only, and the stack's URL is ${url}. Run them on a stack with Minikube's NodePort.`,
    );
  }
}
