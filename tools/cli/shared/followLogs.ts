import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Log, type V1Pod } from '@kubernetes/client-node';
import type { StackCluster } from './kubernetes';

/** Pino's numbers for levels. */
const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** A line of the service's log. */
export interface LogLine {
  readonly pod: string;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Lines of its past that are shown of a pod that is seen first. */
const tailLines = 20;
/** Milliseconds until the log of a container that still runs is followed again, after the connection broke. */
const retryMs = 1000;

/** Follows the logs of the pods of `selector`, those too that come later. Rejects when the cluster does not answer any more. */
export async function followLogs(
  cluster: StackCluster,
  selector: string,
  show: (line: LogLine) => void,
): Promise<never> {
  const { config, namespace } = cluster;
  /** Pods as they were seen last, by name. */
  const pods = new Map<string, V1Pod>();
  /** Containers whose log is followed, or has been to its end. */
  const followed = new Set<string>();
  /** When the log of a pod was last read. */
  const read = new Map<string, string>();
  let ended = false;

  const followPod = async (pod: V1Pod): Promise<void> => {
    const name = pod.metadata?.name ?? '';
    pods.set(name, pod);
    const { containerID: id, name: container } = pod.status?.containerStatuses?.[0] ?? {};
    if (id === undefined || container === undefined || followed.has(id)) return; // undefined before it has started
    followed.add(id);
    const since = read.get(name);
    const lines = new PassThrough();
    lines.on('pipe', (response: Readable) => response.once('error', () => lines.end())); // Log leaves it unhandled
    createInterface({ input: lines }).on('line', (text) => show({ pod: name, text }));
    const end = new Promise((resolve) => lines.once('finish', resolve));
    await new Log(config)
      .log(namespace, name, container, lines, { follow: true, ...(since ? { sinceTime: since } : { tailLines }) })
      .then(() => end)
      .catch(() => undefined);
    read.set(name, new Date().toISOString());
    await wait(retryMs);
    const current = pods.get(name)?.status?.containerStatuses?.[0];
    if (ended || current?.containerID !== id || current.state?.running === undefined) return;
    followed.delete(id);
    await followPod(pod);
  };
  const lose = ({ metadata }: V1Pod): unknown => pods.delete(metadata?.name ?? '');
  return cluster.watchPods(selector, followPod, lose, retryMs).finally(() => {
    ended = true;
  });
}

/** Whether a line belongs to the request, or the trace, of this id. */
export function isOfRequest({ text }: LogLine, id: string): boolean {
  const fields = parseFields(text);
  return fields !== undefined && (fields.requestId === id || fields.trace_id === id);
}

/** The line for people: time, level, pod, message and the other fields. What is not JSON is shown as it is. */
export function formatForPeople({ pod, text }: LogLine): string {
  const fields = parseFields(text);
  if (!fields) return `${pod}  ${text}`;
  const { time, level, msg, ...others } = fields;
  const clock = typeof time === 'number' ? new Date(time).toISOString().slice(11, 23) : '';
  const rest = Object.entries(others).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [clock, (levels[Number(level)] ?? '').padEnd(5), pod, msg, ...rest].join('  ');
}

/** The line as JSON, the pod in it. */
export function formatAsJson({ pod, text }: LogLine): string {
  return JSON.stringify({ pod, ...(parseFields(text) ?? { msg: text }) });
}

/** The fields of a line that is a JSON object. */
export function parseFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
