/** Of MongoDB's superuser. */
export const rootUser = 'root';
/** The user that the service connects as, and its database: it can do nothing else. */
export const serviceUser = 'service';
export const database = 'app';
/** MongoDB's replica set. Its data know it by this name. */
export const replicaSet = 'rs0';

/**
 * Starts MongoDB as a replica set, with the users and the feature compatibility version that it needs. The image's own entrypoint takes
 * a folder with files in it for a complete one, so a first start that was killed would leave a database without users for good.
 *
 * `.set-up` in the data folder holds `new` until the first start is complete: until then nobody can have stored anything, and
 * the next start begins afresh. After that it says what the files were set up for, and no start deletes anything. A folder with files
 * but without `.set-up`, or with another one, is an older stack's, or somebody else's: nothing in it is deleted either. Older stacks
 * had no replica set: a standalone's files become one of a single member, with all data.
 */
export function startScript(data = '/data/db', key = '/tmp/key'): string {
  return `set -o errexit -o nounset -o pipefail
trap 'exit 143' TERM # as process 1, bash would ignore it
state=${data}/.set-up
version=$(mongod --version | sed -n 's/^db version v\\([0-9]*\\.[0-9]*\\).*/\\1/p')
wanted="$version ${replicaSet}"

mark() { echo "$1" > "$state" && sync "$state"; }
files() { find ${data} -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .set-up "$@"; }
if [ -z "$(files)" ]; then mark new; fi
before=$(cat "$state" 2> /dev/null || true)
if [ "$before" = new ]; then files -exec rm -rf {} +; fi

set -- "$@" --replSet ${replicaSet}
# A primary without secondaries has nobody to wait for when it shuts down. MongoDB 4.4 has no such parameter.
case $version in 4.*) ;; *) set -- "$@" --setParameter shutdownTimeoutMillisForSignaledShutdown=0 ;; esac

if [ "$before" != "$wanted" ]; then
  mongod "$@" --bind_ip 127.0.0.1 --fork --logpath "/proc/$$/fd/1" --logappend
  HOME=/tmp "$(command -v mongosh || command -v mongo)" --quiet mongodb://127.0.0.1/admin "$(dirname "$0")/set-up.js"
  mongod "$@" --shutdown
  mark "$wanted"
fi
# Members prove to each other by this key that they belong together. mongod refuses one that others could read.
(umask 077; printf %s "$REPLICA_SET_KEY" > ${key})
exec docker-entrypoint.sh mongod "$@" --keyFile ${key}
`;
}

/**
 * Run by mongosh, or MongoDB 4.4's mongo, while only the pod itself can connect. It changes nothing that is there already.
 * @param member host and port of the only member, which clients find it by
 */
export function setUpScript(member: string): string {
  return `
const variable = (name) => (typeof process === 'object' ? process.env[name] : _getEnv(name));
const run = (command) => {
  const answer = db.adminCommand(command);
  if (!answer.ok) throw new Error(answer.errmsg); // mongosh has thrown it itself
  return answer;
};
const hasReplicaSet = () => {
  try {
    run({ replSetGetConfig: 1 }); // a \`return\` of it would leave the \`try\` first, in mongosh
    return true;
  } catch (error) {
    return false;
  }
};
if (!hasReplicaSet()) run({ replSetInitiate: { _id: '${replicaSet}', members: [{ _id: 0, host: '${member}' }] } });
const isPrimary = () => {
  const { ismaster, setName } = run({ isMaster: 1 });
  return ismaster && setName === '${replicaSet}';
};
for (let tries = 600; !isPrimary(); tries--) {
  if (tries === 0) throw new Error('MongoDB is no primary after a minute: ' + JSON.stringify(run({ replSetGetStatus: 1 })));
  sleep(100);
}

const createUser = (name, user, pwd, role) => {
  const it = db.getSiblingDB(name);
  if (!it.getUser(user)) it.createUser({ user, pwd, roles: [role] });
};
createUser('admin', '${rootUser}', variable('MONGO_INITDB_ROOT_PASSWORD'), 'root');
createUser('${database}', '${serviceUser}', variable('SERVICE_PASSWORD'), 'readWrite');

// After an update, MongoDB writes as the version before until it is told that there is no way back. The update after that needs it.
const [major, minor] = db.version().split('.');
run({ setFeatureCompatibilityVersion: major + '.' + minor, ...(major >= 7 && { confirm: true }) });
`;
}
