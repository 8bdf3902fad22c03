import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { basename, join } from 'node:path';
import { run } from './run';

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
  /** Bytes free in `folder`. */
  readonly free: number;
  readonly environment: NodeJS.ProcessEnv;
  /** The file that NODE_EXTRA_CA_CERTS names, and what became of it. */
  readonly certificate:
    | { readonly path: string; readonly exists: boolean; readonly knownToMinikube: boolean }
    | undefined;
}

/** @param folder whose disk is looked at; the present folder's where it can't be. */
export async function readHost(folder: string, environment: NodeJS.ProcessEnv): Promise<Host> {
  const disk = await statfs(folder || '.').catch(() => statfs('.'));
  return {
    name: hostname(),
    platform: process.platform,
    architecture: process.arch,
    processor: await readProcessor(),
    contained: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    free: disk.bavail * disk.bsize,
    environment,
    certificate: readCertificate(environment),
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

function readCertificate(environment: NodeJS.ProcessEnv): Host['certificate'] {
  const path = environment.NODE_EXTRA_CA_CERTS;
  if (!path) return undefined;
  const home = environment.MINIKUBE_HOME ?? join(homedir(), '.minikube');
  return { path, exists: existsSync(path), knownToMinikube: existsSync(join(home, 'certs', basename(path))) };
}
