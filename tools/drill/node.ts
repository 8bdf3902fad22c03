import { execa } from 'execa';
import type { StackCluster } from '../cli/shared/kubernetes';

/**
 * Sends a signal to the main process of a container from its Minikube node: inside the container no process can kill or stop it.
 * Returns the time of the signal, in milliseconds since 1970.
 */
export async function signalContainer(
  profile: string,
  pod: string,
  container: string,
  signal: 'KILL' | 'STOP' | 'CONT',
): Promise<number> {
  const script = [
    `id=$(sudo crictl ps --quiet --name '^${container}$' --label io.kubernetes.pod.name=${pod})`,
    'pid=$(sudo crictl inspect --output go-template --template "{{.info.pid}}" $id)',
    `date +%s%3N && sudo kill -${signal} $pid`,
  ].join(' && ');
  return Number((await execa('minikube', ['ssh', `--profile=${profile}`, '--', script])).stdout);
}

/** 50 MB each 100 ms, filled so that the kernel counts them. */
const leak = 'globalThis.leak = []; setInterval(() => leak.push(Buffer.alloc(50e6, 1)), 100)';

/** Node opens its debugger on SIGUSR1, through which the service's process leaks memory without a change of its code. */
const leakScript = `
process.kill(1, 'SIGUSR1');
const connect = async (tries) => {
  const [target] = await fetch('http://127.0.0.1:9229/json/list').then((answer) => answer.json(), () => []);
  if (target === undefined && tries > 0) return setTimeout(connect, 100, tries - 1);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const params = { expression: ${JSON.stringify(leak)} };
  socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
  socket.onmessage = () => process.exit();
};
connect(50);
`;

/** Makes the service in `pod` allocate memory until the kernel kills it. */
export async function exhaustMemory(cluster: StackCluster, pod: string): Promise<void> {
  await cluster.exec(pod, 'web', ['node', '-e', leakScript]);
}
