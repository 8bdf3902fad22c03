import type { Output } from '@pulumi/pulumi';
import type { ExistingClusterArgs } from '../cluster/existingCluster';
import type { MinikubeClusterArgs } from '../cluster/minikubeCluster';
import type { MongoDatabaseArgs } from '../workloads/mongoDatabase';
import type { Scaling } from '../workloads/scaledDeployment';
import type { Exposure } from '../workloads/webEndpoint';
import type { WebServiceArgs } from '../workloads/webService';

/** The stack's configuration, parsed and checked. `Pulumi.yaml` declares the keys, their types and defaults. */
export interface Configuration {
  /** Name of the stack, for messages. */
  readonly stack: string;
  readonly cluster: MinikubeConfiguration | ExistingClusterConfiguration;
  /** Whether an update may delete or replace the cluster, the database or its passwords. */
  readonly loseData: boolean;
  /** Whether the service's pods take code from `npm run dev`. Minikube only. */
  readonly dev: boolean;
  /** Namespace that the stack creates. */
  readonly namespace: string;
  readonly service: ServiceConfiguration;
  readonly exposure: Exposure;
  /** Platform that the service's image is built for; this machine's if undefined. */
  readonly platform: string | undefined;
  readonly scaling: Scaling;
  readonly database: MongoConfiguration | ExternalDatabaseConfiguration;
}

/** A Minikube cluster that the stack creates and deletes. */
export interface MinikubeConfiguration
  extends Required<Omit<MinikubeClusterArgs, 'extraConfig' | 'loseData' | 'images'>> {
  readonly kind: 'minikube';
}

/** An existing cluster, which the stack never deletes. */
export interface ExistingClusterConfiguration extends ExistingClusterArgs {
  readonly kind: 'existing';
}

/** The service that the stack runs, and its probes. */
export interface ServiceConfiguration
  extends Required<Pick<WebServiceArgs, 'port' | 'startupPath' | 'readyPath' | 'livePath' | 'otlpEndpoint'>> {
  /** A folder with a Dockerfile, or a TypeScript file. */
  readonly source: string;
  /** Name of the environment variable with MongoDB's connection string. */
  readonly mongoVariable: string;
  /** More environment variables. */
  readonly secretEnv: Output<Record<string, string>> | undefined;
}

/** A MongoDB that the stack runs in the cluster. */
export interface MongoConfiguration extends Required<Omit<MongoDatabaseArgs, 'namespace' | 'pulledImage'>> {
  readonly kind: 'mongo';
}

/** An existing MongoDB. */
export interface ExternalDatabaseConfiguration {
  readonly kind: 'external';
  /** Connection string with credentials and database name. */
  readonly uri: Output<string>;
  /** Paths of the files that its TLS options name, by option, such as `tlsCAFile`. */
  readonly tlsFiles: Readonly<Record<string, string>>;
}
