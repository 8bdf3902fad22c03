import { type Check, passes, warns } from '../check';
import type { Facts } from '../facts/facts';

/** Seconds. Certificates and tokens made on one clock are read on the other. */
const clockSeconds = 30;

export function checkClock({ docker }: Pick<Facts, 'docker'>): Check {
  const name = 'clock';
  const needed = `Docker's within ${clockSeconds} s of this machine's`;
  if (docker.state !== 'running' || Number.isNaN(docker.clockLead)) return passes(name, 'not known', needed);
  const found = `${Math.abs(docker.clockLead).toFixed(1)} s ${docker.clockLead < 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(docker.clockLead) <= clockSeconds) return passes(name, found, needed);
  return warns({
    name,
    needed,
    found,
    remedy: "Restart Docker: its virtual machine's clock stands still while a laptop sleeps",
  });
}

/** A Docker inside a container without a file system of layers copies each image whole, for each container. */
export function checkStorage({ docker }: Pick<Facts, 'docker'>): Check {
  const name = 'storage driver';
  const needed = 'one with layers, such as overlay2';
  if (docker.state !== 'running') return passes(name, 'not known', needed);
  if (docker.storageDriver !== 'vfs') return passes(name, docker.storageDriver, needed);
  return warns({
    name,
    needed,
    found: 'vfs, as in a nested container: slow, and large on disk',
    remedy: 'Mount a volume at /var/lib/docker of the container that Docker runs in',
  });
}
