import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDocker } from './docker';
import { minikubeHome } from './minikubeHome';
import { endWithPulumi, output, readVariable } from './run';

/** Whether the cluster of `profile` has its data: Minikube has the profile, and Docker its volume. */
export async function exists(profile: string): Promise<boolean> {
  return existsSync(profileFile(profile)) && (await hasVolume(profile));
}

async function hasVolume(profile: string): Promise<boolean> {
  return (await output('docker', ['volume', 'ls', '--quiet', `--filter=name=^${profile}$`])).trim() === profile;
}

/** Name of the registry's container and volume beside the cluster of `profile`, and the host that its nodes pull from. */
export const registryName = (profile: string): string => `${profile}-registry`;

const profileFile = (profile: string): string => join(minikubeHome(), 'profiles', profile, 'config.json');

/** Standard output of `minikube ARGS`. It gets a kubeconfig of its own: most of its commands write to one. */
export function minikube(...args: readonly string[]): Promise<string> {
  return withKubeconfig((KUBECONFIG) => output('minikube', args, { ...process.env, KUBECONFIG }));
}

/** Deletes the cluster of `profile`, and all of it. The user's active profile stays what it is, unlike with Minikube itself. */
export async function remove(profile: string): Promise<void> {
  const settings = join(minikubeHome(), 'config', 'config.json');
  const before = await readFile(settings, 'utf8').catch(() => undefined);
  // Minikube first shuts the node down, and waits for its pods: 18 s in place of 2 s with what runs on it.
  await output('docker', ['kill', profile]).catch(() => undefined);
  await minikube('delete', `--profile=${profile}`);
  if (before === undefined) await rm(settings, { force: true });
  else if ((JSON.parse(before) as { profile?: string }).profile !== profile) await writeFile(settings, before);
}

/**
 * Runs `minikube start ARGS`, printing each of its steps, and returns the cluster's kubeconfig with certificates in it.
 * @param images that the node pulls while Kubernetes starts, as far as that works
 * @throws an Error with what Minikube said, its advice included.
 */
export async function start(profile: string, args: readonly string[], images: readonly string[]): Promise<string> {
  const command = ['start', `--profile=${profile}`, '--embed-certs', '--interactive=false', '--output=json', ...args];
  await restoreConfiguration(profile);
  return withKubeconfig(async (kubeconfig) => {
    const env = { ...process.env, ...withoutProxy(registryName(profile)), KUBECONFIG: kubeconfig };
    await runStart(env, command, () => {
      refuseUntilForwarded(profile).catch(() => undefined);
      awaitContainerd(profile).catch(() => undefined);
      for (const image of images) pullOnNode(profile, image).catch(() => undefined);
    });
    return readFile(kubeconfig, 'utf8');
  });
}

/**
 * Minikube takes a node whose container was removed for one that was stopped, and waits six minutes for an API server that has
 * no manifest: /etc/kubernetes was in the container, and all else is in the volume. Without this file it lets kubeadm write
 * /etc/kubernetes again, and the cluster comes back with its data.
 */
async function restoreConfiguration(profile: string): Promise<void> {
  if (!existsSync(profileFile(profile)) || !(await hasVolume(profile))) return;
  if ((await output('docker', ['ps', '--all', '--quiet', `--filter=name=^${profile}$`])).trim() !== '') return;
  const { KicBaseImage } = JSON.parse(await readFile(profileFile(profile), 'utf8')) as { KicBaseImage: string };
  console.log(`minikube: The container of '${profile}' was removed. It is created again, with the data of its volume.`);
  const container = ['run', '--rm', `--volume=${profile}:/var`, '--entrypoint=rm', KicBaseImage];
  await output('docker', [...container, '-f', '/var/tmp/minikube/kubeadm.yaml']);
}

async function withKubeconfig<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'minikube-')); // for this user alone
  try {
    return await work(join(folder, 'kubeconfig'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs a shell script, with `args` from `$0` on, as root on the node of `profile`. */
async function runOnNode(profile: string, script: string, ...args: readonly string[]): Promise<void> {
  await output('docker', ['exec', profile, 'sh', '-c', script, ...args]);
}

/**
 * Makes the node of `profile` have `image`, which may be any text.
 * @throws if it can't be pulled
 */
export async function pullOnNode(profile: string, image: string): Promise<void> {
  await output('docker', ['exec', profile, ...pullCommand(image)]);
}

export function pullCommand(image: string): string[] {
  return ['sh', '-c', 'crictl inspecti -q "$0" >/dev/null 2>&1 || crictl pull "$0"', image];
}

/**
 * Makes the node refuse connections to the API server's Service while kube-proxy does not forward them. They would leave the node, and get
 * no answer: what starts before kube-proxy, such as CoreDNS and the provisioner of volumes, would wait for 30 s. The address is
 * Minikube's default.
 */
async function refuseUntilForwarded(profile: string): Promise<void> {
  const address = '10.96.0.1';
  // The node's own connections have a rule before, and are refused by iptables: kube-proxy forwards them after they are routed.
  const rule = `ip rule add to ${address} pref`;
  const script = `${rule} 100 iif lo lookup main && ${rule} 101 unreachable && iptables -A OUTPUT -d ${address} -j REJECT`;
  await runOnNode(profile, script);
}

/**
 * Makes each start of containerd last until it answers. Minikube restarts it on a node that was stopped, asks it at once, and without an
 * answer waits for 5 to 15 s.
 */
async function awaitContainerd(profile: string): Promise<void> {
  const folder = '/etc/systemd/system/containerd.service.d';
  const unit = `[Service]\\nExecStartPost=-timeout 30 sh -c "until crictl version; do sleep 0.1; done"\\n`;
  const write = `mkdir -p ${folder} && printf '${unit}' > ${folder}/ready.conf`;
  await runOnNode(profile, `grep -q containerd.sock /etc/crictl.yaml && ${write}`);
}

/** Minikube hands a proxy of the user's on to the node. Nothing changes without one. */
function withoutProxy(host: string): NodeJS.ProcessEnv {
  const read = (name: string): string | undefined => readVariable(name) ?? readVariable(name.toLowerCase());
  if (!read('HTTP_PROXY') && !read('HTTPS_PROXY')) return {};
  return { NO_PROXY: [read('NO_PROXY'), host].filter(Boolean).join(',') };
}

/** @param runtimeReady is called when the node's container runtime is configured, before kubeadm runs. */
function runStart(env: NodeJS.ProcessEnv, args: readonly string[], runtimeReady: () => void): Promise<void> {
  endWithPulumi();
  return new Promise((resolve, reject) => {
    const child = spawn('minikube', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const errors: string[] = [];
    let rest = '';
    child.stdout.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = parseEvent(line);
        // Its last step is about a kubeconfig that is not the user's.
        if (event.kind === 'step' && !event.text.includes('kubectl is now configured'))
          console.log(`minikube: ${event.text}`);
        if (event.kind === 'step' && event.text.startsWith('Preparing Kubernetes')) runtimeReady();
        if (event.kind === 'error') errors.push(event.text);
      }
    });
    child.stderr.on('data', (chunk) => errors.push(String(chunk).trim()));
    child.on('error', (error) =>
      reject(new Error(`minikube can't be run: ${error.message}. Install it, or put it on PATH.`)),
    );
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new Error(`minikube ${args.slice(0, 2).join(' ')} failed (exit code ${code}).\n${errors.join('\n')}`));
    });
  });
}

/** What the Docker engine has. @throws if it does not answer. */
export async function dockerCapacity(): Promise<{ cpus: number; memory: number }> {
  const docker = await readDocker();
  if (docker.state === 'running') return docker;
  throw new Error(`Docker's engine does not answer: ${docker.state === 'unavailable' ? docker.reason : docker.state}.`);
}

/** Makes the node of `profile` know `host` by its address, whatever resolver it has. Docker forgets it when the node restarts. */
export async function addHost(profile: string, address: string, host: string): Promise<void> {
  const add = 'grep -qxF "$0" /etc/hosts || echo "$0" >> /etc/hosts';
  await runOnNode(profile, add, `${address} ${host}`);
}

/** Sets what the running or stopped node of `profile` may use. */
export async function resize(profile: string, { cpus, memory }: { cpus: number; memory: number }): Promise<void> {
  await output('docker', ['update', `--cpus=${cpus}`, `--memory=${memory}m`, `--memory-swap=${memory}m`, profile]);
}

/** One line of `minikube start --output=json`, a CloudEvent. */
export function parseEvent(line: string): { kind: 'step' | 'error' | 'other'; text: string } {
  try {
    const { type, data } = JSON.parse(line) as { type: string; data: { message?: string; advice?: string } };
    const message = (data.message ?? '').trim();
    if (type === 'io.k8s.sigs.minikube.step') return { kind: 'step', text: message };
    if (type === 'io.k8s.sigs.minikube.error')
      return { kind: 'error', text: [message, data.advice].filter(Boolean).join('\n') };
    return { kind: 'other', text: message };
  } catch {
    return { kind: 'other', text: line };
  }
}
