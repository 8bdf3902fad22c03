import type * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';

/** `[8, 0]` of `mongo:8.0.30`. A tag without a minor version, such as `mongo:8`, moves on to the newest: `[8, Infinity]`. */
function version(image: string): readonly [major: number, minor: number] | undefined {
  const [, major, minor] = /:v?(\d+)(?:\.(\d+))?(?:\.\d+)*(?:-[^/]*)?$/.exec(image.replace(/@.*/, '')) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor ?? Number.POSITIVE_INFINITY)];
}

/**
 * Why image `next` must not be given the files of image `current`; undefined if it may. MongoDB reads those of its own and of the
 * previous major version, and of no newer version (mongodb.com/docs/manual/release-notes/8.0-upgrade-standalone).
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

/** A hook of MongoDB's StatefulSet that stops a preview or an update before anything is changed, unless `image` may have its files. */
export function upgradeGuard(name: string, image: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-upgrade`,
    ({ oldInputs, oldOutputs }) => {
      const { spec, status } = { ...oldOutputs, ...oldInputs } as kubernetes.types.output.apps.v1.StatefulSet;
      if (!status?.readyReplicas) return; // it never started, so there is a way back
      const current = String(spec.template.spec.containers[0]?.image);
      const fault = upgradeFault(current, image);
      if (fault === undefined) return;
      throw new Error(
        `The database runs '${current}' and can't be changed to '${image}'. ${fault} Nothing was changed. ` +
          `Keep the image: pulumi config set mongoImage ${current}. Or move the data to a new database: npm run down -- --backup FILE, then npm run up -- --restore FILE.`,
      );
    },
    { onDryRun: true },
  );
}
