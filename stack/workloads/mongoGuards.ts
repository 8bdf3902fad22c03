import type * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';

/** MiB of a size such as `1Gi`, as `mongoStorage` can have it. */
function mebibytes(storage: string): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi|Ti)$/.exec(storage) ?? [];
  return Number(amount) * ({ Mi: 1, Gi: 2 ** 10, Ti: 2 ** 20 }[unit ?? ''] ?? NaN);
}

/**
 * Size of the oplog in MiB for a volume of `storage`, such as `1Gi`: a fifth of it. MongoDB can't resize it to less than 990 MiB, so
 * volumes of 1 to 4.8 GiB keep the 204 MiB of the first start (mongoMember.ts). The oplog limits how far backups under load and readers
 * of changes may be behind.
 */
export function oplogSize(storage: string): number {
  return Math.min(51_200, Math.max(50, Math.floor(mebibytes(storage) / 5))); // MongoDB's default is at most 50 GiB
}

/**
 * Why a volume can't be changed from size `current` to `next`; undefined if Kubernetes has to decide, by the StorageClass. A preview does
 * not show that decision (pulumi-kubernetes 4.32).
 * @param fixed whether it can't grow
 */
export function storageFault(current: string, next: string, fixed: boolean): string | undefined {
  if (mebibytes(next) < mebibytes(current)) return 'A volume can only grow.';
  return fixed && mebibytes(next) > mebibytes(current) ? "Minikube's volumes can't grow." : undefined;
}

/** A hook of MongoDB's claims that refuses a `storage` size that the volume can't be changed to. */
export function storageGuard(name: string, storage: string, fixed: boolean): pulumi.ResourceHook {
  return guard<kubernetes.types.output.core.v1.PersistentVolumeClaim>(`${name}-storage`, (_, { spec }) => {
    const current = String(spec.resources.requests.storage);
    const fault = storageFault(current, storage, fixed);
    return (
      fault &&
      `The database's volume has ${current} and can't be changed to ${storage}. ${fault} Nothing was changed. ` +
        `Keep the size: pulumi config set mongoStorage ${current}. Or move the data to a new volume`
    );
  });
}

/** `[8, 0]` of `mongo:8.0.30`. A tag without a minor version, such as `mongo:8`, moves on to the newest: `[8, Infinity]`. */
function version(image: string): readonly [major: number, minor: number] | undefined {
  const [, major, minor] = /:v?(\d+)(?:\.(\d+))?(?:\.\d+)*(?:-[^/]*)?$/.exec(image.replace(/@.*/, '')) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor ?? Number.POSITIVE_INFINITY)];
}

/**
 * Why image `next` can't use the data of image `current`; undefined if it can. MongoDB reads data of its own and the previous major
 * version, but of no newer version (mongodb.com/docs/manual/release-notes/8.0-upgrade-standalone).
 */
export function upgradeFault(current: string, next: string): string | undefined {
  if (current === next) return undefined;
  const [from, to] = [version(current), version(next)];
  if (!from || !to) return `The tag of '${from ? next : current}' does not start with a version of MongoDB.`;
  if (to[0] > from[0] + 1)
    return `MongoDB ${to[0]} reads the files of ${to[0] - 1} and ${to[0]} only. Update to ${from[0] + 1} first.`;
  if (to[0] > from[0] || (to[0] === from[0] && to[1] >= from[1])) return undefined;
  return Number.isFinite(from[1]) || to[0] < from[0]
    ? 'MongoDB does not read the files of a newer version.'
    : `'${current}' is whichever ${from[0]}.x was the newest, which may be newer than '${next}'.`;
}

/** A hook of MongoDB's StatefulSet that refuses an `image` which can't read its files. */
export function upgradeGuard(name: string, image: string): pulumi.ResourceHook {
  return guard<kubernetes.types.output.apps.v1.StatefulSet>(`${name}-upgrade`, ({ spec }, { status }) => {
    if (!status?.readyReplicas) return undefined; // it has never started, so it can be changed back
    const current = String(spec.template.spec.containers[0]?.image);
    const fault = upgradeFault(current, image);
    return (
      fault &&
      `The database runs '${current}' and can't be changed to '${image}'. ${fault} Nothing was changed. ` +
        `Keep the image: pulumi config set mongoImage ${current}. Or move the data to a new database`
    );
  });
}

/** A hook that stops a preview or an update before anything is changed, if `refuse` gives a reason for the resource as it was. */
function guard<T>(name: string, refuse: (inputs: T, all: T) => string | undefined): pulumi.ResourceHook {
  const check: pulumi.ResourceHookFunction = ({ oldInputs, oldOutputs }) => {
    const reason = refuse(oldInputs as T, { ...oldInputs, ...oldOutputs } as T);
    if (reason) throw new Error(`${reason}: npm run down -- --backup FILE, then npm run up -- --restore FILE.`);
  };
  return new pulumi.ResourceHook(name, check, { onDryRun: true });
}
