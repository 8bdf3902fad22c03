import type * as pulumi from '@pulumi/pulumi';
import { ScaledDeployment, type ScaledDeploymentArgs } from './scaledDeployment';

export interface WorkerArgs extends ScaledDeploymentArgs {
  /** Seconds between SIGTERM and SIGKILL, to finish what it is at. Default 30. */
  readonly graceSeconds?: number;
}

/** Pods that nobody connects to: they take their work from a database, a queue or a clock. One that fails exits, and is restarted. */
export class Worker extends ScaledDeployment {
  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    const parts = { ingress: [], env: {}, container: {}, graceSeconds: args.graceSeconds ?? 30 };
    super('workloads:Worker', name, args, parts, opts);
  }
}
