import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Kills the main process of a container with -9, from its Minikube node: inside a container nothing can kill it so. Returns when,
 * in milliseconds since 1970.
 */
export async function killProcess(profile: string, pod: string, container: string): Promise<number> {
  if (profile === '')
    throw new Error("Only on a Minikube cluster of the stack's own can a process be killed from the node.");
  const script = [
    `id=$(sudo crictl ps --quiet --name '^${container}$' --label io.kubernetes.pod.name=${pod})`,
    'pid=$(sudo crictl inspect --output go-template --template "{{.info.pid}}" $id)',
    'date +%s%3N && sudo kill -9 $pid',
  ].join(' && ');
  const before = Date.now();
  const { stdout } = await promisify(execFile)('minikube', ['ssh', `--profile=${profile}`, '--', script]);
  return Math.min(Math.max(Number(stdout), before), Date.now()); // a node in a virtual machine may have a clock of its own
}
