/** MongoDB's superuser, for people. The stack itself uses the replica set's key. */
export const rootUser = 'root';
/** The user that the service connects as, and its database: it can do nothing else. */
export const serviceUser = 'service';
export const database = 'app';
/** MongoDB's replica set. Its data know it by this name. */
export const replicaSet = 'rs0';

/**
 * Starts a member of the replica set. It sets nothing up: a Job does (mongoConfigure.ts), as often as it takes. The image's own
 * entrypoint would take a first start that was killed halfway for a complete one, and leave a database without users for good.
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
