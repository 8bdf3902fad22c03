import { metricsPort } from '../../../service/contract';
import type { Kubectl } from '../../cli/shared/cluster';

/** Asked inside the pod: no NetworkPolicy lets anyone else in. */
const ask = `fetch('http://127.0.0.1:${metricsPort}/metrics').then((answer) => answer.text()).then(console.log)`;

/** Requests that each of `pods` has answered since it started, probes left out. */
export async function readRequests(kubectl: Kubectl, pods: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const pod of pods) counts.set(pod, countRequests(await kubectl.read('exec', pod, '--', 'node', '-e', ask)));
  return counts;
}

/** The requests in what Prometheus reads from a pod, without those of the kubelet. */
export function countRequests(metrics: string): number {
  const lines = [...metrics.matchAll(/^http_request_duration_seconds_count\{.*route="([^"]*)".*\} (\S+)$/gm)];
  return lines
    .filter(([, route = '']) => !route.startsWith('/health'))
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}

/** How far the farthest of `counts` is from their mean, in percent. */
export function spreadOf(counts: readonly number[]): { readonly worst: number; readonly text: string } {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return {
    worst: Math.max(...counts.map((count) => Math.abs(count / mean - 1) * 100)),
    text: counts.map((count) => `${((count / mean) * 100).toFixed(0)} %`).join(', '),
  };
}
