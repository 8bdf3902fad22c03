import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import * as minikube from '../../stack/cluster/minikube';
import { removeRegistry } from '../../stack/cluster/minikubeRegistry';
import { readConfiguration } from '../cli/shared/plan';
import type { StackState } from '../cli/shared/pulumi';
import { assertDone, ProjectCopy } from '../projectCopy';

/** Kinds of the objects in the stack's namespace. */
const kinds =
  'secret,configmap,persistentvolumeclaim,service,deployment,statefulset,job,networkpolicy,hpa,poddisruptionbudget';

/** Kubernetes creates it in each namespace. */
const rootCertificate = 'configmap/kube-root-ca.crt';

/** A stack with its own sources, state and cluster. Its ports are those of `files`, or free ones that `npm run up` selects. */
export class TemporaryStack {
  #leftovers: readonly Process[] = [];

  private constructor(readonly project: ProjectCopy) {}

  static async make(stack: string, files: Readonly<Record<string, string>> = {}): Promise<TemporaryStack> {
    const { PULUMI_BACKEND_URL: _url, PULUMI_CONFIG_PASSPHRASE_FILE: _file, ...inherited } = process.env;
    const environment = { ...inherited, PULUMI_CONFIG_PASSPHRASE: 'of a temporary stack' };
    const project = await ProjectCopy.make({ stack, environment, files });
    await mkdir(join(project.folder, '.pulumi'), { recursive: true });
    return new TemporaryStack(project);
  }

  /**
   * Starts `pulumi up`, and kills it after `seconds`: alone, or with all its child processes. False if it succeeded before.
   * @throws if it failed before.
   */
  async killUp(seconds: number, alone: boolean): Promise<boolean> {
    const up = this.project.up();
    const ended = await Promise.race([up, sleep(seconds * 1000)]);
    if (ended) {
      assertDone(ended);
      return false;
    }
    this.#leftovers = await descendants(up.pid ?? NaN);
    const exit = once(up, 'exit'); // its plugins outlive it, and keep its output open
    up.kill('SIGKILL');
    await exit;
    if (!alone) await this.killLeftovers();
    return true;
  }

  /** Kills the plugins of a killed Pulumi, which never end without it. */
  async killLeftovers(): Promise<void> {
    await killAll(this.#leftovers);
    this.#leftovers = [];
  }

  /** The sorted URNs of the state's resources, its number of pending operations, and the objects in the namespace that are not in it. */
  async inspect(): Promise<{ readonly urns: string[]; readonly pending: number; readonly unmanaged: string[] }> {
    const { stdout: state } = assertDone(await this.project.pulumi('stack', 'export'));
    const { resources = [], pending_operations: pending = [] } = (JSON.parse(state) as StackState).deployment;
    const managed = new Set(resources.map(({ id }) => id?.split('/').at(-1))); // an id is NAMESPACE/NAME
    const { stdout: objects } = assertDone(await this.project.npm('kubectl', 'get', kinds, '--output=name'));
    const isUnmanaged = (object: string) => object !== rootCertificate && !managed.has(object.split('/')[1]);
    return {
      urns: resources.map(({ urn }) => urn).sort(),
      pending: pending.length,
      unmanaged: objects.split('\n').filter(isUnmanaged),
    };
  }

  /** Deletes stack, cluster and sources, whatever their state: also after a kill, and without a readable state. */
  async remove(): Promise<void> {
    await this.killLeftovers();
    await this.project.end();
    await this.project.pulumi('cancel', '--yes'); // removes the lock of a killed run
    await this.project.pulumi('destroy', '--yes', '--skip-preview');
    // The state may be unreadable, or not include the cluster yet.
    const { cluster } = await readConfiguration(this.project.folder, this.project.stack);
    if (cluster.kind === 'minikube') {
      await removeRegistry(cluster.profile); // first, as Minikube keeps a network that is in use
      await minikube.remove(cluster.profile);
    }
    await this.project.remove();
  }
}

type Process = Awaited<ReturnType<typeof list>>[number];

/** The descendants of process `pid`. Pulumi's plugins have their own process groups, so only their parent identifies them. */
export async function descendants(pid: number): Promise<Process[]> {
  const all = await list();
  const below = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** Kills those of `processes` that are still running. */
export async function killAll(processes: readonly Process[]): Promise<void> {
  const running = await list();
  for (const { pid, command } of processes) {
    if (!running.some((other) => other.pid === pid && other.command === command)) continue; // the number may be reused
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function list() {
  const { stdout } = await execa('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return [...stdout.matchAll(/^ *(\d+) +(\d+) +(.*)$/gm)].map(([, pid, parent, command = '']) => ({
    pid: Number(pid),
    parent: Number(parent),
    command,
  }));
}
