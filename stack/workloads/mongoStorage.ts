import type * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';

/** MiB of a size such as `1Gi`, as `mongoStorage` can have it. */
function mebibytes(storage: string): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi|Ti)$/.exec(storage) ?? [];
  return Number(amount) * ({ Mi: 1, Gi: 2 ** 10, Ti: 2 ** 20 }[unit ?? ''] ?? NaN);
}

/**
 * Size of the oplog in MiB for a volume of `storage`, such as `1Gi`: a fifth. MongoDB itself would take at least 990 MiB. A backup under
 * load, and who reads changes, may be as far behind as it reaches.
 */
export function oplogSize(storage: string): number {
  return Math.min(51_200, Math.max(50, Math.floor(mebibytes(storage) / 5))); // MongoDB's own most is 50 GiB
}

/** Provisioners whose volumes are folders on a node: Minikube's, and that of kind and k3s. Their size is only a note. */
const folders = ['k8s.io/minikube-hostpath', 'rancher.io/local-path'];

/**
 * Why a volume of size `current` can't have size `next`; undefined if it can, as far as is known here: of other provisioners Kubernetes
 * knows, by their StorageClass, and refuses it in the preview too.
 */
export function storageFault(current: string, next: string, provisioner = ''): string | undefined {
  if (mebibytes(next) < mebibytes(current)) return 'A volume can only grow.';
  if (mebibytes(next) === mebibytes(current) || !folders.includes(provisioner)) return undefined;
  return `Volumes of ${provisioner} can't grow.`;
}

/** A hook of MongoDB's claims that stops a preview or an update before anything is changed, unless the volume can have size `storage`. */
export function storageGuard(name: string, storage: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-storage`,
    ({ oldInputs, oldOutputs }) => {
      const { metadata, spec } = {
        ...oldInputs,
        ...oldOutputs,
      } as kubernetes.types.output.core.v1.PersistentVolumeClaim;
      const current = String(spec.resources.requests.storage);
      const provisioner = metadata.annotations?.['volume.kubernetes.io/storage-provisioner'];
      const fault = storageFault(current, storage, provisioner);
      if (fault === undefined) return;
      throw new Error(
        `The database's volume has ${current} and can't be changed to ${storage}. ${fault} Nothing was changed. ` +
          `Keep the size: pulumi config set mongoStorage ${current}. Or move the data to a new volume: npm run down -- --backup FILE, then npm run up -- --restore FILE.`,
      );
    },
    { onDryRun: true },
  );
}
