import type { Kubectl } from '../../cli/shared/cluster';

/** 50 MB in each tenth of a second, all written to, so that the kernel must count them. */
const leak = 'globalThis.leak = []; setInterval(() => leak.push(Buffer.alloc(50e6, 1)), 100)';

/** Node opens its debugger on SIGUSR1: through it the service's own process is told to leak, without a change of its code. */
const script = `
process.kill(1, 'SIGUSR1');
const tell = async (tries) => {
  const [target] = await fetch('http://127.0.0.1:9229/json/list').then((answer) => answer.json(), () => []);
  if (target === undefined && tries > 0) return setTimeout(tell, 100, tries - 1);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const params = { expression: ${JSON.stringify(leak)} };
  socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
  socket.onmessage = () => process.exit();
};
tell(50);
`;

/** Makes the service in `pod` take memory until the kernel ends it. */
export async function exhaustMemory(kubectl: Kubectl, pod: string): Promise<void> {
  await kubectl.read('exec', pod, '--', 'node', '-e', script);
}
