// Runs inside the dynamic provider's process, which gets this code as text: only plain functions, and Node's modules by
// their unprefixed names, can be carried over.
import { execFile, spawn } from 'child_process';
import { mkdtemp, readFile, rm } from 'fs/promises';
import { tmpdir } from 'os';
import { join } from 'path';

/** The names of Minikube's profiles, those whose cluster is stopped or damaged too. */
export async function profiles(): Promise<string[]> {
  const { valid, invalid } = JSON.parse(await output('minikube', ['profile', 'list', '--light', '--output=json'])) as {
    valid: { Name: string }[];
    invalid: { Name: string }[];
  };
  return [...valid, ...invalid].map((profile) => profile.Name);
}

/** Whether the cluster of `profile` has its data still: Minikube knows it, and Docker has its volume. */
export async function exists(profile: string): Promise<boolean> {
  const volumes = await output('docker', ['volume', 'ls', '--quiet', `--filter=name=^${profile}$`]);
  return volumes.trim() === profile && (await profiles()).includes(profile);
}

/** Deletes the cluster of `profile`, and all of it. */
export async function remove(profile: string): Promise<void> {
  await output('minikube', ['delete', `--profile=${profile}`]);
}

/**
 * Runs `minikube start ARGUMENTS`, printing each of its steps, and returns the cluster's kubeconfig with certificates in it.
 * The user's own kubeconfig is not touched.
 * @throws an Error with what Minikube said, its advice included.
 */
export async function start(profile: string, args: readonly string[]): Promise<string> {
  endWithPulumi();
  const folder = await mkdtemp(join(tmpdir(), 'minikube-'));
  const kubeconfig = join(folder, 'kubeconfig');
  try {
    await startWith(kubeconfig, [
      'start',
      `--profile=${profile}`,
      '--embed-certs',
      '--interactive=false',
      '--output=json',
      ...args,
    ]);
    return await readFile(kubeconfig, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

function startWith(kubeconfig: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('minikube', args, {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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

/** What the Docker engine has: CPUs, and memory in MiB. */
export async function dockerCapacity(): Promise<{ cpus: number; memory: number }> {
  const [cpus, bytes] = (await output('docker', ['info', '--format', '{{.NCPU}} {{.MemTotal}}']))
    .trim()
    .split(' ')
    .map(Number);
  return { cpus: cpus ?? 0, memory: Math.floor((bytes ?? 0) / 1024 / 1024) };
}

/** Standard output of COMMAND. */
export function output(command: string, args: readonly string[]): Promise<string> {
  endWithPulumi();
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error)
        reject(new Error(`${command} ${args.join(' ')} failed: ${stderr.trim() || stdout.trim() || error.message}`));
      else resolve(stdout);
    });
  });
}

/**
 * Ends this process when nobody reads what it writes: Pulumi was killed. Pulumi's own handler would tell of that failure on the
 * same broken pipe, which fails, and so on, until the memory is full.
 */
function endWithPulumi(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listeners('error').some((listener) => listener.name === 'endProcess')) continue;
    stream.prependListener('error', function endProcess() {
      process.exit(1);
    });
  }
}
