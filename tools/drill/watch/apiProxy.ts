import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Kubectl } from '../../cli/shared/cluster';

/** Nobody on this machine can do more through the proxy than look at pods, autoscalers and their CPU. */
const readOnly = [
  '--reject-methods=^(POST|PUT|PATCH|DELETE)$',
  '--accept-paths=^/api/v1/namespaces/[^/]+/pods$,^/apis/(autoscaling|metrics\\.k8s\\.io)/',
];

/** The cluster's API, to be read only, on a port of 127.0.0.1: a kubectl for each look would cost more CPU than it watches. */
export class ApiProxy {
  private constructor(
    private readonly child: ChildProcess,
    private readonly origin: string,
  ) {}

  /** Starts `kubectl proxy`, which changes nothing. */
  static async open(kubectl: Kubectl): Promise<ApiProxy> {
    const [program = '', ...args] = [...kubectl.program, 'proxy', '--port=0', ...readOnly];
    // A group of its own: where Minikube stands in for kubectl, both must end.
    const detached = process.platform !== 'win32';
    const child = spawn(program, args, { env: kubectl.environment, stdio: ['ignore', 'pipe', 'pipe'], detached });
    let said = ''; // it tells of each look at a cluster that is down, which is no news to a drill
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(0, 1000);
    });
    const ended = once(child, 'close').then(() => {
      throw new Error(`kubectl proxy ended by itself: ${said.trim()}`);
    });
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string];
    ended.catch(() => undefined); // from here on its end is seen by those who ask
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address === undefined) throw new Error(`kubectl proxy did not tell its address: ${line}`);
    return new ApiProxy(child, `http://${address}`);
  }

  /** What the API has at `path`. Rejects when it does not answer within two seconds. */
  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.origin + path, { signal: AbortSignal.timeout(2000) });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  close(): void {
    if (this.child.exitCode !== null || this.child.pid === undefined) return;
    if (process.platform === 'win32') this.child.kill();
    else process.kill(-this.child.pid);
  }
}
