import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type StackOutputs, withKubectl } from '../../cli/shared/cluster';
import { descendants, endAll, type Process } from './descendants';
import { assertDone, ProjectCopy, type Run } from './projectCopy';

/** What `pulumi stack export` gives, as far as it is read here. */
interface State {
  readonly deployment: {
    readonly resources?: readonly { readonly urn: string; readonly id?: string }[];
    readonly pending_operations?: readonly unknown[];
  };
}

/** What Kubernetes itself puts into each namespace. */
const notOurs = new Set(['kube-root-ca.crt']);

const kinds =
  'secrets,configmaps,persistentvolumeclaims,services,deployments,statefulsets,networkpolicies,' +
  'horizontalpodautoscalers,poddisruptionbudgets';

/** A stack beside the user's: sources, state, cluster and ports of its own. */
export class SpareStack {
  #left: readonly Process[] = [];

  private constructor(private readonly copy: ProjectCopy) {}

  static async make(): Promise<SpareStack> {
    const { PULUMI_BACKEND_URL: _url, PULUMI_CONFIG_PASSPHRASE_FILE: _file, ...environment } = process.env;
    const copy = await ProjectCopy.make('drill-kill', { ...environment, PULUMI_CONFIG_PASSPHRASE: 'of the drill' });
    await mkdir(join(copy.folder, '.pulumi'));
    return new SpareStack(copy);
  }

  /** `npm run up`: at the first time it chooses free ports. */
  up(): Promise<Run> {
    return this.copy.npm('up');
  }

  /** Starts `pulumi up`, in a process group of its own. */
  start(): ChildProcess {
    return this.copy.start('up', '--yes', '--skip-preview');
  }

  /** Ends `child`, a Pulumi that was started, with -9: alone, or with all that it has started. */
  async kill(child: ChildProcess, alone: boolean): Promise<void> {
    const ended = once(child, 'exit');
    this.#left = await descendants(child.pid ?? NaN);
    child.kill('SIGKILL');
    await ended;
    if (!alone) await this.endLeft();
  }

  /** Ends what a killed Pulumi has left running: its plugins wait for it for ever. */
  async endLeft(): Promise<void> {
    await endAll(this.#left);
    this.#left = [];
  }

  async destroy(): Promise<void> {
    assertDone('pulumi destroy', await this.copy.pulumi('destroy', '--yes', '--skip-preview'));
  }

  /** The names of all resources in the state, sorted, and how many operations it holds for unfinished. */
  async state(): Promise<{ readonly urns: string[]; readonly ids: ReadonlySet<string>; readonly pending: number }> {
    const { deployment } = JSON.parse(
      assertDone('pulumi stack export', await this.copy.pulumi('stack', 'export')).stdout,
    ) as State;
    const resources = deployment.resources ?? [];
    return {
      urns: resources.map(({ urn }) => urn).sort(),
      ids: new Set(resources.map(({ id = '' }) => id)),
      pending: deployment.pending_operations?.length ?? 0,
    };
  }

  /** Whether the state is what is there: a refresh finds nothing to change. */
  isTrue(): Promise<Run> {
    return this.copy.pulumi('preview', '--refresh', '--expect-no-changes');
  }

  /** Objects in the stack's namespace that its state does not know. */
  async strangers(): Promise<string[]> {
    const { ids } = await this.state();
    const run = assertDone(
      'pulumi stack output',
      await this.copy.pulumi('stack', 'output', '--json', '--show-secrets'),
    );
    const outputs = JSON.parse(run.stdout) as StackOutputs;
    const names = await withKubectl(outputs, (kubectl) => kubectl.read('get', kinds, '--output=name'));
    return names
      .trim()
      .split('\n')
      .filter((object) => {
        const name = object.split('/')[1] ?? '';
        return !notOurs.has(name) && !ids.has(`${outputs.namespace}/${name}`);
      });
  }

  async remove(): Promise<void> {
    await this.copy.end();
    await this.endLeft();
    await this.copy.pulumi('cancel', '--yes'); // the lock of a run that was killed
    await this.copy.pulumi('destroy', '--yes', '--skip-preview');
    // The state may be one that can't be read, or that knows nothing of the cluster yet: it must not stay all the same.
    await promisify(execFile)('minikube', ['delete', `--profile=koa-mongo-${this.copy.stack}`]);
    await this.copy.remove();
  }
}
