import type { MinikubeConfiguration } from '../../configuration/configuration';
import { type Check, fails, passes, setting } from '../check';
import type { Facts } from '../facts/facts';

/** Our ports on 127.0.0.1 are free, or published by our own cluster's container. */
export function checkPorts(
  { docker, holders }: Pick<Facts, 'docker' | 'holders'>,
  cluster: MinikubeConfiguration,
): Check[] {
  const containers = docker.state === 'running' ? docker.containers : [];
  return (['nodePort', 'registryPort'] as const).map((key) => {
    const port = cluster[key];
    const name = `port ${port}`;
    const needed = `free, for ${key}`;
    const holder = holders.get(port);
    const container = containers.find(({ ports }) => ports.includes(port))?.name;
    if (container === cluster.profile) return passes(name, "our own cluster's", needed);
    if (holder === undefined && container === undefined) return passes(name, 'free', needed);
    const found = `held by ${container === undefined ? holder : `container ${container}`}`;
    const other = key === 'nodePort' ? Math.min(port + 1, 32767) : port + 1;
    return fails({ name, needed, found, remedy: `End that, or take another port, ${setting(key, other)}` });
  });
}
