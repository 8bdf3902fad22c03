import { type Check, fails, passes, warns } from '../check';
import type { Docker } from '../facts/docker';
import type { Facts } from '../facts/facts';
import { isAtLeast } from '../version';

/** Minikube's own recommendation for its docker driver. */
const least = '20.10';

const install: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'Install it: https://docs.docker.com/engine/install, then `sudo usermod -aG docker $USER` and log in again',
  darwin: 'Install Docker Desktop: brew install --cask docker, then open it',
  win32: 'Install Docker Desktop: winget install Docker.DockerDesktop, then open it',
};

/** Docker is there, runs, and may be used by this user. */
export function checkDocker({ docker, host }: Pick<Facts, 'docker' | 'host'>): Check {
  const name = 'Docker';
  const needed = `an engine that answers, ${least} or later`;
  switch (docker.state) {
    case 'missing':
      return fails({
        name,
        needed,
        found: 'no docker on PATH',
        remedy: `${install[host.platform] ?? install.linux}. Without it: npm start runs the service with no cluster`,
      });
    case 'away':
      return fails({ name, needed, found: docker.reason, remedy: wake(docker, host.platform) });
    case 'running':
      if (isAtLeast(docker.version, least)) return passes(name, docker.version, needed);
      return warns({
        name,
        needed,
        found: docker.version,
        remedy: 'Update Docker: https://docs.docker.com/engine/install',
      });
  }
}

function wake({ endpoint, reason }: Docker & { state: 'away' }, platform: NodeJS.Platform): string {
  if (/permission denied/i.test(reason))
    return 'Let your user use it: sudo usermod -aG docker $USER, then log in again';
  if (endpoint !== '' && !isLocal(endpoint)) {
    return `See whether ${endpoint} can be reached, or go back to your own engine: docker context use default, and unset DOCKER_HOST`;
  }
  return platform === 'linux'
    ? 'Start it: sudo systemctl start docker'
    : 'Open Docker Desktop, and wait until it says that it runs';
}

/** Whether an engine's address is on this machine. */
export function isLocal(endpoint: string): boolean {
  return /^(unix|npipe):/.test(endpoint);
}

/** The ports that we publish on 127.0.0.1 are the engine's machine's: they must be ours too. */
export function checkDockerPlace({ docker, host }: Pick<Facts, 'docker' | 'host'>): Check {
  const name = "Docker's place";
  const needed = 'an engine whose 127.0.0.1 is ours';
  if (docker.state !== 'running') return passes(name, 'not known', needed);
  if (!isLocal(docker.endpoint)) {
    return warns({
      name,
      needed,
      found: docker.endpoint,
      remedy:
        "The service's port opens on that machine. For this one: docker context use default, and unset DOCKER_HOST",
    });
  }
  if (host.contained && docker.machine !== host.name) {
    return warns({
      name,
      needed,
      found: `a container, the engine on ${docker.machine}`,
      remedy:
        "The service's port opens outside of this container: start it with --network=host, or run this on the host",
    });
  }
  return passes(name, 'this machine', needed);
}
