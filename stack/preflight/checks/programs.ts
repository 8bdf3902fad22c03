import { type Check, fails, passes, warns } from '../check';
import type { Facts } from '../facts/facts';
import { isAtLeast } from '../version';

/**
 * Oldest versions. Minikube 1.34 is the first whose own Kubernetes, 1.31, has all that the stack's objects use without feature
 * gates, and old ones do not know `profile list --light` or `--ports` with an address. Pulumi 3.120 knows `packagemanager` in
 * Pulumi.yaml; the CLI is best as new as the SDK in package.json.
 */
const least = { minikube: '1.34.0', pulumi: '3.120.0', pulumiSdk: '3.248.0' };

const fetchThem = 'npm run up -- --fetch gets it into this project alone';

export function checkMinikube({ minikube }: Pick<Facts, 'minikube'>): Check {
  const fault = { name: 'Minikube', found: minikube ?? 'no minikube on PATH', needed: `${least.minikube} or later` };
  if (minikube !== undefined && isAtLeast(minikube, least.minikube)) return passes(fault.name, minikube, fault.needed);
  return fails({ ...fault, remedy: `${fetchThem}; or install it: https://minikube.sigs.k8s.io/docs/start` });
}

export function checkPulumi({ pulumi }: Pick<Facts, 'pulumi'>): Check {
  const fault = {
    name: 'Pulumi CLI',
    found: pulumi ?? 'no pulumi on PATH',
    needed: `${least.pulumi}, better ${least.pulumiSdk} or later`,
  };
  const remedy = `${fetchThem}; or install it: https://www.pulumi.com/docs/install`;
  if (pulumi === undefined || !isAtLeast(pulumi, least.pulumi)) return fails({ ...fault, remedy });
  return isAtLeast(pulumi, least.pulumiSdk) ? passes(fault.name, pulumi, fault.needed) : warns({ ...fault, remedy });
}
