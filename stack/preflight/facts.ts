import type { Configuration } from '../configuration/configuration';
import { type Docker, readDocker } from './docker';
import { type Host, readHost } from './host';
import { ownsContainer, readProfiles } from './minikube';
import { portHolder, run } from './system';

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
