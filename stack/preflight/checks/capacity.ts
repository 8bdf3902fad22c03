import type { MinikubeConfiguration } from '../../configuration/configuration';
import { type Check, fails, passes, warns } from '../check';
import type { Facts } from '../facts/facts';

/** kubeadm refuses fewer CPUs, and Minikube less memory, MiB. */
const least = { cpus: 2, memory: 1800 };

/**
 * GiB of disk. A cluster takes about 7: Minikube's node image 3, Kubernetes' images 2, MongoDB's and ours 1.5, data. Below 3 the
 * node image alone does not fit.
 */
const disk = { least: 3, wanted: 10 };

const grow = 'Give Docker more: Docker Desktop, Settings, Resources; on Linux it has what the machine has';

/** Docker's CPUs and memory. Less than configured is no fault: the cluster gets what there is. */
export function checkCapacity({ docker }: Pick<Facts, 'docker'>, wanted: MinikubeConfiguration): Check[] {
  if (docker.state !== 'running') return [];
  return [
    judge('CPUs', '', docker.cpus, least.cpus, wanted.cpus),
    judge('memory', ' MiB', docker.memory, least.memory, wanted.memory),
  ];
}

function judge(name: string, unit: string, found: number, minimum: number, wanted: number): Check {
  const fault = {
    name: `Docker's ${name}`,
    found: `${found}${unit}`,
    needed: `${minimum}${unit}, ${wanted}${unit} configured`,
  };
  if (found < minimum) return fails({ ...fault, remedy: grow });
  if (found < wanted) return warns({ ...fault, remedy: `The cluster gets ${found}${unit}. ${grow}` });
  return passes(fault.name, fault.found, fault.needed);
}

/** The disk of Docker's images and volumes. */
export function checkDisk({ host }: Pick<Facts, 'host'>): Check {
  const gigabytes = Math.floor(host.free / 2 ** 30);
  const fault = {
    name: 'disk',
    found: `${gigabytes} GiB free`,
    needed: `${disk.least} GiB, better ${disk.wanted}`,
    remedy: 'See what Docker holds, and what it can drop: docker system df, then docker system prune',
  };
  if (gigabytes < disk.least) return fails(fault);
  return gigabytes < disk.wanted ? warns(fault) : passes(fault.name, fault.found, fault.needed);
}
