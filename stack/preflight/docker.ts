import { readVariable, run } from '../cluster/run';

/**
 * The Docker engine that the client is set to: `missing` without `docker` on PATH, `podman` if `docker` or its engine is Podman,
 * `unavailable` if it did not answer in full.
 */
export type Docker = Awaited<ReturnType<typeof readDocker>>;
export type Engine = Extract<Docker, { state: 'running' }>;

/** The used part of `docker info`. `host` is Podman's. */
interface DockerInfo {
  readonly host?: unknown;
  readonly ServerErrors?: readonly string[];
  readonly ServerVersion?: string;
  readonly NCPU?: number;
  readonly MemTotal?: number;
  readonly CgroupVersion?: string;
  readonly SecurityOptions?: readonly string[];
  readonly DockerRootDir?: string;
  readonly Name?: string;
  readonly SystemTime?: string;
}

/** The containers of the engine, if it runs. */
export const containersOf = (docker: Docker) => (docker.state === 'running' ? docker.containers : []);

/** Reads the state of the engine. */
export async function readDocker(environment = process.env) {
  const [info, version, context, containers, volumes] = await Promise.all([
    run('docker', ['info', '--format', '{{json .}}']).then((answer) => answer && { ...answer, at: Date.now() }),
    run('docker', ['version', '--format', '{{json .}}']),
    run('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']),
    run('docker', ['ps', '--all', '--format', '{{.Names}} {{.Ports}}']),
    run('docker', ['volume', 'ls', '--format', '{{.Name}}']),
  ]);
  if (!info || !containers || !volumes) return { state: 'missing' as const };
  const { host, ServerErrors = [], ...engine } = parseInfo(info.stdout);
  if (/"Podman/.test(version?.stdout ?? '') || host !== undefined) return { state: 'podman' as const };
  const failed = [info, containers, volumes].find(({ ok }) => !ok)?.stderr;
  // Client 20.10 prints an engine of zeros, exit code 0, if it can't reach one.
  const reason = ServerErrors[0] ?? failed?.split('\n').find((line) => !/^warning/i.test(line)) ?? failed;
  if (reason !== undefined) return { state: 'unavailable' as const, reason };
  const { ServerVersion, NCPU, MemTotal, CgroupVersion = '', SecurityOptions, DockerRootDir = '', Name = '' } = engine;
  if (!ServerVersion || !NCPU || !MemTotal)
    return {
      state: 'unavailable' as const,
      reason: '`docker info` has no version, CPUs and memory of the engine',
    };
  const lines = (text: string): string[] => text.split('\n').filter(Boolean);
  return {
    state: 'running' as const,
    /** Where it listens, such as `unix:///var/run/docker.sock`; '' if the client does not say. */
    endpoint: readVariable('DOCKER_HOST', environment) ?? context?.stdout ?? '',
    version: ServerVersion,
    cpus: NCPU,
    /** MiB. */
    memory: Math.floor(MemTotal / 1024 / 1024),
    cgroupVersion: CgroupVersion,
    rootless: JSON.stringify(SecurityOptions ?? []).includes('name=rootless'),
    /** Folder of its images and volumes, on its machine. */
    folder: DockerRootDir,
    /** Host name of its machine. */
    machine: Name,
    /** Seconds that its clock is ahead of this machine's; `NaN` if it is not known. */
    clockLead: (Date.parse(engine.SystemTime ?? '') - info.at) / 1000,
    containers: lines(containers.stdout).map(parseContainer),
    volumes: lines(volumes.stdout),
  };
}

/** Whether the engine that listens on `endpoint` is on this machine. */
export const isLocal = (endpoint: string): boolean => /^(unix|npipe):/.test(endpoint);

/** The name and the host ports in one line of `docker ps`, such as `web 127.0.0.1:30500->30500/tcp, 0.0.0.0:5500-5501->5000-5001/tcp`. */
export function parseContainer(line: string): { readonly name: string; readonly ports: readonly number[] } {
  const [name = '', ...rest] = line.split(' ');
  const ranges = [...rest.join(' ').matchAll(/:(\d+)(?:-(\d+))?->/g)];
  const ports = ranges.flatMap(([, first, last]) =>
    Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
  return { name, ports: [...new Set(ports)] };
}

function parseInfo(json: string): DockerInfo {
  try {
    return JSON.parse(json) as DockerInfo;
  } catch {
    return {};
  }
}
