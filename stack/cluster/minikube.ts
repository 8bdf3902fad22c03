import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { minikubeHome } from './minikubeLocation';
import { prepareNode } from './node';
import { docker, endWithPulumi, output, readVariable } from './run';

/** Whether the cluster of `profile` has its data: Minikube has the profile, and Docker its volume. */
export async function exists(profile: string): Promise<boolean> {
  if (!existsSync(profileFile(profile))) return false;
  return (await docker('volume', 'ls', '--quiet', `--filter=name=^${profile}$`)) !== '';
}

/** Whether the container of the node of `profile` exists. */
export async function hasNode(profile: string): Promise<boolean> {
  return (await docker('ps', '--all', '--quiet', `--filter=name=^${profile}$`)) !== '';
}

/** Name of the registry's container and volume, and its host name for the nodes of `profile`. */
export const registryName = (profile: string): string => `${profile}-registry`;

const profileFile = (profile: string): string => join(minikubeHome(), 'profiles', profile, 'config.json');

/** Standard output of `minikube ARGS`. It gets a temporary kubeconfig, as most of its commands write to one. */
export function minikube(...args: readonly string[]): Promise<string> {
  return withKubeconfig((KUBECONFIG) => output('minikube', args, { ...process.env, KUBECONFIG }));
}

/** Deletes the cluster of `profile`. Unlike with plain Minikube, the user's active profile does not change. */
export async function remove(profile: string): Promise<void> {
  const settings = join(minikubeHome(), 'config', 'config.json');
  const before = await readFile(settings, 'utf8').catch(() => undefined);
  // Otherwise Minikube first shuts the node down, and waits for its pods: 18 s instead of 2 s.
  await docker('kill', profile).catch(() => undefined);
  await minikube('delete', `--profile=${profile}`);
  if (before === undefined) await rm(settings, { force: true });
  else if ((JSON.parse(before) as { profile?: string }).profile !== profile) await writeFile(settings, before);
}

/**
 * Runs `minikube start ARGS`, printing each of its steps, and returns the cluster's kubeconfig with certificates in it.
 * @param images are pulled on the node while Kubernetes starts; failures are ignored
 * @throws an Error with Minikube's messages and advice.
 */
export async function start(profile: string, args: readonly string[], images: readonly string[]): Promise<string> {
  const command = ['start', `--profile=${profile}`, '--embed-certs', '--interactive=false', '--output=json', ...args];
  await restoreConfiguration(profile);
  return withKubeconfig(async (kubeconfig) => {
    const env = { ...process.env, ...withoutProxy(registryName(profile)), KUBECONFIG: kubeconfig };
    await runStart(env, command, () => prepareNode(profile, images));
    return readFile(kubeconfig, 'utf8');
  });
}

/**
 * If the container of a node was removed, Minikube treats the node as stopped, and waits six minutes for an API server whose manifest is
 * gone: /etc/kubernetes was in the container, everything else is in the volume. Without kubeadm.yaml, kubeadm writes /etc/kubernetes
 * again, and the cluster has its data.
 */
async function restoreConfiguration(profile: string): Promise<void> {
  if (!(await exists(profile)) || (await hasNode(profile))) return;
  const { KicBaseImage } = JSON.parse(await readFile(profileFile(profile), 'utf8')) as { KicBaseImage: string };
  console.log(`minikube: The container of '${profile}' was removed. It is created again, with the data of its volume.`);
  const container = ['run', '--rm', `--volume=${profile}:/var`, '--entrypoint=rm', KicBaseImage];
  await docker(...container, '-f', '/var/tmp/minikube/kubeadm.yaml');
}

async function withKubeconfig<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'minikube-')); // for this user alone
  try {
    return await work(join(folder, 'kubeconfig'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Excludes `host` from the user's proxy, which Minikube passes to the node. Empty without a proxy. */
function withoutProxy(host: string): NodeJS.ProcessEnv {
  const read = (name: string): string | undefined => readVariable(name) ?? readVariable(name.toLowerCase());
  if (!read('HTTP_PROXY') && !read('HTTPS_PROXY')) return {};
  return { NO_PROXY: [read('NO_PROXY'), host].filter(Boolean).join(',') };
}

/** @param runtimeReady is called when the node's container runtime is configured, before kubeadm runs. */
async function runStart(env: NodeJS.ProcessEnv, args: readonly string[], runtimeReady: () => void): Promise<void> {
  endWithPulumi();
  const child = spawn('minikube', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [errors, output]: [string[], string[]] = [[], []];
  child.stderr.on('data', (chunk) => output.push(String(chunk).trim()));
  createInterface(child.stdout).on('line', (line) => {
    const { kind, text } = parseEvent(line);
    if (kind === 'error') errors.push(text);
    // Its last step is about the temporary kubeconfig.
    if (kind === 'other' || kind === 'error' || text.includes('kubectl is now configured')) return;
    console.log(`minikube: ${text}`);
    if (text.startsWith('Preparing Kubernetes')) runtimeReady();
  });
  const [code] = await once(child, 'close').catch(({ message }: Error) => {
    throw new Error(`minikube can't be run: ${message}. Install it, or put it on PATH.`);
  });
  if (code !== 0)
    throw new Error(
      `minikube ${args.slice(0, 2).join(' ')} failed (exit code ${code}).\n${[...errors, ...output].join('\n')}`,
    );
  for (const text of errors) console.log(`minikube: ${text}`); // errors that did not stop it, such as an image that can't be loaded
}

/** One line of `minikube start --output=json`, a CloudEvent. */
export function parseEvent(line: string): { kind: 'step' | 'warning' | 'error' | 'other'; text: string } {
  try {
    const { type, data } = JSON.parse(line) as { type: string; data: { message?: string; advice?: string } };
    const text = [data.message?.trim(), data.advice].filter(Boolean).join('\n');
    const kind =
      (['step', 'warning', 'error'] as const).find((name) => type === `io.k8s.sigs.minikube.${name}`) ?? 'other';
    return { kind, text };
  } catch {
    return { kind: 'other', text: line };
  }
}
