import { type Answer, readVariable, run } from '../cluster/run';

/**
 * The Docker engine that the client is set to: `missing` without `docker` on PATH, `podman` if `docker` or its engine is Podman,
 * `unavailable` if it did not answer in full.
 */
export type Docker = Awaited<ReturnType<typeof readDocker>>;
export type Engine = Extract<Docker, { state: 'running' }>;

/** The containers of the engine, if it runs. */
export const containersOf = (docker: Docker) => (docker.state === 'running' ? docker.containers : []);

/** Reads the state of the engine. */
export async function readDocker(environment = process.env) {
  const [info, version, context, containers, volumes] = await Promise.all([
    run('docker', ['info', '--format', '{{json .}}']).then((answer) => ({ answer, at: Date.now() })),
    run('docker', ['version', '--format', '{{json .}}']),
    run('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']),
    run('docker', ['ps', '--all', '--format', '{{.Names}} {{.Ports}}']),
    run('docker', ['volume', 'ls', '--format', '{{.Name}}']),
  ]);
  if (!info.answer || !containers || !volumes) return { state: 'missing' as const };
  /** Where it listens, such as `unix:///var/run/docker.sock`; empty if the client does not say. */
  const endpoint = readVariable('DOCKER_HOST', environment) ?? context?.stdout ?? '';
  const unavailable = (reason: string) => ({ state: 'unavailable' as const, endpoint, reason });

  const json = parse(info.answer.stdout);
  if (/"Podman/.test(version?.stdout ?? '') || json?.host !== undefined) return { state: 'podman' as const };
  // Client 20.10 prints an engine of zeros, exit code 0, if it can't reach one.
  const [serverError] = (json?.ServerErrors ?? []) as readonly string[];
  if (serverError) return unavailable(serverError);
  for (const answer of [info.answer, containers, volumes]) if (!answer.ok) return unavailable(reasonOf(answer));
  const { ServerVersion, NCPU, MemTotal } = json ?? {};
  if (!ServerVersion || !Number(NCPU) || !Number(MemTotal))
    return unavailable("`docker info` does not tell the engine's version, CPUs and memory");
  const text = (key: string): string => String(json?.[key] ?? '');
  return {
    state: 'running' as const,
    endpoint,
    version: text('ServerVersion'),
    cpus: Number(NCPU),
    /** MiB. */
    memory: Math.floor(Number(MemTotal) / 1024 / 1024),
    cgroupVersion: text('CgroupVersion'),
    rootless: JSON.stringify(json?.SecurityOptions ?? []).includes('name=rootless'),
    /** Folder of its images and volumes, on the engine's machine. */
    folder: text('DockerRootDir'),
    /** Host name of the engine's machine. */
    machine: text('Name'),
    /** Seconds that its clock is ahead of this machine's; `NaN` if it is not known. */
    clockLead: (Date.parse(text('SystemTime')) - info.at) / 1000,
    containers: lines(containers).map(parseContainer),
    volumes: lines(volumes),
  };
}

/** The name and the host ports in one line of `docker ps`, such as `web 127.0.0.1:30500->30500/tcp, 0.0.0.0:5500-5501->5000-5001/tcp`. */
export function parseContainer(line: string): { readonly name: string; readonly ports: readonly number[] } {
  const [name = '', ...rest] = line.split(' ');
  const ranges = [...rest.join(' ').matchAll(/:(\d+)(?:-(\d+))?->/g)];
  const ports = ranges.flatMap(([, first, last]) =>
    Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
  return { name, ports: [...new Set(ports)] };
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const reasonOf = ({ stderr }: Answer): string => stderr.split('\n').find((line) => !/^warning/i.test(line)) ?? stderr;
const lines = ({ stdout }: Answer): string[] => stdout.split('\n').filter(Boolean);
