import { run } from './run';

/** A Docker engine, as far as it can be seen. */
export type Docker =
  | { readonly state: 'missing' }
  /** The engine did not answer, for the `reason` that the client gave. */
  | { readonly state: 'away'; readonly endpoint: string; readonly reason: string }
  | ({ readonly state: 'running'; readonly endpoint: string } & Engine);

export interface Engine {
  readonly version: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  readonly cgroupVersion: string;
  /** Folder of its images and volumes, on the engine's machine. */
  readonly folder: string;
  /** Name of the engine's machine. */
  readonly machine: string;
  readonly storageDriver: string;
  /** Its clock's lead on ours, seconds. */
  readonly clockLead: number;
  readonly containers: readonly Container[];
  readonly volumes: readonly string[];
}

export interface Container {
  readonly name: string;
  /** Host ports that it publishes. */
  readonly ports: readonly number[];
}

/** Asks the Docker client for the engine that it is set to. */
export async function readDocker(environment: NodeJS.ProcessEnv): Promise<Docker> {
  const [info, endpoint, containers, volumes] = await Promise.all([
    readInfo(),
    environment.DOCKER_HOST ?? readEndpoint(),
    run('docker', ['ps', '--all', '--format', '{{.Names}} {{.Ports}}']),
    run('docker', ['volume', 'ls', '--format', '{{.Name}}']),
  ]);
  if (!info) return { state: 'missing' };
  if (!info.ok) return { state: 'away', endpoint, reason: info.reason };
  return {
    state: 'running',
    endpoint,
    ...info.engine,
    containers: (containers?.stdout ?? '').split('\n').filter(Boolean).map(parseContainer),
    volumes: (volumes?.stdout ?? '').split('\n').filter(Boolean),
  };
}

async function readEndpoint(): Promise<string> {
  return (await run('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']))?.stdout ?? '';
}

type Info = { ok: true; engine: Omit<Engine, 'containers' | 'volumes'> } | { ok: false; reason: string };

async function readInfo(): Promise<Info | undefined> {
  const answer = await run('docker', ['info', '--format', '{{json .}}']);
  const now = Date.now();
  if (!answer) return undefined;
  if (!answer.ok) return { ok: false, reason: answer.stderr.split('\n')[0] || 'it gave no answer' };
  const info = JSON.parse(answer.stdout) as Record<string, string> & { NCPU: number; MemTotal: number };
  return {
    ok: true,
    engine: {
      version: info.ServerVersion ?? '',
      cpus: info.NCPU,
      memory: Math.floor(info.MemTotal / 1024 / 1024),
      cgroupVersion: info.CgroupVersion ?? '',
      folder: info.DockerRootDir ?? '',
      machine: info.Name ?? '',
      storageDriver: info.Driver ?? '',
      clockLead: (Date.parse(info.SystemTime ?? '') - now) / 1000,
    },
  };
}

/** One line of `docker ps`, such as `web 127.0.0.1:30500->30500/tcp, 0.0.0.0:5500-5501->5000-5001/tcp`. */
export function parseContainer(line: string): Container {
  const [name = '', ...rest] = line.split(' ');
  const ranges = [...rest.join(' ').matchAll(/:(\d+)(?:-(\d+))?->/g)];
  const ports = ranges.flatMap(([, first, last]) =>
    Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
  return { name, ports: [...new Set(ports)] };
}
