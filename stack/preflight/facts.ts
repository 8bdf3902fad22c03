import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import type { Configuration } from '../configuration/configuration';
import { type Docker, readDocker } from './docker';
import { minikubeHome, ownsContainer, readProfiles } from './minikube';
import { portHolder, readVariable, run } from './system';

/** All that the checks judge. Reading it changes nothing. */
export interface Facts {
  /** Version of the Node that runs this. */
  readonly node: string;
  /** Version; a question mark if it prints none, `undefined` if it is not on PATH. */
  readonly pulumi: string | undefined;
  /** The same. */
  readonly minikube: string | undefined;
  readonly docker: Docker;
  readonly host: Host;
  /** Names of Minikube's profiles, or why they can't be read. */
  readonly profiles: readonly string[] | Error;
  /** Whether the container of the stack's profile is of this Minikube's folder; `undefined` if that can't be told. */
  readonly ownsContainer: boolean | undefined;
  /** Whether the stack's state has the profile, or why that can't be read; `undefined` if it was not tried. */
  readonly ownsProfile: boolean | Error | undefined;
  /** Who listens on each of the stack's ports that is not free. */
  readonly holders: ReadonlyMap<number, string>;
}

/** Reads everything at once: it takes as long as the slowest program, about a second. */
export async function readFacts({ cluster }: Configuration, ownsProfile?: boolean | Error): Promise<Facts> {
  const minikube = cluster.kind === 'minikube' ? cluster : undefined;
  const ports = minikube ? [minikube.nodePort, ...minikube.extraNodePorts, minikube.registryPort] : [];
  const docker = readDocker();
  const [pulumiVersion, minikubeVersion, profiles, owned, holders, host] = await Promise.all([
    readVersion('pulumi'),
    readVersion('minikube'),
    readProfiles().catch((error: Error) => error),
    minikube && ownsContainer(minikube.profile),
    Promise.all(ports.map(async (port) => [port, await portHolder(port)] as const)),
    docker.then((engine) => readHost(engine.state === 'running' ? engine.folder : '', process.env)),
  ]);
  return {
    node: process.versions.node,
    pulumi: pulumiVersion,
    minikube: minikubeVersion,
    docker: await docker,
    host,
    profiles,
    ownsContainer: owned,
    ownsProfile,
    holders: new Map(holders.flatMap(([port, holder]) => (holder === undefined ? [] : [[port, holder] as const]))),
  };
}

/** Version of a program on PATH: `?` if it gives none, `undefined` if there is no such program. */
export async function readVersion(program: 'pulumi' | 'minikube'): Promise<string | undefined> {
  const answer = await run(program, program === 'minikube' ? ['version', '--short'] : ['version']);
  return answer && (/\d+\.\d+\.\d+/.exec(answer.stdout)?.[0] ?? '?');
}

/** The machine that we run on. */
export interface Host {
  readonly name: string;
  readonly platform: NodeJS.Platform;
  /** Node's name of the processor's kind, such as `x64` or `arm64`. */
  readonly architecture: string;
  /** Features of the processor, lower case; `undefined` where the system does not tell. */
  readonly processor: readonly string[] | undefined;
  /** Whether we run in a container. */
  readonly contained: boolean;
  /** Bytes free on the disk of Docker's images and volumes, or of the present folder where that can't be seen. */
  readonly free: number;
  readonly environment: NodeJS.ProcessEnv;
  /** Minikube's folder. */
  readonly minikubeHome: string;
  /** The file that NODE_EXTRA_CA_CERTS names. */
  readonly certificate:
    | { readonly path: string; readonly exists: boolean; readonly knownToMinikube: boolean }
    | undefined;
}

/** @param folder of Docker's images and volumes; '' if not known */
export async function readHost(folder: string, environment: NodeJS.ProcessEnv): Promise<Host> {
  const disk = await statfs(folder || '.').catch(() => statfs('.'));
  const home = minikubeHome(environment);
  const path = readVariable('NODE_EXTRA_CA_CERTS', environment);
  return {
    name: hostname(),
    platform: process.platform,
    architecture: process.arch,
    processor: await readProcessor(),
    contained: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    free: disk.bavail * disk.bsize,
    environment,
    minikubeHome: home,
    certificate: path
      ? { path, exists: existsSync(path), knownToMinikube: existsSync(join(home, 'certs', basename(path))) }
      : undefined,
  };
}

async function readProcessor(): Promise<readonly string[] | undefined> {
  if (process.platform === 'darwin') {
    const answer = await run('sysctl', ['-n', 'machdep.cpu.features', 'machdep.cpu.leaf7_features']);
    return answer?.ok ? answer.stdout.toLowerCase().split(/\s+/) : undefined;
  }
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().toLowerCase().split(/\s+/);
}
