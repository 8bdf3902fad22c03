import type { Output } from '@pulumi/pulumi';
import type { ExistingClusterArgs } from '../cluster/existingCluster';
import type { MinikubeClusterArgs } from '../cluster/minikubeCluster';

/** The stack's configuration, parsed and checked. `Pulumi.yaml` declares the keys, their types and defaults. */
export interface Configuration {
  /** Name of the stack, for messages. */
  readonly stack: string;
  readonly cluster: MinikubeConfiguration | ExistingClusterConfiguration;
  /** Whether an update may delete or replace the cluster, the database or its passwords. */
  readonly loseData: boolean;
  /** Whether the service's pods take code from `npm run dev`. Minikube only. */
  readonly dev: boolean;
  /** Namespace that the stack makes and owns. */
  readonly namespace: string;
  readonly service: ServiceConfiguration;
  readonly exposure: Exposure;
  /** Platform that the service's image is built for; this machine's if undefined. */
  readonly platform: string | undefined;
  readonly scaling: ScalingConfiguration;
  readonly database: MongoConfiguration | ExternalDatabaseConfiguration;
}

/** A Minikube cluster that the stack makes, owns and deletes. */
export interface MinikubeConfiguration extends Required<Omit<MinikubeClusterArgs, 'loseData' | 'images'>> {
  readonly kind: 'minikube';
}

/** A cluster that is there already, and stays. */
export interface ExistingClusterConfiguration extends ExistingClusterArgs {
  readonly kind: 'existing';
}

/** The service that the stack runs, and what it needs to know of it. */
export interface ServiceConfiguration {
  /** A folder with a Dockerfile, or a TypeScript file. */
  readonly source: string;
  readonly port: number;
  readonly startupPath: string;
  readonly readyPath: string;
  /** '' where a TCP connection is enough. */
  readonly livePath: string;
  /** Name of the environment variable with MongoDB's connection string. */
  readonly mongoVariable: string;
  /** More environment variables. */
  readonly secretEnv: Output<Record<string, string>> | undefined;
  /** URL that traces are sent to, if any. */
  readonly otlpEndpoint: string | undefined;
}

/** How the service is reached from outside the cluster. */
export type Exposure =
  | { readonly kind: 'nodePort'; readonly host: string; readonly nodePort: number }
  | { readonly kind: 'loadBalancer' }
  /** Not at all: other pods reach it by its name. */
  | { readonly kind: 'cluster' }
  | {
      readonly kind: 'ingress';
      readonly host: string;
      readonly ingressClass: string;
      readonly tlsSecret: string | undefined;
    };

export interface ScalingConfiguration {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percent of the CPU request. */
  readonly targetCpu: number;
  readonly scaleDownSeconds: number;
}

/** A MongoDB that the stack runs in the cluster. */
export interface MongoConfiguration {
  readonly kind: 'mongo';
  readonly image: string;
  /** Of the replica set: 1 or 3. */
  readonly members: number;
  /** Generation of its users' passwords. With another number they are others. */
  readonly passwords: number;
  /** MiB. */
  readonly memory: number;
  /** Kubernetes quantity. */
  readonly storage: string;
  /** Whether its volumes can't grow, as those of Minikube's own StorageClass. */
  readonly fixedStorage: boolean;
  /** The cluster's default if undefined. */
  readonly storageClass: string | undefined;
}

/** A MongoDB that is there already. */
export interface ExternalDatabaseConfiguration {
  readonly kind: 'external';
  /** Connection string with credentials and database name. */
  readonly uri: Output<string>;
  /** Paths of the files that its TLS options name, by option, such as `tlsCAFile`. */
  readonly tlsFiles: Readonly<Record<string, string>>;
}
