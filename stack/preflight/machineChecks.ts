import { existsSync } from 'node:fs';
import { BlockList, isIPv4 } from 'node:net';
import { basename, join } from 'node:path';
import { minikubeHome } from '../cluster/minikubeLocation';
import { readVariable } from '../cluster/run';
import type { MongoConfiguration } from '../configuration/configuration';
import { configSet } from '../configuration/reader';
import { type Check, check, isAtLeast, note, unknown } from './check';
import { type Docker, type Engine, isLocal } from './docker';
import type { Facts } from './facts';

/**
 * Minimum versions. Node 20.19 is the first with `require(esm)` by default, which dependencies need (also in tools/cli/install.mjs).
 * Minikube 1.34 is the first whose default Kubernetes, 1.31, has everything that the stack's objects use without feature gates; older
 * ones lack `--ports` with an address. Pulumi 3.182 is the first with resource hooks, which guard the data.
 */
export const leastVersions = { node: '20.19', minikube: '1.34.0', pulumi: '3.182.0' };

/** A program is on PATH, and new enough. */
export function checkProgram(name: string, program: keyof typeof leastVersions, facts: Facts, remedy: string): Check {
  const [found = `no ${program} on PATH`, least] = [facts[program], leastVersions[program]];
  return check(name, found, `${least} or later`, !isAtLeast(facts[program] ?? '', least) && remedy);
}

const installDocker = 'Install Docker: https://docs.docker.com/get-started/get-docker';
const ownEngine = 'docker context use default, and unset DOCKER_HOST';

/** Docker runs, and this user may use it. */
export function checkDocker(docker: Docker): Check {
  const result = (found: string, remedy?: string): Check => check('Docker', found, 'an engine that answers', remedy);
  switch (docker.state) {
    case 'missing':
      return result('no docker on PATH', `${installDocker}. Without it, npm start runs the service without a cluster`);
    case 'podman':
      return result('Podman, under the name docker', `${installDocker}. If it is installed: ${ownEngine}`);
    case 'unavailable':
      return result(
        docker.reason,
        /permission denied/i.test(docker.reason)
          ? 'Let your user use it: sudo usermod -aG docker $USER, then log in again'
          : `Start it: sudo systemctl start docker, or open Docker Desktop. To use this machine's: ${ownEngine}`,
      );
    case 'running':
      return result(docker.version);
  }
}

/** Minimum CPUs of kubeadm, and MiB of Minikube. MinikubeStart reports a node that is smaller than configured. */
const least = { cpus: 2, memory: 1800 };

/** Seconds between two clocks: certificates and tokens of one machine are checked by the other. */
const clockSeconds = 30;

/** What the node of a Minikube cluster needs of the engine. */
export function checkEngine(docker: Engine, { host }: Facts): Check[] {
  const { cpus, memory, rootless, cgroupVersion, clockLead: lead } = docker;
  const isOutside = host.contained && docker.machine !== host.name;
  const opens = "The service's port opens there";
  const [where, remedy] = !isLocal(docker.endpoint)
    ? [docker.endpoint || unknown, `${opens}. To use this machine: ${ownEngine}`]
    : isOutside
      ? [
          `the host of this container, ${docker.machine}`,
          `${opens}: start this container with --network=host, or run this on the host`,
        ]
      : [docker.machine];
  const grow = 'Give Docker more: Docker Desktop, Settings, Resources; on Linux it has what the machine has';
  const delegation =
    'Use cgroup v2, and delegate cpu and cpuset: https://rootlesscontaine.rs/getting-started/common/cgroup2';
  const rootlessVerdict = cgroupVersion === '2' ? note : check;
  return [
    check("Docker's CPUs", `${cpus}`, `${least.cpus}`, cpus < least.cpus && grow),
    check("Docker's memory", `${memory} MiB`, `${least.memory} MiB`, memory < least.memory && grow),
    rootlessVerdict('rootless Docker', rootless ? 'yes' : 'no', 'no, or cgroup v2', rootless && delegation),
    note('Docker host', where, 'this machine', remedy),
    note(
      'clock',
      Number.isNaN(lead) ? unknown : `${Math.abs(lead).toFixed(1)} s ${lead < 0 ? 'behind' : 'ahead'}`,
      `Docker's within ${clockSeconds} s of this machine's`,
      Math.abs(lead) > clockSeconds && 'Restart Docker: the clock of its virtual machine stops in sleep',
    ),
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
  const verdict = gigabytes < 3 ? check : note;
  return verdict('disk', `${gigabytes} GiB free`, '3 GiB, better 10', gigabytes < 10 && remedy);
}

/**
 * MongoDB 5 and later crash without these, such as on a Raspberry Pi 4 (docker-library/mongo #485). ARMv8.2-A and later have one of the
 * features: the list in the entrypoint of the official image.
 */
const mongoNeeds: Partial<Record<NodeJS.Architecture, readonly [name: string, ...features: string[]]>> = {
  x64: ['AVX', 'avx'],
  arm64: ['ARMv8.2-A', 'fphp', 'dcpop', 'sha3', 'sm3', 'sm4', 'asimddp', 'sha512', 'sve'],
};

/** The processor, where its features are known and `image` needs some. Those of another machine's engine are not. */
export function checkProcessor({ docker, host }: Facts, { image }: MongoConfiguration, stack: string): Check[] {
  const [official, tag = 'latest'] = /(?:^|\/)mongo(?::([^@]*))?(?:@.*)?$/.exec(image) ?? [];
  const [name, ...wanted] = mongoNeeds[host.architecture] ?? [];
  if (official === undefined || /^[0-4]\b/.test(tag) || name === undefined || !host.processor) return [];
  const needed = `${name}, for MongoDB 5 and later`;
  if (docker.state === 'running' && !isLocal(docker.endpoint)) return [check('processor', unknown, needed)];
  const fits = wanted.some((feature) => host.processor?.includes(feature));
  const remedy = `Use the last MongoDB that runs on it: ${configSet(stack, 'mongoImage mongo:4.4')}`;
  return [check('processor', `${fits ? '' : 'no '}${name}`, needed, !fits && remedy)];
}

/** This machine, Kubernetes' services, and the network of Minikube's docker driver: its documentation's list. */
const direct = ['127.0.0.1', '10.96.0.0/12', '192.168.49.0/24'];

/** A proxy is not used for addresses on this machine. */
export function checkProxy({ host: { environment } }: Facts): Check {
  const read = (name: string): string =>
    readVariable(name, environment) ?? readVariable(name.toLowerCase(), environment) ?? '';
  const proxy = (read('HTTPS_PROXY') || read('HTTP_PROXY')).replace(/\/\/[^/@]*@/, '//…@'); // a password may be in it
  const entries = read('NO_PROXY')
    .split(/[\s,]+/)
    .filter(Boolean);
  const missing = proxy ? direct.filter((range) => !entries.some((entry) => covers(entry, range))) : [];
  const found = missing.length > 0 ? `${proxy}, without ${missing.join(', ')}` : proxy || 'none';
  const remedy = missing.length > 0 && `export NO_PROXY=${[...entries, ...missing].join(',')}`;
  return note('proxy', found, proxy && `${direct.join(', ')} in NO_PROXY`, remedy);
}

/** Whether `entry` of NO_PROXY, `*`, an address or a CIDR range, has all addresses of `range`. */
function covers(entry: string, range: string): boolean {
  const [network = '', bits = '32'] = entry.split('/');
  const [address = '', needed = '32'] = range.split('/');
  if (!isIPv4(network) || !/^\d+$/.test(bits) || Number(bits) > Number(needed)) return entry === '*';
  const list = new BlockList();
  list.addSubnet(network, Number(bits));
  return list.check(address);
}

/** The cluster's node, which downloads images, trusts a private certificate authority too. */
export function checkCertificates({ host: { environment } }: Facts): Check {
  const path = readVariable('NODE_EXTRA_CA_CERTS', environment);
  const folder = join(minikubeHome(environment), 'certs');
  if (path === undefined) return note('private CA', 'none', '');
  if (!existsSync(path))
    return note('private CA', `${path}, which does not exist`, 'a file', 'Correct it, or: unset NODE_EXTRA_CA_CERTS');
  const copy = `Let the cluster's node trust it too: mkdir -p ${folder} && cp ${path} ${folder}/`;
  return note('private CA', path, `the same CA in ${folder}`, !existsSync(join(folder, basename(path))) && copy);
}
