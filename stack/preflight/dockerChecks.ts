import { type Check, check, unknown } from './check';
import type { Engine } from './docker';
import type { Facts } from './facts';

/** kubeadm refuses fewer CPUs, and Minikube less memory, MiB. What is less than configured is printed by MinikubeStart. */
const least = { cpus: 2, memory: 1800 };

/** Seconds. Certificates and tokens made by one clock are read by the other. */
const clockSeconds = 30;

const install: Partial<Record<NodeJS.Platform, string>> = {
  linux:
    'Install Docker: https://docs.docker.com/engine/install, then `sudo usermod -aG docker $USER` and log in again',
  darwin: 'Install Docker Desktop: brew install --cask docker, then open it',
  win32: 'Install Docker Desktop: winget install Docker.DockerDesktop, then open it',
};
const useOwnEngine = 'docker context use default, and unset DOCKER_HOST';

/** An engine is there, answers, and may be used by this user. */
export function checkDocker({ docker, host: { platform } }: Facts): Check {
  const result = (found: string, fails?: string): Check => check('Docker', found, 'an engine that answers', { fails });
  const installIt = install[platform] ?? install.linux;
  switch (docker.state) {
    case 'missing':
      return result('no docker on PATH', `${installIt}. Without it, npm start runs the service alone`);
    case 'podman':
      return result('Podman, under the name docker', `${installIt}. If it is installed: ${useOwnEngine}`);
    case 'unavailable':
      return result(docker.reason, reach(docker.endpoint, docker.reason, platform));
    case 'running':
      return result(docker.version);
  }
}

function reach(endpoint: string, reason: string, platform: NodeJS.Platform): string {
  if (/permission denied/i.test(reason))
    return 'Let your user use it: sudo usermod -aG docker $USER, then log in again';
  if (endpoint && !isLocal(endpoint)) return `See whether ${endpoint} can be reached. To use your own: ${useOwnEngine}`;
  return platform === 'linux' ? 'Start it: sudo systemctl start docker' : 'Open Docker Desktop, and wait until it runs';
}

/** Whether the engine that listens on `endpoint` is on this machine. */
export function isLocal(endpoint: string): boolean {
  return /^(unix|npipe):/.test(endpoint);
}

/** What the engine has and is, for the node of a Minikube cluster. */
export function checkEngine(docker: Engine, { host }: Facts): Check[] {
  const { cpus, memory, rootless, cgroupVersion, clockLead: lead } = docker;
  const grow = 'Give Docker more: Docker Desktop, Settings, Resources; on Linux it has what the machine has';
  const opens = "The service's port opens there";
  const outside =
    isLocal(docker.endpoint) &&
    host.contained &&
    docker.machine !== host.name &&
    `the host of this container, ${docker.machine}`;
  const delegation = 'https://rootlesscontaine.rs/getting-started/common/cgroup2';
  const clock = `${Math.abs(lead).toFixed(1)} s ${lead < 0 ? 'behind' : 'ahead'}`;
  return [
    check('Docker host', outside || docker.endpoint || unknown, 'this machine', {
      warns: isLocal(docker.endpoint)
        ? outside && `${opens}: start this container with --network=host, or run this on the host`
        : `${opens}. To use this machine: ${useOwnEngine}`,
    }),
    check('rootless Docker', rootless ? 'yes' : 'no', 'no, or cgroup v2', {
      fails: rootless && cgroupVersion !== '2' && `Use cgroup v2: ${delegation}`,
      warns: rootless && `If the cluster does not start, delegate cpu and cpuset: ${delegation}`,
    }),
    check("Docker's CPUs", `${cpus}`, `${least.cpus}`, { fails: cpus < least.cpus && grow }),
    check("Docker's memory", `${memory} MiB`, `${least.memory} MiB`, { fails: memory < least.memory && grow }),
    check('clock', Number.isNaN(lead) ? unknown : clock, `Docker's within ${clockSeconds} s of this machine's`, {
      warns: Math.abs(lead) > clockSeconds && 'Restart Docker: the clock of its virtual machine stops in sleep',
    }),
  ];
}

/**
 * The disk of Docker's images and volumes. A cluster takes about 7 GiB: Minikube's node image 3, Kubernetes' images 2, MongoDB's and
 * ours 1.5, data. Below 3 the node image alone does not fit.
 */
export function checkDisk({ host }: Facts): Check {
  const gigabytes = Math.floor(host.free / 2 ** 30);
  // Not `docker system prune`: it removes the node of a cluster that is stopped.
  const remedy =
    'See what Docker holds, and remove unused images: docker system df, docker image prune, docker builder prune';
  return check('disk', `${gigabytes} GiB free`, '3 GiB, better 10', {
    fails: gigabytes < 3 && remedy,
    warns: gigabytes < 10 && remedy,
  });
}
