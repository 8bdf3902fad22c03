import assert from 'node:assert/strict';
import { configureScript, dropUsersScript } from '../../../stack/workloads/mongoScripts';

interface Member {
  readonly _id: number;
  readonly host: string;
  readonly priority?: number;
  readonly votes?: number;
}

interface Config {
  readonly version?: number;
  readonly members: Member[];
  readonly settings: object;
}

interface Job {
  readonly created: string;
  readonly user: string;
}

type Command = Readonly<Record<string, unknown>>;

const hosts = ['mongo-0.mongo:27017', 'mongo-1-0.mongo:27017', 'mongo-2-0.mongo:27017'] as const;
const [first] = hosts;
const settings = { electionTimeoutMillis: 3000 };
const three: Config = {
  members: hosts.map((host, _id) => ({ _id, host, votes: 1, priority: 1 })),
  settings,
};

/** A replica set, as far as the script sees it. */
class ReplicaSet {
  /** What changed it: configurations by their members, such as `mongo-0*` for one that votes, and other commands. */
  readonly changes: string[] = [];
  readonly printed: string[] = [];
  config: Config | undefined;
  primary: string | undefined = first;
  version = '8.0.30';
  pidFile: string | undefined = '/tmp/volume.pid';
  users: string[] = [];
  /** Users of the connections that are open. */
  connected: string[] = [];
  seconds = 0;
  /** When the latest Job was asked for, and the service's user since. */
  job = { created: '', user: '' };
  /** Whether another member has all writes. */
  canHandOver = true;
  /** mongosh's type for numbers that are sent as doubles; MongoDB 4.4's shell has none. */
  Double: ((value: number) => object) | undefined;
  /** Called each time that the script waits. */
  onSleep = (): void => undefined;

  constructor(config?: Config) {
    this.config = config && structuredClone(config);
  }

  run(members: readonly string[], environment: Record<string, string> = {}, script = configureScript): void {
    const env = {
      MEMBERS: members.join(),
      VERSION: '8.0',
      HANDOVER_MILLIS: '5000',
      OPLOG_SIZE: '204',
      PID_FILE: '/tmp/volume.pid',
      CREATED: '2026-11-26T10:00:00Z',
      REPLICA_SET_KEY: 'key',
      ROOT_PASSWORD: 'r',
      SERVICE_USER: 'service',
      SERVICE_PASSWORD: 's',
      ...environment,
    };
    const sleep = (milliseconds: number): void => {
      this.seconds += milliseconds / 1000;
      this.onSleep();
    };
    const clock = { now: () => this.seconds * 1000 };
    const print = (line: string): void => void this.printed.push(line);
    new Function('connect', 'sleep', 'process', 'print', 'Date', 'Double', script)(
      (uri: string) => this.#connect(uri),
      sleep,
      { env },
      print,
      clock,
      this.Double,
    );
  }

  #connect(uri: string): object {
    const [, list = '', options = ''] = /^mongodb:\/\/__system:key@(.*)\/admin\?authSource=local&(.*)$/.exec(uri) ?? [];
    const direct = options.startsWith('directConnection=true');
    if (!direct && (this.primary === undefined || this.config === undefined)) throw new Error('no primary there');
    return {
      version: () => this.version,
      aggregate: ([, { $match }]: [unknown, { $match: Record<string, string> }]) => ({
        toArray: () => this.connected.filter((user) => user === $match['effectiveUsers.user']),
      }),
      adminCommand: (command: Command) => this.#answer(list, command),
      getSiblingDB: (name: string) => ({
        getCollection: () => ({
          updateOne: (
            filter: Partial<Job>,
            { $max, $set }: { $max?: Pick<Job, 'created'>; $set?: Pick<Job, 'user'> },
          ) => {
            if ($max && $max.created > this.job.created) this.job.created = $max.created;
            if ($set && this.#isLatest(filter)) this.job.user = $set.user;
          },
          findOne: (filter: Partial<Job>) => (this.#isLatest(filter) ? this.job : null),
        }),
        getUser: (user: string) => (this.users.includes(user) ? {} : null),
        createUser: ({ user, roles }: { user: string; roles: string[] }) =>
          this.changes.push(`create ${name}.${user} ${roles}`),
        updateUser: (user: string) => this.changes.push(`update ${name}.${user}`),
        runCommand: () => ({ users: this.users.map((user) => ({ user })) }),
        dropUser: (user: string) => this.changes.push(`drop ${name}.${user} after ${Math.round(this.seconds)} s`),
      }),
    };
  }

  #isLatest({ created = this.job.created, user = this.job.user }: Partial<Job>): boolean {
    return created === this.job.created && user === this.job.user;
  }

  #answer(host: string, command: Command): object {
    const isMember = this.config?.members.some((member) => member.host === host);
    if ('isMaster' in command) return { ok: 1, setName: isMember ? 'rs0' : undefined };
    if ('getCmdLineOpts' in command)
      return { ok: 1, parsed: this.pidFile === undefined ? {} : { processManagement: { pidFilePath: this.pidFile } } };
    if ('replSetGetStatus' in command) return { ok: 1, members: this.config?.members.map((it) => this.#status(it)) };
    if ('replSetGetConfig' in command) return { ok: 1, config: structuredClone(this.config) };
    const config = (command.replSetInitiate ?? command.replSetReconfig) as Config | undefined;
    if (config) {
      this.config = { ...config, members: config.members.map((member) => ({ votes: 1, priority: 1, ...member })) };
      const names = config.members.map(({ host, votes = 1 }) => host.replace(/\..*/, votes === 1 ? '*' : ''));
      this.changes.push(`${'replSetInitiate' in command ? 'initiate' : 'reconfigure'} ${names.join(' ')}`);
    } else this.changes.push(JSON.stringify(command));
    if ('replSetStepDown' in command) {
      if (!this.canHandOver) return { ok: 0, errmsg: 'No electable secondaries caught up' };
      const priorities = this.config?.members.map(({ priority = 1 }) => priority) ?? [];
      this.primary = this.config?.members[priorities.indexOf(Math.max(...priorities))]?.host;
    }
    return { ok: 1 };
  }

  #status({ host }: Member): object {
    return { name: host, stateStr: host === this.primary ? 'PRIMARY' : 'SECONDARY' };
  }
}

const always = (handover: number): string[] => [
  JSON.stringify({ setParameter: 1, shutdownTimeoutMillisForSignaledShutdown: handover }),
  'create admin.root root',
  'create app.service readWrite',
  '{"setFeatureCompatibilityVersion":"8.0","confirm":true}',
];

describe('configureScript', () => {
  it('waits for the member that has its volume', () => {
    for (const before of [undefined, '/tmp/old.pid']) {
      const set = new ReplicaSet();
      set.pidFile = before;
      set.onSleep = () => {
        if (set.seconds > 10) set.pidFile = '/tmp/volume.pid';
        else assert.deepEqual(set.changes, []);
      };
      set.run([first]);
      assert.ok(set.seconds > 10);
      assert.equal(set.changes[0], 'initiate mongo-0*');
    }
  });

  it('makes a replica set of one, and the users', () => {
    const set = new ReplicaSet();
    set.run([first], { HANDOVER_MILLIS: '0' });
    assert.deepEqual(set.changes, ['initiate mongo-0*', ...always(0)]);
    assert.deepEqual(set.config?.settings, settings);
  });
  it('adds members one at a time, each without a vote until it has all data', () => {
    const set = new ReplicaSet();
    set.run(hosts);
    const steps = [
      'mongo-0* mongo-1-0',
      'mongo-0* mongo-1-0*',
      'mongo-0* mongo-1-0* mongo-2-0',
      'mongo-0* mongo-1-0* mongo-2-0*',
    ];
    assert.deepEqual(set.changes, ['initiate mongo-0*', ...steps.map((it) => `reconfigure ${it}`), ...always(5000)]);
    assert.deepEqual(set.config?.members, three.members);
  });
  it('continues where a run was killed, and changes nothing when it is done', () => {
    const set = new ReplicaSet(three);
    Object.assign(set.config?.members[2] ?? {}, { votes: 0, priority: 0 });
    set.run(hosts);
    assert.deepEqual(set.changes, ['reconfigure mongo-0* mongo-1-0* mongo-2-0*', ...always(5000)]);
    set.changes.length = 0;
    set.run(hosts);
    assert.deepEqual(set.changes, always(5000));
  });
  it('takes the settings of an older set along', () => {
    const set = new ReplicaSet({ members: [{ _id: 0, host: first, votes: 1, priority: 2 }], settings: {} });
    set.run([first]);
    assert.deepEqual(set.config?.settings, settings);
    assert.equal(set.config?.members[0]?.priority, 1);
  });
  it('gives no member a higher priority, for which it would take over from another', () => {
    const older = { ...three, members: three.members.map((it) => ({ ...it, priority: it.host === first ? 2 : 1 })) };
    const set = new ReplicaSet(older);
    set.primary = hosts[1];
    set.run(hosts);
    assert.deepEqual(set.config?.members, three.members);
    assert.equal(set.primary, hosts[1]);
  });
  it('removes members one at a time', () => {
    const set = new ReplicaSet(three);
    set.run([first], { HANDOVER_MILLIS: '0' });
    assert.deepEqual(set.changes, ['reconfigure mongo-0* mongo-2-0*', 'reconfigure mongo-0*', ...always(0)]);
  });
  it('makes the first member the primary before it removes the others', () => {
    const set = new ReplicaSet({ ...three, members: [...three.members].reverse() });
    set.primary = hosts[1];
    set.run([first], { HANDOVER_MILLIS: '0' });
    assert.deepEqual(set.changes.slice(0, 2), [
      'reconfigure mongo-2-0* mongo-1-0* mongo-0*', // its priority
      '{"replSetStepDown":60}',
    ]);
    assert.equal(set.primary, first);
    assert.deepEqual(set.changes.slice(2), ['reconfigure mongo-1-0* mongo-0*', 'reconfigure mongo-0*', ...always(0)]);
  });
  it('waits until the first member is the primary, if the primary could not hand over at once', () => {
    const set = new ReplicaSet(three);
    set.primary = hosts[1];
    set.canHandOver = false;
    set.onSleep = () => {
      if (set.seconds > 3) set.primary = first;
      else assert.equal(set.config?.members.length, 3);
    };
    set.run([first], { HANDOVER_MILLIS: '0' });
    assert.ok(set.seconds > 3);
    assert.equal(set.config?.members.length, 1);
  });
  it('makes no second set when only the first member has lost its data', () => {
    const others = { ...three, members: three.members.slice(1) };
    const set = new ReplicaSet(others);
    set.primary = hosts[1];
    set.run(hosts);
    assert.equal(
      set.changes.some((change) => change.startsWith('initiate')),
      false,
    );
    assert.deepEqual(set.config?.members.map(({ host }) => host).sort(), [...hosts]);
  });
  it('changes nothing more when a later Job has begun, as after an update that was killed and set back', () => {
    const set = new ReplicaSet(three);
    const later = { CREATED: '2026-11-26T10:00:09Z' };
    set.primary = hosts[1];
    set.canHandOver = false;
    set.onSleep = () => {
      if (set.seconds < 3) return;
      set.onSleep = () => undefined;
      set.run(hosts, later);
      set.changes.length = 0;
      set.primary = first;
    };
    assert.throws(() => set.run([first]), /mongo-1-0\.mongo:27017 leaves\. A later Job has taken over\./);
    assert.deepEqual(set.changes, []);
    assert.throws(() => set.run([first]), /A later Job has taken over/); // when it is started again, too
    assert.deepEqual(set.config?.members, three.members);
    set.run(hosts, later);
  });
  it('says how to go on after the clock was set back', () => {
    const set = new ReplicaSet(three);
    set.run(hosts, { CREATED: '2027-01-01T00:00:00Z' });
    const remedy =
      /the clock was set back: run db\.getSiblingDB\("admin"\)\.jobs\.drop\(\) in npm run shell, then npm run up/;
    assert.throws(() => set.run(hosts), remedy);
    set.job.created = ''; // as dropped
    set.run(hosts);
  });
  it('fails with the status of the members where there is no primary', () => {
    const set = new ReplicaSet(three);
    set.primary = undefined;
    assert.throws(() => set.run(hosts), /Not within 60 s: a primary\. no primary there Members: .*SECONDARY/);
    assert.deepEqual(set.changes, []);
  });
  it('sets passwords of users that are there', () => {
    const set = new ReplicaSet(three);
    set.users = ['root', 'service'];
    set.run(hosts);
    assert.deepEqual(set.changes.slice(1, 3), ['update admin.root', 'update app.service']);
  });
  it('lets the oplog of all members grow with the volume, if MongoDB can', () => {
    const set = new ReplicaSet(three);
    const resizes = (OPLOG_SIZE: string): string[] => {
      set.changes.length = 0;
      set.run(hosts, { OPLOG_SIZE });
      return set.changes.filter((change) => change.includes('Resize'));
    };
    assert.deepEqual(resizes('989'), []);
    assert.deepEqual(resizes('2048'), Array(3).fill('{"replSetResizeOplog":1,"size":2048}'));
    set.Double = (value) => ({ double: value });
    assert.deepEqual(resizes('2048'), Array(3).fill('{"replSetResizeOplog":1,"size":{"double":2048}}'));
  });
  it('leaves the way back open until all members are updated', () => {
    const set = new ReplicaSet(three);
    set.run(hosts, { VERSION: '9.0' });
    assert.equal(
      set.changes.some((change) => change.includes('CompatibilityVersion')),
      false,
    );
    assert.match(set.printed.join('\n'), /mongo-0\.mongo:27017 runs MongoDB 8\.0\.30, and the image is 9\.0/);
    set.version = '9.0.1';
    set.run(hosts, { VERSION: '9.0' });
    assert.equal(set.changes.at(-1), '{"setFeatureCompatibilityVersion":"9.0","confirm":true}');
  });
});

describe('dropUsersScript', () => {
  const latest = { SERVICE_USER: 'service_3' };
  const drop = (set: ReplicaSet): void => {
    set.run(hosts, latest);
    set.changes.length = 0;
    set.seconds = 0;
    set.run([first], latest, dropUsersScript);
  };

  it("drops the service's other users, and no one else", () => {
    const set = new ReplicaSet(three);
    set.users = ['service', 'service-2', 'service_2', 'service_3', 'services', 'somebody'];
    drop(set);
    const dropped = ['service', 'service-2', 'service_2'].map((user) => `drop app.${user} after 0 s`);
    assert.deepEqual(set.changes, dropped);
  });
  it('waits for pods that still end, and for nothing else', () => {
    const set = new ReplicaSet(three);
    set.users = ['service', 'service-2'];
    set.connected = ['service', 'service-2'];
    set.onSleep = () => {
      if (set.seconds > 20) set.connected = ['service-2']; // somebody else's
    };
    drop(set);
    assert.deepEqual(set.changes, ['drop app.service after 20 s', 'drop app.service-2 after 80 s']);
    assert.match(set.printed.join('\n'), /Not within 60 s: nobody is connected as service-2/);
  });
  it('drops no user when the configuration was changed back meanwhile', () => {
    const set = new ReplicaSet(three);
    set.users = ['service', 'service_3'];
    set.connected = ['service'];
    set.onSleep = () => {
      set.onSleep = () => undefined;
      set.run(hosts, { CREATED: '2026-11-26T10:00:09Z' }); // of the service's first user
      set.changes.length = 0;
    };
    drop(set);
    assert.deepEqual(set.changes, []);
  });
});
