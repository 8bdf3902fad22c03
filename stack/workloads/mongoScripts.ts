/** MongoDB's superuser, for people. The stack itself uses the replica set's key. */
export const rootUser = 'root';
/** The service's user, and the only database that it may use. */
export const serviceUser = 'service';
export const database = 'app';
/** Name of the replica set, which is stored in the data. */
export const replicaSet = 'rs0';

/**
 * Starts a member of the replica set. A Job configures it (`configureScript`), and is retried until it succeeds. The image's own
 * entrypoint would treat a killed first start as complete, and leave a database without users.
 */
export function startScript(key = '/tmp/key'): string {
  return `set -o errexit -o nounset -o pipefail
# Members prove to each other by this key that they belong together. mongod refuses one that others could read.
(umask 077; printf %s "$REPLICA_SET_KEY" > ${key})
set -- "$@" --replSet ${replicaSet} --keyFile ${key}
# A primary without secondaries has nobody to hand over to when it shuts down. MongoDB 4.4 has no such parameter.
case $(mongod --version) in
  'db version v4.'*) ;;
  *) set -- "$@" --setParameter "shutdownTimeoutMillisForSignaledShutdown=\${HANDOVER_MILLIS:-0}" ;;
esac
exec docker-entrypoint.sh mongod "$@"
`;
}

/**
 * The start of each Job's script. mongosh, or mongo of MongoDB 4.4, runs it as the members' internal user, whose password is their key:
 * this works before users exist, and with any passwords. `MEMBERS` are hosts with ports.
 *
 * In mongosh, `return f()` inside `try` would leave the `try` before an error is thrown, and callbacks of array methods can't wait.
 */
const common = `
const variable = (name) => (typeof process === 'object' ? process.env[name] : _getEnv(name));
const members = variable('MEMBERS').split(',');
const open = (hosts, options) =>
  connect('mongodb://__system:' + variable('REPLICA_SET_KEY') + '@' + hosts + '/admin?authSource=local&' + options);
const openMember = (host) => open(host, 'directConnection=true&serverSelectionTimeoutMS=2000');
const run = (server, command) => {
  const answer = server.adminCommand(command);
  if (!answer.ok) throw new Error(answer.errmsg); // mongosh has thrown it itself
  return answer;
};
let failure = '';
const attempt = (work) => {
  try {
    const value = work();
    return value;
  } catch (error) {
    failure = error.message;
    return undefined;
  }
};
const until = (what, seconds, work) => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; sleep(100)) {
    const value = attempt(work);
    if (value) return value;
  }
  const status = attempt(() => run(openMember(members[0]), { replSetGetStatus: 1 }).members);
  throw new Error('Not within ' + seconds + ' s: ' + what + '. ' + failure + ' Members: ' + JSON.stringify(status));
};
const openSet = () => open(members.join(), 'replicaSet=${replicaSet}&serverSelectionTimeoutMS=5000');
const jobsOf = (set) => set.getSiblingDB('admin').getCollection('jobs');
`;

/**
 * Configures the replica set, its members and its users as the environment says. It can run at any time, and changes only differences.
 *
 * `MEMBERS`: the first one is always a member. `PID_FILE`: that of the first one, when its pod is up to date. `VERSION`: of MongoDB in the
 * image. `OPLOG_SIZE`: in MB. `HANDOVER_MILLIS`: of a primary that shuts down. `CREATED`: time of the input, as sortable text.
 *
 * All members have the same priority. One with a higher priority would take over after a restart. Under writes it is behind the others,
 * and may lose its election after the primary has stepped down: then there is no primary for `electionTimeoutMillis`.
 */
export const configureScript = `${common}
// A member of an existing set gets its configuration from the others.
until(members[0] + ' answers, with its volume', 90, () => {
  const { processManagement } = run(openMember(members[0]), { getCmdLineOpts: 1 }).parsed;
  const isIts = processManagement.pidFilePath === variable('PID_FILE');
  return isIts;
});
let isNew = true;
for (const host of members) if (attempt(() => run(openMember(host), { isMaster: 1 }).setName)) isNew = false;
const settings = { electionTimeoutMillis: 3000 }; // MongoDB's own 10 s are for networks between data centers
const initial = { _id: '${replicaSet}', members: [{ _id: 0, host: members[0] }], settings };
if (isNew) attempt(() => run(openMember(members[0]), { replSetInitiate: initial })); // fails if it is still loading a set from its files

const set = until('a primary', 60, openSet);
// The Job of a killed update may still run. It must not undo what a later one does.
const jobs = jobsOf(set);
jobs.updateOne({ _id: 'configure' }, { $max: { created: variable('CREATED') } }, { upsert: true });
const remedy = 'run db.getSiblingDB("admin").jobs.drop() in npm run shell, then npm run up';
const own = { _id: 'configure', created: variable('CREATED') };
const assertLatest = () => {
  if (jobs.findOne(own)) return;
  throw new Error('A later Job has taken over. If npm run up fails by this, the clock was set back: ' + remedy + '.');
};
assertLatest();
jobs.updateOne(own, { $set: { user: variable('SERVICE_USER') } }); // nobody drops it from now on
const current = () => run(set, { replSetGetConfig: 1 }).config;
const memberOf = (config, host) => config.members.find((member) => member.host === host);
const reconfigure = (what, change) => {
  until(what, 60, () => {
    assertLatest();
    const config = current();
    const before = JSON.stringify(config);
    change(config);
    if (JSON.stringify(config) === before) return true;
    config.version++;
    run(set, { replSetReconfig: config }); // it fails while the one before it is not with the majority
    print(what);
    return true;
  });
};
const stateOf = (host) => {
  for (const member of run(set, { replSetGetStatus: 1 }).members) if (member.name === host) return member.stateStr;
};

// One at a time. A new member does not vote until it has all data: no write waits for it.
reconfigure('settings', (config) => Object.assign(config.settings, settings));
for (const host of members) {
  reconfigure(host + ' joins', (config) => {
    const _id = 1 + Math.max(...config.members.map((member) => member._id));
    if (!memberOf(config, host)) config.members.push({ _id, host, priority: 0, votes: 0 });
  });
  until(host + ' has all data', 600, () => /PRIMARY|SECONDARY/.test(stateOf(host)));
  reconfigure(host + ' votes', (config) => Object.assign(memberOf(config, host), { votes: 1, priority: 1 }));
}
const leaving = current().members.filter(({ host }) => !members.includes(host));
if (leaving.length > 0 && stateOf(members[0]) !== 'PRIMARY') {
  reconfigure(members[0] + ' is preferred', (config) => Object.assign(memberOf(config, members[0]), { priority: 2 }));
  attempt(() => run(set, { replSetStepDown: 60 })); // the primary hands over to the one that is preferred, when that has all writes
  until(members[0] + ' is the primary', 120, () => stateOf(members[0]) === 'PRIMARY');
}
for (const { host } of leaving) {
  reconfigure(host + ' leaves', (config) => {
    config.members = config.members.filter((member) => member.host !== host);
  });
}
const handover = { setParameter: 1, shutdownTimeoutMillisForSignaledShutdown: Number(variable('HANDOVER_MILLIS')) };
attempt(() => run(openMember(members[0]), handover)); // one that restarts reads its environment; MongoDB 4.4 has no such parameter
// It grows with the volume. MongoDB's least is 990 MB: that of a smaller volume keeps its first size.
const size = Number(variable('OPLOG_SIZE'));
// mongosh sends whole numbers as integers, which older versions of MongoDB refuse here. The older shell has doubles only, and no Double.
const resize = { replSetResizeOplog: 1, size: typeof Double === 'function' ? Double(size) : size };
for (const host of size >= 990 ? members : []) run(openMember(host), resize);

assertLatest();
const setUser = (name, user, pwd, role) => {
  const it = set.getSiblingDB(name);
  if (it.getUser(user)) it.updateUser(user, { pwd });
  else it.createUser({ user, pwd, roles: [role] });
};
setUser('admin', '${rootUser}', variable('ROOT_PASSWORD'), 'root');
setUser('${database}', variable('SERVICE_USER'), variable('SERVICE_PASSWORD'), 'readWrite');

// After an update MongoDB keeps the data format of the version before, for a way back, until this is set. The next update needs it.
const version = variable('VERSION');
let isUpdated = true;
for (const host of members) {
  const running = () => openMember(host).version();
  const runsIt = () => running().startsWith(version + '.');
  if (attempt(() => until('the version', 30, runsIt))) continue;
  isUpdated = false; // as with a tag that has moved: its pod may still run the older image
  print(host + ' runs MongoDB ' + running() + ', and the image is ' + version);
}
const confirm = Number(version.split('.')[0]) >= 7 ? { confirm: true } : {};
if (isUpdated) run(set, Object.assign({ setFeatureCompatibilityVersion: version }, confirm));
print('configured: ' + members.join());
`;

/**
 * Drops the service's users except `SERVICE_USER`, each after its last connection has ended. Drops none if it is the Job of a killed
 * update that was undone.
 */
export const dropUsersScript = `${common}
const set = until('a primary', 60, openSet);
const users = set.getSiblingDB('${database}');
for (const { user } of users.runCommand({ usersInfo: 1 }).users) {
  if (!/^${serviceUser}([-_][0-9]+)?$/.test(user) || user === variable('SERVICE_USER')) continue;
  const connections = [{ $currentOp: { allUsers: true, idleConnections: true } }, { $match: { 'effectiveUsers.user': user } }];
  // A pod that ends has half a minute for its requests. After that, a connection belongs to somebody else.
  if (!attempt(() => until('nobody is connected as ' + user, 60, () => set.aggregate(connections).toArray().length === 0))) print(failure);
  if (!jobsOf(set).findOne({ _id: 'configure', user: variable('SERVICE_USER') })) {
    print('A later Job has taken over.');
    break;
  }
  users.dropUser(user);
  print('dropped: ' + user);
}
`;

/** Runs a script by mongosh, or by MongoDB 4.4's older shell, with the version of the image, such as `8.0`, in its environment. */
export const configureCommand = `export HOME=/tmp VERSION=$(mongod --version | sed -n 's/^db version v\\([0-9]*\\.[0-9]*\\).*/\\1/p')
exec "$(command -v mongosh || command -v mongo)" --quiet --nodb "$@"`;
