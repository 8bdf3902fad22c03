import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { ownsContainer, readProfiles } from '../cluster/minikubeLocation';
import { run } from '../cluster/run';
import type { Configuration } from '../configuration/configuration';
import { containersOf, readDocker } from './docker';

/** Input of the checks. */
export type Facts = Awaited<ReturnType<typeof readFacts>>;

/**
 * Reads everything concurrently, in about half a second. Changes nothing.
 * @param ownsProfile whether the stack's state has the profile, or why it can't be read; `undefined` if it was not read
 */
export async function readFacts({ cluster }: Configuration, ownsProfile?: boolean | Error) {
  const minikube = cluster.kind === 'minikube' ? cluster : undefined;
  const ports = minikube ? [minikube.nodePort, ...minikube.extraNodePorts, minikube.registryPort] : [];
  const engine = readDocker();
  const readHolders = async () => {
    const published = containersOf(await engine).flatMap((container) => container.ports);
    const others = ports.filter((port) => !published.includes(port));
    return new Map(await Promise.all(others.map(async (port) => [port, await portHolder(port)] as const)));
  };
  const [pulumiVersion, minikubeVersion, docker, profiles, owned, holders, host] = await Promise.all([
    readVersion('pulumi'),
    minikube && readVersion('minikube'),
    engine,
    readProfiles().catch((error: Error) => error),
    minikube && ownsContainer(minikube.profile),
    readHolders(),
    engine.then((docker) => readHost(docker.state === 'running' ? docker.folder : '')),
  ]);
  return {
    node: process.versions.node,
    pulumi: pulumiVersion,
    minikube: minikubeVersion,
    docker,
    /** Names of Minikube's profiles, or why they can't be read. */
    profiles,
    /** Whether the container of the stack's profile belongs to this Minikube folder; `undefined` if it can't be read. */
    ownsContainer: owned,
    ownsProfile,
    /** The program that listens on each of the stack's ports, unless a container publishes it; `undefined` if it is free. */
    holders,
    host,
  };
}

/** Version of a program on PATH: `?` if it gives none, `undefined` if there is no such program. */
export async function readVersion(program: 'pulumi' | 'minikube'): Promise<string | undefined> {
  // Each has 100 MB, which a busy machine reads from its disk in more than 10 s (seen).
  const answer = await run(program, program === 'minikube' ? ['version', '--short'] : ['version'], { timeout: 60_000 });
  return answer && (/\d+\.\d+\.\d+/.exec(answer.stdout)?.[0] ?? '?');
}

/**
 * The machine that this runs on.
 * @param folder of Docker's images and volumes; '' if not known
 */
async function readHost(folder: string) {
  const disk = await statfs(folder || '.').catch(() => statfs('.'));
  const processor = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return {
    name: hostname(),
    architecture: process.arch,
    /** Features of the processor, lower case; `undefined` where the system does not have a list. */
    processor: /^(?:flags|Features)\s*:(.*)$/m.exec(processor)?.[1]?.trim().toLowerCase().split(/\s+/),
    /** Whether this runs in a container. */
    contained: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    /** Free bytes on the disk of `folder`, or of the working folder if that can't be read. */
    free: disk.bavail * disk.bsize,
    environment: process.env,
  };
}

/** The program that listens on 127.0.0.1:`port`; `undefined` if the port is free. */
export async function portHolder(port: number): Promise<string | undefined> {
  if (await isFree(port)) return undefined;
  const lsof = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const ss = await run('ss', ['-Hltnp', `sport = :${port}`]);
  const holder =
    /^p(?<pid>\d+)\nc(?<name>.*)$/m.exec(lsof?.stdout ?? '') ??
    /\(\("(?<name>[^"]+)",pid=(?<pid>\d+)/.exec(ss?.stdout ?? '');
  return holder?.groups ? `${holder.groups.name} (process ${holder.groups.pid})` : "another user's program";
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
