import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Kills the main process of a container with -9, from its Minikube node: inside a container nothing can kill it so. */
export async function killProcess(profile: string, pod: string, container: string): Promise<void> {
  if (profile === '') throw new Error('Only on a Minikube cluster of the stack\'s own can a process be killed from the node.');
  const script = [
    `id=$(sudo crictl ps --quiet --name '^${container}$' --label io.kubernetes.pod.name=${pod})`,
    'pid=$(sudo crictl inspect --output go-template --template "{{.info.pid}}" $id)',
    'sudo kill -9 $pid',
  ].join(' && ');
  await promisify(execFile)('minikube', ['ssh', `--profile=${profile}`, '--', script]);
}
