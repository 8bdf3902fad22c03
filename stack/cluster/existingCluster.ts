import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { Provider } from '@pulumi/kubernetes/provider';
import * as pulumi from '@pulumi/pulumi';
import type { Cluster, Registry, RegistryArgs } from './cluster';
import { Component } from './resources';

export interface ExistingClusterArgs {
  /** Path of the kubeconfig file. Default: KUBECONFIG, or ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  readonly context: string;
  readonly registry: RegistryArgs;
}

/** A cluster that the stack did not create. `destroy` deletes only the stack's resources on it. */
export class ExistingCluster extends Component implements Cluster {
  readonly name: string;
  readonly kubeconfig: pulumi.Output<string>;
  readonly options: pulumi.ComponentResourceOptions;
  readonly registry: Registry;

  constructor(name: string, args: ExistingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super('cluster:ExistingCluster', name, opts);
    const { context } = args;
    this.kubeconfig = pulumi.secret(readContext(args));
    const clusterIdentifier = context; // so that a renewed token is the same cluster
    const credentials = { kubeconfig: this.kubeconfig, context, clusterIdentifier };
    const provider = new Provider(name, credentials, { parent: this });
    // Metrics once a minute, as with the addon metrics-server, a sync every 15 s, and the start of a pod (docs/production.md).
    void pulumi.log.info(
      'This cluster has its own metrics and autoscaler intervals: more load can take up to 90 s to add pods.',
      this,
    );
    this.name = context;
    this.registry = { ...args.registry, id: '' };
    this.options = { providers: [provider] };
    this.registerOutputs();
  }

  pull(_name: string, image: pulumi.Input<string>): pulumi.Output<string> {
    return pulumi.output(image); // the stack does not manage its nodes
  }

  recordLocation(): void {} // the kubeconfig identifies the cluster
}

/** The user's kubeconfig with `context` only, and its certificates: the state gets no credentials of other clusters. */
function readContext({ kubeconfig, context }: ExistingClusterArgs): string {
  const file = kubeconfig?.replace(/^~(?=$|[/\\])/, homedir());
  const args = ['config', 'view', '--minify', '--flatten', '--output=json', `--context=${context}`];
  try {
    const read = execFileSync('kubectl', file === undefined ? args : [...args, `--kubeconfig=${file}`], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return resolvePaths(read, file ?? process.env.KUBECONFIG);
  } catch (cause) {
    throw new pulumi.RunError(
      `Context '${context}' can't be used: ${(cause as Error).message.trim()}. Nothing was changed. ` +
        'It is read by kubectl, which must be on PATH. To see the contexts that there are: kubectl config get-contexts',
    );
  }
}

/** The used part of a user's credentials in a kubeconfig. */
interface User {
  tokenFile?: string;
  exec?: { command: string };
}

/**
 * `config`, JSON, with absolute paths where kubectl takes relative ones from the folder of the kubeconfig: the copy is elsewhere.
 * @param files the path of the kubeconfig, or of several, as in KUBECONFIG. Default: ~/.kube/config
 * @throws if a path is relative to one of several files
 */
function resolvePaths(config: string, files = ''): string {
  const [file = join(homedir(), '.kube/config'), ...others] = files.split(delimiter).filter(Boolean);
  const absolute = (field: string, path: string): string => {
    if (isAbsolute(path)) return path;
    if (others.length === 0) return resolve(dirname(file), path);
    throw new Error(`${field} '${path}' must be an absolute path in the kubeconfig, as KUBECONFIG names several files`);
  };
  const parsed = JSON.parse(config) as { users?: { user: User }[] | null };
  for (const { user } of parsed.users ?? []) {
    if (user.tokenFile) user.tokenFile = absolute('tokenFile', user.tokenFile);
    // A command without a folder is one on PATH.
    if (user.exec && basename(user.exec.command) !== user.exec.command)
      user.exec.command = absolute('exec.command', user.exec.command);
  }
  return JSON.stringify(parsed);
}
