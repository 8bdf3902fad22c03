import * as batch from '@pulumi/kubernetes/batch';
import * as core from '@pulumi/kubernetes/core';
import * as networking from '@pulumi/kubernetes/networking';
import * as policy from '@pulumi/kubernetes/policy';
import * as pulumi from '@pulumi/pulumi';
import { dnsEgress, type Labels } from './backingService';
import { oplogSize, upgradeGuard } from './mongoGuards';
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
  /** Tagged by its version: an update that MongoDB can't make is refused. */
  readonly image: string;
  /** `image` once the nodes have it. */
  readonly pulledImage: pulumi.Input<string>;
  /** Of the replica set: 1 or 3. Default 1. */
  readonly members?: number;
  /** Generation of its users' passwords: with another number they are others. Default 1. */
  readonly passwords?: number;
  /** MiB of each member. */
  readonly memory: number;
  /** Of each volume, a Kubernetes quantity. */
  readonly storage: string;
  /** Default: the cluster's. */
  readonly storageClass?: string | undefined;
}

/**
 * Milliseconds that a primary has to hand over to another member, and to send its clients there, when its pod ends. MongoDB's own 15 s
 * are for clients that keep a request open for that long.
 */
const handoverMillis = '5000';

/** MongoDB, a replica set, with a volume for each member. */
export class MongoDatabase extends StatefulServer {
  /** Connection string of the least-privileged user, with the name of its database. Secret. */
  readonly uri: pulumi.Output<string>;

  constructor(name: string, args: MongoDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    const { namespace, members = 1 } = args;
    // Connected also with one: an update to one changes the network's rules first, and the others need each other until they have left.
    super('workloads:MongoDatabase', name, { namespace, port: 27017, connected: true }, opts);

    // A StatefulSet for each: an update goes on to the next one when Pulumi has seen that this one runs. The first has the same name
    // as when it is alone.
    const names = Array.from({ length: members }, (_, index) => (index === 0 ? name : `${name}-${index}`));
    const hosts = names.map((member) => `${member}-0.${name}`); // of the pods, in the headless Service
    const key = this.password('key');
    const shared = {
      ...args,
      name,
      key: this.secret({ REPLICA_SET_KEY: key }),
      scripts: this.configMap({ 'start.sh': startScript() }),
    };
    const claims = names.map((member, index) => this.claim({ ...args, ...(index > 0 && { copy: member }) }));
    // Older stacks have OrderedReady: a change would make a new StatefulSet.
    const common = {
      hooks: { beforeUpdate: [upgradeGuard(name, args.image)] },
      ignoreChanges: ['spec.podManagementPolicy'],
    };
    // The first one last: it is the primary, unless another has taken over, and hands over to one that is up to date already.
    let dependsOn: pulumi.Resource[] = members > 1 ? [this.handover()] : [];
    for (const [index, member] of [...names.entries()].reverse()) {
      const pod = memberPod({ ...shared, host: hosts[index]!, isFirst: index === 0, claim: claims[index]! });
      dependsOn = [this.run({ member, ...pod }, { dependsOn, ...common })];
    }
    if (members > 1) {
      const spec = { maxUnavailable: 1, selector: { matchLabels: this.labels } };
      new policy.v1.PodDisruptionBudget(name, { metadata: { name, namespace }, spec }, this.child);
    }

    // Each generation of passwords has a user of its own: the service uses two while its pods are replaced. (Older stacks made
    // `service-2`, whose password is another.)
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
      PID_FILE: claims[0]!.apply(pidFile), // a new volume has nothing: another Job
    };
    const seconds = members > 1 ? 900 : 120; // a new member copies all data
    const jobs = { image: args.pulledImage, labels: this.admitJobs(), seconds };
    // With one member it starts beside that, and waits for it.
    const configured = this.job('configure', configureScript, settings, members > 1 ? dependsOn : [], jobs);
    const uri = pulumi.interpolate`mongodb://${user}:${password}@${address}/${database}?replicaSet=${replicaSet}`;
    // Clients start when their user exists: a driver that is refused once may wait for ten seconds (PyMongo 4).
    this.uri = pulumi.secret(pulumi.all([uri, configured.id]).apply(([it]) => it));
    if (passwords > 1) this.job('drop-users', dropUsersScript, env, this.clients, jobs);
    this.registerOutputs();
  }

  /**
   * Settings of members that are not alone. They are optional, so that the first pod is the same without them: it need not restart.
   * They must stay as they are: Pulumi replaces a ConfigMap, which deletes one with a name of its own.
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
   * A Job that tries `script` until it succeeds, or its `seconds` are over. Its input is in a Secret, which Pulumi replaces, with a
   * new name, before the Job. So the state shows what a killed update had begun, and the next one runs the Job again, even with the input of before.
   * Only `npm run up` deletes the Job of an update that was killed: plain `pulumi up` leaves it, which does no harm.
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
    const metadata = { namespace, annotations: { 'pulumi.com/replaceUnready': 'true' } }; // one that has failed would fail each update
    // Its own limit, since Pulumi's time-out does not end the wait for a Job (seen with pulumi-kubernetes 4.32).
    const spec = { backoffLimit: 1000, activeDeadlineSeconds: seconds, template: { metadata: { labels }, spec: pod } };
    return new batch.v1.Job(name, { metadata, spec }, { ...this.child, dependsOn });
  }
}
