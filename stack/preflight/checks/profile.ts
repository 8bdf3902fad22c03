import type { MinikubeConfiguration } from '../../configuration/configuration';
import { type Check, fails, passes, setting, warns } from '../check';
import type { Facts } from '../facts/facts';

/** A Minikube profile of our name is ours. The stack would refuse to take it over. */
export function checkProfile(
  { profiles, ownsProfile }: Pick<Facts, 'profiles' | 'ownsProfile'>,
  { profile }: MinikubeConfiguration,
): Check {
  const name = 'Minikube profile';
  const needed = `${profile}, absent or this stack's`;
  if (!profiles.includes(profile)) return passes(name, 'absent', needed);
  if (ownsProfile !== false) return passes(name, 'present', needed);
  return fails({
    name,
    needed,
    found: 'one that this stack did not make',
    remedy: `Take another name, ${setting('profile', `${profile}-2`)}. Or delete that cluster, with its data: minikube delete -p ${profile}`,
  });
}

/** Nothing is left of an earlier cluster of our name: Minikube would start on its old data, with other passwords. */
export function checkLeftovers(
  { docker, profiles }: Pick<Facts, 'docker' | 'profiles'>,
  { profile }: MinikubeConfiguration,
): Check {
  const name = 'leftovers';
  const needed = 'none of an earlier cluster';
  if (docker.state !== 'running' || profiles.includes(profile)) return passes(name, 'none', needed);
  const container = docker.containers.some((it) => it.name === profile);
  const volume = docker.volumes.includes(profile);
  if (!container && !volume) return passes(name, 'none', needed);
  const found = [container && 'a container', volume && 'a volume'].filter(Boolean).join(' and ');
  return warns({
    name,
    needed,
    found: `${found} named ${profile}`,
    remedy: `Remove it: minikube delete -p ${profile}`,
  });
}
