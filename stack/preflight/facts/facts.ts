import type { Configuration } from '../../configuration/configuration';
import { type Docker, readDocker } from './docker';
import { type Host, readHost } from './host';
import { readHolder } from './ports';
import { run } from './run';

/** All that the checks judge. Reading changes nothing. */
export interface Facts {
  /** Version of the Node that runs this. */
  readonly node: string;
  readonly docker: Docker;
  /** Version; empty if it gave none, `undefined` if it is not on PATH. */
  readonly minikube: string | undefined;
  /** Names of Minikube's profiles. */
  readonly profiles: readonly string[];
  /** Version; empty if it gave none, `undefined` if it is not on PATH. */
  readonly pulumi: string | undefined;
  /** Who listens on each of our ports that is not free. */
  readonly holders: ReadonlyMap<number, string>;
  readonly host: Host;
  /** Whether the stack's state has the Minikube profile; `undefined` if that was not looked at. */
  readonly ownsProfile: boolean | undefined;
}

/** Looks at this machine, at everything at once: about as long as the slowest program takes to answer. */
export async function readFacts(configuration: Configuration, ownsProfile?: boolean): Promise<Facts> {
  const { cluster } = configuration;
  const ports = cluster.kind === 'minikube' ? [cluster.nodePort, cluster.registryPort] : [];
  const docker = readDocker(process.env);
  const [minikube, profiles, pulumi, holders, host] = await Promise.all([
    readVersion('minikube', ['version', '--short']),
    readProfiles(),
    readVersion('pulumi', ['version']),
    Promise.all(ports.map(async (port) => [port, await readHolder(port)] as const)),
    docker.then((it) => readHost(it.state === 'running' ? it.folder : '', process.env)),
  ]);
  return {
    node: process.versions.node,
    docker: await docker,
    minikube,
    profiles,
    pulumi,
    holders: new Map(holders.flatMap(([port, holder]) => (holder === undefined ? [] : [[port, holder] as const]))),
    host,
    ownsProfile,
  };
}

async function readVersion(program: string, args: readonly string[]): Promise<string | undefined> {
  const answer = await run(program, args);
  return answer && (/\d+\.\d+\.\d+/.exec(answer.stdout)?.[0] ?? '');
}

async function readProfiles(): Promise<readonly string[]> {
  const answer = await run('minikube', ['profile', 'list', '--light', '--output=json']);
  if (!answer?.ok || answer.stdout === '') return [];
  const { valid, invalid } = JSON.parse(answer.stdout) as { valid: { Name: string }[]; invalid: { Name: string }[] };
  return [...valid, ...invalid].map((profile) => profile.Name);
}
