import * as batch from '@pulumi/kubernetes/batch';
import * as core from '@pulumi/kubernetes/core';
import * as networking from '@pulumi/kubernetes/networking';
import * as policy from '@pulumi/kubernetes/policy';
import * as pulumi from '@pulumi/pulumi';
import { dnsEgress, type Labels } from './backingService';
import { oplogSize, storageGuard, upgradeGuard } from './mongoGuards';
import { memberPod, mongoUser, pidFile, settingsOf } from './mongoMember';
import {
  configureCommand,
  configureScript,
  database,
  dropUsersScript,
  replicaSet,
  rootUser,
  serviceUser,
  startScript,
} from './mongoScripts';
import { restrictedContainer, restrictedPod } from './restrictedNamespace';
import { StatefulServer } from './statefulServer';

export interface MongoDatabaseArgs {
  readonly namespace: pulumi.Input<string>;
  /** Tagged with a version: updates that MongoDB does not support are refused. */
  readonly image: string;
  /** `image`, after the nodes have pulled it. */
  readonly pulledImage: pulumi.Input<string>;
  /** Members of the replica set, 1 or 3. Default 1. */
  readonly members?: number;
  /** Generation of its users' passwords: another number gives new ones. Default 1. */
  readonly passwords?: number;
  /** Memory limit of each member in MiB. */
  readonly memory: number;
  /** Size of each volume, a Kubernetes quantity. */
  readonly storage: string;
  /** Default: the cluster's. */
  readonly storageClass?: string | undefined;
  /** Whether its volumes can't grow, as those of Minikube's own StorageClass. Default false: Kubernetes knows. */
  readonly fixedStorage?: boolean;
}

/**
 * Milliseconds for a primary to hand over to another member when its pod ends. MongoDB's default, 15 s, is for clients with requests of
 * that length.
 */
const handoverMillis = '5000';

/** MongoDB, a replica set, with a volume for each member. */
export class MongoDatabase extends StatefulServer {
  /** Connection string of the least-privileged user, with the name of its database. Secret. */
  readonly uri: pulumi.Output<string>;

  constructor(name: string, args: MongoDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    const { namespace, members = 1 } = args;
    // Connected with one member too: an update from three to one changes the NetworkPolicy before the others leave.
    super('workloads:MongoDatabase', name, { namespace, port: 27017, connected: true }, opts);

    // A StatefulSet for each member: an update continues with the next one when Pulumi has seen that this one runs. The first one's name
    // does not depend on their number.
    const names = Array.from({ length: members }, (_, index) => (index === 0 ? name : `${name}-${index}`));
    const hosts = names.map((member) => `${member}-0.${name}`); // of the pods, in the headless Service
    const key = this.password('key');
    const shared = {
      ...args,
      name,
      key: this.secret({ REPLICA_SET_KEY: key }),
      scripts: this.configMap({ 'start.sh': startScript() }),
    };
    const volumeHooks = { beforeUpdate: [storageGuard(name, args.storage, args.fixedStorage ?? false)] };
    const claims = names.map((member, index) =>
      this.claim({ ...args, hooks: volumeHooks, ...(index > 0 && { copy: member }) }),
    );
    // Older stacks have OrderedReady: a change would create a new StatefulSet.
    const common = {
      hooks: { beforeUpdate: [upgradeGuard(name, args.image)] },
      ignoreChanges: ['spec.podManagementPolicy'],
    };
    // The first member is updated last: usually it is the primary, and hands over to a member that is already updated.
    let dependsOn: pulumi.Resource[] = members > 1 ? [this.handover()] : [];
    for (const [index, member] of [...names.entries()].reverse()) {
      const pod = memberPod({ ...shared, host: hosts[index]!, isFirst: index === 0, claim: claims[index]! });
      dependsOn = [this.run({ member, ...pod }, { dependsOn, ...common })];
    }
    if (members > 1) {
      const spec = { maxUnavailable: 1, selector: { matchLabels: this.labels } };
      new policy.v1.PodDisruptionBudget(name, { metadata: { name, namespace }, spec }, this.child);
    }

    // Each generation of passwords has its own user: the service uses two while its pods are replaced. (Older stacks have `service-2`, with
    // another password.)
    const { passwords = 1 } = args;
    const user = passwords === 1 ? serviceUser : `${serviceUser}_${passwords}`;
    const password = this.password(serviceUser, passwords);
    const address = hosts.map((host) => `${host}:27017`).join();
    const env = { REPLICA_SET_KEY: key, MEMBERS: address, SERVICE_USER: user };
    const settings = {
      ...env,
      ROOT_PASSWORD: this.password(rootUser, passwords),
      SERVICE_PASSWORD: password,
      OPLOG_SIZE: String(oplogSize(args.storage)),
      HANDOVER_MILLIS: members > 1 ? handoverMillis : '0',
      PID_FILE: claims[0]!.apply(pidFile), // a new volume is empty, and needs a new Job
    };
    const seconds = members > 1 ? 900 : 120; // a new member copies all data
    const jobs = { image: args.pulledImage, labels: this.admitJobs(), seconds };
    // With one member, the Job starts at the same time, and waits for it.
    const configured = this.job('configure', configureScript, settings, members > 1 ? dependsOn : [], jobs);
    const uri = pulumi.interpolate`mongodb://${user}:${password}@${address}/${database}?replicaSet=${replicaSet}`;
    // Clients start when their user exists: after a refused connection, a driver may wait ten seconds (PyMongo 4).
    this.uri = pulumi.secret(pulumi.all([uri, configured.id]).apply(([it]) => it));
    if (passwords > 1) this.job('drop-users', dropUsersScript, env, this.clients, jobs);
    this.registerOutputs();
  }

  /**
   * Settings for several members. Pods refer to them as optional, so that the first pod does not restart when they are added. They must
   * not change: Pulumi would replace the ConfigMap, which deletes it, as its name is fixed.
   */
  private handover(): core.v1.ConfigMap {
    const metadata = { name: settingsOf(this.name), namespace: this.args.namespace };
    return new core.v1.ConfigMap(metadata.name, { metadata, data: { handoverMillis } }, this.child);
  }

  /** Lets the pods of Jobs reach the members. Returns their labels. */
  private admitJobs(): Labels {
    const metadata = { name: `${this.name}-configure`, namespace: this.args.namespace };
    const matchLabels = { 'app.kubernetes.io/name': metadata.name };
    this.connect(matchLabels);
    const spec = { podSelector: { matchLabels }, policyTypes: ['Ingress', 'Egress'], egress: [this.egress, dnsEgress] };
    new networking.v1.NetworkPolicy(metadata.name, { metadata, spec }, this.child);
    return matchLabels;
  }

  /**
   * A Job that retries `script` until it succeeds, for at most `seconds`. Its input is in a Secret, which Pulumi replaces before the Job,
   * under a new name. So the state shows what a killed update has begun, and the next update runs the Job again, even if its input is the
   * same as before. Only `npm run up` deletes the Job of a killed update; plain `pulumi up` leaves it, which is harmless.
   */
  private job(
    verb: string,
    script: string,
    env: Record<string, pulumi.Input<string>>,
    dependsOn: pulumi.Input<pulumi.Resource[]>,
    { image, labels, seconds }: { image: pulumi.Input<string>; labels: Labels; seconds: number },
  ): batch.v1.Job {
    const name = `${this.name}-${verb}`;
    const { namespace } = this.args;
    const { metadata: secret } = new core.v1.Secret(name, { metadata: { namespace }, stringData: env }, this.child);
    const container = {
      name: verb,
      image,
      command: ['bash', '-c', configureCommand, verb, '/scripts/script.js'],
      envFrom: [{ secretRef: { name: secret.name } }],
      env: [{ name: 'CREATED', value: secret.creationTimestamp }],
      resources: { requests: { cpu: '50m', memory: '100Mi' }, limits: { cpu: '2', memory: '300Mi' } },
      volumeMounts: [
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'scripts', mountPath: '/scripts', readOnly: true },
      ],
      ...restrictedContainer,
    };
    const volumes = [
      { name: 'tmp', emptyDir: {} },
      { name: 'scripts', configMap: { name: this.configMap({ 'script.js': script }, name) } },
    ];
    const pod = { ...restrictedPod(mongoUser), restartPolicy: 'OnFailure', containers: [container], volumes };
    const metadata = { namespace, annotations: { 'pulumi.com/replaceUnready': 'true' } }; // otherwise, a failed Job would fail each update
    // Its own limit, since Pulumi's time-out does not end the wait for a Job (seen with pulumi-kubernetes 4.32).
    const spec = { backoffLimit: 1000, activeDeadlineSeconds: seconds, template: { metadata: { labels }, spec: pod } };
    return new batch.v1.Job(name, { metadata, spec }, { ...this.child, dependsOn });
  }
}
