import type * as kubernetes from '@pulumi/kubernetes';

/** Security context of a pod under the restricted Pod Security Standard, running as user and group `uid`. */
export function restrictedPod(uid: number): kubernetes.types.input.core.v1.PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: uid,
    runAsGroup: uid,
    fsGroup: uid,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** Security context of each of its containers. */
export const restrictedContainer: kubernetes.types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** Failures are told with the container's last log lines in place of an empty message. */
export const tellWithLog = { terminationMessagePolicy: 'FallbackToLogsOnError' } as const;

/**
 * How long pods may take to be ready: Pulumi's own ten minutes are too long to wait for a crash loop. An update on a busy machine
 * takes half a minute besides, and is to fail inside of two.
 */
export const awaited = { create: '100s', update: '75s' };
