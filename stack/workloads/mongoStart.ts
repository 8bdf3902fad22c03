/** Of MongoDB's superuser. */
export const rootUser = 'root';
/** The user that the service connects as, and its database: it can do nothing else. */
export const serviceUser = 'service';
export const database = 'app';

/**
 * Starts MongoDB, with the users and the feature compatibility version that it needs. The image's own entrypoint takes a folder with
 * files in it for a complete one, so a first start that was killed would leave a database without users for good.
 *
 * `.set-up` in the data folder holds `new` until the first start is complete: until then nobody can have stored anything, and
 * the next start begins afresh. After that it holds the version that the files were set up for, and no start deletes anything. A
 * folder with files but without `.set-up` is an older stack's, or somebody else's: nothing in it is deleted either.
 */
export function startScript(data = '/data/db'): string {
  return `set -o errexit -o nounset -o pipefail
trap 'exit 143' TERM # as process 1, bash would ignore it
state=${data}/.set-up
version=$(mongod --version | sed -n 's/^db version v\\([0-9]*\\.[0-9]*\\).*/\\1/p')

mark() { echo "$1" > "$state" && sync "$state"; }
files() { find ${data} -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .set-up "$@"; }
if [ -z "$(files)" ]; then mark new; fi
before=$(cat "$state" 2> /dev/null || true)
if [ "$before" = new ]; then files -exec rm -rf {} +; fi

if [ "$before" != "$version" ]; then
  mongod "$@" --bind_ip 127.0.0.1 --fork --logpath "/proc/$$/fd/1" --logappend
  HOME=/tmp "$(command -v mongosh || command -v mongo)" --quiet mongodb://127.0.0.1/admin "$(dirname "$0")/set-up.js"
  mongod "$@" --shutdown
  mark "$version"
fi
exec docker-entrypoint.sh mongod "$@"
`;
}

/** Run by mongosh, or MongoDB 4.4's mongo, while only the pod itself can connect. It changes nothing that is there already. */
export const setUpScript = `
const variable = (name) => (typeof process === 'object' ? process.env[name] : _getEnv(name));
const createUser = (name, user, pwd, role) => {
  const it = db.getSiblingDB(name);
  if (!it.getUser(user)) it.createUser({ user, pwd, roles: [role] });
};
createUser('admin', '${rootUser}', variable('MONGO_INITDB_ROOT_PASSWORD'), 'root');
createUser('${database}', '${serviceUser}', variable('SERVICE_PASSWORD'), 'readWrite');

// After an update, MongoDB writes as the version before until it is told that there is no way back. The update after that needs it.
const [major, minor] = db.version().split('.');
const { ok, errmsg } = db.adminCommand({ setFeatureCompatibilityVersion: major + '.' + minor, ...(major >= 7 && { confirm: true }) });
if (!ok) throw new Error(errmsg);
`;
