import type { Configuration, MinikubeConfiguration } from '../configuration/configuration';
import { configSet } from '../configuration/reader';
import { type Check, check, isAtLeast, unknown } from './check';
import type { Docker } from './docker';
import type { Facts } from './facts';

/** Minikube's own recommendation for its docker driver. */
const leastVersion = '20.10';

/** kubeadm refuses fewer CPUs, and Minikube less memory, MiB. */
const least = { cpus: 2, memory: 1800 };

/**
 * GiB. A cluster takes about 7: Minikube's node image 3, Kubernetes' images 2, MongoDB's and ours 1.5, data. Below 3 the node
 * image alone does not fit.
 */
const disk = { least: 3, wanted: 10 };

/** Seconds. Certificates and tokens made by one clock are read by the other. */
const clockSeconds = 30;

/** An engine is there, answers, and may be used by this user. */
export function checkDocker({ docker, host }: Facts): Check {
  const needed = `an engine that answers, ${leastVersion} or later`;
  const fails = (found: string, remedy: string): Check => check('Docker', found, needed, { fails: remedy });
  switch (docker.state) {
    case 'missing':
      return fails('no docker on PATH', `${install(host.platform)}. Without it, npm start runs the service alone`);
    case 'podman':
      return fails(
        'Podman, under the name docker',
        `${install(host.platform)}. If it is installed: docker context use default, and unset DOCKER_HOST`,
      );
    case 'unavailable':
      return fails(docker.reason, reach(docker, host.platform));
    case 'running':
      return check('Docker', docker.version, needed, {
        warns: !isAtLeast(docker.version, leastVersion) && 'Update Docker: https://docs.docker.com/engine/install',
      });
  }
}

function install(platform: NodeJS.Platform): string {
  switch (platform) {
    case 'darwin':
      return 'Install Docker Desktop: brew install --cask docker, then open it';
    case 'win32':
      return 'Install Docker Desktop: winget install Docker.DockerDesktop, then open it';
    default:
      return 'Install Docker: https://docs.docker.com/engine/install, then `sudo usermod -aG docker $USER` and log in again';
  }
}

function reach({ endpoint, reason }: Docker & { state: 'unavailable' }, platform: NodeJS.Platform): string {
  if (/permission denied/i.test(reason))
    return 'Let your user use it: sudo usermod -aG docker $USER, then log in again';
  if (endpoint !== '' && !isLocal(endpoint))
    return `Check that ${endpoint} can be reached, or use this machine's engine: docker context use default, and unset DOCKER_HOST`;
  return platform === 'linux' ? 'Start it: sudo systemctl start docker' : 'Open Docker Desktop, and wait until it runs';
}

/** Whether the engine that listens on `endpoint` is on this machine. */
export function isLocal(endpoint: string): boolean {
  return /^(unix|npipe):/.test(endpoint);
}

/** What the engine has and is. Empty if there is none: `checkDocker` says so. */
export function checkEngine(
  { docker, host }: Facts,
  cluster: MinikubeConfiguration,
  { stack }: Configuration,
): Check[] {
  if (docker.state !== 'running') return [];
  const grow = 'Give Docker more: Docker Desktop, Settings, Resources; on Linux it has what the machine has';
  const capacity = (key: 'cpus' | 'memory', name: string, unit = ''): Check => {
    const [found, wanted] = [docker[key], cluster[key]];
    return check(name, `${found}${unit}`, `${least[key]}${unit}, ${wanted}${unit} configured`, {
      fails: found < least[key] && grow,
      warns: found < wanted && `The cluster gets ${found}${unit}. ${grow}`,
    });
  };
  const outside = host.contained && docker.machine !== host.name;
  const rootlessFits = cluster.containerRuntime !== 'docker' && docker.cgroupVersion === '2';
  const oldKubernetes = cluster.kubernetesVersion !== undefined && !isAtLeast(cluster.kubernetesVersion, '1.35');
  const lead = docker.clockLead;
  return [
    check('Docker host', outside ? docker.machine : docker.endpoint || unknown, 'this machine', {
      warns: !isLocal(docker.endpoint)
        ? "The service's port opens on that machine. For this one: docker context use default, and unset DOCKER_HOST"
        : outside &&
          "The service's port opens outside of this container: start it with --network=host, or run this on the host",
    }),
    check('rootless Docker', docker.rootless ? 'yes' : 'no', 'no, or cgroup v2 and containerd or cri-o', {
      fails:
        docker.rootless && !rootlessFits && `Use cgroup v2, and ${configSet(stack, 'containerRuntime containerd')}`,
      warns:
        docker.rootless &&
        'If Minikube fails, delegate cpu and cpuset: https://rootlesscontaine.rs/getting-started/common/cgroup2',
    }),
    capacity('cpus', "Docker's CPUs"),
    capacity('memory', "Docker's memory", ' MiB'),
    check('storage driver', docker.storageDriver || unknown, 'one with layers, such as overlay2', {
      // A Docker inside a container without a file system of layers copies each image whole, for each container.
      warns:
        docker.storageDriver === 'vfs' &&
        'It is slow and large. Mount a volume at /var/lib/docker of the container that Docker runs in',
    }),
    check('cgroup', docker.cgroupVersion ? `v${docker.cgroupVersion}` : unknown, 'v2', {
      // Kubernetes only maintains v1 since 1.31, and its kubelet refuses it by default since 1.35.
      warns:
        docker.cgroupVersion === '1' &&
        !oldKubernetes &&
        `If the cluster does not start, use an older Kubernetes: ${configSet(stack, 'kubernetesVersion v1.34.0')}`,
    }),
    check(
      'clock',
      Number.isNaN(lead) ? unknown : `${Math.abs(lead).toFixed(1)} s ${lead < 0 ? 'behind' : 'ahead'}`,
      `Docker's within ${clockSeconds} s of this machine's`,
      {
        warns:
          Math.abs(lead) > clockSeconds && "Restart Docker: its virtual machine's clock stops while a laptop sleeps",
      },
    ),
  ];
}

/** The disk of Docker's images and volumes. */
export function checkDisk({ host }: Facts): Check {
  const gigabytes = Math.floor(host.free / 2 ** 30);
  const remedy = 'See what Docker holds, and remove what is not needed: docker system df, docker system prune';
  return check('disk', `${gigabytes} GiB free`, `${disk.least} GiB, better ${disk.wanted}`, {
    fails: gigabytes < disk.least && remedy,
    warns: gigabytes < disk.wanted && remedy,
  });
}
