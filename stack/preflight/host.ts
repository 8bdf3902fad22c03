import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { minikubeHome } from './minikube';
import { readVariable, run } from './system';

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
