import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { Provider } from '@pulumi/kubernetes/provider';
import * as pulumi from '@pulumi/pulumi';
import type { Cluster, Registry, RegistryArgs } from './cluster';
import { Component } from './resources';

export interface ExistingClusterArgs {
  /** Path of the kubeconfig file; `KUBECONFIG`'s or the user's own if undefined. */
  readonly kubeconfig?: string | undefined;
  readonly context: string;
  readonly registry: RegistryArgs;
}

/** A cluster that others made: the stack puts its resources there, and `destroy` takes away these and nothing else. */
export class ExistingCluster extends Component implements Cluster {
  readonly name: string;
  readonly kubeconfig: pulumi.Output<string>;
  readonly options: pulumi.ComponentResourceOptions;
  readonly registry: Registry;

  constructor(name: string, args: ExistingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super('cluster:ExistingCluster', name, opts);
    const { context } = args;
    this.kubeconfig = pulumi.secret(readContext(args));
    const clusterIdentifier = context; // a renewed token is the same cluster
    const credentials = { kubeconfig: this.kubeconfig, context, clusterIdentifier };
    const provider = new Provider(name, credentials, { parent: this });
    // Readings once a minute, as metrics-server's addon has them, a sync each 15 s, and the pod's start (docs/production.md).
    void pulumi.log.info(
      'This cluster measures and scales at its own pace: expect up to 90 s from more load to more pods.',
      this,
    );
    this.name = context;
    this.registry = { ...args.registry, id: '' };
    this.options = { providers: [provider] };
    this.registerOutputs();
  }

  pull(_name: string, image: pulumi.Input<string>): pulumi.Output<string> {
    return pulumi.output(image); // its nodes are not ours
  }

  recordLocation(): void {} // the kubeconfig tells
}

/** The user's kubeconfig with `context` alone, and its certificates: the state needs no credentials for other clusters. */
function readContext({ kubeconfig, context }: ExistingClusterArgs): string {
  const file = kubeconfig?.replace(/^~(?=$|[/\\])/, homedir());
  const args = ['config', 'view', '--minify', '--flatten', `--context=${context}`];
  try {
    return execFileSync('kubectl', file === undefined ? args : [...args, `--kubeconfig=${file}`], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (cause) {
    throw new pulumi.RunError(
      `Context '${context}' can't be used: ${(cause as Error).message.trim()}. Nothing was changed. ` +
        'It is read by kubectl, which must be on PATH. To see the contexts that there are: kubectl config get-contexts',
    );
  }
}
