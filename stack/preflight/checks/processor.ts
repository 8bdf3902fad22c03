import type { Configuration } from '../../configuration/configuration';
import { type Check, fails, passes, setting, warns } from '../check';
import type { Facts } from '../facts/facts';
import { parseVersion } from '../version';
import { isLocal } from './docker';

/** One of these is there from ARMv8.2-A on, which MongoDB 5 needs: the list of the official image's own entrypoint. */
const arm82 = ['fphp', 'dcpop', 'sha3', 'sm3', 'sm4', 'asimddp', 'sha512', 'sve'];

/** MongoDB 5 and later crash on a processor without AVX (x64) or ARMv8.2-A (docker-library/mongo #485). */
export function checkProcessor({ docker, host }: Pick<Facts, 'docker' | 'host'>, { database }: Configuration): Check {
  const name = 'processor';
  if (database.kind !== 'mongo' || !isMongo5(database.image)) return passes(name, 'not asked for');
  const needed = host.architecture === 'x64' ? 'AVX, for MongoDB 5 and later' : 'ARMv8.2-A, for MongoDB 5 and later';
  const remote = docker.state === 'running' && !isLocal(docker.endpoint);
  const features = host.processor;
  if (features === undefined || remote || !['x64', 'arm64'].includes(host.architecture))
    return passes(name, 'not known', needed);
  const fits =
    host.architecture === 'x64'
      ? features.some((feature) => feature === 'avx' || feature === 'avx1.0') // Linux', and macOS', word
      : host.platform === 'darwin' || arm82.some((feature) => features.includes(feature));
  if (fits) return passes(name, 'has it', needed);
  return fails({
    name,
    needed,
    found: 'does not have it',
    remedy: `Use the last MongoDB that runs on it, ${setting('mongoImage', 'mongo:4.4')}`,
  });
}

function isMongo5(image: string): boolean {
  const [, tag] = /(?:^|\/)mongo(?::([^@]*))?(?:@.*)?$/.exec(image) ?? [undefined, 'other'];
  if (tag === 'other') return false;
  const major = /^\d+/.exec(tag ?? '')?.[0];
  return major === undefined || Number(major) >= 5;
}

/** Kubernetes only maintains cgroup v1 since 1.31. */
export function checkCgroup({ docker }: Pick<Facts, 'docker'>, kubernetesVersion: string | undefined): Check {
  const name = 'cgroup';
  const needed = 'v2';
  if (docker.state !== 'running') return passes(name, 'not known', needed);
  const found = `v${docker.cgroupVersion || '?'}`;
  const old = kubernetesVersion !== undefined && parseVersion(kubernetesVersion)[1] < 35;
  if (docker.cgroupVersion !== '1' || old) return passes(name, found, needed);
  return warns({
    name,
    needed,
    found,
    remedy: `Should the cluster not start, its kubelet refuses v1. Take an older one, ${setting('kubernetesVersion', 'v1.34.0')}`,
  });
}
